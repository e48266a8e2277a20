// Evaluations of moe.gating, dispatch and combine.
#include "lib/Interpret/Evaluations.h"
#include "lib/Interpret/Ordering.h"

#include "moe/IR/Moe.h"

#include "runtime/core/DType.h"

using namespace mlir;

namespace moe::interpret {
namespace {

//===----------------------------------------------------------------------===//
// Gating
//===----------------------------------------------------------------------===//

// The gate of one group of S tokens: chosen experts, weights, then slots.
template <typename Numbers> class GroupGate {
public:
  using Value = typename Numbers::Value;

  GroupGate(Numbers numbers, Type elementType, int64_t tokens, int64_t experts,
            int64_t k, int64_t capacity)
      : numbers(numbers), elementType(elementType), tokens(tokens),
        experts(experts), k(k), capacity(capacity) {}

  /// The k greatest of `gates`, ties to the lowest index; undefined gates
  /// last.
  void choose(const Value *gates, int64_t *expert) {
    SmallVector<int64_t> order;
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
  void fill(const int64_t *expert, const llvm::BitVector &kept, int64_t *slot,
            Value *weight) {
    SmallVector<int64_t> used(experts, 0);
    for (int64_t j = 0; j < k; ++j)
      for (int64_t s = 0; s < tokens; ++s) {
        int64_t at = s * k + j;
        slot[at] = kept[at] ? used[expert[at]]++ : capacity;
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
  Type elementType;
  int64_t tokens, experts, k, capacity;
};

LogicalResult evaluateGating(GatingOp op, Evaluation &evaluation) {
  const Tensor &gates = evaluation.operand(0);
  int64_t groups = gates.getShape()[0], tokens = gates.getShape()[1],
          experts = gates.getShape()[2], k = op.getK();
  evaluation.withFloats([&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    GroupGate gate(numbers, gates.getElementType(), tokens, experts, k,
                   static_cast<int64_t>(op.getCapacity()));
    for (int64_t g = 0; g < groups; ++g) {
      int64_t at = g * tokens * k;
      auto *expert = evaluation.result(0).template data<int64_t>() + at;
      auto *slot = evaluation.result(1).template data<int64_t>() + at;
      auto *weight = evaluation.result(2).template data<Value>() + at;
      llvm::BitVector kept(tokens * k, true);
      for (int64_t s = 0; s < tokens; ++s) {
        const auto *scores = gates.data<Value>() + (g * tokens + s) * experts;
        gate.choose(scores, expert + s * k);
        gate.normalise(scores, expert + s * k, weight + s * k);
        if (op.getRandom())
          kept[s * k + 1] = gate.keepsSecond(
              evaluation.operand(1).template data<Value>()[g * tokens + s],
              weight[s * k + 1]);
      }
      gate.fill(expert, kept, slot, weight);
    }
  });
  return success();
}

//===----------------------------------------------------------------------===//
// Dispatch and combine
//===----------------------------------------------------------------------===//

/// Where slot (expert, group, slot) begins in [E, G, C, M], or -1 when a choice
/// is out of range.
struct SlotGrid {
  int64_t experts, groups, capacity, width;

  explicit SlotGrid(const Tensor &slots)
      : experts(slots.getShape()[0]), groups(slots.getShape()[1]),
        capacity(slots.getShape()[2]), width(slots.getShape()[3]) {}
  int64_t find(int64_t expert, int64_t group, int64_t slot) const {
    if (expert < 0 || expert >= experts || slot < 0 || slot >= capacity)
      return -1;
    return ((expert * groups + group) * capacity + slot) * width;
  }
};

LogicalResult evaluateDispatch(DispatchOp, Evaluation &evaluation) {
  const Tensor &tokens = evaluation.operand(0);
  const auto *expert = evaluation.operand(1).data<int64_t>();
  const auto *slot = evaluation.operand(2).data<int64_t>();
  int64_t perGroup = tokens.getShape()[1],
          k = evaluation.operand(1).getShape()[2];
  Tensor &result = evaluation.result(0);
  SlotGrid grid(result);
  evaluation.withNumbers(tokens, [&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    for (int64_t choice = 0, e = evaluation.operand(1).getElements();
         choice < e; ++choice) {
      int64_t token = choice / k;
      int64_t to = grid.find(expert[choice], token / perGroup, slot[choice]);
      const auto *row = tokens.data<Value>() + token * grid.width;
      for (int64_t m = 0; to >= 0 && m < grid.width; ++m) {
        Value &sum = result.data<Value>()[to + m];
        sum = numbers.add(sum, row[m]);
      }
    }
  });
  return success();
}

LogicalResult evaluateCombine(CombineOp, Evaluation &evaluation) {
  const Tensor &slots = evaluation.operand(0);
  const auto *expert = evaluation.operand(1).data<int64_t>();
  const auto *slot = evaluation.operand(2).data<int64_t>();
  const Tensor &weights = evaluation.operand(3);
  int64_t perGroup = weights.getShape()[1], k = weights.getShape()[2];
  Tensor &result = evaluation.result(0);
  SlotGrid grid(slots);
  evaluation.withFloats([&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    for (int64_t choice = 0, e = weights.getElements(); choice < e; ++choice) {
      int64_t token = choice / k;
      int64_t from = grid.find(expert[choice], token / perGroup, slot[choice]);
      auto *row = result.data<Value>() + token * grid.width;
      for (int64_t m = 0; from >= 0 && m < grid.width; ++m)
        row[m] =
            numbers.add(row[m], numbers.mul(weights.data<Value>()[choice],
                                            slots.data<Value>()[from + m]));
    }
  });
  return success();
}

} // namespace

void attachExpertEvaluations(MLIRContext &context) {
  attachEvaluation<GatingOp, &evaluateGating>(context);
  attachEvaluation<DispatchOp, &evaluateDispatch>(context);
  attachEvaluation<CombineOp, &evaluateCombine>(context);
}

} // namespace moe::interpret
