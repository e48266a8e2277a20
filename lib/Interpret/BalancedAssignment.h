// The assignment of moe.balanced_assignment for one group, as plain values.
//
//   scores {{5, 4}, {3, 0}}   both tokens prefer expert 0
//   assignBalanced            {1, 0}: 4 + 3 instead of 5 + 0
//
// Successive shortest augmenting paths on integers: with each token the
// assignment so far is the best of its tokens, so no cycle of moves has a
// negative cost and the search for the least cost ends.
#pragma once

#include "llvm/ADT/SmallVector.h"

#include <cstdint>

namespace moe::interpret {

/// The most tokens that one expert takes.
inline int64_t balancedLoad(int64_t tokens, int64_t experts) {
  return (tokens + experts - 1) / experts;
}

/// What scores are counted in.
inline constexpr double kScoreUnit = 1.0 / (1 << 16);

/// A score as an integer: units of 2^-16 toward zero, saturated to i32; an
/// undefined one is the least.
template <typename Numbers>
int64_t countScore(Numbers numbers, typename Numbers::Value score) {
  if (numbers.isUndefined(score))
    return INT32_MIN;
  return numbers.toInteger(numbers.mul(score, numbers.fromInteger(1 << 16)),
                           32);
}

/// The expert of each token, from row-major `scores` [tokens, experts] whose
/// sums fit 64 bits; there must be an expert. Follows the steps in the
/// description of moe.balanced_assignment, ties included.
llvm::SmallVector<int64_t> assignBalanced(llvm::ArrayRef<int64_t> scores,
                                          int64_t experts);

} // namespace moe::interpret
