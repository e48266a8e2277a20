// spmd-start-collectives: work goes on while data is under way.
#include "moe/IR/ControlFlow.h"
#include "moe/IR/Moe.h"
#include "moe/Optimize/Passes.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <deque>

using namespace mlir;
using namespace moe;
using namespace spmd;

namespace moe {
#define GEN_PASS_DEF_SPMDSTARTCOLLECTIVES
#include "moe/Optimize/Passes.h.inc"
} // namespace moe

namespace {

// Ops behind the first user of a result among which work is looked for: a
// layer's worth, so that the pass stays linear.
constexpr int kWindow = 256;
// Half of what the runtime allows to be under way at once.
constexpr size_t kMostUnderWay = 16;

// Or one with collectives in its regions: all keep their order.
bool isCollective(Operation *op) {
  return op
      ->walk([](Operation *inner) {
        return isa<CollectiveOpInterface, ReindexOp, DoneOp>(inner)
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

bool isWork(Operation *op) {
  return !isCollective(op) && !op->hasTrait<OpTrait::ConstantLike>() &&
         !isa<ReshapeOp, StopGradientOp>(op);
}

Operation *firstUser(Operation *op) {
  Operation *first = nullptr;
  for (Operation *user : op->getUsers()) {
    user = op->getBlock()->findAncestorOpInBlock(*user);
    if (!first || user->isBeforeInBlock(first))
      first = user;
  }
  return first;
}

// Collectives keep their order, which all ranks share.
void hoist(Operation *op) {
  Operation *before = op;
  while (Operation *previous = before->getPrevNode()) {
    if (isCollective(previous) || op->getOperand(0).getDefiningOp() == previous)
      break;
    before = previous;
  }
  op->moveBefore(before);
}

// Ops behind `user`, the first of the collective, that need neither come before
// it.
void pullWork(Operation *collective, Operation *user) {
  llvm::SmallPtrSet<Operation *, 32> later = {collective, user};
  Operation *next = user->getNextNode();
  for (int i = 0; next && i < kWindow; ++i) {
    Operation *op = next;
    next = op->getNextNode();
    if (usesAny(op, later) || isCollective(op) || !isPure(op) ||
        op->hasTrait<OpTrait::IsTerminator>())
      later.insert(op);
    else
      op->moveBefore(user);
  }
}

bool hasWork(Operation *from, Operation *to) {
  for (Operation *op = from->getNextNode(); op != to; op = op->getNextNode())
    if (isWork(op))
      return true;
  return false;
}

// `op` as a start where it stands and a done before `user`.
void split(CollectiveOpInterface op, Operation *user) {
  OpBuilder builder(op);
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  Value pending = StartOp::create(
      builder, op->getLoc(), PendingType::get(op.getContext(), type),
      op.getCollectiveKind(), op->getOperand(0), op.getSource(), op.getTarget(),
      op.getGlobalType(), op->getAttrOfType<StringAttr>("reason"));
  builder.setInsertionPoint(user);
  Value result = DoneOp::create(builder, op->getLoc(), type, pending);
  op->getResult(0).replaceAllUsesWith(result);
  op->erase();
}

void boundUnderWay(Block &block) {
  std::deque<Operation *> open;
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (isa<DoneOp>(op))
      llvm::erase(open, op.getOperand(0).getDefiningOp());
    if (!isa<StartOp>(op))
      continue;
    if (open.size() == kMostUnderWay) {
      (*open.front()->getResult(0).user_begin())->moveBefore(&op);
      open.pop_front();
    }
    open.push_back(&op);
  }
}

struct StartCollectives
    : moe::impl::SpmdStartCollectivesBase<StartCollectives> {
  void runOnOperation() override {
    for (Block *block : blocksOf(getOperation())) {
      SmallVector<CollectiveOpInterface> found;
      for (Operation &op : *block)
        if (auto collective = dyn_cast<CollectiveOpInterface>(op))
          found.push_back(collective);
      for (CollectiveOpInterface op : found)
        start(op);
      boundUnderWay(*block);
    }
  }

  void start(CollectiveOpInterface op) {
    // A slice moves nothing.
    if (isa<StartOp>(op) || op.getCollectiveKind() == CollectiveKind::Slice ||
        op->use_empty())
      return;
    hoist(op);
    Operation *user = firstUser(op);
    pullWork(op, user);
    if (!hasWork(op, user))
      return;
    split(op, user);
    ++numStarted;
  }
};

} // namespace
