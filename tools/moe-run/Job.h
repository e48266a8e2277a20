// What one rank of moe-run does from the artifact's bytes to the report.
#pragma once

#include "runtime/comm/Communicator.h"
#include "tools/moe-run/Options.h"

#include <string>

namespace moerun {

/// Runs the job as the communicator's rank; all ranks call it. `artifact` holds
/// the program where the caller has it already; else rank 0 obtains it and
/// sends it to the others. Returns the rank's exit code; failures that all
/// ranks share are printed once, by rank 0, which alone returns non-zero then.
int runJob(moert::Communicator &comm, const Options &options,
           const std::string &artifact);

} // namespace moerun
