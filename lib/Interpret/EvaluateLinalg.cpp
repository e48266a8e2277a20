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

/// Runs the body of one op; results hold what they are so far.
class StructuredRun {
public:
  StructuredRun(linalg::LinalgOp op, Evaluation &evaluation)
      : op(op), evaluation(evaluation), body(*op.getBlock(), evaluation),
        maps(op.getIndexingMapsArray()) {}

  LogicalResult run();

private:
  LogicalResult runAt(ArrayRef<int64_t> index);
  FailureOr<int64_t> positionOf(OpOperand &operand, ArrayRef<int64_t> index);
  /// What an operand holds; of an init, the result.
  const Tensor &tensorOf(OpOperand &operand) {
    unsigned number = operand.getOperandNumber();
    return op.isDpsInit(&operand)
               ? evaluation.result(number - op.getNumDpsInputs())
               : evaluation.operand(number);
  }

  linalg::LinalgOp op;
  Evaluation &evaluation;
  ScalarBody body;
  SmallVector<AffineMap> maps;
};

// Row-major position of what the body sees of an operand.
FailureOr<int64_t> StructuredRun::positionOf(OpOperand &operand,
                                             ArrayRef<int64_t> index) {
  if (!isa<ShapedType>(operand.get().getType()))
    return 0;
  int64_t position = 0;
  for (auto [place, size] :
       llvm::zip_equal(maps[operand.getOperandNumber()].compose(index),
                       tensorOf(operand).getShape())) {
    if (place < 0 || place >= size)
      return op.emitOpError()
             << "reads operand " << operand.getOperandNumber() << " at "
             << place << ", outside of [0, " << size << ")";
    position = position * size + place;
  }
  return position;
}

LogicalResult StructuredRun::runAt(ArrayRef<int64_t> index) {
  SmallVector<Tensor> arguments;
  for (OpOperand &operand : op->getOpOperands()) {
    // Of a window's shape only that is read.
    if (!op.isDpsInit(&operand) && !op.payloadUsesValueFromOperand(&operand)) {
      arguments.push_back(
          Tensor::ofType(op.getMatchingBlockArgument(&operand).getType()));
      continue;
    }
    FailureOr<int64_t> position = positionOf(operand, index);
    if (failed(position))
      return failure();
    arguments.push_back(scalarAt(tensorOf(operand), *position));
  }
  auto yielded = body.run(arguments, index);
  if (failed(yielded))
    return failure();
  for (auto [number, value] : llvm::enumerate(*yielded)) {
    FailureOr<int64_t> position =
        positionOf(*op.getDpsInitOperand(number), index);
    if (failed(position))
      return failure();
    evaluation.result(number).words()[*position] = *value.words();
  }
  return success();
}

LogicalResult StructuredRun::run() {
  for (unsigned number = 0; number < op->getNumResults(); ++number) {
    Tensor &result = evaluation.result(number);
    unsigned init = op.getDpsInitOperand(number)->getOperandNumber();
    std::copy_n(evaluation.operand(init).words(), result.getElements(),
                result.words());
  }
  return forEachIndex(op.getStaticLoopRanges(),
                      [&](ArrayRef<int64_t> index) { return runAt(index); });
}

template <typename OpTy>
LogicalResult evaluateOp(OpTy op, Evaluation &evaluation) {
  auto structured = cast<linalg::LinalgOp>(op.getOperation());
  if (!structured.hasPureTensorSemantics() || structured.hasDynamicShape())
    return op.emitOpError() << "must work on tensors of static shape";
  return StructuredRun(structured, evaluation).run();
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
