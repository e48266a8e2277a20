// Evaluations of the ops that only move elements.
#include "lib/Interpret/Evaluations.h"
#include "lib/Interpret/Strided.h"

#include "moe/IR/Moe.h"

using namespace mlir;

namespace moe::interpret {
namespace {

LogicalResult evaluateBroadcast(BroadcastOp op, Evaluation &evaluation) {
  const Tensor &operand = evaluation.operand(0);
  Tensor &result = evaluation.result(0);
  Strides from(result.getRank(), 0), strides = stridesOf(operand.getShape());
  for (auto [index, dim] : llvm::enumerate(op.getDims()))
    from[dim] = strides[index];
  copyStrided(result.getShape(), operand.words(), from, result.words(),
              stridesOf(result.getShape()));
  return success();
}

LogicalResult evaluateTranspose(TransposeOp op, Evaluation &evaluation) {
  const Tensor &operand = evaluation.operand(0);
  Tensor &result = evaluation.result(0);
  Strides strides = stridesOf(operand.getShape()), from;
  for (int64_t dim : op.getPermutation())
    from.push_back(strides[dim]);
  copyStrided(result.getShape(), operand.words(), from, result.words(),
              stridesOf(result.getShape()));
  return success();
}

LogicalResult evaluateReshape(ReshapeOp, Evaluation &evaluation) {
  evaluation.setResult(
      0, evaluation.operand(0).reshaped(evaluation.result(0).getShape()));
  return success();
}

LogicalResult evaluateStopGradient(StopGradientOp, Evaluation &evaluation) {
  evaluation.setResult(0, evaluation.operand(0));
  return success();
}

// First element `offsets`, then every `strides`-th.
struct Window {
  int64_t begin = 0;
  Strides strides;
};

Window windowOf(ArrayRef<int64_t> shape, ArrayRef<int64_t> offsets,
                ArrayRef<int64_t> strides) {
  Window window;
  for (auto [stride, offset, step] :
       llvm::zip(stridesOf(shape), offsets, strides)) {
    window.begin += offset * stride;
    window.strides.push_back(step * stride);
  }
  return window;
}

LogicalResult evaluateSlice(SliceOp op, Evaluation &evaluation) {
  const Tensor &operand = evaluation.operand(0);
  Tensor &result = evaluation.result(0);
  Window window =
      windowOf(operand.getShape(), op.getOffsets(), op.getStrides());
  copyStrided(result.getShape(), operand.words() + window.begin, window.strides,
              result.words(), stridesOf(result.getShape()));
  return success();
}

LogicalResult evaluatePad(PadOp op, Evaluation &evaluation) {
  const Tensor &operand = evaluation.operand(0);
  Tensor &result = evaluation.result(0);
  evaluation.withNumbers(result, [&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    Value padding = numbers.fromInteger(0);
    if (auto number = dyn_cast<FloatAttr>(op.getValue()))
      padding = numbers.fromDouble(number.getValueAsDouble());
    else
      padding = numbers.fromInteger(
          cast<IntegerAttr>(op.getValue()).getValue().getSExtValue());
    std::fill_n(result.data<Value>(), result.getElements(), padding);
  });
  SmallVector<int64_t> steps;
  for (int64_t interior : op.getInterior())
    steps.push_back(interior + 1);
  Window window = windowOf(result.getShape(), op.getLow(), steps);
  copyStrided(operand.getShape(), operand.words(),
              stridesOf(operand.getShape()), result.words() + window.begin,
              window.strides);
  return success();
}

LogicalResult evaluateConcatenate(ConcatenateOp op, Evaluation &evaluation) {
  return concatenateAlong(op.getDim(), op.getInputs().size(), evaluation);
}

} // namespace

LogicalResult concatenateAlong(int64_t dim, unsigned count,
                               Evaluation &evaluation) {
  Tensor &result = evaluation.result(0);
  Strides strides = stridesOf(result.getShape());
  int64_t begin = 0;
  for (unsigned i = 0; i < count; ++i) {
    const Tensor &operand = evaluation.operand(i);
    copyStrided(operand.getShape(), operand.words(),
                stridesOf(operand.getShape()),
                result.words() + begin * strides[dim], strides);
    begin += operand.getShape()[dim];
  }
  return success();
}

void attachShapeEvaluations(MLIRContext &context) {
  attachEvaluation<BroadcastOp, &evaluateBroadcast>(context);
  attachEvaluation<TransposeOp, &evaluateTranspose>(context);
  attachEvaluation<ReshapeOp, &evaluateReshape>(context);
  attachEvaluation<StopGradientOp, &evaluateStopGradient>(context);
  attachEvaluation<SliceOp, &evaluateSlice>(context);
  attachEvaluation<PadOp, &evaluatePad>(context);
  attachEvaluation<ConcatenateOp, &evaluateConcatenate>(context);
}

} // namespace moe::interpret
