// Evaluations of linalg's structured ops, by definition: the body runs once for
// each index of the loops, in row-major order.
#include "lib/Interpret/Evaluations.h"
#include "lib/Interpret/ScalarBody.h"
#include "lib/Interpret/Strided.h"

#include "moe/IR/Moe.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;

namespace moe::interpret {
namespace {

// Row-major position of what `map` reads at `index`.
int64_t positionOf(AffineMap map, ArrayRef<int64_t> index,
                   ArrayRef<int64_t> shape) {
  int64_t position = 0;
  for (auto [place, size] : llvm::zip_equal(map.compose(index), shape))
    position = position * size + place;
  return position;
}

LogicalResult evaluateStructured(linalg::LinalgOp op, Evaluation &evaluation) {
  if (!op.hasPureTensorSemantics() || op.hasDynamicShape())
    return op.emitOpError() << "must work on tensors of static shape";
  for (unsigned i = 0; i < op->getNumResults(); ++i) {
    Tensor &result = evaluation.result(i);
    unsigned init = op.getDpsInitOperand(i)->getOperandNumber();
    std::copy_n(evaluation.operand(init).words(), result.getElements(),
                result.words());
  }
  ScalarBody body(*op.getBlock(), evaluation);
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  auto visit = [&](ArrayRef<int64_t> index) -> LogicalResult {
    SmallVector<Tensor> arguments;
    for (OpOperand &operand : op->getOpOperands()) {
      if (!op.payloadUsesValueFromOperand(&operand) &&
          !op.isDpsInit(&operand)) {
        arguments.push_back(
            Tensor::ofType(op.getMatchingBlockArgument(&operand).getType()));
        continue;
      }
      unsigned number = operand.getOperandNumber();
      const Tensor &tensor =
          op.isDpsInit(&operand)
              ? evaluation.result(number - op.getNumDpsInputs())
              : evaluation.operand(number);
      int64_t position =
          isa<ShapedType>(operand.get().getType())
              ? positionOf(maps[number], index, tensor.getShape())
              : 0;
      arguments.push_back(scalarAt(tensor, position));
    }
    auto yielded = body.run(arguments, index);
    if (failed(yielded))
      return failure();
    for (auto [i, value] : llvm::enumerate(*yielded)) {
      Tensor &result = evaluation.result(i);
      AffineMap map = maps[op.getDpsInitOperand(i)->getOperandNumber()];
      result.words()[positionOf(map, index, result.getShape())] =
          *value.words();
    }
    return success();
  };
  return forEachIndex(op.getStaticLoopRanges(), visit);
}

template <typename OpTy>
LogicalResult evaluateOp(OpTy op, Evaluation &evaluation) {
  return evaluateStructured(cast<linalg::LinalgOp>(op.getOperation()),
                            evaluation);
}

template <typename... OpTys> void attachAll(MLIRContext &context) {
  (attachEvaluation<OpTys, &evaluateOp<OpTys>>(context), ...);
}

LogicalResult evaluateSoftmax(linalg::SoftmaxOp op, Evaluation &evaluation) {
  return softmaxAlong(op.getDimension(), evaluation);
}

} // namespace

void attachLinalgEvaluations(MLIRContext &context) {
  attachAll<
#define GET_OP_LIST
#include "mlir/Dialect/Linalg/IR/LinalgStructuredOps.cpp.inc"
      >(context);
  attachEvaluation<linalg::SoftmaxOp, &evaluateSoftmax>(context);
}

} // namespace moe::interpret
