// Evaluations of moe.reduce, the scans, softmax and log_softmax.
#include "lib/Interpret/Evaluations.h"
#include "lib/Interpret/Strided.h"

#include "moe/IR/Moe.h"

using namespace mlir;

namespace moe::interpret {
namespace {

LogicalResult evaluateReduce(ReduceOp op, Evaluation &evaluation) {
  const Tensor &operand = evaluation.operand(0);
  Tensor &result = evaluation.result(0);
  // Reduced dimensions do not advance in the result.
  Strides resultStrides = stridesOf(result.getShape()), to;
  auto next = resultStrides.begin();
  for (int64_t dim = 0; dim < operand.getRank(); ++dim)
    to.push_back(llvm::is_contained(op.getDims(), dim) ? 0 : *next++);
  evaluation.withNumbers(operand, [&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    const auto *in = operand.data<Value>();
    auto *out = result.data<Value>();
    std::fill_n(out, result.getElements(), numbers.neutral(op.getKind()));
    forEachRow<2>(operand.getShape(), {stridesOf(operand.getShape()), to},
                  [&](auto offsets, int64_t n, auto steps) {
                    for (int64_t i = 0; i < n; ++i) {
                      Value &sum = out[offsets[1] + i * steps[1]];
                      sum = numbers.combine(op.getKind(), sum,
                                            in[offsets[0] + i * steps[0]]);
                    }
                  });
  });
  return success();
}

template <typename OpTy>
LogicalResult evaluateScan(OpTy op, Evaluation &evaluation) {
  const Tensor &operand = evaluation.operand(0);
  evaluation.withNumbers(operand, [&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    const auto *in = operand.data<Value>();
    auto *out = evaluation.result(0).template data<Value>();
    forEachLine(operand.getShape(), op.getDim(),
                [&](int64_t begin, int64_t stride, int64_t n) {
                  Value so = numbers.neutral(OpTy::kKind);
                  for (int64_t i = 0; i < n; ++i) {
                    int64_t at = begin + i * stride;
                    if (op.getExclusive())
                      out[at] = so;
                    so = numbers.combine(OpTy::kKind, so, in[at]);
                    if (!op.getExclusive())
                      out[at] = so;
                  }
                });
  });
  return success();
}

// Writes exp(x - max) of a line and returns their sum; `shifted` sees x - max.
template <typename Numbers, typename Value, typename Shifted>
Value sumOfExponentials(Numbers numbers, const Value *in, int64_t begin,
                        int64_t stride, int64_t n, Shifted shifted) {
  Value greatest = numbers.least();
  for (int64_t i = 0; i < n; ++i)
    greatest = numbers.max(greatest, in[begin + i * stride]);
  Value sum = numbers.fromInteger(0);
  for (int64_t i = 0; i < n; ++i) {
    Value x = numbers.sub(in[begin + i * stride], greatest);
    Value exponential = numbers.apply(Function::Exp, x);
    shifted(begin + i * stride, x, exponential);
    sum = numbers.add(sum, exponential);
  }
  return sum;
}

LogicalResult evaluateSoftmax(SoftmaxOp op, Evaluation &evaluation) {
  return softmaxAlong(op.getDim(), evaluation);
}

LogicalResult evaluateLogSoftmax(LogSoftmaxOp op, Evaluation &evaluation) {
  const Tensor &operand = evaluation.operand(0);
  evaluation.withFloats([&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    const auto *in = operand.data<Value>();
    auto *out = evaluation.result(0).template data<Value>();
    forEachLine(operand.getShape(), op.getDim(),
                [&](int64_t begin, int64_t stride, int64_t n) {
                  Value sum = sumOfExponentials(
                      numbers, in, begin, stride, n,
                      [&](int64_t at, Value x, Value) { out[at] = x; });
                  Value log = numbers.apply(Function::Log, sum);
                  for (int64_t i = 0; i < n; ++i)
                    out[begin + i * stride] =
                        numbers.sub(out[begin + i * stride], log);
                });
  });
  return success();
}

} // namespace

LogicalResult softmaxAlong(int64_t dim, Evaluation &evaluation) {
  const Tensor &operand = evaluation.operand(0);
  evaluation.withFloats([&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    const auto *in = operand.data<Value>();
    auto *out = evaluation.result(0).template data<Value>();
    forEachLine(operand.getShape(), dim,
                [&](int64_t begin, int64_t stride, int64_t n) {
                  Value sum = sumOfExponentials(
                      numbers, in, begin, stride, n,
                      [&](int64_t at, Value, Value e) { out[at] = e; });
                  auto divide = numbers.divider(sum);
                  for (int64_t i = 0; i < n; ++i)
                    out[begin + i * stride] = divide(out[begin + i * stride]);
                });
  });
  return success();
}

void attachReductionEvaluations(MLIRContext &context) {
  attachEvaluation<ReduceOp, &evaluateReduce>(context);
  attachEvaluation<CumsumOp, &evaluateScan>(context);
  attachEvaluation<CumprodOp, &evaluateScan>(context);
  attachEvaluation<CummaxOp, &evaluateScan>(context);
  attachEvaluation<CumminOp, &evaluateScan>(context);
  attachEvaluation<SoftmaxOp, &evaluateSoftmax>(context);
  attachEvaluation<LogSoftmaxOp, &evaluateLogSoftmax>(context);
}

} // namespace moe::interpret
