// Choosing experts, and what goes to them.
#include "LoweredOps.h"

#include <limits>

using namespace moe::test;

static const float inf = std::numeric_limits<float>::infinity();
static const float nan_ = std::numeric_limits<float>::quiet_NaN();

TEST(LowerOps, TopKTakesTheLowestIndexOfEqualValues) {
  auto results = runOps(
      "%v, %i = moe.top_k %a k 3 dim 1 : tensor<2x4xf32> -> tensor<2x3xf32>, "
      "tensor<2x3xi32>",
      "%a: tensor<2x4xf32>", "tensor<2x3xf32>, tensor<2x3xi32>", "%v, %i",
      {Data::f32({1, 3, 3, -2, -1, nan_, -inf, -1})});
  EXPECT_EQ(results[0].values(), (Numbers{3, 3, 1, -1, -1, -inf}));
  EXPECT_EQ(results[1].values(), (Numbers{1, 2, 0, 0, 3, 2}));
}

TEST(LowerOps, BalancedAssignmentHasTheGreatestSum) {
  auto assign = [](const std::string &type, const Data &scores) {
    return runOps("%e, %s = moe.balanced_assignment %a : " + type +
                      " -> tensor<2x5x1xi32>, tensor<2x5x1xi32>",
                  "%a: " + type, "tensor<2x5x1xi32>, tensor<2x5x1xi32>",
                  "%e, %s", {scores});
  };
  // Token 3 loses least by giving up expert 0; NaN is the least of all. In the
  // second group all prefer expert 1.
  std::vector<float> scores = {5, 1, 5, 1, 5, 1, 5,    2,    nan_, -inf,
                               0, 9, 0, 8, 0, 7, 0.5f, 0.5f, 1,    6};
  auto results = assign("tensor<2x5x2xf32>", Data::f32(scores));
  EXPECT_EQ(results[0].values(), (Numbers{0, 0, 0, 1, 1, 1, 1, 1, 0, 0}));
  EXPECT_EQ(results[1].values(), (Numbers{0, 1, 2, 0, 1, 0, 1, 2, 0, 1}));
  EXPECT_EQ(assign("tensor<2x5x2xbf16>", Data::bf16(scores))[0].values(),
            results[0].values());
}

TEST(LowerOps, GroupedEinsumGivesZerosOutsideOfGroups) {
  auto run = [](std::vector<int32_t> sizes, int64_t first) {
    return runOne("moe.grouped_einsum %x, %w sizes %n first %f : "
                  "tensor<4x1xf32>, tensor<3x1x1xf32>, tensor<3xi32>, "
                  "tensor<i64> -> tensor<4x1xf32>",
                  "%x: tensor<4x1xf32>, %w: tensor<3x1x1xf32>, %n: "
                  "tensor<3xi32>, %f: tensor<i64>",
                  "tensor<4x1xf32>",
                  {Data::f32({1, 2, 3, 4}), Data::f32({1, 2, 3}),
                   Data::i32(sizes), Data::i64({first})});
  };
  EXPECT_EQ(run({1, 2, 0}, 0), (Numbers{1, 4, 6, 0}));
  EXPECT_EQ(run({-1, 0, 2}, 0), (Numbers{3, 6, 0, 0}));
  EXPECT_EQ(run({1, 2, 2}, -2), (Numbers{2, 6, 9, 0}));
  EXPECT_EQ(run({1, 2, 2}, 2), (Numbers{0, 0, 3, 8}));
  EXPECT_EQ(run({1, 2, 2}, 9), (Numbers{0, 0, 0, 0}));
  EXPECT_EQ(run({2147483647, 2147483647, 2147483647}, 0),
            (Numbers{1, 2, 3, 4}));
}

// As products of matrices do: (1 + 2^-12)^2 is 1 + 2^-11 and 2^-24.
TEST(LowerOps, GroupedEinsumRoundsSumsAndNotProducts) {
  float a = 1.000244140625f, rounded = 1.00048828125f;
  EXPECT_EQ(
      runOne("moe.grouped_einsum %x, %w sizes %n : tensor<1x2xf32>, "
             "tensor<1x2x1xf32>, tensor<1xi32> -> tensor<1x1xf32>",
             "%x: tensor<1x2xf32>, %w: tensor<1x2x1xf32>, %n: "
             "tensor<1xi32>",
             "tensor<1x1xf32>",
             {Data::f32({-1, a}), Data::f32({rounded, a}), Data::i32({1})}),
      (Numbers{5.9604644775390625e-08}));
}

