#include "Reuse.h"

using namespace mlir;
using namespace moe::lower;

// What a kernel reads from memory: values read at the index that it writes, and
// the roots of those read elsewhere.
struct Reuse::Reads {
  SmallVector<Value> own;
  llvm::DenseSet<Value> others;
};

void Reuse::collect(Value value, bool atOwnIndex, Reads &reads) const {
  if (residency.isStored(value)) {
    if (atOwnIndex)
      reads.own.push_back(value);
    else
      reads.others.insert(Residency::root(value));
    return;
  }
  Operation *op = value.getDefiningOp();
  const OpLowering *lowering = lowerings.find(op);
  for (Value operand : op->getOperands())
    collect(operand, atOwnIndex && lowering && lowering->readsOwnIndex, reads);
}

Reuse::Reads Reuse::readsOf(Operation *op) const {
  const OpLowering *lowering = lowerings.find(op);
  Reads reads;
  for (Value operand : op->getOperands())
    collect(operand, lowering && lowering->readsOwnIndex, reads);
  return reads;
}

// What a region reads of the blocks around it is read by the op with the
// region, to its end: there may be another turn.
void Reuse::noteReader(Value root, Operation *op) {
  lastReader[root] = root.getParentBlock()->findAncestorOpInBlock(*op);
}

Reuse::Reuse(func::FuncOp function, const OpLowerings &lowerings,
             const Residency &residency)
    : lowerings(lowerings), residency(residency) {
  function.getBody().walk<WalkOrder::PreOrder>([&](Operation *op) {
    // Ops that are computed where they are read do not read by themselves.
    bool isStep = !op->getNumResults() || residency.isStored(op->getResult(0));
    if (!isStep)
      return;
    Reads reads = readsOf(op);
    for (Value value : reads.own)
      noteReader(Residency::root(value), op);
    for (Value root : reads.others)
      noteReader(root, op);
    // A collective under way reads its source until it is done.
    if (auto done = dyn_cast<spmd::DoneOp>(op)) {
      Operation *start = done.getPending().getDefiningOp();
      noteReader(Residency::root(start->getOperand(0)), op);
    }
  });
}

SmallVector<Value> Reuse::candidates(Operation *op) const {
  SmallVector<Value> roots;
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  Reads reads = readsOf(op);
  for (Value value : reads.own) {
    Value root = Residency::root(value);
    auto have = cast<RankedTensorType>(value.getType());
    bool fits = have.getShape() == type.getShape() &&
                have.getElementTypeBitWidth() == type.getElementTypeBitWidth();
    if (fits && lastReader.lookup(root) == op && !reads.others.contains(root))
      roots.push_back(root);
  }
  return roots;
}
