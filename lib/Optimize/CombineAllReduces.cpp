// spmd-combine-all-reduces: small all_reduces of one group and kind become one.
#include "moe/IR/ControlFlow.h"
#include "moe/Optimize/Collectives.h"
#include "moe/Optimize/Passes.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace moe;
using namespace spmd;

namespace moe {
#define GEN_PASS_DEF_SPMDCOMBINEALLREDUCES
#include "moe/Optimize/Passes.h.inc"
} // namespace moe

namespace {

/// How far apart, in ops, two all_reduces may be: what depends on the first
/// waits for the second.
constexpr int64_t kReach = 128;

int64_t bytesOf(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return type.getNumElements() * ((type.getElementTypeBitWidth() + 7) / 8);
}

// Reduced over the same axes by the same kind, all of them reduced.
bool areAlike(AllReduceOp a, AllReduceOp b) {
  auto type = [](AllReduceOp op) {
    return cast<RankedTensorType>(op.getInput().getType()).getElementType();
  };
  return type(a) == type(b) &&
         a.getFrom().getReduction() == b.getFrom().getReduction() &&
         a.getFrom().getUnreduced() == b.getFrom().getUnreduced() &&
         a.getTo().getUnreduced().empty() && b.getTo().getUnreduced().empty();
}

// A flat buffer that differs on every rank outside of the group: cut over all
// the other axes. Only whole axes are handled.
std::optional<ShardingAttr> flatSharding(AllReduceOp op, MeshOp mesh,
                                         int64_t &blocks) {
  MLIRContext *context = op.getContext();
  llvm::SmallDenseSet<StringRef> reduced;
  for (AxisRefAttr axis : op.getFrom().getUnreduced()) {
    if (!axis.isWhole())
      return std::nullopt;
    reduced.insert(axis.getName());
  }
  SmallVector<AxisRefAttr> others;
  blocks = 1;
  for (auto axis : mesh.getAxes().getAsRange<MeshAxisAttr>())
    if (!reduced.contains(axis.getName())) {
      others.push_back(AxisRefAttr::get(context, axis.getName()));
      blocks *= axis.getSize();
    }
  auto dim = DimShardingAttr::get(context, others, false, 0);
  return ShardingAttr::get(context, op.getFrom().getMesh(), {dim}, {},
                           op.getFrom().getUnreduced(),
                           op.getFrom().getReduction());
}

struct CombinePass : moe::impl::SpmdCombineAllReducesBase<CombinePass> {
  using SpmdCombineAllReducesBase::SpmdCombineAllReducesBase;

  void runOnOperation() override {
    for (Block *block : blocksOf(getOperation())) {
      SmallVector<AllReduceOp> left;
      for (auto op : block->getOps<AllReduceOp>())
        if (bytesOf(op.getInput()) <= maxBytes)
          left.push_back(op);
      while (!left.empty())
        combineFirst(left);
    }
  }

  // The first all_reduce with all later ones that can wait for it, or it for
  // them.
  void combineFirst(SmallVector<AllReduceOp> &left) {
    SmallVector<AllReduceOp> group = {left.front()};
    left.erase(left.begin());
    for (AllReduceOp op : SmallVector<AllReduceOp>(left)) {
      if (!areAlike(group.front(), op) || !bringTogether(group, op))
        continue;
      group.push_back(op);
      left.erase(llvm::find(left, op));
    }
    if (group.size() > 1)
      combine(group);
  }

  // Moves the group, and what depends on it, behind `op`, unless `op` does.
  bool bringTogether(ArrayRef<AllReduceOp> group, AllReduceOp op) {
    llvm::SmallPtrSet<Operation *, 16> waiting(group.begin(), group.end());
    SmallVector<Operation *> order;
    Operation *next = group.front();
    for (int64_t steps = 0; next != op; next = next->getNextNode(), ++steps) {
      if (steps > kReach || !next)
        return false;
      if (!waiting.contains(next) && !usesAny(next, waiting))
        continue;
      waiting.insert(next);
      order.push_back(next);
    }
    if (usesAny(op, waiting))
      return false;
    Operation *last = op;
    for (Operation *waiter : order) {
      waiter->moveAfter(last);
      last = waiter;
    }
    // The group stands together again, with `op` in front of it.
    return true;
  }

  void combine(ArrayRef<AllReduceOp> group);
};

// Why each part is reduced.
StringAttr joinReasons(ArrayRef<AllReduceOp> group) {
  llvm::SetVector<StringRef> reasons;
  for (AllReduceOp op : group)
    if (StringAttr reason = op.getReasonAttr())
      reasons.insert(reason);
  if (reasons.empty())
    return nullptr;
  return StringAttr::get(group.front()->getContext(),
                         llvm::join(reasons, "; and "));
}

void CombinePass::combine(ArrayRef<AllReduceOp> group) {
  AllReduceOp first = group.front();
  MeshOp mesh = lookupMesh(first, first.getFrom().getMesh());
  int64_t blocks = 0, total = 0;
  std::optional<ShardingAttr> from = flatSharding(first, mesh, blocks);
  if (!from)
    return;
  // Behind the last operand, before the first use.
  Operation *place = group.front();
  for (AllReduceOp op : group)
    if (op->isBeforeInBlock(place))
      place = op;
  for (AllReduceOp op : group)
    if (Operation *def = op.getInput().getDefiningOp())
      if (def->getBlock() == op->getBlock() && place->isBeforeInBlock(def))
        place = def->getNextNode();
  OpBuilder builder(place);
  SmallVector<Location> locs;
  SmallVector<Value> parts;
  Type elementType =
      cast<RankedTensorType>(first.getInput().getType()).getElementType();
  auto flat = [&](int64_t size) {
    return RankedTensorType::get({size}, elementType);
  };
  auto reshape = [&](AllReduceOp op, Value value, RankedTensorType type) {
    return value.getType() == type
               ? value
               : ReshapeOp::create(builder, op.getLoc(), type, value);
  };
  for (AllReduceOp op : group) {
    auto type = cast<RankedTensorType>(op.getInput().getType());
    parts.push_back(reshape(op, op.getInput(), flat(type.getNumElements())));
    total += type.getNumElements();
    locs.push_back(op.getLoc());
  }
  Location loc = builder.getFusedLoc(locs);
  Value joined = ConcatenateOp::create(builder, loc, flat(total), 0, parts);
  Value sum = createCollective(builder, loc, CollectiveKind::AllReduce, joined,
                               *from, from->getReduced(), flat(total * blocks),
                               joinReasons(group), mesh)
                  ->getResult(0);
  int64_t offset = 0;
  for (AllReduceOp op : group) {
    auto type = cast<RankedTensorType>(op.getType());
    Value part = moe::SliceOp::create(
        builder, op.getLoc(), flat(type.getNumElements()), sum,
        ArrayRef<int64_t>{offset}, ArrayRef<int64_t>{1});
    part = reshape(op, part, type);
    offset += type.getNumElements();
    op.replaceAllUsesWith(part);
    ++numCombined;
  }
  for (AllReduceOp op : group)
    op.erase();
}

} // namespace