TEST(LowerOps, GatingGivesSlotsInTheOrderOfChoicesThenTokens) {
  auto results = runOps(
      "%e, %s, %w = moe.gating %g k 2 capacity 2 : tensor<1x3x3xf32> -> "
      "tensor<1x3x2xi32>, tensor<1x3x2xi32>, tensor<1x3x2xf32>",
      "%g: tensor<1x3x3xf32>",
      "tensor<1x3x2xi32>, tensor<1x3x2xi32>, tensor<1x3x2xf32>", "%e, %s, %w",
      {Data::f32({0.5, 0.25, 0.25, 0.625, 0.125, 0.25, 0.25, 0.5, 0.25})});
  EXPECT_EQ(results[0].values(), (Numbers{0, 1, 0, 2, 1, 0}));
  // Expert 0: tokens 0 and 1; token 2's second choice finds it full.
  EXPECT_EQ(results[1].values(), (Numbers{0, 1, 1, 0, 0, -1}));
  expectNear(results[2].values(),
             {2.0 / 3, 1.0 / 3, 0.625 / 0.875, 0.25 / 0.875, 2.0 / 3, 0}, 1e-6);
}

TEST(LowerOps, GatingOfNothingGivesNoWeight) {
  auto results =
      runOps("%e, %s, %w = moe.gating %g k 2 capacity 2 : tensor<1x1x3xf32> -> "
             "tensor<1x1x2xi32>, tensor<1x1x2xi32>, tensor<1x1x2xf32>",
             "%g: tensor<1x1x3xf32>",
             "tensor<1x1x2xi32>, tensor<1x1x2xi32>, tensor<1x1x2xf32>",
             "%e, %s, %w", {Data::f32({0, 0, 0})});
  EXPECT_EQ(results[2].values(), (Numbers{0, 0}));
}

TEST(LowerOps, RandomGatingDropsWeakSecondChoices) {
  auto results = runOps(
      "%e, %s, %w = moe.gating %g random %u k 2 capacity 4 : "
      "tensor<1x2x2xf32>, tensor<1x2xf32> -> tensor<1x2x2xi32>, "
      "tensor<1x2x2xi32>, tensor<1x2x2xf32>",
      "%g: tensor<1x2x2xf32>, %u: tensor<1x2xf32>",
      "tensor<1x2x2xi32>, tensor<1x2x2xi32>, tensor<1x2x2xf32>", "%e, %s, %w",
      {Data::f32({0.75, 0.25, 0.75, 0.25}), Data::f32({0.625, 0.375})});
  EXPECT_EQ(results[1].values(), (Numbers{0, -1, 1, 0}));
  expectNear(results[2].values(), {0.75, 0, 0.75, 0.25}, 1e-6);
}

// Two tokens in one slot are summed; nothing is left in a slot without one.
TEST(LowerOps, TokensThatMeetInASlotAreSummed) {
  for (const char *type : {"f32", "bf16", "i32"}) {
    std::string element = type;
    std::vector<float> numbers = {1, 2, 3, 4, 5, 6};
    Data tokens = element == "f32"    ? Data::f32(numbers)
                  : element == "bf16" ? Data::bf16(numbers)
                                      : Data::i32({1, 2, 3, 4, 5, 6});
    EXPECT_EQ(runOne("moe.dispatch %t to %e, %s : tensor<1x3x2x" + element +
                         ">, tensor<1x3x2xi32>, tensor<1x3x2xi32> -> "
                         "tensor<2x1x2x2x" +
                         element + ">",
                     "%t: tensor<1x3x2x" + element +
                         ">, %e: tensor<1x3x2xi32>, %s: tensor<1x3x2xi32>",
                     "tensor<2x1x2x2x" + element + ">",
                     {tokens, Data::i32({0, 1, 0, 1, 0, 1}),
                      Data::i32({0, 1, 0, -1, 0, 1})}),
              (Numbers{9, 12, 0, 0, 0, 0, 6, 8}))
        << type;
  }
}

