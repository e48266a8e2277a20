// Outcomes of timed trials, kept for the next time beside compiled programs.
#pragma once

#include "tools/moe-run/Options.h"

namespace moerun {

/// Recalls outcomes of this host when it is made; keep() adds those that were
/// found out since. Without a cache folder that can be used, nothing is done:
/// trials take milliseconds.
class Trials {
public:
  explicit Trials(const Options &options);
  void keep() const;

private:
  bool isOn_;
  std::string recalled_;
};

} // namespace moerun
