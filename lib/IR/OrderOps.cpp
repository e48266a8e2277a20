// moe.arg_reduce and moe.sort: verifiers and rules.
#include "MoeChecks.h"
#include "RuleParts.h"

using namespace mlir;
using namespace moe;
using spmd::DimFactors;
using spmd::kNoFactor;
using spmd::ReductionKind;
using spmd::ShardingRule;

LogicalResult ArgReduceOp::verify() {
  if (getKind() != ReductionKind::Max && getKind() != ReductionKind::Min)
    return emitOpError() << "kind must be max or min, got "
                         << stringifyReductionKind(getKind());
  RankedTensorType type = tensorType(getInput());
  int64_t dim = getDim();
  if (failed(verifyDim(*this, dim, type.getRank())))
    return failure();
  if (type.getDimSize(dim) == 0)
    return emitOpError() << "dimension " << dim << " of " << type
                         << " is empty; there is no element to choose";
  SmallVector<int64_t> shape(type.getShape());
  shape.erase(shape.begin() + dim);
  if (failed(verifyShape(*this, "values", getValues(), shape,
                         type.getElementType())) ||
      failed(verifyShape(*this, "indices", getIndices(), shape)))
    return failure();
  return verifyHolds(*this, "indices", getIndices(), type.getDimSize(dim));
}

// Each rank's best of a line and its index meet on every rank.
ShardingRule ArgReduceOp::getShardingRule() {
  ShardingRule rule;
  ArrayRef<int64_t> shape = shapeOf(getInput());
  DimFactors dims = addFactors(rule, shape);
  rule.factors[dims[getDim()].only()].makeJoint(2, shape[getDim()]);
  rule.operands.push_back(dims);
  dims.erase(dims.begin() + getDim());
  rule.results.assign(2, dims);
  return rule;
}

LogicalResult SortOp::verify() {
  if (getInputs().empty())
    return emitOpError() << "needs at least one operand, the keys";
  RankedTensorType keys = tensorType(getInputs()[0]);
  if (failed(verifyDim(*this, getDim(), keys.getRank())))
    return failure();
  for (auto [index, input] : llvm::enumerate(getInputs()))
    if (failed(verifyShape(*this, "operand " + std::to_string(index), input,
                           keys.getShape())))
      return failure();
  return success();
}

// A sorted line must be whole: where an element goes depends on all others, and
// no exchange with lists known before the run takes it there. Moving the line
// to one rank and back is what a reshard of operands and results does, over
// whichever other dimension is cheapest.
ShardingRule SortOp::getShardingRule() {
  ShardingRule rule;
  DimFactors dims = addFactors(rule, shapeOf(getInputs()[0]));
  dims[getDim()] = kNoFactor;
  rule.operands.assign(getNumOperands(), dims);
  rule.results.assign(getNumResults(), dims);
  return rule;
}
