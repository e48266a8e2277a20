// Blocks of tensors on ranks, and what counts as a difference.
#include "moe/Interpret/Compare.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace moe::interpret;
using moert::Digit;
using moert::Layout;

namespace {

class Blocks : public testing::Test {
protected:
  // 7 rows over 2 x 2 ranks, major digit first; columns over the other digit.
  Tensor rows() {
    Tensor tensor({7, 3}, Builder(&context).getI32Type());
    for (int64_t i = 0; i < tensor.getElements(); ++i)
      tensor.data<int64_t>()[i] = i;
    return tensor;
  }
  // Errors as text, and none printed.
  InFlightDiagnostic emit() {
    return emitError(UnknownLoc::get(&context)) << "blocks: ";
  }
  void SetUp() override {
    context.getDiagEngine().registerHandler(
        [this](Diagnostic &diagnostic) { errors += diagnostic.str(); });
  }
  Port floatPort(Type type) {
    Port port;
    port.globalType = RankedTensorType::get({4}, type);
    port.placement.layout = {{4}, {{Digit{2, 1}}}, {}};
    return port;
  }
  Tensor floats(std::vector<double> values, Type type) {
    Tensor tensor({static_cast<int64_t>(values.size())}, type);
    std::copy(values.begin(), values.end(), tensor.data<double>());
    return tensor;
  }

  MLIRContext context;
  std::string errors;
};

TEST_F(Blocks, GatherUndoesScatter) {
  Placement placement{{{7, 3}, {{{2, 2}, {2, 1}}, {}}, {}}};
  Placement swapped{{{7, 3}, {{{2, 1}}, {{2, 2}}}, {}}};
  for (const Placement &to : {placement, swapped}) {
    Distributor distributor(Mode::Float, 4, 1);
    RankTensors blocks = distributor.scatter(rows(), to);
    auto back = distributor.gather(blocks, to, [&] { return emit(); });
    ASSERT_TRUE(succeeded(back));
    EXPECT_EQ(back->text(Mode::Float), rows().text(Mode::Float));
  }
}

TEST_F(Blocks, RedistributeMovesBlocks) {
  Placement from{{{7, 3}, {{{2, 2}, {2, 1}}, {}}, {}}};
  Placement to{{{7, 3}, {{{2, 1}}, {{2, 2}}}, {}}};
  Distributor distributor(Mode::Float, 4, 1);
  RankTensors blocks = distributor.scatter(rows(), from);
  EXPECT_EQ(blocks[0].text(Mode::Float), "[[0, 1, 2], [3, 4, 5]]");
  auto moved =
      distributor.redistribute(blocks, from, to, [&] { return emit(); });
  ASSERT_TRUE(succeeded(moved));
  // Rank 3 holds rows 4 to 6 of column 2 and has room for 4 x 2.
  EXPECT_EQ((*moved)[3].getShape(), ArrayRef<int64_t>({4, 2}));
  EXPECT_EQ((*moved)[3].data<int64_t>()[0], 14);
  EXPECT_EQ((*moved)[3].data<int64_t>()[4], 20);
}

TEST_F(Blocks, PartialValuesAreReducedInRankOrder) {
  Placement from{{{7, 3}, {{}, {}}, {{2, 1}}}};
  Distributor distributor(Mode::Float, 4, 1);
  RankTensors partial = {rows(), rows(), rows(), rows()};
  auto sum = distributor.gather(partial, from, [&] { return emit(); });
  ASSERT_TRUE(succeeded(sum));
  EXPECT_EQ(sum->data<int64_t>()[20], 40);
}

TEST_F(Blocks, ScatteredPartialValuesSumToTheTensor) {
  Placement to{{{7, 3}, {{{2, 2}}, {}}, {{2, 1}}}};
  Distributor distributor(Mode::Float, 4, 1);
  auto back = distributor.gather(distributor.scatter(rows(), to), to,
                                 [&] { return emit(); });
  ASSERT_TRUE(succeeded(back));
  EXPECT_EQ(back->text(Mode::Float), rows().text(Mode::Float));
}

TEST_F(Blocks, DisagreeingReplicasAreAnError) {
  Placement whole{{{7, 3}, {{}, {}}, {}}};
  Distributor distributor(Mode::Float, 2, 1);
  RankTensors copies = distributor.scatter(rows(), whole);
  copies[1].data<int64_t>()[5] = -1;
  EXPECT_TRUE(
      failed(distributor.gather(copies, whole, [&] { return emit(); })));
  EXPECT_EQ(errors, "blocks: holders of one element differ: rank 1 has -1 at "
                    "global index [1, 2], rank 0 has 5");
}

TEST_F(Blocks, PaddingIsPoisoned) {
  Placement to{{{3}, {{{2, 1}}}, {}}};
  Type f32 = Builder(&context).getF32Type();
  Tensor tensor({3}, f32);
  EXPECT_TRUE(std::isnan(
      Distributor(Mode::Float, 2, 1).scatter(tensor, to)[1].data<double>()[1]));
  Tensor exact = Distributor(Mode::Exact, 2, 1).scatter(tensor, to)[1];
  EXPECT_FALSE(exact.data<Residue>()[1] == Residue::fromInteger(0));
}

TEST_F(Blocks, FloatsMayDifferByAShareOfTheGreatestMagnitude) {
  Type f32 = Builder(&context).getF32Type();
  Tensor expected = floats({1000, 0, 1, 2}, f32);
  Tensor near = floats({1000, 0.009, 1, 2}, f32);
  Tensor far = floats({1000, 0, 1, 2.011}, f32);
  Port port = floatPort(f32);
  EXPECT_FALSE(findDifference(expected, near, port, 2, Mode::Float));
  auto difference = findDifference(expected, far, port, 2, Mode::Float);
  ASSERT_TRUE(difference);
  EXPECT_EQ(difference->position, 3);
  EXPECT_EQ(difference->rank, 1);
  EXPECT_EQ(difference->magnitude, 1000);
}

TEST_F(Blocks, NaNAndInfinityMatchOnlyThemselves) {
  Type f32 = Builder(&context).getF32Type();
  double nan = std::nan(""), inf = INFINITY;
  Port port = floatPort(f32);
  Tensor special = floats({nan, inf, -inf, 1}, f32);
  EXPECT_FALSE(findDifference(special, special, port, 2, Mode::Float));
  for (int64_t i = 0; i < 3; ++i) {
    std::vector<double> values = {nan, inf, -inf, 1};
    values[i] = 1;
    auto difference =
        findDifference(special, floats(values, f32), port, 2, Mode::Float);
    ASSERT_TRUE(difference);
    EXPECT_EQ(difference->position, i);
  }
}

TEST_F(Blocks, ExactNumbersMustBeEqual) {
  Type f32 = Builder(&context).getF32Type();
  Tensor a({4}, f32), b({4}, f32);
  b.data<Residue>()[2] = Residue::fromInteger(1);
  EXPECT_TRUE(findDifference(a, b, floatPort(f32), 2, Mode::Exact));
}

} // namespace
