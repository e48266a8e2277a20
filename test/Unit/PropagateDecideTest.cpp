// Claims and decisions on small graphs made by hand.
#include "moe/Propagate/Decide.h"
#include "moe/Propagate/DivideAxes.h"

#include <gtest/gtest.h>

using namespace moe::propagate;
using spmd::FactorKind;

namespace {

Claim claimOf(AxisList axes, int priority = 0,
              OpClass opClass = OpClass::Elementwise) {
  return {axes, priority, opClass, 0};
}

llvm::SmallVector<ClaimSet, 8>
claimsOf(std::initializer_list<std::initializer_list<Claim>> factors) {
  llvm::SmallVector<ClaimSet, 8> result;
  for (const auto &claims : factors) {
    result.emplace_back();
    for (const Claim &claim : claims)
      result.back().add(claim);
  }
  return result;
}

TEST(Candidates, LongerListsCoverTheirBeginnings) {
  Candidates found = settle(claimsOf({{claimOf({0}), claimOf({0, 1})}}));
  ASSERT_EQ(found.lists[0].size(), 1u);
  EXPECT_EQ(found.lists[0][0], AxisList({0, 1}));
  EXPECT_TRUE(found.contested().empty());
}

TEST(Candidates, AxesOfTwoFactorsAreContested) {
  Candidates found = settle(claimsOf({{claimOf({0, 1})}, {claimOf({1})}}));
  EXPECT_EQ(found.contested(), AxisList({1}));
  EXPECT_EQ(found.claimants(1).size(), 2u);
}

TEST(Candidates, ListsThatContradictAreContested) {
  Candidates found = settle(claimsOf({{claimOf({0, 1}), claimOf({1, 0})}}));
  EXPECT_EQ(found.contested(), AxisList({0, 1}));
}

TEST(Candidates, UserPriorityTakesTheAxisAndLeavesTheRest) {
  Candidates found =
      settle(claimsOf({{claimOf({0, 1}, /*priority=*/1)}, {claimOf({1})}}));
  EXPECT_TRUE(found.contested().empty());
  EXPECT_EQ(found.first(), Assignment({{0}, {1}}));
}

TEST(Candidates, ElementwisePathsPrevailOnOneFactor) {
  Candidates found = settle(
      claimsOf({{claimOf({0}, 0, OpClass::Contraction), claimOf({1}, 0)}}));
  EXPECT_EQ(found.first(), Assignment({{1}}));
}

// Op priority decides nothing between factors: bytes do.
TEST(Candidates, OpPriorityDoesNotSettleFactors) {
  Candidates found = settle(
      claimsOf({{claimOf({0}, 0, OpClass::Contraction)}, {claimOf({0}, 0)}}));
  EXPECT_EQ(found.contested(), AxisList({0}));
}

llvm::SmallVector<Assignment, 8> allChoices(const Candidates &candidates) {
  llvm::SmallVector<Assignment, 8> choices;
  ChoiceSpace(candidates, {}).explore([&](const Assignment &choice) {
    choices.push_back(choice);
    return choices.size() == 1;
  });
  return choices;
}

TEST(Candidates, ChoicesKeepRemainingAxes) {
  Candidates found = settle(claimsOf({{claimOf({0, 1})}, {claimOf({1})}}));
  auto choices = allChoices(found);
  ASSERT_EQ(choices.size(), 3u);
  EXPECT_EQ(choices[0], Assignment({{0, 1}, {}}));
  EXPECT_EQ(choices[1], Assignment({{0}, {1}}));
  EXPECT_EQ(choices[2], Assignment({{0}, {}}));
}

// 20 factors that all want one of 8 axes: single changes are tried, not 21^8
// choices.
TEST(Candidates, ManyConflictsAreSearchedOneChangeAtATime) {
  llvm::SmallVector<ClaimSet, 8> claims(20);
  for (int factor = 0; factor < 20; ++factor)
    for (int atom = 0; atom < 8; ++atom)
      claims[factor].add(claimOf({atom}));
  size_t tried = allChoices(settle(claims)).size();
  EXPECT_GT(tried, 8u);
  EXPECT_LT(tried, 1000u);
}

TEST(Claims, PinnedOpsAdmitBehindWhatIsWritten) {
  OpNode op;
  op.factors.resize(3);
  Pin pin;
  pin.dims = {{0}, {}, {}};
  pin.open = {true, true, false};
  pin.priority = {0, 0, 0};
  pin.closed = {3};
  op.pin = pin;
  EXPECT_EQ(admit(op, 0, {0, 1}), AxisList({0, 1}));
  EXPECT_EQ(admit(op, 0, {1}), std::nullopt);           // does not continue {0}
  EXPECT_EQ(admit(op, 1, {1, 0, 2}), AxisList({1, 2})); // 0 is taken
  EXPECT_EQ(admit(op, 1, {3}), std::nullopt);           // 3 is closed
  EXPECT_EQ(admit(op, 2, {1}), std::nullopt); // the dimension is closed
}

/// (i j k) of sizes 4, 3 and 8; axes 0 and 1 of size 2, 2 of size 3, 3 of 8.
llvm::SmallVector<AxisList, 2> divided(const AxisList &axes,
                                       llvm::ArrayRef<ClaimSet> claims) {
  std::string error;
  AtomTable atoms =
      *AtomTable::create({{"a", 2}, {"b", 2}, {"c", 3}, {"d", 8}}, {}, error);
  spmd::FactorList dim;
  for (int factor : {0, 1, 2})
    dim.push_back(factor);
  return divideAxes(dim, axes, {{4}, {3}, {8}}, claims, atoms);
}

TEST(Claims, FactorsOfADimensionTakeWhatFillsThem) {
  auto none = claimsOf({{}, {}, {}});
  using Parts = llvm::SmallVector<AxisList, 2>;
  EXPECT_EQ(divided({0}, none), Parts({{0}, {}, {}}));
  EXPECT_EQ(divided({0, 1, 2, 3}, none), Parts({{0, 1}, {2}, {3}}));
  // The second factor cannot begin before the first is full.
  EXPECT_EQ(divided({0, 2}, none), Parts({{0, 2}, {}, {}}));
  EXPECT_EQ(divided({3}, none), Parts({{3}, {}, {}}));
}

TEST(Claims, FactorsOfADimensionTakeWhatTheyClaim) {
  auto claims = claimsOf({{claimOf({0})}, {}, {claimOf({1, 3})}});
  using Parts = llvm::SmallVector<AxisList, 2>;
  EXPECT_EQ(divided({0, 1}, claims), Parts({{0}, {}, {1}}));
  EXPECT_EQ(divided({0, 1, 3}, claims), Parts({{0}, {}, {1, 3}}));
  EXPECT_EQ(divided({1, 3}, claims), Parts({{}, {}, {1, 3}}));
  // No claims make this up.
  EXPECT_EQ(divided({1, 0}, claims), Parts({{1, 0}, {}, {}}));
}

/// dispatch "gsec,gsm->egcm" without its mask: tokens [G,S,M] pinned on g,
/// slots [E,G,C,M] pinned on e over the same axis of size 4.
struct Dispatch {
  Graph graph;
  int dispatch = 0;

