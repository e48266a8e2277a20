// Evaluations of the tensor ops that stand between tensors and scalars.
#include "lib/Interpret/Evaluations.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace moe::interpret {
namespace {

LogicalResult evaluateExtract(tensor::ExtractOp op, Evaluation &evaluation) {
  const Tensor &operand = evaluation.operand(0);
  int64_t position = 0;
  for (auto [dim, size] : llvm::enumerate(operand.getShape())) {
    int64_t index = *evaluation.operand(dim + 1).data<int64_t>();
    if (index < 0 || index >= size)
      return op.emitOpError() << "index " << index << " of dimension " << dim
                              << " is outside of [0, " << size << ")";
    position = position * size + index;
  }
  *evaluation.result(0).words() = operand.words()[position];
  return success();
}

LogicalResult evaluateFromElements(tensor::FromElementsOp op,
                                   Evaluation &evaluation) {
  for (unsigned i = 0; i < op.getElements().size(); ++i)
    evaluation.result(0).words()[i] = *evaluation.operand(i).words();
  return success();
}

} // namespace

void attachTensorEvaluations(MLIRContext &context) {
  attachEvaluation<tensor::ExtractOp, &evaluateExtract>(context);
  attachEvaluation<tensor::FromElementsOp, &evaluateFromElements>(context);
}

} // namespace moe::interpret
