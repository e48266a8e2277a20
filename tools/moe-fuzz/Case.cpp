#include "tools/moe-fuzz/Case.h"

#include "tools/moe-fuzz/Shrink.h"

#include "mlir/IR/AsmState.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace moe::fuzz {

std::string writeCase(uint64_t seed, const OpWriters &writers, Parts *draws) {
  Draws drawn(seed);
  std::string text = writeProgram(drawn, writers);
  if (draws)
    *draws = drawn.taken();
  return text;
}

static std::string printed(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream os(text);
  module.print(os);
  return text + "\n";
}

FailingCase shrinkCase(uint64_t seed, const OpWriters &writers,
                       const Failure &failure, const CheckText &check,
                       Checker &checker, int64_t attempts) {
  FailingCase smallest;
  smallest.seed = seed;
  smallest.failure = failure;
  auto stillFails = [&](const std::string &text) {
    if (attempts-- <= 0)
      return false;
    std::optional<Failure> now = check(text, seed);
    if (!now || now->kind() != failure.kind())
      return false;
    smallest.text = text;
    smallest.failure = *now;
    return true;
  };
  Parts draws;
  smallest.text = writeCase(seed, writers, &draws);
  shrinkDraws(draws, attempts, [&](const Parts &fewer) {
    Draws repeated(fewer);
    return stillFails(writeProgram(repeated, writers));
  });
  // A program that cannot be read stays as it is.
  OwningOpRef<ModuleOp> module = checker.parse(smallest.text);
  if (module)
    shrinkModule(*module,
                 [&](ModuleOp fewer) { return stillFails(printed(fewer)); });
  return smallest;
}

llvm::Error writeFailure(const FailingCase &failing, StringRef path,
                         StringRef origin) {
  return llvm::writeToOutput(path, [&](llvm::raw_ostream &os) {
    os << "// " << failing.failure.stage << ": "
       << StringRef(failing.failure.message).split('\n').first << "\n"
       << "// Found by " << origin << "\n"
       << "// Again: moe-fuzz --check=" << path << " --seed=" << failing.seed
       << "\n"
       << failing.text;
    return llvm::Error::success();
  });
}

} // namespace moe::fuzz
