#include "tools/moe-run/WrongCpu.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <unistd.h>

namespace moerun {

// A handler may not allocate: the words are made before.
static char message[512];
static size_t messageBytes;

static void onIllegalInstruction(int) {
  (void)!::write(STDERR_FILENO, message, messageBytes);
  ::_exit(1);
}

void explainIllegalInstructions(const std::string &program,
                                const std::string &cpu) {
  static std::once_flag once;
  std::call_once(once, [&] {
    int length = std::snprintf(
        message, sizeof message,
        "error: this processor lacks an instruction that '%s' uses; it was "
        "compiled for %s: compile the model again on this machine\n",
        program.c_str(), cpu.empty() ? "another one" : cpu.c_str());
    messageBytes =
        std::min<size_t>(static_cast<size_t>(length), sizeof message - 1);
    std::signal(SIGILL, onIllegalInstruction);
  });
}

} // namespace moerun
