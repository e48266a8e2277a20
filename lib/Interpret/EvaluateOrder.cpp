// Evaluations of moe.top_k, arg_reduce and sort.
#include "lib/Interpret/Evaluations.h"
#include "lib/Interpret/Ordering.h"
#include "lib/Interpret/Strided.h"

#include "moe/IR/Moe.h"

using namespace mlir;

namespace moe::interpret {
namespace {

LogicalResult evaluateTopK(TopKOp op, Evaluation &evaluation) {
  const Tensor &operand = evaluation.operand(0);
  int64_t k = op.getK(), dim = op.getDim();
  evaluation.withNumbers(operand, [&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    const auto *in = operand.data<Value>();
    auto *values = evaluation.result(0).template data<Value>();
    auto *indices = evaluation.result(1).template data<int64_t>();
    SmallVector<int64_t> order;
    forEachLine(
        operand.getShape(), dim, [&](int64_t begin, int64_t stride, int64_t n) {
          orderDescending(
              numbers, n, [&](int64_t i) { return in[begin + i * stride]; },
              order);
          // The same line in results of k elements along dim.
          int64_t line = begin / (n * stride) * (k * stride) + begin % stride;
          for (int64_t i = 0; i < k; ++i) {
            values[line + i * stride] = in[begin + order[i] * stride];
            indices[line + i * stride] = order[i];
          }
        });
  });
  return success();
}

// The first of the best of the elements value(0) .. value(n - 1).
template <typename Numbers, typename ValueAt>
int64_t findBest(Numbers numbers, int64_t n, bool isMax, ValueAt value) {
  int64_t best = 0;
  for (int64_t i = 1; i < n; ++i)
    if (comesBefore(numbers, value(i), value(best), isMax))
      best = i;
  return best;
}

LogicalResult evaluateArgReduce(ArgReduceOp op, Evaluation &evaluation) {
  const Tensor &operand = evaluation.operand(0);
  bool isMax = op.getKind() == spmd::ReductionKind::Max;
  evaluation.withNumbers(operand, [&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    const auto *in = operand.data<Value>();
    auto *values = evaluation.result(0).template data<Value>();
    auto *indices = evaluation.result(1).template data<int64_t>();
    forEachLine(operand.getShape(), op.getDim(),
                [&](int64_t begin, int64_t stride, int64_t n) {
                  int64_t best = findBest(numbers, n, isMax, [&](int64_t i) {
                    return in[begin + i * stride];
                  });
                  *values++ = in[begin + best * stride];
                  *indices++ = best;
                });
  });
  return success();
}

LogicalResult evaluateSort(SortOp op, Evaluation &evaluation) {
  const Tensor &keys = evaluation.operand(0);
  evaluation.withNumbers(keys, [&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    const auto *in = keys.data<Value>();
    SmallVector<int64_t> order;
    forEachLine(
        keys.getShape(), op.getDim(),
        [&](int64_t begin, int64_t stride, int64_t n) {
          orderOf(
              numbers, n, op.getDescending(),
              [&](int64_t i) { return in[begin + i * stride]; }, order);
          for (unsigned t = 0; t < op.getNumOperands(); ++t)
            for (int64_t i = 0; i < n; ++i)
              evaluation.result(t).words()[begin + i * stride] =
                  evaluation.operand(t).words()[begin + order[i] * stride];
        });
  });
  return success();
}

} // namespace

void attachOrderEvaluations(MLIRContext &context) {
  attachEvaluation<TopKOp, &evaluateTopK>(context);
  attachEvaluation<ArgReduceOp, &evaluateArgReduce>(context);
  attachEvaluation<SortOp, &evaluateSort>(context);
}

} // namespace moe::interpret
