// The guard behind Lower.
#include "moe/Lower/Passes.h"

namespace moe {
#define GEN_PASS_DEF_MOEVERIFYLOWERED
#include "moe/Lower/Passes.h.inc"
} // namespace moe

using namespace mlir;

namespace {

bool isAllowedCallee(StringRef name) {
  return name.starts_with("moe_kernel_") || name.starts_with("moert_");
}

LogicalResult verify(Operation *op) {
  StringRef dialect = op->getName().getDialectNamespace();
  if (dialect == "moe" || dialect == "spmd")
    return op->emitOpError("is left after lowering");
  for (Type type : op->getResultTypes())
    if (isa<TensorType>(type))
      return op->emitOpError() << "still makes a tensor: " << type;
  auto call = dyn_cast<func::CallOp>(op);
  if (call && !isAllowedCallee(call.getCallee()))
    return call.emitOpError() << "calls @" << call.getCallee()
                              << ", which is neither a kernel nor a function "
                                 "of the runtime";
  return success();
}

struct VerifyLowered : moe::impl::MoeVerifyLoweredBase<VerifyLowered> {
  void runOnOperation() override {
    WalkResult result = getOperation().walk([](Operation *op) {
      return failed(verify(op)) ? WalkResult::interrupt()
                                : WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
