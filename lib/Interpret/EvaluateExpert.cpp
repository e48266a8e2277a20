// Evaluations of moe.gating, balanced_assignment, dispatch, combine and
// grouped_einsum.
#include "lib/Interpret/BalancedAssignment.h"
#include "lib/Interpret/Evaluations.h"
#include "lib/Interpret/GroupGate.h"

#include "moe/IR/Moe.h"

using namespace mlir;

namespace moe::interpret {
namespace {

//===----------------------------------------------------------------------===//
// Gating
//===----------------------------------------------------------------------===//

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
      gate.fill(
          expert, [&](int64_t at, bool) { return kept[at]; }, slot, weight);
    }
  });
  return success();
}

//===----------------------------------------------------------------------===//
// Balanced assignment
//===----------------------------------------------------------------------===//

LogicalResult evaluateBalancedAssignment(BalancedAssignmentOp,
                                         Evaluation &evaluation) {
  const Tensor &scores = evaluation.operand(0);
  int64_t groups = scores.getShape()[0], tokens = scores.getShape()[1],
          experts = scores.getShape()[2];
  auto *expert = evaluation.result(0).data<int64_t>();
  auto *slot = evaluation.result(1).data<int64_t>();
  for (int64_t g = 0; g < groups; ++g) {
    SmallVector<int64_t> counted(tokens * experts);
    evaluation.withFloats([&](auto numbers) {
      const auto *in = scores.data<typename decltype(numbers)::Value>() +
                       g * tokens * experts;
      for (auto [count, score] :
           llvm::zip(counted, ArrayRef(in, counted.size())))
        count = countScore(numbers, score);
    });
    SmallVector<int64_t> used(experts, 0);
    for (int64_t e : assignBalanced(counted, experts)) {
      *expert++ = e;
      *slot++ = used[e]++;
    }
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Grouped einsum
//===----------------------------------------------------------------------===//

// Rows of one batch: group e is [first, first + sizes[e]), the next one begins
// at its end; groups reach beyond the rows on either side.
LogicalResult evaluateGroupedEinsum(GroupedEinsumOp op,
                                    Evaluation &evaluation) {
  const Tensor &rows = evaluation.operand(0), &weights = evaluation.operand(1);
  const auto *sizes = evaluation.operand(2).data<int64_t>();
  Tensor &result = evaluation.result(0);
  int64_t experts = weights.getShape()[0], inner = weights.getShape()[1],
          width = weights.getShape()[2];
  int64_t count = rows.getShape()[rows.getRank() - 2];
  int64_t batches = elementsOf(rows.getShape().drop_back(2));
  evaluation.withNumbers(result, [&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    for (int64_t b = 0; b < batches; ++b) {
      int64_t begin =
          op.getFirst() ? evaluation.operand(3).template data<int64_t>()[b] : 0;
      for (int64_t e = 0; e < experts; ++e) {
        int64_t end = begin + std::max(sizes[b * experts + e], int64_t(0));
        int64_t from = std::clamp(begin, int64_t(0), count),
                to = std::clamp(end, int64_t(0), count);
        if (from < to)
          numbers.multiplyAdd(rows.data<Value>() + (b * count + from) * inner,
                              weights.data<Value>() + e * inner * width,
                              result.data<Value>() + (b * count + from) * width,
                              to - from, inner, width);
        begin = end;
      }
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
  attachEvaluation<BalancedAssignmentOp, &evaluateBalancedAssignment>(context);
  attachEvaluation<GroupedEinsumOp, &evaluateGroupedEinsum>(context);
  attachEvaluation<DispatchOp, &evaluateDispatch>(context);
  attachEvaluation<CombineOp, &evaluateCombine>(context);
}

} // namespace moe::interpret
