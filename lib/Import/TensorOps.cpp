// The tensor dialect, and what linalg has besides structured ops.
#include "Body.h"
#include "Importer.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moe::import;

namespace {

RankedTensorType typeOf(Value tensor) {
  return cast<RankedTensorType>(tensor.getType());
}

Value reshape(ImplicitLocOpBuilder &b, Value input, ArrayRef<int64_t> shape) {
  if (typeOf(input).getShape() == shape)
    return input;
  return moe::ReshapeOp::create(b, typeOf(input).clone(shape), input);
}

// Dimension i is loop i.
LoopList dimsOf(RankedTensorType type) {
  return llvm::to_vector<4>(llvm::seq<unsigned>(0, type.getRank()));
}

Results importEmpty(tensor::EmptyOp op, ImplicitLocOpBuilder &b) {
  return SmallVector<Value>{arith::ConstantOp::create(
      b, cast<TypedAttr>(b.getZeroAttr(op.getType())))};
}

Results importSplat(tensor::SplatOp op, ImplicitLocOpBuilder &b) {
  LoopBuilder loops(b, typeOf(op).getShape());
  return SmallVector<Value>{
      loops.expand(loops.scalar(op.getInput()), dimsOf(typeOf(op)))};
}

Results importGenerate(tensor::GenerateOp op, ImplicitLocOpBuilder &b) {
  LoopBuilder loops(b, typeOf(op).getShape());
  Block &block = op.getBody().front();
  Body body(loops, block);
  for (auto [loop, argument] : llvm::enumerate(block.getArguments()))
    if (!argument.use_empty())
      body.set(argument, loops.iota(loop, b.getI64Type()));
  FailureOr<LoopValue> value = body.lift(block.getTerminator()->getOperand(0));
  if (failed(value))
    return failure();
  return SmallVector<Value>{loops.expand(*value, dimsOf(typeOf(op)))};
}

/// Whether a slice begins and steps at constants; emits a diagnostic if not.
LogicalResult verifyStatic(OffsetSizeAndStrideOpInterface op) {
  if (!op.getOffsets().empty() || !op.getSizes().empty() ||
      !op.getStrides().empty())
    return op->emitOpError()
           << "must have constant offsets, sizes and strides; "
              "moe.dynamic_slice and moe.dynamic_update_slice begin where "
              "numbers say";
  return success();
}

Results importExtractSlice(tensor::ExtractSliceOp op, ImplicitLocOpBuilder &b) {
  if (failed(verifyStatic(op)))
    return failure();
  Value slice = moe::SliceOp::create(
      b, typeOf(op.getSource()).clone(op.getStaticSizes()), op.getSource(),
      op.getStaticOffsets(), op.getStaticStrides());
  return SmallVector<Value>{reshape(b, slice, op.getType().getShape())};
}

Results importInsertSlice(tensor::InsertSliceOp op, ImplicitLocOpBuilder &b) {
  if (failed(verifyStatic(op)))
    return failure();
  if (llvm::any_of(op.getStaticStrides(), [](int64_t s) { return s != 1; }))
    return op.emitOpError() << "must have strides of 1: what lies between "
                               "the elements would be kept; moe.scatter sets "
                               "elements that lie apart";
  SmallVector<Value> starts;
  for (int64_t offset : op.getStaticOffsets())
    starts.push_back(arith::ConstantOp::create(
        b, DenseElementsAttr::get(RankedTensorType::get({}, b.getI32Type()),
                                  static_cast<int32_t>(offset))));
  Value update = reshape(b, op.getSource(), op.getStaticSizes());
  return SmallVector<Value>{moe::DynamicUpdateSliceOp::create(
      b, op.getType(), update, op.getDest(), starts)};
}

// A block of one element.
Results importInsert(tensor::InsertOp op, ImplicitLocOpBuilder &b) {
  LoopBuilder loops(b, {});
  SmallVector<Value> starts;
  for (Value index : op.getIndices()) {
    Value number = arith::IndexCastOp::create(b, b.getI32Type(), index);
    starts.push_back(loops.scalar(number).tensor);
  }
  Value element = loops.scalar(op.getScalar()).tensor;
  SmallVector<int64_t> ones(starts.size(), 1);
  return SmallVector<Value>{moe::DynamicUpdateSliceOp::create(
      b, op.getDest().getType(), reshape(b, element, ones), op.getDest(),
      starts)};
}

Results importPad(tensor::PadOp op, ImplicitLocOpBuilder &b) {
  TypedAttr value;
  Value padding = op.getConstantPaddingValue();
  if (!op.getLow().empty() || !op.getHigh().empty() || !padding ||
      !matchPattern(padding, m_Constant(&value)))
    return op.emitOpError()
           << "must pad with a constant, by constant sizes; moe.concatenate "
              "puts other elements around a tensor";
  SmallVector<int64_t> between(op.getStaticLow().size(), 0);
  return SmallVector<Value>{
      moe::PadOp::create(b, op.getResultType(), op.getSource(), value,
                         op.getStaticLow(), op.getStaticHigh(), between)};
}

// The gathered dimensions become one, of which rows are taken.
Results importGather(tensor::GatherOp op, ImplicitLocOpBuilder &b) {
  RankedTensorType source = op.getSourceType(), result = op.getResultType();
  ArrayRef<int64_t> gathered = op.getGatherDims();
  SmallVector<int64_t> order(gathered), shape = {1};
  SmallVector<int64_t> strides(gathered.size(), 1);
  for (size_t i = gathered.size(); i-- > 0;) {
    strides[i] = shape[0];
    shape[0] *= source.getDimSize(gathered[i]);
  }
  for (int64_t dim = 0; dim < source.getRank(); ++dim)
    if (!llvm::is_contained(gathered, dim)) {
      order.push_back(dim);
      shape.push_back(source.getDimSize(dim));
    }
  LoopBuilder dims(b, source.getShape());
  LoopList table(order.begin(), order.end());
  Value rows =
      reshape(b, dims.expand({op.getSource(), dimsOf(source)}, table), shape);

  // The number of a row: the last dimension of the indices, times the strides.
  RankedTensorType indices = op.getIndicesType();
  Value numbers = op.getIndices();
  ArrayRef<int64_t> places = indices.getShape().drop_back();
  if (gathered.size() == 1) {
    numbers = reshape(b, numbers, places);
  } else {
    RankedTensorType wide = indices.clone(b.getI64Type());
    if (indices.getElementTypeBitWidth() < 64)
      numbers = arith::ExtSIOp::create(b, wide, numbers);
    LoopBuilder loops(b, indices.getShape());
    Value steps = arith::ConstantOp::create(
        b, DenseElementsAttr::get(
               RankedTensorType::get(strides.size(), b.getI64Type()),
               llvm::ArrayRef(strides)));
    unsigned last = indices.getRank() - 1;
    steps = loops.expand({steps, {last}}, dimsOf(indices));
    numbers =
        moe::ReduceOp::create(b, wide.clone(places), spmd::ReductionKind::Sum,
                              arith::MulIOp::create(b, numbers, steps),
                              ArrayRef<int64_t>{static_cast<int64_t>(last)});
  }
  SmallVector<int64_t> gatheredShape(places);
  gatheredShape.append(shape.begin() + 1, shape.end());
  Value taken =
      moe::GatherOp::create(b, source.clone(gatheredShape), rows, numbers,
                            /*batch_dims=*/0);
  return SmallVector<Value>{reshape(b, taken, result.getShape())};
}

Results importSoftmax(linalg::SoftmaxOp op, ImplicitLocOpBuilder &b) {
  return SmallVector<Value>{moe::SoftmaxOp::create(
      b, op.getInput().getType(), op.getInput(), op.getDimension())};
}

Results importReshape(Operation *op, ImplicitLocOpBuilder &b) {
  auto result = cast<RankedTensorType>(op->getResult(0).getType());
  return SmallVector<Value>{reshape(b, op->getOperand(0), result.getShape())};
}

// What static shapes make a constant, such as tensor.dim.
Results importFolded(Operation *op, ImplicitLocOpBuilder &b) {
  SmallVector<Value> results;
  if (succeeded(b.tryFold(op, results)) && !results.empty())
    return results;
  return op->emitOpError()
         << "cannot be distributed: no graph op has its meaning";
}

} // namespace