TEST(LowerOps, CombineOfNoSlotsIsZero) {
  EXPECT_EQ(
      runOne("moe.combine %x from %e, %s weights %w : "
             "tensor<0x1x2x2xf32>, tensor<1x1x1xi32>, "
             "tensor<1x1x1xi32>, tensor<1x1x1xf32> -> tensor<1x1x2xf32>",
             "%x: tensor<0x1x2x2xf32>, %e: tensor<1x1x1xi32>, %s: "
             "tensor<1x1x1xi32>, %w: tensor<1x1x1xf32>",
             "tensor<1x1x2xf32>",
             {Data::f32({}), Data::i32({0}), Data::i32({0}), Data::f32({1})}),
      (Numbers{0, 0}));
}

TEST(LowerOps, CombineTakesWeightsOfAnotherType) {
  auto run = [](const std::string &slots, const Data &x,
                const std::string &weights, const Data &w) {
    std::string result = "tensor<1x1x2x" + slots + ">";
    return runOne("moe.combine %x from %e, %e weights %w : tensor<1x1x1x2x" +
                      slots + ">, tensor<1x1x1xi32>, tensor<1x1x1xi32>, " +
                      "tensor<1x1x1x" + weights + "> -> " + result,
                  "%x: tensor<1x1x1x2x" + slots +
                      ">, %e: tensor<1x1x1xi32>, %w: tensor<1x1x1x" + weights +
                      ">",
                  result, {x, Data::i32({0}), w});
  };
  EXPECT_EQ(run("bf16", Data::bf16({1, 2}), "f64", Data::f64({0.5})),
            (Numbers{0.5, 1}));
  EXPECT_EQ(run("f64", Data::f64({1, 2}), "bf16", Data::bf16({0.5})),
            (Numbers{0.5, 1}));
}

TEST(LowerOps, CombineDropsWhatIsFarOutOfRange) {
  auto run = [](int32_t expert, int32_t slot) {
    return runOne("moe.combine %x from %e, %s weights %w : "
                  "tensor<2x1x2x2xf32>, tensor<1x1x1xi32>, "
                  "tensor<1x1x1xi32>, tensor<1x1x1xf32> -> tensor<1x1x2xf32>",
                  "%x: tensor<2x1x2x2xf32>, %e: tensor<1x1x1xi32>, %s: "
                  "tensor<1x1x1xi32>, %w: tensor<1x1x1xf32>",
                  "tensor<1x1x2xf32>",
                  {Data::f32({1, 2, 3, 4, 5, 6, 7, 8}), Data::i32({expert}),
                   Data::i32({slot}), Data::f32({1})});
  };
  EXPECT_EQ(run(1, 1), (Numbers{7, 8}));
  for (int32_t far : {2147483647, -2147483647}) {
    EXPECT_EQ(run(1, far), (Numbers{0, 0}));
    EXPECT_EQ(run(far, 1), (Numbers{0, 0}));
  }
}

TEST(LowerOps, DispatchAndCombineDropWhatIsOutOfRange) {
  std::string types = "tensor<1x4x1xi32>, tensor<1x4x1xi32>";
  Data tokens = Data::f32({1, 2, 3, 4, 5, 6, 7, 8});
  Data expert = Data::i32({0, 1, 0, 5}), slot = Data::i32({0, 0, -1, 0});
  EXPECT_EQ(runOne("moe.dispatch %t to %e, %s : tensor<1x4x2xf32>, " + types +
                       " -> tensor<2x1x2x2xf32>",
                   "%t: tensor<1x4x2xf32>, %e: tensor<1x4x1xi32>, %s: "
                   "tensor<1x4x1xi32>",
                   "tensor<2x1x2x2xf32>", {tokens, expert, slot}),
            (Numbers{1, 2, 0, 0, 3, 4, 0, 0}));
  EXPECT_EQ(runOne("moe.combine %x from %e, %s weights %w : "
                   "tensor<2x1x2x2xf32>, " +
                       types + ", tensor<1x4x1xf32> -> tensor<1x4x2xf32>",
                   "%x: tensor<2x1x2x2xf32>, %e: tensor<1x4x1xi32>, %s: "
                   "tensor<1x4x1xi32>, %w: tensor<1x4x1xf32>",
                   "tensor<1x4x2xf32>",
                   {tokens, expert, slot, Data::f32({0.5, 2, 1, 1})}),
            (Numbers{0.5, 1, 10, 12, 0, 0, 0, 0}));
}
