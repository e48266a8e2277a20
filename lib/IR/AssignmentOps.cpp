// moe.balanced_assignment: verifier and rule.
#include "MoeChecks.h"
#include "RuleParts.h"

using namespace mlir;
using namespace moe;
using spmd::kNoFactor;
using spmd::ShardingRule;

LogicalResult BalancedAssignmentOp::verify() {
  if (failed(verifyRank(*this, "scores", getScores(), 3)))
    return failure();
  ArrayRef<int64_t> shape = tensorType(getScores()).getShape();
  if (shape[2] == 0)
    return emitOpError() << "needs at least one expert, got "
                         << getScores().getType();
  int64_t choices[] = {shape[0], shape[1], 1};
  if (failed(verifyShape(*this, "expert", getExpert(), choices)) ||
      failed(verifyShape(*this, "slot", getSlot(), choices)))
    return failure();
  return verifyHolds(*this, "expert", getExpert(), shape[2]);
}

// Tokens of one group compete for all experts: groups pass through, the rest is
// whole.
ShardingRule BalancedAssignmentOp::getShardingRule() {
  ShardingRule rule;
  int group = rule.addFactor(shapeOf(getScores())[0]);
  rule.operands.push_back({group, kNoFactor, kNoFactor});
  rule.results.assign(2, {group, kNoFactor, kNoFactor});
  return rule;
}
