#include "moe/Optimize/Collectives.h"

#include "mlir/IR/Dominance.h"
#include "mlir/Transforms/CSE.h"

using namespace mlir;
using namespace moe;
using namespace spmd;

static bool isReduction(CollectiveKind kind) {
  return kind == CollectiveKind::AllReduce ||
         kind == CollectiveKind::ReduceScatter;
}

std::optional<Move> moe::asMove(Operation *op) {
  auto collective = dyn_cast_or_null<CollectiveOpInterface>(op);
  if (!collective || isa<StartOp>(op) ||
      isReduction(collective.getCollectiveKind()) ||
      !collective.getSource().getUnreduced().empty())
    return std::nullopt;
  MeshOp mesh = lookupMesh(op, collective.getSource().getMesh());
  return Move{op->getOperand(0),
              collective.getSource(),
              collective.getTarget(),
              collective.getGlobalType(),
              op->getAttrOfType<StringAttr>("reason"),
              mesh};
}

bool moe::isWhole(ShardingAttr sharding, int64_t dim, MeshOp mesh) {
  return digitsOf(sharding.getDims()[dim].getAxes(), mesh).empty();
}

ShardingAttr moe::keepDims(ShardingAttr sharding, ArrayRef<int64_t> dims) {
  SmallVector<DimShardingAttr> list;
  for (int64_t dim : dims)
    list.push_back(sharding.getDims()[dim]);
  return ShardingAttr::get(sharding.getContext(), sharding.getMesh(), list, {},
                           sharding.getUnreduced(), sharding.getReduction());
}

int64_t moe::shareEqualMoves(Block &block) {
  using Key = std::tuple<Value, Attribute, Attribute>;
  llvm::DenseMap<Key, Value> made;
  int64_t shared = 0;
  for (Operation &op : llvm::make_early_inc_range(block)) {
    auto collective = dyn_cast<CollectiveOpInterface>(op);
    if (!collective || isa<StartOp>(op))
      continue;
    auto [place, isNew] = made.try_emplace(
        Key{op.getOperand(0), collective.getSource(), collective.getTarget()},
        op.getResult(0));
    if (isNew)
      continue;
    op.replaceAllUsesWith(ValueRange{place->second});
    op.erase();
    ++shared;
  }
  return shared;
}

int64_t moe::shareEqual(Block &block) {
  int64_t shared = 0;
  while (true) {
    IRRewriter rewriter(block.getParentOp()->getContext());
    DominanceInfo dominance(block.getParentOp());
    eliminateCommonSubExpressions(rewriter, dominance, block.getParentOp());
    int64_t more = shareEqualMoves(block);
    if (!more)
      return shared;
    shared += more;
  }
}
