#include "lib/Interpret/ScalarBody.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;

namespace moe::interpret {

Tensor scalarAt(const Tensor &tensor, int64_t position) {
  Tensor scalar({}, tensor.getElementType());
  *scalar.words() = tensor.words()[position];
  return scalar;
}

ScalarBody::ScalarBody(Block &block, Evaluation &evaluation)
    : block(block), mode(evaluation.getMode()), rank(evaluation.getRank()) {
  Operation *op = block.getParentOp();
  SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  for (auto [index, value] : llvm::enumerate(captured))
    values[value] = evaluation.operand(op->getNumOperands() + index);
}

LogicalResult ScalarBody::runOp(Operation &op, ArrayRef<int64_t> index) {
  if (auto loop = dyn_cast<linalg::IndexOp>(op)) {
    Tensor number = Tensor::ofType(loop.getType());
    *number.data<int64_t>() = index[loop.getDim()];
    values[loop] = number;
    return success();
  }
  auto evaluable = dyn_cast<EvaluableOpInterface>(op);
  if (!evaluable || op.getNumRegions())
    return op.emitOpError() << "cannot be interpreted: it has no evaluation";
  SmallVector<Tensor> operands;
  for (Value operand : op.getOperands())
    operands.push_back(values[operand]);
  Evaluation evaluation(&op, mode, rank, operands);
  if (failed(evaluable.evaluate(evaluation)))
    return failure();
  for (auto [result, tensor] :
       llvm::zip(op.getResults(), evaluation.getResults())) {
    bool isHandedOn =
        llvm::is_contained(block.getTerminator()->getOperands(), Value(result));
    if (!isHandedOn || !tensor.hasFloats())
      roundToType(tensor, mode);
    values[result] = tensor;
  }
  return success();
}

FailureOr<SmallVector<Tensor>> ScalarBody::run(ArrayRef<Tensor> arguments,
                                               ArrayRef<int64_t> index) {
  for (auto [argument, value] :
       llvm::zip_equal(block.getArguments(), arguments))
    values[argument] = value;
  for (Operation &op : block.without_terminator())
    if (failed(runOp(op, index)))
      return failure();
  SmallVector<Tensor> results;
  for (Value value : block.getTerminator()->getOperands())
    results.push_back(values[value]);
  return results;
}

} // namespace moe::interpret
