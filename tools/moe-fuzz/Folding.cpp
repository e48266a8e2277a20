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

// A copy of `module` behind `passes`; null where they fail.
static OwningOpRef<ModuleOp> after(StringRef passes, ModuleOp module) {
  OwningOpRef<ModuleOp> copy = module.clone();
  PassManager manager(module.getContext(), ModuleOp::getOperationName());
  if (failed(parsePassPipeline(passes, manager)) || failed(manager.run(*copy)))
    return nullptr;
  return copy;
}

OwningOpRef<ModuleOp> foldConstants(ModuleOp global, bool keepsAnnotations) {
  OwningOpRef<ModuleOp> plain = global.clone();
  if (!keepsAnnotations)
    dropAnnotations(*plain);
  return after("canonicalize,cse,canonicalize", *plain);
}

OwningOpRef<ModuleOp> importLinalg(ModuleOp global) {
  return after("func.func(moe-import-linalg)", global);
}

OwningOpRef<ModuleOp> sumMasks(ModuleOp global) {
  return after("canonicalize,func.func(moe-import-linalg,moe-index-dispatch)",
               global);
}

} // namespace moe::fuzz
