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
    return turn == indices.end()
               ? loops.iota(index.getDim(), elementTypeOf(index.getType()))
               : turn->second;
  }
  if (auto extract = dyn_cast<tensor::ExtractOp>(op))
    return lookUp(extract);
  return elementwise(op);
}

// The loop of which `index` is the index, all of it.
std::optional<unsigned> Body::loopOf(Value index) {
  auto op = index.getDefiningOp<linalg::IndexOp>();
  if (!op || op->getBlock() != &block || indices.contains(op.getDim()))
    return std::nullopt;
  return op.getDim();
}

// The row-major number of a row that has one index for each of `sizes`.
Value Body::rowNumber(ArrayRef<LoopValue> indices, ArrayRef<int64_t> sizes,
                      ArrayRef<unsigned> over) {
  Value number = loops.expand(indices.front(), over);
  for (auto [index, size] :
       llvm::zip(indices.drop_front(), sizes.drop_front())) {
    auto type = cast<RankedTensorType>(number.getType());
    Value factor =
        arith::ConstantOp::create(loops.b, DenseElementsAttr::get(type, size));
    number = arith::MulIOp::create(loops.b, number, factor);
    number = arith::AddIOp::create(loops.b, number, loops.expand(index, over));
  }
  return number;
}

// An element of a table from around the op. Dimensions that are read at a
// loop's own index go along; the others, all before those, choose a row.
FailureOr<LoopValue> Body::lookUp(tensor::ExtractOp op) {
  Value table = op.getTensor();
  auto type = dyn_cast<RankedTensorType>(table.getType());
  if (!type || !type.hasStaticShape() || table.getParentBlock() == &block)
    return op.emitOpError() << "must read a tensor of static shape from around "
                               "the body, got "
                            << table.getType();
  SmallVector<LoopValue> chosen;
  for (Value index : op.getIndices()) {
    FailureOr<LoopValue> value = lift(index);
    if (failed(value))
      return failure();
    chosen.push_back(*value);
  }
  LoopList along;
  while (!chosen.empty()) {
    size_t dim = chosen.size() - 1;
    std::optional<unsigned> loop = loopOf(op.getIndices()[dim]);
    auto depends = [&](const LoopValue &index) {
      return llvm::is_contained(index.loops, *loop);
    };
    if (!loop || loops.sizeOf(*loop) != type.getDimSize(dim) ||
        llvm::is_contained(along, *loop) ||
        llvm::any_of(ArrayRef(chosen).drop_back(), depends))
      break;
    along.insert(along.begin(), *loop);
    chosen.pop_back();
  }
  if (chosen.empty())
    return LoopValue{table, along};
  ArrayRef<int64_t> shape = type.getShape();
  SmallVector<int64_t> rowShape = {1};
  for (int64_t size : shape.take_front(chosen.size()))
    rowShape[0] *= size;
  llvm::append_range(rowShape, shape.drop_front(chosen.size()));
  if (chosen.size() > 1)
    table = ReshapeOp::create(loops.b, type.clone(rowShape), table);
  LoopList over = LoopBuilder::unionOf(chosen), all = over;
  all.append(along);
  Value number = rowNumber(chosen, shape, over);
  return LoopValue{GatherOp::create(loops.b,
                                    loops.typeOver(all, type.getElementType()),
                                    table, number, /*batch_dims=*/0),
                   all};
}

// Indices are i64 already.
LoopValue Body::castIndex(Operation *op, LoopValue value) {
  Type to = elementTypeOf(op->getResult(0).getType());
  auto from = cast<RankedTensorType>(value.tensor.getType());
  unsigned width = to.getIntOrFloatBitWidth(),
           have = from.getElementTypeBitWidth();
  // An index is counted in the type that it is used in.
  if (value.tensor.getDefiningOp<IotaOp>() && from.getRank() == 1 &&
      llvm::isIntN(width, from.getDimSize(0)))
    return loops.iota(value.loops.front(), to);
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
