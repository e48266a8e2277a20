// How ops that are written for one rank of some axes shard over the others: a
// dimension that they leave as it is passes through, where its blocks are of
// one size.
#include "moe/IR/Manual.h"

using namespace mlir;
using namespace spmd;

static ShardingRule ruleOfCollective(CollectiveOpInterface op) {
  ShardingRule rule;
  ArrayRef<int64_t> global = op.getGlobalType().getShape();
  MeshOp mesh = lookupMesh(op, op.getSource().getMesh());
  moert::Layout from = layoutOf(op.getSource(), global, mesh),
                to = layoutOf(op.getTarget(), global, mesh);
  DimFactors dims;
  for (size_t dim = 0; dim < global.size(); ++dim) {
    int64_t blocks = from.blocks(dim);
    bool passes = from.dims[dim] == to.dims[dim] && global[dim] % blocks == 0;
    dims.push_back(passes ? rule.addFactor(global[dim] / blocks) : kNoFactor);
  }
  rule.operands.push_back(dims);
  rule.results.push_back(dims);
  return rule;
}

// Dimensions that it masks are whole.
static ShardingRule ruleOfMask(MaskOp op) {
  ShardingRule rule;
  auto global = cast<RankedTensorType>(op.getGlobal());
  moert::Layout layout = layoutOf(op.getSharding(), global.getShape(),
                                  lookupMesh(op, op.getSharding().getMesh()));
  DimFactors dims;
  for (auto [dim, size] : llvm::enumerate(layout.shape)) {
    int64_t blocks = layout.blocks(dim);
    bool passes = size % blocks == 0 &&
                  !llvm::is_contained(op.getDims(), static_cast<int64_t>(dim));
    dims.push_back(passes ? rule.addFactor(size / blocks) : kNoFactor);
  }
  rule.operands.push_back(dims);
  rule.results.push_back(dims);
  return rule;
}

std::optional<ShardingRule> spmd::ruleInRegion(Operation *op) {
  if (!op->getParentOfType<ManualOp>())
    return std::nullopt;
  if (auto collective = dyn_cast<CollectiveOpInterface>(op))
    return ruleOfCollective(collective);
  if (auto mask = dyn_cast<MaskOp>(op))
    return ruleOfMask(mask);
  if (!isa<BlockOffsetOp>(op))
    return std::nullopt;
  ShardingRule rule; // a number
  rule.results.emplace_back();
  return rule;
}
