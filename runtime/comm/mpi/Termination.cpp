#include "runtime/comm/mpi/Termination.h"

#include <csignal>
#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

namespace moert {

// A signal handler has no other way to its state.
static volatile sig_atomic_t event = -1;

static void onTerm(int) {
  uint64_t one = 1;
  [[maybe_unused]] ssize_t wrote = ::write(event, &one, sizeof one);
}

int holdTermination() {
  if (event < 0)
    event = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  struct sigaction action = {};
  action.sa_handler = onTerm;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGTERM, &action, nullptr);
  return event;
}

void releaseTermination() { ::signal(SIGTERM, SIG_DFL); }

void terminate() {
  releaseTermination();
  ::kill(::getpid(), SIGTERM);
  ::sleep(1);
  ::_exit(143);
}

} // namespace moert