Results moe::import::importPlain(Operation *op, ImplicitLocOpBuilder &b) {
  return llvm::TypeSwitch<Operation *, Results>(op)
      .Case([&](tensor::EmptyOp op) { return importEmpty(op, b); })
      .Case([&](tensor::SplatOp op) { return importSplat(op, b); })
      .Case([&](tensor::GenerateOp op) { return importGenerate(op, b); })
      .Case(
          [&](tensor::ExtractSliceOp op) { return importExtractSlice(op, b); })
      .Case([&](tensor::InsertSliceOp op) { return importInsertSlice(op, b); })
      .Case([&](tensor::InsertOp op) { return importInsert(op, b); })
      .Case([&](tensor::PadOp op) { return importPad(op, b); })
      .Case([&](tensor::GatherOp op) { return importGather(op, b); })
      .Case([&](tensor::ConcatOp op) -> Results {
        return SmallVector<Value>{ConcatenateOp::create(
            b, op.getResultType(), op.getDim(), op.getInputs())};
      })
      .Case<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::ReshapeOp,
            tensor::CastOp>([&](auto) { return importReshape(op, b); })
      .Case([&](linalg::SoftmaxOp op) { return importSoftmax(op, b); })
      .Default([&](Operation *op) { return importFolded(op, b); });
}

bool moe::import::isKept(Operation *op) {
  return isa<tensor::ExtractOp, tensor::FromElementsOp>(op);
}
