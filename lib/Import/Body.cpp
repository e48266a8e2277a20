#include "Body.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace moe::import;

FailureOr<LoopValue> Body::lift(Value scalar) {
  auto found = values.find(scalar);
  if (found != values.end())
    return found->second;
  FailureOr<LoopValue> made = make(scalar);
  if (succeeded(made))
    values[scalar] = *made;
  return made;
}

FailureOr<LoopValue> Body::make(Value scalar) {
  Operation *op = scalar.getDefiningOp();
  if (scalar.getParentBlock() != &block || isa<arith::ConstantOp>(op))
    return loops.scalar(scalar);
  if (auto index = dyn_cast<linalg::IndexOp>(op)) {
    auto turn = indices.find(index.getDim());
    return turn == indices.end() ? loops.iota(index.getDim()) : turn->second;
  }
  return elementwise(op);
}

// Indices are i64 already.
LoopValue Body::castIndex(Operation *op, LoopValue value) {
  Type to = elementTypeOf(op->getResult(0).getType());
  auto from = cast<RankedTensorType>(value.tensor.getType());
  unsigned width = to.getIntOrFloatBitWidth(),
           have = from.getElementTypeBitWidth();
  if (width < have)
    value.tensor =
        arith::TruncIOp::create(loops.b, from.clone(to), value.tensor);
  else if (width > have && isa<arith::IndexCastUIOp>(op))
    value.tensor =
        arith::ExtUIOp::create(loops.b, from.clone(to), value.tensor);
  else if (width > have)
    value.tensor =
        arith::ExtSIOp::create(loops.b, from.clone(to), value.tensor);
  return value;
}

// The same op on tensors.
FailureOr<LoopValue> Body::elementwise(Operation *op) {
  bool isCast = isa<arith::IndexCastOp, arith::IndexCastUIOp>(op);
  if (op->getNumResults() != 1 || op->getNumRegions() ||
      !OpTrait::hasElementwiseMappableTraits(op) ||
      !(isCast || isa<spmd::ShardingRuleOpInterface>(op))) {
    InFlightDiagnostic diag = op->emitOpError()
                              << "has no form on tensors, so the op around it "
                                 "cannot be distributed";
    diag.attachNote(block.getParentOp()->getLoc())
        << "in the body of " << block.getParentOp()->getName()
        << "; known there are the arith and math ops that a model may have";
    return failure();
  }
  SmallVector<LoopValue> operands;
  for (Value operand : op->getOperands()) {
    FailureOr<LoopValue> value = lift(operand);
    if (failed(value))
      return failure();
    operands.push_back(*value);
  }
  if (isCast)
    return castIndex(op, operands.front());
  LoopList all = LoopBuilder::unionOf(operands);
  OperationState state(loops.b.getLoc(), op->getName());
  for (const LoopValue &operand : operands)
    state.operands.push_back(loops.expand(operand, all));
  state.addAttributes(op->getAttrs());
  Type element = elementTypeOf(op->getResult(0).getType());
  state.addTypes(loops.typeOver(all, element));
  return LoopValue{loops.b.create(state)->getResult(0), all};
}
