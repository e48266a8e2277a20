// moe.reverse, dynamic_slice and dynamic_update_slice: verifiers and rules.
#include "MoeChecks.h"
#include "RuleParts.h"

using namespace mlir;
using namespace moe;
using spmd::DimFactors;
using spmd::FactorKind;
using spmd::kNoFactor;
using spmd::ShardingRule;

//===----------------------------------------------------------------------===//
// Reverse
//===----------------------------------------------------------------------===//

LogicalResult ReverseOp::verify() {
  return verifyAscendingDims(*this, getDims(),
                             tensorType(getInput()).getRank());
}

// The last block becomes the first: about a block of a reversed dimension
// travels.
ShardingRule ReverseOp::getShardingRule() {
  ShardingRule rule;
  DimFactors dims = addFactors(rule, shapeOf(getInput()));
  for (int64_t dim : getDims()) {
    int64_t half = shapeOf(getInput())[dim] / 2;
    rule.factors[dims[dim].only()].makeJoint(half, half);
  }
  rule.operands.push_back(dims);
  rule.results.push_back(dims);
  return rule;
}

//===----------------------------------------------------------------------===//
// Blocks at dynamic places
//===----------------------------------------------------------------------===//

// A block `name` within the operand `input`, at `starts`.
static LogicalResult verifyBlock(Operation *op, StringRef name, Value block,
                                 Value input, ValueRange starts) {
  RankedTensorType from = tensorType(input), to = tensorType(block);
  if (static_cast<int64_t>(starts.size()) != from.getRank())
    return op->emitOpError()
           << "needs one start for each of the " << from.getRank()
           << " dimensions, got " << starts.size();
  if (failed(verifyRank(op, name, block, from.getRank())))
    return failure();
  for (int64_t dim = 0; dim < from.getRank(); ++dim)
    if (to.getDimSize(dim) > from.getDimSize(dim))
      return op->emitOpError() << name << " has " << to.getDimSize(dim)
                               << " elements in dimension " << dim
                               << ", the operand only " << from.getDimSize(dim);
  return verifyShape(op, name, block, to.getShape(), from.getElementType());
}

LogicalResult DynamicSliceOp::verify() {
  return verifyBlock(*this, "result", getResult(), getInput(), getStarts());
}

LogicalResult DynamicUpdateSliceOp::verify() {
  return verifyBlock(*this, "update", getUpdate(), getInput(), getStarts());
}

// A dimension that is taken whole passes through: its start is clamped to 0. Of
// another one each rank takes what lies in its block and zeros for the rest, a
// sum over the blocks; and blocks of the result are chosen one by one.
ShardingRule DynamicSliceOp::getShardingRule() {
  ShardingRule rule;
  DimFactors from, to;
  for (auto [size, taken] :
       llvm::zip(shapeOf(getInput()), shapeOf(getResult()))) {
    bool isWhole = size == taken;
    from.push_back(rule.addFactor(size, isWhole ? FactorKind::PassThrough
                                                : FactorKind::Reduction));
    to.push_back(isWhole ? from.back() : rule.addFactor(taken));
  }
  rule.operands.push_back(from);
  rule.operands.append(getStarts().size(), DimFactors());
  rule.results.push_back(to);
  return rule;
}

// Each rank replaces what lies in its block, so it needs the whole update. That
// could be cut where the operand is not, with results partial; but then the
// operand would have to count once and be added up with zeros, which costs more
// than the update that it saves.
ShardingRule DynamicUpdateSliceOp::getShardingRule() {
  ShardingRule rule;
  DimFactors to = addFactors(rule, shapeOf(getInput())), update;
  for (auto [dim, size] : llvm::enumerate(shapeOf(getUpdate())))
    update.push_back(size == shapeOf(getInput())[dim] ? to[dim] : kNoFactor);
  rule.operands = {update, to};
  rule.operands.append(getStarts().size(), DimFactors());
  rule.results.push_back(to);
  return rule;
}
