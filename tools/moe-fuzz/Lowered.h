// Programs that are compiled and run on ranks, by moe-run.
#pragma once

#include "tools/moe-fuzz/Case.h"

namespace moe::fuzz {

/// What carries the ranks of a compiled program.
enum class Transport { Local, Mpi };

/// Runs programs with moe-run and lets it compare with the interpreter on one
/// device (moe-run --check), choices that tie included. Where it finds a
/// difference, rounding may explain that (Rounding.h). Unwritten memory reads
/// as NaN meanwhile.
class LoweredChecker {
public:
  /// Programs and inputs are written into `folder`, which must exist.
  LoweredChecker(Checker &checker, Transport transport, std::string folder,
                 std::string moeRun);

  std::optional<Failure> check(const std::string &text, uint64_t seed);

private:
  /// The files of the program that is checked now.
  std::string pathOf(llvm::StringRef name) const;
  /// Runs the program; nothing where moe-run found it right.
  std::optional<std::string> run(int64_t ranks);
  bool isRounding(mlir::ModuleOp global, uint64_t seed);

  Checker &checker;
  Transport transport;
  std::string folder, moeRun;
};

} // namespace moe::fuzz
