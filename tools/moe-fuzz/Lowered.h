// Programs that are compiled and run on ranks, by moe-run.
#pragma once

#include "tools/moe-fuzz/Case.h"

namespace moe::fuzz {

/// What carries the ranks of a compiled program.
enum class Transport { Local, Mpi };

/// Runs programs with moe-run, which stands beside this tool, and lets it
/// compare with the interpreter on one device (moe-run --check). Unwritten
/// memory reads as NaN meanwhile.
class LoweredChecker {
public:
  /// Programs and inputs are written into `folder`, which must exist.
  LoweredChecker(Checker &checker, Transport transport, std::string folder,
                 std::string moeRun);

  std::optional<Failure> check(const std::string &text, uint64_t seed);

private:
  Checker &checker;
  Transport transport;
  std::string folder, moeRun;
};

} // namespace moe::fuzz
