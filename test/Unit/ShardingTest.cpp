// What only a program can write into a sharding; test/IR has what text can.
#include "moe/IR/Spmd.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace spmd;

namespace {

// "{"x"}p-1" does not parse.
TEST(Sharding, PrioritiesAreNotNegative) {
  MLIRContext context;
  context.loadDialect<SpmdDialect>();
  auto module =
      parseSourceString<ModuleOp>("spmd.mesh @mesh [\"x\"=4]", &context);
  MeshOp mesh = *module->getOps<MeshOp>().begin();
  auto sharding = [&](int64_t priority) {
    auto dim = DimShardingAttr::get(&context, {AxisRefAttr::get(&context, "x")},
                                    false, priority);
    return ShardingAttr::get(&context,
                             FlatSymbolRefAttr::get(mesh.getSymNameAttr()),
                             {dim}, {}, {}, ReductionKind::Sum);
  };
  std::string said;
  ScopedDiagnosticHandler handler(
      &context, [&](Diagnostic &diagnostic) { said = diagnostic.str(); });
  auto verify = [&](int64_t priority) {
    auto type = RankedTensorType::get({8}, Float32Type::get(&context));
    return verifySharding(sharding(priority), type, mesh, "argument 0",
                          [&] { return mesh.emitError(); });
  };
  EXPECT_TRUE(succeeded(verify(0)));
  EXPECT_TRUE(failed(verify(-1)));
  EXPECT_EQ(said, "argument 0: priority of dimension 0 must not be negative, "
                  "got -1");
}

} // namespace
