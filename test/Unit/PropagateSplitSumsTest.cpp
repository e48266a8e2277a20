// Sums that could be had whole, on graphs written by hand.
#include "moe/Propagate/SplitSums.h"

#include <gtest/gtest.h>

using namespace moe::propagate;
using spmd::FactorKind;

namespace {

/// Tokens [S] that every rank has; positions [S, E] made of them and cut over
/// an axis of 2; `sums` sums of them over E. All of i32. Nobody uses the axis
/// "data".
struct Masks {
  Graph graph;
  std::vector<Assignment> assignments;
  int positions = 0;

  Masks(int64_t tokens, int64_t experts, int sums) {
    std::string error;
    graph.atoms = *AtomTable::create({{"expert", 2}, {"data", 2}}, {}, error);
    OpNode argument;
    argument.isArgument = true;
    argument.factors = {{tokens}};
    int x = graph.addTensor({{tokens}, 4}, 0);
    argument.results = {{x, {0}}};
    add(argument, {{}});

    OpNode count;
    count.factors = {{tokens}, {experts}};
    count.operands = {{x, {0}}};
    int mask = graph.addTensor({{tokens, experts}, 4}, 1);
    count.results = {{mask, {0, 1}}};
    positions = add(count, {{}, {0}});

    for (int i = 0; i < sums; ++i) {
      OpNode sum;
      sum.factors = {{tokens}, {experts, FactorKind::Reduction}};
      sum.operands = {{mask, {0, 1}}};
      int index = graph.ops.size();
      sum.results = {{graph.addTensor({{tokens}, 4}, index), {0}}};
      add(sum, {{}, {0}});
      use(sum.results[0].tensor);
    }
  }

  int add(OpNode op, Assignment assignment) {
    assignments.push_back(std::move(assignment));
    return graph.addOp(std::move(op));
  }

  void use(int tensor) {
    OpNode user;
    user.factors = {{graph.tensors[tensor].shape.sizes[0]}};
    user.operands = {{tensor, {0}}};
    add(user, {{}});
  }

  std::map<int, Assignment> find() {
    return findNeedlessSplits(graph, assignments);
  }
};

// [8] all-reduced over 2: 32 bytes, worth 256 elements. Positions and sum are
// 4*E elements more each.
TEST(SplitSums, BytesAreWeighedAgainstWork) {
  auto better = Masks(8, 32, 1).find();
  ASSERT_EQ(better.size(), 2u);
  EXPECT_EQ(better[1], Assignment({{}, {}}));
  EXPECT_EQ(better[2], Assignment({{}, {}}));
  EXPECT_TRUE(Masks(8, 33, 1).find().empty());
}

// Positions are counted once for both: 12*E elements for 64 bytes.
TEST(SplitSums, SumsShareWhatTheyAreMadeOf) {
  EXPECT_EQ(Masks(8, 42, 2).find().size(), 3u);
  EXPECT_TRUE(Masks(8, 43, 2).find().empty());
}

// The tokens are cut over data and gathered behind the sum, split or not: that
// saves nothing. Of 32 bytes 16 are left, worth 128 elements.
TEST(SplitSums, WhatMovesAnywayIsNotSaved) {
  auto better = [](int64_t experts) {
    Masks masks(8, experts, 1);
    masks.assignments = {{{1}}, {{1}, {0}}, {{1}, {0}}, {{}}};
    return masks.find();
  };
  EXPECT_EQ(better(32).size(), 2u);
  EXPECT_TRUE(better(33).empty());
}

// Experts in parts over both axes: whole again from the minor one.
TEST(SplitSums, AxesAreTakenFromTheEnd) {
  Masks masks(8, 4, 1);
  for (int op : {1, 2})
    masks.assignments[op] = {{}, {0, 1}};
  auto better = masks.find();
  ASSERT_EQ(better.size(), 2u);
  EXPECT_EQ(better[1], Assignment({{}, {}}));
  EXPECT_EQ(better[2], Assignment({{}, {}}));
}

// Positions are made of 8 x 33 elements, of which each is read.
TEST(SplitSums, LargeOperandsAreWork) {
  Masks masks(8, 32, 1);
  masks.graph.tensors[0].shape.sizes.push_back(33);
  for (Port *port : {&masks.graph.ops[0].results[0],
                     &masks.graph.ops[masks.positions].operands[0]})
    port->factors.emplace_back();
  EXPECT_TRUE(masks.find().empty());
}

TEST(SplitSums, WhatIsWrittenStays) {
  Masks masks(8, 4, 1);
  masks.graph.ops[masks.positions].pin =
      Pin{{{}, {0}}, {false, false}, {0, 0}, {}, {}, {}, 0};
  EXPECT_TRUE(masks.find().empty());
}

// The tokens are cut over the axis: to have them whole is to gather them.
TEST(SplitSums, WhatArrivesCutStays) {
  Masks masks(8, 4, 1);
  masks.assignments[0] = {{0}};
  EXPECT_TRUE(masks.find().empty());
}

// Without a sum nothing is saved, not even where the positions are gathered.
TEST(SplitSums, SharedWorkStaysShared) {
  Masks masks(8, 4, 0);
  EXPECT_TRUE(masks.find().empty());
  OpNode user;
  user.factors = {{8}, {4}};
  user.operands = {masks.graph.ops[masks.positions].results[0]};
  masks.add(user, {{}, {}});
  EXPECT_TRUE(masks.find().empty());
}

} // namespace
