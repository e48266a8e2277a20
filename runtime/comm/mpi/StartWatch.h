// Bounds the time before the watchdog runs, and that of MPI's last call.
//
// MPI_Init waits for all ranks and says nothing, for ever. No rank can reach
// another yet, but the system knows the processes on this host: one that stands
// still is named after the limit for silent ranks; whoever else does not come
// (another host, a hung file system) is noticed by the limit for starting.
//
// mpirun (Open MPI 4.1 with PMIx 4.2) frees something twice at its own end when
// ranks leave while MPI starts: it crashed in 11 of 60 jobs in which all left
// at once, in 6 of 190 in which one did, and in none of 105 in which the
// stopped rank was killed. So that is done, and mpirun left to end the others;
// otherwise one rank at a time gives up, the lowest first.
#pragma once

#include "runtime/comm/Communicator.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace moert {

class StartWatch {
public:
  /// Until its end the process must be through with `what` ("MPI_Init") in
  /// `seconds`; else it prints why and exits with code 1.
  StartWatch(std::string what, double seconds, const CommOptions &options);
  ~StartWatch();
  StartWatch(const StartWatch &) = delete;
  StartWatch &operator=(const StartWatch &) = delete;

private:
  void run();
  void lookAround(double passed);

  std::string what_;
  double seconds_;
  double silentSeconds_;
  int rank_;
  /// By rank on this host, how long it has been seen stopped.
  std::map<int, double> stoppedFor_;

  std::mutex mutex_;
  std::condition_variable over_;
  bool done_ = false;
  // Last: it uses the others.
  std::thread thread_;
};

} // namespace moert
