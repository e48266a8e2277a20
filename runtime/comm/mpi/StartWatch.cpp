#include "runtime/comm/mpi/StartWatch.h"

#include "runtime/comm/JobTable.h"
#include "runtime/comm/mpi/Neighbours.h"
#include "runtime/core/Error.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <unistd.h>

namespace moert {

using Clock = std::chrono::steady_clock;

// A look reads a little of every process of the host: not while a start takes
// its usual time.
static constexpr double kLookSeconds = 0.5;
// Long enough for mpirun to end those who come later.
static constexpr double kTurnSeconds = 1.5;

StartWatch::StartWatch(std::string what, double seconds,
                       const CommOptions &options)
    : what_(std::move(what)), seconds_(seconds),
      silentSeconds_(options.silentSeconds), rank_(rankByEnvironment()),
      thread_([this] { run(); }) {}

StartWatch::~StartWatch() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    done_ = true;
  }
  over_.notify_all();
  thread_.join();
}

// The lowest rank that is seen running speaks. The next ones wait for mpirun to
// end them, and speak themselves should it not.
void StartWatch::lookAround(double passed) {
  int stopped = -1;
  std::vector<pid_t> processes;
  for (const Neighbour &neighbour : neighbours()) {
    double &since = stoppedFor_[neighbour.rank];
    since = neighbour.stopped.empty() ? 0 : since + passed;
    processes.insert(processes.end(), neighbour.stopped.begin(),
                     neighbour.stopped.end());
    if (!neighbour.stopped.empty() && stopped < 0)
      stopped = neighbour.rank;
  }
  if (stopped < 0)
    return;
  // Also a lower one that is gone by now: it has spoken.
  int turn = 0;
  for (auto [rank, since] : stoppedFor_)
    turn += rank < rank_ && since == 0;
  if (stoppedFor_[stopped] < silentSeconds_ + kTurnSeconds * std::min(turn, 3))
    return;
  printReport(text("error: rank ", stopped, " is stopped for ",
                   std::round(stoppedFor_[stopped] * 10) / 10, " s (limit ",
                   silentSeconds_, " s): the others wait for it in ", what_,
                   "; rank ", rank_, " ends the job\n"));
  // The launcher sees it die and ends the job, this process included.
  for (pid_t process : processes)
    ::kill(process, SIGKILL);
  ::sleep(2);
  ::_exit(1);
}

// Time is what this process was there to see, so that one that was stopped
// itself accuses nobody.
void StartWatch::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  double waited = 0, limit = seconds_ + kTurnSeconds * std::min(rank_, 3);
  Clock::time_point last = Clock::now();
  auto pause = std::chrono::duration<double>(kLookSeconds);
  while (!over_.wait_for(lock, pause, [&] { return done_; })) {
    Clock::time_point now = Clock::now();
    double passed = std::min(std::chrono::duration<double>(now - last).count(),
                             2 * kLookSeconds);
    last = now;
    waited += passed;
    lookAround(passed);
    if (waited >= limit) {
      printReport(text("error: ", what_, " does not return on rank ", rank_,
                       " for ", seconds_,
                       " s: another rank does not come; this one gives up\n"));
      ::_exit(1);
    }
  }
}

} // namespace moert
