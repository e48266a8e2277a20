// The job's ranks on this host, by what the system tells of their processes.
#pragma once

#include <sys/types.h>
#include <vector>

namespace moert {

struct Neighbour {
  int rank = 0;
  /// Its processes that are stopped, by SIGSTOP or the like; one held by a
  /// debugger is not.
  std::vector<pid_t> stopped;
};

/// This process's number in its job, as the launcher's environment has it; 0
/// where it has none. Known before MPI starts.
int rankByEnvironment();

/// The ranks of this job on this host, this one included, in ascending order.
/// Needs no MPI. Empty where the launcher does not name its jobs (PMIx does).
std::vector<Neighbour> neighbours();

} // namespace moert
