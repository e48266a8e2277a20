// spmd-expand-annotations: GShard's three calls become spmd.annotate.
#include "moe/Propagate/Passes.h"

using namespace mlir;

namespace moe {
#define GEN_PASS_DEF_SPMDEXPANDANNOTATIONS
#include "moe/Propagate/Passes.h.inc"
} // namespace moe

namespace {

template <typename OpTy> void expand(OpTy op) {
  OpBuilder builder(op);
  op->replaceAllUsesWith(spmd::AnnotateOp::create(
      builder, op.getLoc(), op.getType(), op.getInput(), op.getSharding()));
  op->erase();
}

struct ExpandAnnotationsPass
    : moe::impl::SpmdExpandAnnotationsBase<ExpandAnnotationsPass> {
  void runOnOperation() override {
    getOperation()->walk([](spmd::SplitOp op) { expand(op); });
    getOperation()->walk([](spmd::ReplicateOp op) { expand(op); });
    getOperation()->walk([](spmd::ShardOp op) { expand(op); });
  }
};

} // namespace
