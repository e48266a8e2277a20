// Every ordered pair of shardings of a mesh: planned, partitioned, verified.
#include "ShardingEnumeration.h"

#include "moe/Partition/Passes.h"
#include "moe/Partition/ReshardPlan.h"
#include "moe/Pipeline/Pipeline.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace spmd;

namespace {

class ReshardTest : public testing::Test {
protected:
  ReshardTest() : context(registry()) { context.loadAllAvailableDialects(); }

  static DialectRegistry registry() {
    DialectRegistry registry;
    moe::registerEverything(registry);
    return registry;
  }

  OwningOpRef<ModuleOp> parse(const std::string &text) {
    return parseSourceString<ModuleOp>(text, &context);
  }

  SmallVector<ReshardStep, 2> plan(StringRef mesh, StringRef from, StringRef to,
                                   ArrayRef<int64_t> shape) {
    auto module = parse("spmd.mesh @mesh " + mesh.str());
    MeshOp meshOp = *module->getOps<MeshOp>().begin();
    auto sharding = [&](StringRef text) {
      return cast<ShardingAttr>(parseAttribute(
          "#spmd.sharding<@mesh, " + text.str() + ">", &context));
    };
    std::string error;
    auto steps =
        planReshard(sharding(from), sharding(to), shape, meshOp, error);
    EXPECT_TRUE(succeeded(steps)) << error;
    return *steps;
  }

  MLIRContext context;
};

using Kinds = std::vector<CollectiveKind>;

Kinds kindsOf(ArrayRef<ReshardStep> steps) {
  Kinds kinds;
  for (const ReshardStep &step : steps)
    kinds.push_back(step.kind);
  return kinds;
}

} // namespace

TEST_F(ReshardTest, MovesHaveTheMostTellingName) {
  auto kinds = [&](StringRef from, StringRef to) {
    return kindsOf(plan("[\"x\"=2, \"y\"=2]", from, to, {8, 8}));
  };
  EXPECT_EQ(kinds("[{\"x\"}, {}]", "[{\"x\"}, {}]"), Kinds{});
  EXPECT_EQ(kinds("[{\"x\", \"y\"}, {}]", "[{\"x\"}, {}]"),
            Kinds{CollectiveKind::AllGather});
  EXPECT_EQ(kinds("[{\"x\"}, {}]", "[{\"x\"}, {\"y\"}]"),
            Kinds{CollectiveKind::Slice});
  EXPECT_EQ(kinds("[{\"x\"}, {}]", "[{\"y\"}, {}]"),
            Kinds{CollectiveKind::Permute});
  EXPECT_EQ(kinds("[{\"x\", \"y\"}, {}]", "[{\"x\"}, {\"y\"}]"),
            Kinds{CollectiveKind::AllToAll});
  EXPECT_EQ(kinds("[{\"x\"}, {}]", "[{}, {\"y\"}]"),
            Kinds{CollectiveKind::Exchange});
}

TEST_F(ReshardTest, PartialValuesAreReducedFirstByPieces) {
  auto kinds = [&](StringRef from, StringRef to) {
    return kindsOf(plan("[\"x\"=2, \"y\"=2]", from, to, {8, 8}));
  };
  EXPECT_EQ(kinds("[{}, {}], unreduced = sum{\"x\"}", "[{}, {}]"),
            Kinds{CollectiveKind::AllReduce});
  EXPECT_EQ(kinds("[{}, {}], unreduced = sum{\"x\"}", "[{}, {\"x\"}]"),
            Kinds{CollectiveKind::ReduceScatter});
  EXPECT_EQ(kinds("[{\"y\"}, {}], unreduced = sum{\"x\"}", "[{}, {\"y\"}]"),
            (Kinds{CollectiveKind::ReduceScatter, CollectiveKind::Exchange}));
}

// Sizes of one axis are no axes at all.
TEST_F(ReshardTest, AxesOfSizeOneMoveNothing) {
  EXPECT_TRUE(
      plan("[\"x\"=1, \"y\"=2]", "[{\"x\"}, {}]", "[{}, {\"x\"}]", {8, 8})
          .empty());
}

// All pairs partition into ops whose claims the verifier accepts: at most one
// move, never a gather of everything on the way to something smaller.
TEST_F(ReshardTest, EveryPairPartitionsIntoOneVerifiedMove) {
  struct Case {
    std::string mesh;
    std::vector<std::string> axes;
    std::vector<int64_t> shape;
  };
  for (const Case &c : std::vector<Case>{
           {"[\"x\"=2, \"y\"=2]", {"\"x\"", "\"y\""}, {7, 5}},
           {"[\"x\"=3, \"y\"=2]", {"\"x\"", "\"y\""}, {6, 2}},
           {"[\"x\"=4, \"y\"=2]",
            {"\"x\":(1)2", "\"x\":(2)2", "\"y\""},
            {9, 3}},
           {"[\"x\"=6]", {"\"x\":(1)2", "\"x\":(2)3"}, {6, 7, 1}}}) {
    std::vector<std::string> shardings =
        enumerateShardings(c.axes, c.shape.size());
    std::string type = tensorText(c.shape, "f32");
    for (const std::string &from : shardings) {
      std::string text = "spmd.mesh @mesh " + c.mesh + "\n";
      for (size_t i = 0; i < shardings.size(); ++i)
        text +=
            reshardFunction("f" + std::to_string(i), type, from, shardings[i]);
      auto module = parse(text);
      ASSERT_TRUE(module);
      PassManager manager(&context, ModuleOp::getOperationName());
      manager.addPass(moe::createSpmdPartition());
      manager.addPass(moe::createSpmdVerifyPartitioned());
      ASSERT_TRUE(succeeded(manager.run(*module))) << from;
      module->walk([&](func::FuncOp func) {
        int64_t moves = 0;
        func.walk([&](CollectiveOpInterface) { ++moves; });
        EXPECT_LE(moves, 1) << from << " " << func.getName().str();
      });
    }
  }
}
