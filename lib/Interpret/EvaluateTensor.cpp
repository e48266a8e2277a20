// Evaluations of the tensor dialect.
#include "lib/Interpret/Evaluations.h"
#include "lib/Interpret/ScalarBody.h"
#include "lib/Interpret/Strided.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace moe::interpret {
namespace {

// The element of `tensor` whose indices are the operands from `first` on.
FailureOr<int64_t> positionOf(Operation *op, const Tensor &tensor,
                              unsigned first, Evaluation &evaluation) {
  int64_t position = 0;
  for (auto [dim, size] : llvm::enumerate(tensor.getShape())) {
    int64_t index = *evaluation.operand(first + dim).data<int64_t>();
    if (index < 0 || index >= size)
      return op->emitOpError() << "index " << index << " of dimension " << dim
                               << " is outside of [0, " << size << ")";
    position = position * size + index;
  }
  return position;
}

LogicalResult evaluateExtract(tensor::ExtractOp op, Evaluation &evaluation) {
  const Tensor &operand = evaluation.operand(0);
  FailureOr<int64_t> position = positionOf(op, operand, 1, evaluation);
  if (failed(position))
    return failure();
  *evaluation.result(0).words() = operand.words()[*position];
  return success();
}

LogicalResult evaluateFromElements(tensor::FromElementsOp op,
                                   Evaluation &evaluation) {
  for (unsigned i = 0; i < op.getElements().size(); ++i)
    evaluation.result(0).words()[i] = *evaluation.operand(i).words();
  return success();
}

LogicalResult evaluateDim(tensor::DimOp op, Evaluation &evaluation) {
  int64_t dim = *evaluation.operand(1).data<int64_t>();
  ArrayRef<int64_t> shape = evaluation.operand(0).getShape();
  if (dim < 0 || dim >= static_cast<int64_t>(shape.size()))
    return op.emitOpError() << "dimension " << dim << " is outside of [0, "
                            << shape.size() << ")";
  *evaluation.result(0).data<int64_t>() = shape[dim];
  return success();
}

//===----------------------------------------------------------------------===//
// Elements that are moved
//===----------------------------------------------------------------------===//

// A tensor of which nothing was said holds zeros.
LogicalResult evaluateEmpty(tensor::EmptyOp, Evaluation &) { return success(); }

LogicalResult evaluateSplat(tensor::SplatOp, Evaluation &evaluation) {
  Tensor &result = evaluation.result(0);
  std::fill_n(result.words(), result.getElements(),
              *evaluation.operand(0).words());
  return success();
}

template <typename OpTy>
LogicalResult evaluateSameElements(OpTy, Evaluation &evaluation) {
  evaluation.setResult(
      0, evaluation.operand(0).reshaped(evaluation.result(0).getShape()));
  return success();
}

// Where a slice of constant offsets begins, and its strides.
LogicalResult windowOf(OffsetSizeAndStrideOpInterface op,
                       ArrayRef<int64_t> shape, int64_t &begin,
                       Strides &strides) {
  if (!op.getOffsets().empty() || !op.getSizes().empty() ||
      !op.getStrides().empty())
    return op->emitOpError() << "cannot be interpreted: its offsets, sizes and "
                                "strides must be constants";
  begin = 0;
  for (auto [stride, offset, step] : llvm::zip_equal(
           stridesOf(shape), op.getStaticOffsets(), op.getStaticStrides())) {
    begin += offset * stride;
    strides.push_back(step * stride);
  }
  return success();
}

LogicalResult evaluateExtractSlice(tensor::ExtractSliceOp op,
                                   Evaluation &evaluation) {
  const Tensor &operand = evaluation.operand(0);
  ArrayRef<int64_t> sizes = op.getStaticSizes();
  int64_t begin;
  Strides from;
  if (failed(windowOf(op, operand.getShape(), begin, from)))
    return failure();
  copyStrided(sizes, operand.words() + begin, from,
              evaluation.result(0).words(), stridesOf(sizes));
  return success();
}

LogicalResult evaluateInsertSlice(tensor::InsertSliceOp op,
                                  Evaluation &evaluation) {
  const Tensor &source = evaluation.operand(0), &dest = evaluation.operand(1);
  Tensor &result = evaluation.result(0);
  ArrayRef<int64_t> sizes = op.getStaticSizes();
  int64_t begin;
  Strides to;
  if (failed(windowOf(op, dest.getShape(), begin, to)))
    return failure();
  std::copy_n(dest.words(), dest.getElements(), result.words());
  copyStrided(sizes, source.words(), stridesOf(sizes), result.words() + begin,
              to);
  return success();
}

LogicalResult evaluateInsert(tensor::InsertOp op, Evaluation &evaluation) {
  const Tensor &dest = evaluation.operand(1);
  Tensor &result = evaluation.result(0);
  std::copy_n(dest.words(), dest.getElements(), result.words());
  FailureOr<int64_t> position = positionOf(op, dest, 2, evaluation);
  if (failed(position))
    return failure();
  result.words()[*position] = *evaluation.operand(0).words();
  return success();
}

LogicalResult evaluateConcat(tensor::ConcatOp op, Evaluation &evaluation) {
  return concatenateAlong(op.getDim(), op.getInputs().size(), evaluation);
}

// source dimensions in `gather_dims` are read where the indices say.
LogicalResult evaluateGather(tensor::GatherOp op, Evaluation &evaluation) {
  const Tensor &source = evaluation.operand(0),
               &indices = evaluation.operand(1);
  Tensor &result = evaluation.result(0);
  ArrayRef<int64_t> dims = op.getGatherDims();
  SmallVector<int64_t> rest(source.getShape());
  for (int64_t dim : dims)
    rest[dim] = 1;
  Strides strides = stridesOf(source.getShape());
  int64_t slice = elementsOf(rest), count = dims.size();
  for (int64_t at = 0; at < result.getElements() / std::max<int64_t>(slice, 1);
       ++at) {
    int64_t begin = 0;
    for (auto [place, dim] : llvm::enumerate(dims)) {
      int64_t index = indices.data<int64_t>()[at * count + place];
      if (index < 0 || index >= source.getShape()[dim])
        return op.emitOpError()
               << "index " << index << " of dimension " << dim
               << " is outside of [0, " << source.getShape()[dim] << ")";
      begin += index * strides[dim];
    }
    copyStrided(rest, source.words() + begin, strides,
                result.words() + at * slice, stridesOf(rest));
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Elements that a body makes
//===----------------------------------------------------------------------===//

// Runs the body of `op` for each element of the result.
LogicalResult generate(Operation *op, Evaluation &evaluation) {
  ScalarBody body(op->getRegion(0).front(), evaluation);
  Tensor &result = evaluation.result(0);
  int64_t position = 0;
  return forEachIndex(result.getShape(), [&](ArrayRef<int64_t> index) {
    SmallVector<Tensor> arguments;
    for (int64_t place : index) {
      arguments.push_back(Tensor({}, IndexType::get(op->getContext())));
      *arguments.back().data<int64_t>() = place;
    }
    auto yielded = body.run(arguments, index);
    if (succeeded(yielded))
      result.words()[position++] = *yielded->front().words();
    return success(succeeded(yielded));
  });
}

LogicalResult evaluateGenerate(tensor::GenerateOp op, Evaluation &evaluation) {
  return generate(op, evaluation);
}

LogicalResult evaluatePad(tensor::PadOp op, Evaluation &evaluation) {
  if (!op.getLow().empty() || !op.getHigh().empty())
    return op.emitOpError()
           << "cannot be interpreted: it must pad by constant sizes";
  if (failed(generate(op, evaluation)))
    return failure();
  const Tensor &operand = evaluation.operand(0);
  Tensor &result = evaluation.result(0);
  Strides strides = stridesOf(result.getShape());
  int64_t begin = 0;
  for (auto [low, stride] : llvm::zip_equal(op.getStaticLow(), strides))
    begin += low * stride;
  copyStrided(operand.getShape(), operand.words(),
              stridesOf(operand.getShape()), result.words() + begin, strides);
  return success();
}

template <typename... OpTys> void attachSameElements(MLIRContext &context) {
  (attachEvaluation<OpTys, &evaluateSameElements<OpTys>>(context), ...);
}

} // namespace

void attachTensorEvaluations(MLIRContext &context) {
  attachEvaluation<tensor::ExtractOp, &evaluateExtract>(context);
  attachEvaluation<tensor::FromElementsOp, &evaluateFromElements>(context);
  attachEvaluation<tensor::DimOp, &evaluateDim>(context);
  attachEvaluation<tensor::EmptyOp, &evaluateEmpty>(context);
  attachEvaluation<tensor::SplatOp, &evaluateSplat>(context);
  attachEvaluation<tensor::ExtractSliceOp, &evaluateExtractSlice>(context);
  attachEvaluation<tensor::InsertSliceOp, &evaluateInsertSlice>(context);
  attachEvaluation<tensor::InsertOp, &evaluateInsert>(context);
  attachEvaluation<tensor::ConcatOp, &evaluateConcat>(context);
  attachEvaluation<tensor::GatherOp, &evaluateGather>(context);
  attachEvaluation<tensor::GenerateOp, &evaluateGenerate>(context);
  attachEvaluation<tensor::PadOp, &evaluatePad>(context);
  attachSameElements<tensor::CollapseShapeOp, tensor::ExpandShapeOp,
                     tensor::ReshapeOp, tensor::CastOp>(context);
}

} // namespace moe::interpret
