// Evaluations of moe.reverse, dynamic_slice and dynamic_update_slice.
#include "lib/Interpret/Evaluations.h"
#include "lib/Interpret/Strided.h"

#include "moe/IR/Moe.h"

using namespace mlir;

namespace moe::interpret {
namespace {

// Reversed dimensions begin at their last element and step backward.
LogicalResult evaluateReverse(ReverseOp op, Evaluation &evaluation) {
  const Tensor &operand = evaluation.operand(0);
  Tensor &result = evaluation.result(0);
  if (operand.getElements() == 0)
    return success();
  Strides strides = stridesOf(operand.getShape()), from = strides;
  int64_t begin = 0;
  for (int64_t dim : op.getDims()) {
    begin += (operand.getShape()[dim] - 1) * strides[dim];
    from[dim] = -strides[dim];
  }
  copyStrided(result.getShape(), operand.words() + begin, from, result.words(),
              strides);
  return success();
}

// Where a block of `block` begins in a tensor of `shape`, in elements; operands
// from `first` on are the starts.
int64_t clampedBegin(ArrayRef<int64_t> shape, ArrayRef<int64_t> block,
                     const Evaluation &evaluation, unsigned first) {
  Strides strides = stridesOf(shape);
  int64_t begin = 0;
  for (size_t dim = 0; dim < shape.size(); ++dim) {
    int64_t start = *evaluation.operand(first + dim).data<int64_t>();
    begin +=
        std::clamp(start, int64_t(0), shape[dim] - block[dim]) * strides[dim];
  }
  return begin;
}

LogicalResult evaluateDynamicSlice(DynamicSliceOp, Evaluation &evaluation) {
  const Tensor &operand = evaluation.operand(0);
  Tensor &result = evaluation.result(0);
  int64_t begin =
      clampedBegin(operand.getShape(), result.getShape(), evaluation, 1);
  copyStrided(result.getShape(), operand.words() + begin,
              stridesOf(operand.getShape()), result.words(),
              stridesOf(result.getShape()));
  return success();
}

LogicalResult evaluateDynamicUpdateSlice(DynamicUpdateSliceOp,
                                         Evaluation &evaluation) {
  const Tensor &update = evaluation.operand(0),
               &operand = evaluation.operand(1);
  Tensor &result = evaluation.result(0);
  std::copy_n(operand.words(), operand.getElements(), result.words());
  int64_t begin =
      clampedBegin(operand.getShape(), update.getShape(), evaluation, 2);
  copyStrided(update.getShape(), update.words(), stridesOf(update.getShape()),
              result.words() + begin, stridesOf(result.getShape()));
  return success();
}

} // namespace

void attachSliceEvaluations(MLIRContext &context) {
  attachEvaluation<ReverseOp, &evaluateReverse>(context);
  attachEvaluation<DynamicSliceOp, &evaluateDynamicSlice>(context);
  attachEvaluation<DynamicUpdateSliceOp, &evaluateDynamicUpdateSlice>(context);
}

} // namespace moe::interpret
