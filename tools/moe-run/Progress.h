// A line on the terminal while something takes its time.
#pragma once

#include <string>

namespace moerun {

/// Shows "what ..." on stderr while it lives, where stderr is a terminal.
class Progress {
public:
  explicit Progress(const std::string &what);
  ~Progress();
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

private:
  bool shown_;
};

} // namespace moerun
