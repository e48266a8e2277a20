// spmd-share-calls: functions that became equal become one.
#include "moe/Partition/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace moe {
#define GEN_PASS_DEF_SPMDSHARECALLS
#include "moe/Partition/Passes.h.inc"
} // namespace moe

namespace {

struct ShareCallsPass : moe::impl::SpmdShareCallsBase<ShareCallsPass> {
  // All but its name, where it was written, and why its collectives are there:
  // annotations of different callers may be behind the same move.
  static std::string textOf(func::FuncOp func) {
    OwningOpRef<func::FuncOp> copy = func.clone();
    copy->setSymName("f");
    copy->walk([](Operation *op) { op->removeAttr("reason"); });
    std::string text;
    llvm::raw_string_ostream stream(text);
    copy->print(stream, OpPrintingFlags().useLocalScope());
    return text;
  }

  bool shareOnce() {
    llvm::StringMap<func::FuncOp> byText;
    bool changed = false;
    for (auto func :
         llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
      if (!func.isPrivate() || func.isExternal())
        continue;
      auto [place, isNew] = byText.try_emplace(textOf(func), func);
      if (isNew)
        continue;
      if (failed(SymbolTable::replaceAllSymbolUses(
              func, place->second.getSymNameAttr(), getOperation())))
        continue;
      func.erase();
      ++numShared;
      changed = true;
    }
    return changed;
  }

  // Callers become equal when what they call does.
  void runOnOperation() override {
    while (shareOnce())
      ;
  }
};

} // namespace
