// moe.scatter: verifier and rule.
#include "MoeChecks.h"
#include "RuleParts.h"

using namespace mlir;
using namespace moe;
using spmd::DimFactors;
using spmd::FactorKind;
using spmd::kNoFactor;
using spmd::ReductionKind;
using spmd::ShardingRule;

LogicalResult ScatterOp::verify() {
  RankedTensorType input = tensorType(getInput()),
                   indices = tensorType(getIndices());
  if (failed(verifyBatchDims(*this, getBatchDims(), input, indices)))
    return failure();
  SmallVector<int64_t> shape(indices.getShape());
  llvm::append_range(shape, input.getShape().drop_front(getBatchDims() + 1));
  return verifyShape(*this, "updates", getUpdates(), shape,
                     input.getElementType());
}

// input [B.., N, R..], indices [B.., I..], updates [B.., I.., R..].
//
// B and R pass through, and so does N: a rank takes the updates of its block
// and drops the others. Updates that are cut along I make partial results:
// sums, in which the input counts once, or maxima. For `set`, ranks agree first
// which update is the last of each slice, and the one that has it gives it: two
// reductions of a result.
ShardingRule ScatterOp::getShardingRule() {
  ShardingRule rule;
  int64_t batch = getBatchDims();
  DimFactors input = addFactors(rule, shapeOf(getInput()));
  DimFactors indices(input.begin(), input.begin() + batch);
  ReductionKind kind =
      getKind() == ScatterKind::Max ? ReductionKind::Max : ReductionKind::Sum;
  // Truth values have no sum.
  bool isWhole = getKind() == ScatterKind::Set &&
                 tensorType(getInput()).getElementType().isInteger(1);
  for (int64_t size : shapeOf(getIndices()).drop_front(batch)) {
    if (isWhole) {
      indices.push_back(kNoFactor);
      continue;
    }
    int factor = rule.addFactor(size, FactorKind::Reduction, kind);
    if (getKind() == ScatterKind::Set) {
      int64_t most = 2 * shapeOf(getInput())[batch];
      rule.factors[factor].makeJoint(most, most);
    }
    indices.push_back(factor);
  }
  DimFactors updates(indices);
  updates.append(input.begin() + batch + 1, input.end());
  rule.operands = {updates, input, indices};
  rule.results.push_back(input);
  return rule;
}
