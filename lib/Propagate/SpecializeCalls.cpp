// spmd-specialize-calls: each call gets a function of its own.
#include "moe/IR/ControlFlow.h"
#include "moe/Propagate/Passes.h"

using namespace mlir;

namespace moe {
#define GEN_PASS_DEF_SPMDSPECIALIZECALLS
#include "moe/Propagate/Passes.h.inc"
} // namespace moe

namespace {

struct SpecializeCallsPass
    : moe::impl::SpmdSpecializeCallsBase<SpecializeCallsPass> {
  void runOnOperation() override {
    SmallVector<func::FuncOp> work(getOperation().getOps<func::FuncOp>());
    llvm::SmallSetVector<Operation *, 8> originals;
    SymbolTable symbols(getOperation());
    // Entries first: what only a private function calls is reached from there.
    llvm::erase_if(work, [](func::FuncOp func) { return func.isPrivate(); });
    while (!work.empty()) {
      WalkResult walk = work.pop_back_val().walk([&](func::CallOp call) {
        func::FuncOp callee = spmd::calleeOf(call);
        if (!callee)
          return WalkResult::advance();
        if (spmd::isRecursive(call)) {
          emitError(call.getLoc())
              << "@" << call.getCallee()
              << " calls itself; recursion is not supported";
          return WalkResult::interrupt();
        }
        originals.insert(callee);
        func::FuncOp own = callee.clone();
        own.setPrivate();
        symbols.insert(own);
        call.setCallee(own.getSymName());
        work.push_back(own);
        ++numFunctions;
        return WalkResult::advance();
      });
      if (walk.wasInterrupted())
        return signalPassFailure();
    }
    for (Operation *original : originals)
      if (cast<func::FuncOp>(original).isPrivate() &&
          SymbolTable::symbolKnownUseEmpty(original, getOperation()))
        symbols.erase(original);
  }
};

} // namespace
