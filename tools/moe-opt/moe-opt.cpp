// The compiler's driver and its opt tool.
#include "moe/IR/Moe.h"
#include "moe/Partition/Localizer.h"
#include "moe/Partition/Passes.h"

#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::registerAllPasses();
  mlir::DialectRegistry registry;
  moe::registerDialects(registry);
  spmd::registerLocalizeModels(registry);
  moe::registerMoePartitionPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "moe-spmd optimizer\n", registry));
}
