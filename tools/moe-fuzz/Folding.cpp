#include "tools/moe-fuzz/Folding.h"

#include "moe/IR/Moe.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

namespace moe::fuzz {

static void dropAnnotations(ModuleOp module) {
  module.walk([](Operation *op) {
    if (!isa<spmd::AnnotateOp, spmd::SplitOp, spmd::ShardOp, spmd::ReplicateOp>(
            op))
      return;
    op->getResult(0).replaceAllUsesWith(op->getOperand(0));
    op->erase();
  });
}

OwningOpRef<ModuleOp> foldConstants(ModuleOp global, bool keepsAnnotations) {
  OwningOpRef<ModuleOp> folded = global.clone();
  if (!keepsAnnotations)
    dropAnnotations(*folded);
  PassManager manager(global.getContext(), ModuleOp::getOperationName());
  if (failed(parsePassPipeline("canonicalize,cse,canonicalize", manager)) ||
      failed(manager.run(*folded)))
    return nullptr;
  return folded;
}

} // namespace moe::fuzz
