// moe.arg_reduce and moe.sort: verifiers and rules.
#include "MoeChecks.h"
#include "RuleParts.h"

using namespace mlir;
using namespace moe;
using spmd::DimFactors;
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

// Parts of a line have a best of their own, but which of those is the best is
// no reduction by a kind: value and index belong together.
ShardingRule ArgReduceOp::getShardingRule() {
  ShardingRule rule = wholeDimRule(getInput(), getDim(), 2);
  for (DimFactors &dims : rule.results)
    dims.erase(dims.begin() + getDim());
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

ShardingRule SortOp::getShardingRule() {
  return wholeDimRule(getInputs()[0], getDim(), getNumResults(),
                      getNumOperands());
}