  Dispatch(int64_t experts, int64_t capacity) {
    std::string error;
    graph.atoms = *AtomTable::create({{"expert", 4}}, {}, error);
    const int64_t groups = 4, tokens = 8, width = 16;
    int x = graph.addTensor({{groups, tokens, width}, 4}, 0);
    OpNode argument;
    argument.isArgument = true;
    argument.factors = {{groups}, {tokens}, {width}};
    argument.results = {{x, {0, 1, 2}}};
    argument.pin =
        Pin{{{0}, {}, {}}, {false, false, false}, {0, 0, 0}, {}, {}, {}, 0};
    graph.addOp(argument);

    int sent = graph.addTensor({{experts, groups, capacity, width}, 4}, 1);
    OpNode op; // g s e c m
    op.factors = {{groups},
                  {tokens, FactorKind::Reduction},
                  {experts},
                  {capacity},
                  {width}};
    op.operands = {{x, {0, 1, 4}}};
    op.results = {{sent, {2, 0, 3, 4}}};
    op.opClass = OpClass::Contraction;
    dispatch = graph.addOp(op);

    OpNode result;
    result.factors = {{experts}, {groups}, {capacity}, {width}};
    result.operands = {{sent, {0, 1, 2, 3}}};
    result.pin = Pin{{{0}, {}, {}, {}},
                     {false, true, true, true},
                     {0, 0, 0, 0},
                     {},
                     {},
                     {},
                     1};
    graph.addOp(result);
  }
};

// The example of Decide.h: E*C/S = 2 <= 4, so the slots travel.
TEST(Decide, FewSlotsTravel) {
  Dispatch program(4, 4);
  Decisions decisions = decide(program.graph);
  const OpDecision &op = decisions.ops[program.dispatch];
  EXPECT_EQ(op.assignment, Assignment({{0}, {}, {}, {}, {}}));
  ASSERT_EQ(op.contests.size(), 1u);
  EXPECT_EQ(op.contests[0].bytes, 768);
  EXPECT_EQ(op.contests[0].loserBytes, 1536);
  EXPECT_EQ(op.origins[0], 0);
}

// E*C/S = 8 > 4: the tokens are fewer.
TEST(Decide, ManySlotsStay) {
  Dispatch program(4, 16);
  Decisions decisions = decide(program.graph);
  EXPECT_EQ(decisions.ops[program.dispatch].assignment,
            Assignment({{}, {}, {0}, {}, {}}));
}

// E*C/S = 4: a tie, and operands stay in place.
TEST(Decide, OperandsStayAtATie) {
  Dispatch program(4, 8);
  Decisions decisions = decide(program.graph);
  const OpDecision &op = decisions.ops[program.dispatch];
  EXPECT_EQ(op.assignment, Assignment({{0}, {}, {}, {}, {}}));
  EXPECT_EQ(op.contests[0].bytes, op.contests[0].loserBytes);
}

// Forward and back, and once more to see that nothing changes.
TEST(Decide, SweepsEndWhereNothingChanges) {
  Dispatch program(4, 4);
  Decisions decisions = decide(program.graph);
  EXPECT_EQ(decisions.openOps, 1);
  EXPECT_EQ(decisions.sweeps, 4);
}

/// "bh,hm->bm", then "bm,mk->bk" whose weights are left out: h is pinned over
/// `hidden`, so that the first product is partial, and the second is wanted
/// whole. B 8, H 8, M `inner`, K `outer`; axis 0 of size 4, 1 of size 2.
struct Products {
  Graph graph;
  int first = 0, second = 0;

