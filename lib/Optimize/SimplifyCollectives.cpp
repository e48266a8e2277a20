// spmd-simplify-collectives: fewer and smaller collectives.
#include "moe/IR/ControlFlow.h"
#include "moe/Optimize/Collectives.h"
#include "moe/Optimize/Passes.h"
#include "moe/Partition/ReshardPlan.h"

#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace moe;
using namespace spmd;

namespace moe {
#define GEN_PASS_DEF_SPMDSIMPLIFYCOLLECTIVES
#include "moe/Optimize/Passes.h.inc"
} // namespace moe

namespace {

// The value of `input` in the layout `move.to` when it is in `from`; itself
// when the layouts are the same.
Value moveFrom(OpBuilder &builder, Operation *op, const Move &move, Value input,
               ShardingAttr from, ShardingAttr to, RankedTensorType global) {
  std::optional<CollectiveKind> kind =
      classifyMove(layoutOf(from, global.getShape(), move.mesh),
                   layoutOf(to, global.getShape(), move.mesh));
  if (!kind)
    return input;
  return createCollective(builder, op->getLoc(), *kind, input, from, to, global,
                          move.reason, move.mesh)
      ->getResult(0);
}

// Whether only `op` uses `value`, and no turn of a loop does so again.
bool isOnlyUse(Operation *op, Value value) {
  return value.hasOneUse() && value.getParentBlock() == op->getBlock();
}

// A -> B -> C, B used by nothing else: A -> C.
Value compose(OpBuilder &builder, Operation *op, const Move &move) {
  std::optional<Move> first = asMove(move.input.getDefiningOp());
  if (!first || !isOnlyUse(op, move.input) || first->to != move.from ||
      first->global != move.global)
    return nullptr;
  // On a mesh with a topology two steps may be the cheaper way.
  std::string error;
  auto steps = planReshard(first->from, move.to, move.global, move.mesh, error);
  assert(succeeded(steps) && "a move without partial sums has a plan");
  if (steps->size() > 1)
    return nullptr;
  return moveFrom(builder, op, move, first->input, first->from, move.to,
                  move.global);
}

// Each rank keeps a slice of a sum over the axes that cut the slices.
Value scatter(OpBuilder &builder, Operation *op, const Move &move) {
  auto sum = move.input.getDefiningOp<AllReduceOp>();
  if (!isa<spmd::SliceOp>(op) || !sum || !isOnlyUse(op, move.input) ||
      sum.getTo() != move.from)
    return nullptr;
  std::string error;
  auto steps =
      planReshard(sum.getFrom(), move.to, move.global, move.mesh, error);
  if (failed(steps) || steps->size() != 1 ||
      steps->front().kind != CollectiveKind::ReduceScatter)
    return nullptr;
  return createCollective(builder, op->getLoc(), CollectiveKind::ReduceScatter,
                          sum.getInput(), sum.getFrom(), move.to, move.global,
                          sum.getReasonAttr(), move.mesh)
      ->getResult(0);
}

Value recomputeConstant(OpBuilder &builder, Operation *op, const Move &move) {
  SplatElementsAttr splat;
  if (!matchPattern(move.input, m_Constant(&splat)))
    return nullptr;
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  return arith::ConstantOp::create(builder, op->getLoc(),
                                   splat.resizeSplat(type));
}

// iota along a dimension that was whole: the rank's own indices.
Value recomputeIota(OpBuilder &builder, Operation *op, const Move &move) {
  auto iota = move.input.getDefiningOp<IotaOp>();
  if (!iota || !isWhole(move.from, iota.getDim(), move.mesh))
    return nullptr;
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  // Offsets are i32 or i64.
  if (!type.getElementType().isInteger(32) &&
      !type.getElementType().isInteger(64))
    return nullptr;
  Location loc = op->getLoc();
  Value local = IotaOp::create(builder, loc, type, iota.getDim());
  if (isWhole(move.to, iota.getDim(), move.mesh))
    return local;
  auto scalar = RankedTensorType::get({}, type.getElementType());
  Value offset = BlockOffsetOp::create(builder, loc, scalar, iota.getDim(),
                                       move.to, move.global);
  Value offsets =
      moe::BroadcastOp::create(builder, loc, type, offset, ArrayRef<int64_t>());
  return arith::AddIOp::create(builder, loc, local, offsets);
}

// Repeated dimensions do not move, the others do before they are repeated.
Value recomputeBroadcast(OpBuilder &builder, Operation *op, const Move &move) {
  auto broadcast = move.input.getDefiningOp<BroadcastOp>();
  if (!broadcast)
    return nullptr;
  SmallVector<int64_t> dims(broadcast.getDims()), shape;
  for (int64_t dim : dims)
    shape.push_back(move.global.getDimSize(dim));
  auto global = RankedTensorType::get(shape, move.global.getElementType());
  Value small =
      moveFrom(builder, op, move, broadcast.getInput(),
               keepDims(move.from, dims), keepDims(move.to, dims), global);
  return moe::BroadcastOp::create(builder, op->getLoc(),
                                  op->getResult(0).getType(), small, dims);
}

struct SimplifyPass : moe::impl::SpmdSimplifyCollectivesBase<SimplifyPass> {
  void runOnOperation() override {
    for (Block *block : blocksOf(getOperation())) {
      numShared += shareEqual(*block);
      bool changed = true;
      while (changed) {
        changed = false;
        for (Operation &op : llvm::make_early_inc_range(*block))
          changed |= simplify(&op);
        numShared += shareEqual(*block);
        eraseDead(*block);
      }
    }
  }

  bool simplify(Operation *op) {
    std::optional<Move> move = asMove(op);
    if (!move)
      return false;
    OpBuilder builder(op);
    Value value;
    auto attempt = [&](auto rule, Statistic &statistic) {
      if (value || !(value = rule(builder, op, *move)))
        return;
      ++statistic;
    };
    attempt(recomputeConstant, numRecomputed);
    attempt(recomputeIota, numRecomputed);
    attempt(recomputeBroadcast, numRecomputed);
    attempt(scatter, numScattered);
    attempt(compose, numComposed);
    if (!value)
      return false;
    op->replaceAllUsesWith(ValueRange{value});
    op->erase();
    return true;
  }

  void eraseDead(Block &block) {
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
      if (isOpTriviallyDead(&op))
        op.erase();
  }
};

} // namespace
