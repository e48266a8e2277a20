#include "MoeChecks.h"

using namespace mlir;

LogicalResult moe::verifyDim(Operation *op, int64_t dim, int64_t rank) {
  if (dim >= 0 && dim < rank)
    return success();
  return op->emitOpError() << "dim must be in [0, " << rank << "), got " << dim;
}

LogicalResult moe::verifyIntegers(Operation *op, StringRef name, Value value) {
  if (isa<IntegerType>(tensorType(value).getElementType()))
    return success();
  return op->emitOpError() << name << " must hold integers, got "
                           << value.getType();
}

LogicalResult moe::verifyHolds(Operation *op, StringRef name, Value value,
                               int64_t size) {
  Type type = tensorType(value).getElementType();
  unsigned width = type.getIntOrFloatBitWidth();
  int64_t greatest = width == 1 ? 1 : INT64_MAX >> (64 - width);
  if (size <= greatest || size - 1 == greatest)
    return success();
  return op->emitOpError() << name << " must hold indices up to " << size - 1
                           << ", " << type << " holds at most " << greatest;
}

LogicalResult moe::verifyShape(Operation *op, StringRef name, Value value,
                               ArrayRef<int64_t> shape, Type elementType) {
  RankedTensorType have = tensorType(value);
  if (have.getShape() == shape &&
      (!elementType || have.getElementType() == elementType))
    return success();
  RankedTensorType want = RankedTensorType::get(
      shape, elementType ? elementType : have.getElementType());
  return op->emitOpError() << name << " must be " << want << ", got " << have;
}

LogicalResult moe::verifyEntries(Operation *op, StringRef name,
                                 ArrayRef<int64_t> list, int64_t rank) {
  if (static_cast<int64_t>(list.size()) == rank)
    return success();
  return op->emitOpError() << name << " needs one entry for each of the "
                           << rank << " dimensions, got " << list.size();
}

LogicalResult moe::verifyAscendingDims(Operation *op, ArrayRef<int64_t> dims,
                                       int64_t rank) {
  for (auto [index, dim] : llvm::enumerate(dims)) {
    if (failed(verifyDim(op, dim, rank)))
      return failure();
    if (index && dims[index - 1] >= dim)
      return op->emitOpError()
             << "dims must ascend, got " << dim << " after " << dims[index - 1];
  }
  return success();
}

LogicalResult moe::verifyBatchDims(Operation *op, int64_t batch,
                                   RankedTensorType indexed,
                                   RankedTensorType indices) {
  int64_t most = std::min(indexed.getRank() - 1, indices.getRank());
  if (batch < 0 || batch > most)
    return op->emitOpError()
           << "batch_dims must be in [0, " << most << "], got " << batch;
  if (indexed.getShape().take_front(batch) ==
      indices.getShape().take_front(batch))
    return success();
  return op->emitOpError() << "the first " << batch << " dimensions of "
                           << indexed << " and " << indices << " must agree";
}

LogicalResult moe::verifyRank(Operation *op, StringRef name, Value value,
                              int64_t rank) {
  if (tensorType(value).getRank() == rank)
    return success();
  return op->emitOpError() << name << " must have rank " << rank << ", got "
                           << value.getType();
}

LogicalResult moe::verifyStatic(Operation *op, ValueRange values) {
  for (Value value : values)
    if (!tensorType(value).hasStaticShape())
      return op->emitOpError()
             << "shapes must be static, got " << value.getType();
  return success();
}

LogicalResult moe::verifyAtLeast(Operation *op, StringRef name,
                                 ArrayRef<int64_t> list, int64_t least) {
  for (auto [dim, value] : llvm::enumerate(list))
    if (value < least)
      return op->emitOpError() << name << " must be at least " << least
                               << ", got " << value << " in dimension " << dim;
  return success();
}

LogicalResult moe::verifyAccumulates(Operation *op, ValueRange operands,
                                     Value result) {
  Type first = tensorType(operands[0]).getElementType();
  Type sum = tensorType(result).getElementType();
  for (Value operand : operands)
    if (tensorType(operand).getElementType() != first)
      return op->emitOpError()
             << "operands must have one element type, got " << first << " and "
             << tensorType(operand).getElementType();
  if (sum == first || (first.isBF16() && sum.isF32()))
    return success();
  return op->emitOpError()
         << "result elements must be those of the operands (or f32 "
            "of bf16), got "
         << sum << " of " << first;
}
