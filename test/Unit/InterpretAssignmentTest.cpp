// The balanced assignment against all assignments there are.
#include "lib/Interpret/BalancedAssignment.h"
#include "moe/Interpret/Numbers.h"

#include "llvm/ADT/STLExtras.h"

#include <gtest/gtest.h>
#include <random>

using namespace moe::interpret;

namespace {

// The greatest sum of the tokens from `token` on, where expert e has room for
// room[e] more.
int64_t greatestSum(llvm::ArrayRef<int64_t> scores,
                    llvm::MutableArrayRef<int64_t> room, size_t token) {
  if (token * room.size() == scores.size())
    return 0;
  int64_t best = INT64_MIN;
  for (size_t e = 0; e < room.size(); ++e) {
    if (room[e] == 0)
      continue;
    --room[e];
    best = std::max(best, scores[token * room.size() + e] +
                              greatestSum(scores, room, token + 1));
    ++room[e];
  }
  return best;
}

} // namespace

TEST(BalancedAssignment, HasTheGreatestSumOfAllAssignments) {
  std::mt19937_64 random(1);
  for (int trial = 0; trial < 400; ++trial) {
    int64_t experts = 1 + random() % 4, tokens = random() % 8;
    // Few different scores tie often, extreme ones would overflow i32.
    int64_t range = trial % 2 ? 3 : INT64_C(1) << 32;
    llvm::SmallVector<int64_t> scores;
    for (int64_t i = 0; i < tokens * experts; ++i)
      scores.push_back(static_cast<int64_t>(random() % range) - range / 2);
    int64_t load = balancedLoad(tokens, experts), sum = 0;
    llvm::SmallVector<int64_t> room(experts, load);
    llvm::SmallVector<int64_t> assigned = assignBalanced(scores, experts);
    ASSERT_EQ(static_cast<int64_t>(assigned.size()), tokens);
    for (auto [token, expert] : llvm::enumerate(assigned)) {
      ASSERT_GE(--room[expert], 0) << "trial " << trial;
      sum += scores[token * experts + expert];
    }
    llvm::SmallVector<int64_t> all(experts, load);
    EXPECT_EQ(sum, greatestSum(scores, all, 0)) << "trial " << trial;
  }
}

TEST(BalancedAssignment, TakesTheLowestExpertsAtTies) {
  llvm::SmallVector<int64_t> equal(6 * 3, 7);
  EXPECT_EQ(assignBalanced(equal, 3),
            (llvm::SmallVector<int64_t>{0, 0, 1, 1, 2, 2}));
}

TEST(BalancedAssignment, ScoresCountInUnitsAndSaturate) {
  FloatNumbers floats;
  EXPECT_EQ(countScore(floats, 1.0), 65536);
  EXPECT_EQ(countScore(floats, -0x1.8p-16), -1);
  EXPECT_EQ(countScore(floats, 1e9), INT32_MAX);
  EXPECT_EQ(countScore(floats, -INFINITY), INT32_MIN);
  EXPECT_EQ(countScore(floats, NAN), INT32_MIN);
  ExactNumbers exact;
  EXPECT_EQ(countScore(exact, exact.fromInteger(-2)), -131072);
}
