#include "Scalars.h"
#include "TurnViews.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace moe::lower;

bool moe::lower::makesScalar(Operation *op) {
  if (auto extract = dyn_cast<tensor::ExtractOp>(op))
    return extract.getIndices().empty();
  auto isNumber = [](Type type) { return type.isIntOrIndex(); };
  return isa<arith::ConstantOp, arith::IndexCastOp, arith::AddIOp,
             arith::SubIOp, arith::MulIOp, arith::MinSIOp, arith::MaxSIOp,
             arith::AndIOp, arith::OrIOp, arith::XOrIOp, arith::CmpIOp,
             arith::SelectOp, arith::ExtSIOp, arith::ExtUIOp, arith::TruncIOp>(
             op) &&
         llvm::all_of(op->getOperandTypes(), isNumber) &&
         llvm::all_of(op->getResultTypes(), isNumber);
}

static Value castIndex(KernelEmitter &k, Value value, Type type) {
  unsigned from = value.getType().getIntOrFloatBitWidth();
  unsigned to = type.getIntOrFloatBitWidth();
  if (from == to)
    return value;
  return from < to ? arith::ExtSIOp::create(k.b, type, value).getResult()
                   : arith::TruncIOp::create(k.b, type, value).getResult();
}

Value moe::lower::scalar(KernelEmitter &k, Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return k.blockNumber({BlockNumber::Kind::Turn, depthOf(argument), {}});
  Operation *op = value.getDefiningOp();
  if (auto extract = dyn_cast<tensor::ExtractOp>(op))
    return k.element(extract.getTensor(), {});
  Type type = value.getType().isIndex() ? k.b.getI64Type() : value.getType();
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    return k.integer(
        type, cast<IntegerAttr>(constant.getValue()).getValue().getSExtValue());
  SmallVector<Value> operands;
  for (Value operand : op->getOperands())
    operands.push_back(scalar(k, operand));
  if (isa<arith::IndexCastOp>(op))
    return castIndex(k, operands[0], type);
  Operation *copy = Operation::create(
      k.b.getLoc(), op->getName(), type, operands,
      DictionaryAttr::get(op->getContext()), op->getPropertiesStorage(),
      BlockRange(), /*numRegions=*/0);
  k.b.insert(copy);
  return copy->getResult(0);
}

void moe::lower::forEachTensorBehind(Value value,
                                     llvm::function_ref<void(Value)> visit) {
  if (isa<RankedTensorType>(value.getType()))
    return visit(value);
  if (Operation *op = value.getDefiningOp())
    for (Value operand : op->getOperands())
      forEachTensorBehind(operand, visit);
}

static Value fromElementsElement(KernelEmitter &k, OpResult result,
                                 ArrayRef<Value>) {
  return scalar(k, result.getOwner()->getOperand(0));
}

void moe::lower::addScalarLowerings(OpLowerings &table) {
  OpLowering lowering;
  lowering.isCheap = true;
  lowering.element = fromElementsElement;
  table.add<tensor::FromElementsOp>(lowering);
}