  Products(int64_t inner, int64_t outer, const AxisList &hidden = {0}) {
    std::string error;
    graph.atoms = *AtomTable::create({{"x", 4}, {"y", 2}}, {}, error);
    int values = addArgument({8, 8}, {{}, hidden});
    int weights = addArgument({8, inner}, {hidden, {}});

    OpNode op;
    op.factors = {{8}, {8, FactorKind::Reduction}, {inner}}; // b h m
    int made = graph.addTensor({{8, inner}, 4}, graph.ops.size());
    op.operands = {{values, {0, 1}}, {weights, {1, 2}}};
    op.results = {{made, {0, 2}}};
    op.opClass = OpClass::Contraction;
    first = graph.addOp(op);

    op.factors = {{8}, {inner, FactorKind::Reduction}, {outer}}; // b m k
    int result = graph.addTensor({{8, outer}, 4}, graph.ops.size());
    op.operands = {{made, {0, 1}}};
    op.results = {{result, {0, 2}}};
    second = graph.addOp(op);

    OpNode user;
    user.factors = {{8}, {outer}};
    user.operands = {{result, {0, 1}}};
    user.pin = Pin{{{}, {}}, {false, false}, {0, 0}, {}, {}, {}, 2};
    graph.addOp(user);
  }

  int addArgument(llvm::SmallVector<int64_t, 4> sizes,
                  llvm::SmallVector<AxisList, 4> dims) {
    int origin = graph.ops.size();
    int tensor = graph.addTensor({sizes, 4}, origin);
    OpNode argument;
    argument.isArgument = true;
    argument.factors = {{sizes[0]}, {sizes[1]}};
    argument.results = {{tensor, {0, 1}}};
    argument.pin = Pin{dims, {false, false}, {0, 0}, {}, {}, {}, origin};
    graph.addOp(argument);
    return tensor;
  }
};

// 8 x 64 sums are scattered, 8 x 4 results gathered: 1536 + 96 bytes in place
// of 3072.
TEST(Decide, SmallResultsOfPiecesAreGathered) {
  Products program(64, 4);
  Decisions decisions = decide(program.graph);
  EXPECT_EQ(decisions.ops[program.first].assignment, Assignment({{}, {0}, {}}));
  const OpDecision &op = decisions.ops[program.second];
  EXPECT_EQ(op.assignment, Assignment({{0}, {}, {}}));
  EXPECT_EQ(op.pieces, AxisList({0}));
  EXPECT_EQ(op.origins[0], kNoOrigin);
}

// Over one axis, then over the other: sums are scattered over all ranks.
TEST(Decide, PiecesAreTakenOverEachAxis) {
  Products program(64, 4, /*hidden=*/{0, 1});
  Decisions decisions = decide(program.graph);
  const OpDecision &op = decisions.ops[program.second];
  EXPECT_EQ(op.assignment, Assignment({{0, 1}, {}, {}}));
  EXPECT_EQ(op.pieces, AxisList({0, 1}));
}

// Another user needs the sums whole: then they are there for both.
TEST(Decide, SumsThatOthersNeedWholeAreTakenWhole) {
  Products program(64, 4);
  OpNode other;
  other.factors = {{8}, {64}};
  other.operands = {
      {program.graph.ops[program.second].operands[0].tensor, {0, 1}}};
  other.pin = Pin{{{}, {}}, {false, false}, {0, 0}, {}, {}, {}, 3};
  program.graph.addOp(other);
  Decisions decisions = decide(program.graph);
  EXPECT_TRUE(decisions.ops[program.second].pieces.empty());
}

// 8 x 4 sums are the smaller ones.
TEST(Decide, LargeResultsAreMadeOfWholeSums) {
  Products program(4, 64);
  Decisions decisions = decide(program.graph);
  const OpDecision &op = decisions.ops[program.second];
  EXPECT_EQ(op.assignment, Assignment({{}, {}, {}}));
  EXPECT_TRUE(op.pieces.empty());
}

} // namespace
