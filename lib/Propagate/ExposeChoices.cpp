// moe-expose-choices: a program also returns what its router chose.
#include "moe/IR/ControlFlow.h"
#include "moe/IR/RoutingChoices.h"
#include "moe/Propagate/Passes.h"

using namespace mlir;
using namespace moe;

namespace moe {
#define GEN_PASS_DEF_MOEEXPOSECHOICES
#include "moe/Propagate/Passes.h.inc"
} // namespace moe

namespace {

// Calls that the inliner leaves keep their choices, as loops do.
bool hasCalls(func::FuncOp func) {
  return llvm::any_of(func.getOps<func::CallOp>(), [](func::CallOp call) {
    func::FuncOp callee = spmd::calleeOf(call);
    return !callee || !(callee.getNoInline() || call.getNoInline());
  });
}

struct ExposeChoicesPass : moe::impl::MoeExposeChoicesBase<ExposeChoicesPass> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    // Declarations are private.
    if (!func.isPublic())
      return;
    if (!func.getBody().hasOneBlock() || hasCalls(func)) {
      func.emitError() << "function @" << func.getName()
                       << " must be one block without calls for its choices "
                          "to be returned; run --inline first";
      return signalPassFailure();
    }
    for (const RoutingChoice &choice : findRoutingChoices(func)) {
      expose(func, choice);
      ++numChoices;
    }
  }

  void expose(func::FuncOp func, const RoutingChoice &choice) {
    Builder builder(&getContext());
    auto attributes = builder.getDictionaryAttr(
        {builder.getNamedAttr(kNameAttr, builder.getStringAttr(choice.name)),
         builder.getNamedAttr(kChoiceAttr, builder.getUnitAttr())});
    (void)func.insertResult(func.getNumResults(), choice.value.getType(),
                            attributes);
    Operation *terminator = func.getBody().front().getTerminator();
    terminator->insertOperands(terminator->getNumOperands(), {choice.value});
  }
};

} // namespace
