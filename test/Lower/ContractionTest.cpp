#include "moe/Lower/Contraction.h"

#include <gtest/gtest.h>

using namespace moe;

using Sizes = std::vector<int64_t>;

static std::optional<Contraction>
plan(const std::string &a, const std::string &b, const std::string &c,
     bool constantA = false, bool constantB = false) {
  // Every letter has a size of its own.
  std::map<char, int64_t> sizes;
  for (char letter : a + b)
    sizes[letter] = letter - 'a' + 2;
  return planContraction({a, b, c, sizes, constantA, constantB});
}

TEST(Contraction, TokensTimesWeightsIsOneProduct) {
  auto result = plan("gsm", "mh", "gsh");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->batch, Sizes{});
  EXPECT_EQ(result->m, 8 * 20);
  EXPECT_EQ(result->k, 14);
  EXPECT_EQ(result->n, 9);
  EXPECT_EQ(result->aStrides, (Sizes{14, 1}));
  EXPECT_EQ(result->bStrides, (Sizes{9, 1}));
  EXPECT_EQ(result->cStrides, (Sizes{9, 1}));
}

TEST(Contraction, AttentionTransposesByStrides) {
  auto result = plan("gsnd", "gtnd", "gnst");
  ASSERT_TRUE(result);
  // g 8, s 20, n 15, d 5, t 21
  EXPECT_EQ(result->batch, (Sizes{8, 15}));
  EXPECT_EQ(result->m, 20);
  EXPECT_EQ(result->n, 21);
  EXPECT_EQ(result->k, 5);
  EXPECT_EQ(result->aStrides, (Sizes{20 * 15 * 5, 5, 15 * 5, 1}));
  EXPECT_EQ(result->bStrides, (Sizes{21 * 15 * 5, 5, 1, 15 * 5}));
  EXPECT_EQ(result->cStrides, (Sizes{15 * 20 * 21, 20 * 21, 21, 1}));
  EXPECT_TRUE(result->aCopy.empty() && result->bCopy.empty());
}

TEST(Contraction, ExpertsAreABatchAndTheirRowsOneDimension) {
  auto result = plan("egcm", "emh", "egch");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->batch, (Sizes{6}));
  EXPECT_EQ(result->m, 8 * 4);
  EXPECT_EQ(result->k, 14);
}

TEST(Contraction, TheWeightComesSecond) {
  auto result = plan("hm", "sm", "hs", /*constantA=*/true);
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->isSwapped);
  EXPECT_EQ(result->m, 20);
  EXPECT_EQ(result->n, 9);
  EXPECT_EQ(result->aStrides, (Sizes{14, 1}));
  EXPECT_EQ(result->bStrides, (Sizes{1, 14}));
  EXPECT_EQ(result->cStrides, (Sizes{1, 20}));
}

TEST(Contraction, RowsThatLieApartBecomeABatch) {
  // c is transposed, so s and t are not neighbours there.
  auto result = plan("stk", "kn", "tsn");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->batch, (Sizes{20}));
  EXPECT_EQ(result->m, 21);
  EXPECT_EQ(result->bStrides, (Sizes{0, 15, 1}));
}

TEST(Contraction, SummedLettersApartAreCopiedTogether) {
  auto result = plan("ecm", "emh", "ch");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->aCopy, "cem");
  EXPECT_TRUE(result->bCopy.empty());
  EXPECT_EQ(result->k, 6 * 14);
}

TEST(Contraction, TheWeightsOrderOfSummationWins) {
  auto result = plan("sem", "meh", "sh", false, /*constantB=*/true);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->aCopy, "sme");
  EXPECT_TRUE(result->bCopy.empty());
}

TEST(Contraction, TheOtherOperandIsCopiedToTheFirstOnesOrder) {
  auto result = plan("sme", "emh", "sh");
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->aCopy.empty());
  EXPECT_EQ(result->bCopy, "meh");
  // e 6, h 9, m 14
  EXPECT_EQ(result->k, 14 * 6);
  EXPECT_EQ(result->bStrides, (Sizes{9, 1}));
  // Behind a letter of the batch too, h lies far apart in b as it was.
  result = plan("gsme", "hemg", "gsh");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->bCopy, "gmeh");
  EXPECT_EQ(result->bStrides, (Sizes{14 * 6 * 9, 9, 1}));
}

TEST(Contraction, WhatIsNoProductIsRefused) {
  EXPECT_FALSE(plan("ab", "ab", "ab")); // nothing is summed
  EXPECT_FALSE(plan("ab", "ab", "a"));  // no letter in one operand alone
  EXPECT_FALSE(plan("ab", "b", "a"));
  EXPECT_FALSE(plan("abx", "bc", "ac")); // x is summed in one operand
}
