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
  // All but its name and where it was written.
  static std::string textOf(func::FuncOp func) {
    std::string name = func.getSymName().str(), text;
    func.setSymName("f");
    llvm::raw_string_ostream stream(text);
    func->print(stream, OpPrintingFlags().useLocalScope());
    func.setSymName(name);
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
