// Every ordered pair of shardings of a mesh: planned, partitioned, verified,
// run.
#include "ShardingEnumeration.h"

#include "moe/Interpret/Compare.h"
#include "moe/Interpret/Evaluation.h"
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
    moe::interpret::registerEvaluations(registry);
    return registry;
  }

  /// The module as it is and partitioned.
  std::pair<OwningOpRef<ModuleOp>, OwningOpRef<ModuleOp>>
  partition(const std::string &text) {
    OwningOpRef<ModuleOp> reference = parse(text);
    OwningOpRef<ModuleOp> candidate = reference->clone();
    PassManager manager(&context, ModuleOp::getOperationName());
    manager.addPass(moe::createSpmdPartition());
    manager.addPass(moe::createSpmdVerifyPartitioned());
    EXPECT_TRUE(succeeded(manager.run(*candidate)));
    return {std::move(reference), std::move(candidate)};
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
    auto global = RankedTensorType::get(shape, Float32Type::get(&context));
    auto steps =
        planReshard(sharding(from), sharding(to), global, meshOp, error);
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
TEST_F(ReshardTest, PlansOfNarrowElementsAreTheirOwn) {
  auto module = parse("spmd.mesh @mesh [\"x\"=4, \"y\"=2] topology [\"x\"]");
  MeshOp mesh = *module->getOps<MeshOp>().begin();
  auto sharding = [&](StringRef dims) {
    return cast<ShardingAttr>(parseAttribute(
        "#spmd.sharding<@mesh, [" + dims.str() + "]>", &context));
  };
  auto time = [&](ReshardPlanner &planner, Type element) {
    std::string error;
    auto found =
        planner.plan(sharding("{\"x\"}, {}"), sharding("{}, {\"x\"}"),
                     RankedTensorType::get({512, 512}, element), error);
    EXPECT_TRUE(succeeded(found)) << error;
    return found->time;
  };
  ReshardPlanner both(mesh), narrow(mesh);
  double wide = time(both, Float64Type::get(&context));
  Type bytes = IntegerType::get(&context, 8);
  EXPECT_EQ(time(both, bytes), time(narrow, bytes));
  EXPECT_LT(time(both, bytes), wide);
}

TEST_F(ReshardTest, AxesOfSizeOneMoveNothing) {
  EXPECT_TRUE(
      plan("[\"x\"=1, \"y\"=2]", "[{\"x\"}, {}]", "[{}, {\"x\"}]", {8, 8})
          .empty());
}

namespace {

struct MeshCase {
  std::string mesh;
  std::vector<std::string> axes;
  std::vector<int64_t> shape;
};

const std::vector<MeshCase> kMeshes = {
    {"[\"x\"=2, \"y\"=2]", {"\"x\"", "\"y\""}, {7, 5}},
    {"[\"x\"=2, \"y\"=4]", {"\"x\"", "\"y\""}, {6, 3}},
    {"[\"x\"=3, \"y\"=2]", {"\"x\"", "\"y\""}, {6, 2}},
    {"[\"x\"=2, \"y\"=2] order [\"y\", \"x\"]", {"\"x\"", "\"y\""}, {4, 2, 3}},
    {"[\"x\"=4, \"y\"=2]", {"\"x\":(1)2", "\"x\":(2)2", "\"y\""}, {9, 3}},
    {"[\"x\"=6]", {"\"x\":(1)2", "\"x\":(2)3"}, {6, 7, 1}}};

} // namespace

// Every ordered pair: at most one move, accepted by the verifier of its claim,
// and the numbers of the value that was not moved, uneven and empty blocks
// included.
TEST_F(ReshardTest, EveryPairMovesOnceAndKeepsTheNumbers) {
  for (const MeshCase &mesh : kMeshes) {
    std::vector<std::string> shardings =
        enumerateShardings(mesh.axes, mesh.shape.size());
    std::string type = tensorText(mesh.shape, "f32");
    for (const std::string &from : shardings) {
      std::string text = "spmd.mesh @mesh " + mesh.mesh + "\n";
      for (size_t i = 0; i < shardings.size(); ++i)
        text +=
            reshardFunction("f" + std::to_string(i), type, from, shardings[i]);
      auto [reference, candidate] = partition(text);
      for (auto func : candidate->getOps<func::FuncOp>()) {
        SCOPED_TRACE(mesh.mesh + " " + from + " " + func.getName().str());
        int64_t moves = 0;
        func.walk([&](CollectiveOpInterface) { ++moves; });
        EXPECT_LE(moves, 1);
        ASSERT_TRUE(succeeded(moe::interpret::compareExecutions(
            *reference, *candidate, func.getName(), moe::interpret::Mode::Exact,
            1)));
      }
    }
  }
}

// The same for values that are partial over one axis: at most a reduction and
// one move.
TEST_F(ReshardTest, EveryPairFromPartialValuesKeepsTheNumbers) {
  for (const MeshCase &mesh : kMeshes)
    for (const std::string &partial : mesh.axes) {
      std::vector<std::string> others;
      llvm::copy_if(mesh.axes, std::back_inserter(others),
                    [&](const std::string &axis) { return axis != partial; });
      std::vector<std::string> targets =
          enumerateShardings(mesh.axes, mesh.shape.size());
      for (const std::string &from :
           enumerateShardings(others, mesh.shape.size())) {
        std::string text = "spmd.mesh @mesh " + mesh.mesh + "\n";
        for (size_t i = 0; i < targets.size(); ++i)
          text += reduceFunction("f" + std::to_string(i), mesh.shape, partial,
                                 from, targets[i]);
        auto [reference, candidate] = partition(text);
        for (auto func : candidate->getOps<func::FuncOp>()) {
          SCOPED_TRACE(mesh.mesh + " partial over " + partial + " " + from +
                       " " + func.getName().str());
          int64_t steps = 0;
          // A slice moves nothing.
          func.walk([&](CollectiveOpInterface op) {
            steps += op.getCollectiveKind() != CollectiveKind::Slice;
          });
          EXPECT_LE(steps, 2);
          ASSERT_TRUE(succeeded(moe::interpret::compareExecutions(
              *reference, *candidate, func.getName(),
              moe::interpret::Mode::Exact, 1)));
        }
      }
    }
}
