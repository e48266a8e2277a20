// spmd-verify-partitioned: Partition's promise, checked.
#include "moe/Partition/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace moe {
#define GEN_PASS_DEF_SPMDVERIFYPARTITIONED
#include "moe/Partition/Passes.h.inc"
} // namespace moe

namespace {

struct VerifyPartitionedPass
    : moe::impl::SpmdVerifyPartitionedBase<VerifyPartitionedPass> {
  LogicalResult verify(func::FuncOp func) {
    for (unsigned index = 0; index < func.getNumArguments(); ++index)
      if (!func.getArgAttr(index, spmd::kGlobalAttrName))
        return func.emitOpError()
               << "argument " << index << " has no " << spmd::kGlobalAttrName
               << ": the function was not partitioned";
    WalkResult result = func.walk([](Operation *op) {
      if (!isa<spmd::ReshardOp, spmd::AnnotateOp, spmd::SplitOp,
               spmd::ReplicateOp, spmd::ShardOp>(op))
        return WalkResult::advance();
      op->emitOpError() << "is left after partitioning";
      return WalkResult::interrupt();
    });
    return failure(result.wasInterrupted());
  }

  void runOnOperation() override {
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func.isExternal() && failed(verify(func)))
        return signalPassFailure();
  }
};

} // namespace
