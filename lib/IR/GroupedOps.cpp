// moe.grouped_einsum: verifier and rule.
#include "MoeChecks.h"
#include "RuleParts.h"

using namespace mlir;
using namespace moe;
using spmd::DimFactors;
using spmd::FactorKind;
using spmd::kNoFactor;
using spmd::ShardingRule;

LogicalResult GroupedEinsumOp::verify() {
  if (failed(verifyRank(*this, "weights", getWeights(), 3)))
    return failure();
  RankedTensorType rows = tensorType(getRows()),
                   weights = tensorType(getWeights());
  if (rows.getRank() < 2)
    return emitOpError() << "rows must have at least two dimensions, got "
                         << rows;
  if (rows.getShape().back() != weights.getDimSize(1))
    return emitOpError() << "rows have " << rows.getShape().back()
                         << " elements, the weights take "
                         << weights.getDimSize(1);
  ArrayRef<int64_t> batch = rows.getShape().drop_back(2);
  SmallVector<int64_t> sizes(batch), result(rows.getShape());
  sizes.push_back(weights.getDimSize(0));
  if (failed(verifyShape(*this, "sizes", getSizes(), sizes)))
    return failure();
  if (getFirst() && failed(verifyShape(*this, "first", getFirst(), batch)))
    return failure();
  if (failed(verifyAccumulates(*this, {getRows(), getWeights()}, getResult())))
    return failure();
  result.back() = weights.getDimSize(2);
  return verifyShape(*this, "result", getResult(), result);
}

// rows [B.., R, K], weights [E, K, N], sizes [B.., E] -> [B.., R, N].
//
// Rows pass through, since each rank knows where its rows and the groups begin.
// K is summed, and so is E: a rank with some of the experts gives zeros for the
// rows of others. It needs all sizes to know where its experts' rows are.
ShardingRule GroupedEinsumOp::getShardingRule() {
  ShardingRule rule;
  ArrayRef<int64_t> weights = shapeOf(getWeights());
  DimFactors rows = addFactors(rule, shapeOf(getRows()).drop_back());
  DimFactors sizes(rows.begin(), rows.end() - 1), result(rows);
  int expert = rule.addFactor(weights[0], FactorKind::Reduction),
      summed = rule.addFactor(weights[1], FactorKind::Reduction),
      output = rule.addFactor(weights[2]);
  DimFactors first(sizes);
  rows.push_back(summed);
  sizes.push_back(kNoFactor);
  result.push_back(output);
  rule.operands = {rows, {expert, summed, output}, sizes};
  if (getFirst())
    rule.operands.push_back(first);
  rule.results.push_back(result);
  return rule;
}
