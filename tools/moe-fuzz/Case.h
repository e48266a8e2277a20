// One case of a run: a random program, whether it fails, and its smallest form.
#pragma once

#include "tools/moe-fuzz/Check.h"
#include "tools/moe-fuzz/Program.h"

namespace moe::fuzz {

/// How a program is checked: nothing where it is right.
using CheckText =
    std::function<std::optional<Failure>(const std::string &text, uint64_t)>;

/// A program that fails, and how.
struct FailingCase {
  std::string text;
  Failure failure;
  uint64_t seed = 0;
};

/// The program of case `seed`, with its draws.
std::string writeCase(uint64_t seed, const OpWriters &writers,
                      Parts *draws = nullptr);

/// The case `seed` made small, failing as `failure` says: by its draws, then op
/// by op. `attempts` bounds the programs that are tried.
FailingCase shrinkCase(uint64_t seed, const OpWriters &writers,
                       const Failure &failure, const CheckText &check,
                       Checker &checker, int64_t attempts);

/// Writes the program and, above it, what is wrong and the commands that show
/// it; whole or not at all. Says why where it cannot.
llvm::Error writeFailure(const FailingCase &failing, llvm::StringRef path,
                         llvm::StringRef origin);

} // namespace moe::fuzz
