// Every dialect, model and pass of the project, for the tools.
#include "moe/Pipeline/Pipeline.h"

#include "moe/IR/Moe.h"
#include "moe/Import/Passes.h"
#include "moe/Lower/Passes.h"
#include "moe/Optimize/Passes.h"
#include "moe/Partition/Localizer.h"
#include "moe/Partition/Passes.h"
#include "moe/Propagate/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Transforms/Passes.h"

void moe::registerEverything(mlir::DialectRegistry &registry) {
  registerDialects(registry);
  // What Lower leaves.
  registry.insert<mlir::LLVM::LLVMDialect>();
  spmd::registerLocalizeModels(registry);
  mlir::registerTransformsPasses();
  registerMoeImportPasses();
  registerMoePropagatePasses();
  registerMoePartitionPasses();
  registerMoeOptimizePasses();
  registerMoeLowerPasses();
}
