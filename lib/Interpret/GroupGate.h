// The gate of one group of S tokens: chosen experts, weights, then slots.
#pragma once

#include "lib/Interpret/Ordering.h"

#include "moe/Interpret/Tensor.h"

#include "runtime/core/DType.h"

namespace moe::interpret {

/// The steps of moe.gating for one group of S tokens.
template <typename Numbers> class GroupGate {
public:
  using Value = typename Numbers::Value;

  GroupGate(Numbers numbers, mlir::Type elementType, int64_t tokens,
            int64_t experts, int64_t k, int64_t capacity)
      : numbers(numbers), elementType(elementType), tokens(tokens),
        experts(experts), k(k), capacity(capacity) {}

  /// The k greatest of `gates`, ties to the lowest index; undefined gates
  /// last.
  void choose(const Value *gates, int64_t *expert) {
    llvm::SmallVector<int64_t> order;
    orderDescending(
        numbers, experts, [&](int64_t i) { return gates[i]; }, order);
    std::copy_n(order.begin(), k, expert);
  }

  /// weight_j = g_j / (sum of the k gates + 1e-9). Every step is rounded like
  /// the elementwise ops that would spell it.
  void normalise(const Value *gates, const int64_t *expert, Value *weight) {
    Value sum = numbers.fromInteger(0);
    for (int64_t j = 0; j < k; ++j)
      sum = numbers.add(sum, gates[expert[j]]);
    Value epsilon = rounded(numbers.fromDouble(rounded(1e-9)));
    auto divide = numbers.divider(rounded(numbers.add(rounded(sum), epsilon)));
    for (int64_t j = 0; j < k; ++j)
      weight[j] = rounded(divide(gates[expert[j]]));
  }

  /// GShard's random choice: keep the second where random < 2 g_2.
  bool keepsSecond(Value random, Value weight) {
    return numbers.less(random, numbers.mul(numbers.fromInteger(2), weight));
  }

  /// Slots in order of choice, then of token; beyond capacity -1 and weight 0.
  /// `keeps(at, fits)` says whether choice `at` of S * k takes one, knowing
  /// whether there is one left.
  template <typename Keeps>
  void fill(const int64_t *expert, Keeps keeps, int64_t *slot, Value *weight) {
    llvm::SmallVector<int64_t> used(experts, 0);
    for (int64_t j = 0; j < k; ++j)
      for (int64_t s = 0; s < tokens; ++s) {
        int64_t at = s * k + j;
        int64_t &next = used[expert[at]];
        slot[at] = keeps(at, next < capacity) ? next++ : capacity;
        if (slot[at] < capacity)
          continue;
        slot[at] = -1;
        weight[at] = numbers.fromInteger(0);
      }
  }

private:
  Residue rounded(Residue value) const { return value; }
  double rounded(double value) const {
    if (elementType.isF64())
      return value;
    float narrow = static_cast<float>(value);
    return elementType.isBF16() ? moert::fromBF16(moert::toBF16(narrow))
                                : narrow;
  }

  Numbers numbers;
  mlir::Type elementType;
  int64_t tokens, experts, k, capacity;
};

} // namespace moe::interpret
