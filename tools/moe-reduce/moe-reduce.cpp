// moe-reduce: shrinks a model while a test still finds it interesting.
//
//   moe-reduce MODEL.mlir --test=./fails.sh -o small.mlir
//
// The test is run with a file as its argument and exits 0 when the file still
// shows the problem. Three kinds of steps are tried until none helps: functions
// go, ops become zero constants (halves of them first, then quarters, down to
// single ones), results and unused arguments go. Upstream's mlir-reduce 22 was
// tried first; it crashes once a dead op is what makes a module interesting.
#include "moe/Pipeline/Pipeline.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;
namespace cl = llvm::cl;

namespace {

/// A module and the question whether a smaller one is still interesting.
class Reducer {
public:
  Reducer(OwningOpRef<ModuleOp> module, std::string test)
      : module(std::move(module)), test(std::move(test)) {}

  bool isInteresting(ModuleOp candidate);
  void run();
  ModuleOp get() { return *module; }

private:
  using Edit = llvm::function_ref<bool(ModuleOp)>;
  bool tryEdit(Edit edit);
  bool dropFunctions();
  bool zeroOps();
  bool dropResults();
  bool dropArguments();

  OwningOpRef<ModuleOp> module;
  std::string test;
};

bool Reducer::isInteresting(ModuleOp candidate) {
  llvm::SmallString<64> path;
  int descriptor;
  if (llvm::sys::fs::createTemporaryFile("moe-reduce", "mlir", descriptor,
                                         path))
    return false;
  {
    llvm::raw_fd_ostream file(descriptor, /*shouldClose=*/true);
    candidate.print(file);
  }
  int status = llvm::sys::ExecuteAndWait(test, {test, path});
  llvm::sys::fs::remove(path);
  return status == 0;
}

// Applies `edit` to a copy; the copy stays when it is legal and still
// interesting.
bool Reducer::tryEdit(Edit edit) {
  OwningOpRef<ModuleOp> copy = module->clone();
  ScopedDiagnosticHandler quiet(copy->getContext(),
                                [](Diagnostic &) { return success(); });
  if (!edit(*copy) || failed(verify(*copy)) || !isInteresting(*copy))
    return false;
  module = std::move(copy);
  return true;
}

template <typename OpTy> SmallVector<OpTy> opsOf(ModuleOp module) {
  SmallVector<OpTy> ops;
  module.walk([&](OpTy op) { ops.push_back(op); });
  return ops;
}

bool Reducer::dropFunctions() {
  bool changed = false;
  for (size_t index = opsOf<func::FuncOp>(*module).size(); index-- > 0;)
    changed |= tryEdit([&](ModuleOp candidate) {
      func::FuncOp func = opsOf<func::FuncOp>(candidate)[index];
      if (!SymbolTable::symbolKnownUseEmpty(func, candidate))
        return false;
      func.erase();
      return true;
    });
  return changed;
}

/// Ops that a zero can stand for: pure, with tensor results, and not constants.
SmallVector<Operation *> zeroableOps(ModuleOp module) {
  SmallVector<Operation *> ops;
  module.walk([&](Operation *op) {
    bool isTensorOp = op->getNumResults() > 0 && op->getNumRegions() == 0 &&
                      llvm::all_of(op->getResultTypes(), [](Type type) {
                        auto tensor = dyn_cast<RankedTensorType>(type);
                        return tensor && tensor.getElementType().isIntOrFloat();
                      });
    if (isTensorOp && !isa<arith::ConstantOp>(op))
      ops.push_back(op);
  });
  return ops;
}

void replaceByZeros(Operation *op) {
  OpBuilder builder(op);
  for (Value result : op->getResults()) {
    if (result.use_empty())
      continue;
    auto zero = builder.getZeroAttr(result.getType());
    result.replaceAllUsesWith(arith::ConstantOp::create(builder, op->getLoc(),
                                                        cast<TypedAttr>(zero)));
  }
  op->erase();
}

bool eraseUnusedConstants(ModuleOp module) {
  bool changed = false;
  for (auto constant : opsOf<arith::ConstantOp>(module))
    if (constant->use_empty()) {
      constant.erase();
      changed = true;
    }
  return changed;
}

bool Reducer::zeroOps() {
  bool changed = tryEdit(eraseUnusedConstants);
  for (size_t chunk = std::max<size_t>(1, zeroableOps(*module).size() / 2);;
       chunk /= 2) {
    for (size_t end = zeroableOps(*module).size(); end > 0;
         end = end > chunk ? end - chunk : 0)
      changed |= tryEdit([&](ModuleOp candidate) {
        SmallVector<Operation *> ops = zeroableOps(candidate);
        size_t begin = end > chunk ? end - chunk : 0;
        for (Operation *op : ArrayRef(ops).slice(begin, end - begin))
          replaceByZeros(op);
        eraseUnusedConstants(candidate);
        return true;
      });
    if (chunk == 1)
      return changed;
  }
}

bool Reducer::dropResults() {
  bool changed = false;
  for (auto [index, func] : llvm::enumerate(opsOf<func::FuncOp>(*module)))
    for (unsigned result = func.getNumResults(); result-- > 0;)
      changed |= tryEdit([&, index = index](ModuleOp candidate) {
        func::FuncOp copy = opsOf<func::FuncOp>(candidate)[index];
        if (copy.isExternal() ||
            !SymbolTable::symbolKnownUseEmpty(copy, candidate))
          return false;
        copy.getBody().front().getTerminator()->eraseOperand(result);
        return succeeded(copy.eraseResult(result));
      });
  return changed;
}

bool Reducer::dropArguments() {
  bool changed = false;
  for (auto [index, func] : llvm::enumerate(opsOf<func::FuncOp>(*module)))
    for (unsigned argument = func.getNumArguments(); argument-- > 0;)
      changed |= tryEdit([&, index = index](ModuleOp candidate) {
        func::FuncOp copy = opsOf<func::FuncOp>(candidate)[index];
        return !copy.isExternal() && copy.getArgument(argument).use_empty() &&
               SymbolTable::symbolKnownUseEmpty(copy, candidate) &&
               succeeded(copy.eraseArgument(argument));
      });
  return changed;
}

void Reducer::run() {
  bool changed = true;
  while (changed) {
    changed = dropFunctions();
    changed |= zeroOps();
    changed |= dropResults();
    changed |= dropArguments();
  }
}

int fail(const llvm::Twine &message) {
  llvm::errs() << "moe-reduce: error: " << message << "\n";
  return 1;
}

} // namespace

int main(int argc, char **argv) {
  cl::OptionCategory category("moe-reduce options");
  cl::opt<std::string> input(cl::Positional, cl::desc("MODEL.mlir"),
                             cl::Required, cl::cat(category));
  cl::opt<std::string> test(
      "test", cl::Required, cl::cat(category),
      cl::desc("Program that exits 0 when a file is interesting"));
  cl::opt<std::string> output("o", cl::init("-"), cl::cat(category),
                              cl::desc("Where the smallest model goes"));
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(
      argc, argv, "moe-reduce: shrink a model that shows a problem\n");

  DialectRegistry registry;
  moe::registerEverything(registry);
  MLIRContext context(registry);
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(input, &context);
  if (!module)
    return 1;
  if (!llvm::sys::fs::can_execute(test))
    return fail("the test '" + test + "' cannot be executed");
  Reducer reducer(std::move(module), test);
  if (!reducer.isInteresting(reducer.get()))
    return fail("'" + input +
                "' is not interesting: the test must exit 0 for it");
  reducer.run();

  std::string error;
  auto file = openOutputFile(output, &error);
  if (!file)
    return fail(error);
  reducer.get().print(file->os());
  file->keep();
  return 0;
}
