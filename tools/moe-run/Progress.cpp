#include "tools/moe-run/Progress.h"

#include <cstdio>
#include <unistd.h>

namespace moerun {

Progress::Progress(const std::string &what)
    : shown_(::isatty(STDERR_FILENO) == 1) {
  if (shown_)
    std::fprintf(stderr, "%s ...\r", what.c_str());
}

Progress::~Progress() {
  if (shown_)
    std::fprintf(stderr, "\033[K");
}

} // namespace moerun
