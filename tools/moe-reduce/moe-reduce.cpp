// moe-reduce: shrinks a model while a test script still finds it interesting.
//
//   moe-reduce MODEL.mlir --reduction-tree='traversal-mode=0 test=./fails.sh'
#include "moe/Pipeline/Pipeline.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Reducer/Passes.h"
#include "mlir/Tools/mlir-reduce/MlirReduceMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  moe::registerEverything(registry);
  mlir::MLIRContext context(registry);
  return mlir::failed(mlir::mlirReduceMain(argc, argv, context));
}
