// moe-index-dispatch: one-hot masks become indices.
#include "moe/IR/ControlFlow.h"
#include "moe/Optimize/DispatchRewrite.h"
#include "moe/Optimize/Passes.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace moe;

namespace moe {
#define GEN_PASS_DEF_MOEINDEXDISPATCH
#include "moe/Optimize/Passes.h.inc"
} // namespace moe

namespace {

struct IndexDispatchPass : moe::impl::MoeIndexDispatchBase<IndexDispatchPass> {
  void runOnOperation() override {
    for (Block *block : spmd::blocksOf(getOperation()))
      runOnBlock(*block);
  }

  void runOnBlock(Block &block) {
    shareEqual(block);
    IndexAlgebra algebra(&getContext());
    DispatchRewriter dispatches(algebra);
    SmallVector<Operation *> originals;
    for (Operation &op : block.without_terminator())
      originals.push_back(&op);
    for (Operation *op : originals)
      visit(op, algebra, dispatches);
    eraseDead(block, originals);
    hoistIndexOps(block, originals);
    shareEqual(block);
    numDispatches += dispatches.dispatches;
    numCombines += dispatches.combines;
    numKeptDense += algebra.keptDense;
  }

  void visit(Operation *op, IndexAlgebra &algebra,
             DispatchRewriter &dispatches) {
    if (op->getNumResults() != 1 ||
        !isa<RankedTensorType>(op->getResult(0).getType()))
      return;
    algebra.build().setAfter(op);
    algebra.build().noteMove(op);
    const Form &form = algebra.formOf(op->getResult(0));
    if (form.isIndexed()) {
      if (asMove(op))
        rebuild(op, algebra);
      return;
    }
    if (auto einsum = dyn_cast<EinsumOp>(op))
      if (Value value = dispatches.rewrite(einsum)) {
        op->getResult(0).replaceAllUsesWith(value);
        return;
      }
    if (isa<ReduceOp, EinsumOp>(op))
      replaceSum(op, form, algebra);
  }

  // Where a moved mask is needed dense it is made again from its moved indices:
  // the mask itself never moves.
  void rebuild(Operation *op, IndexAlgebra &algebra) {
    Value moved = op->getResult(0);
    int64_t bytes = 0;
    for (const Term &term : algebra.formOf(moved).terms)
      term.forEach([&](const Factor &factor) {
        Value value = factor.value;
        if (auto intoBlock = value.getDefiningOp<arith::SubIOp>())
          value = intoBlock.getLhs();
        if (value.getDefiningOp<spmd::CollectiveOpInterface>())
          bytes += bytesOf(factor.getType());
      });
    if (bytes >= bytesOf(cast<RankedTensorType>(moved.getType())))
      return;
    Value mask = algebra.materialize(algebra.formOf(moved),
                                     cast<RankedTensorType>(moved.getType()));
    algebra.setForm(mask, algebra.formOf(moved));
    moved.replaceAllUsesWith(mask);
  }

  // A sum whose operand is one-hot and whose result is not is a lookup.
  void replaceSum(Operation *op, const Form &form, IndexAlgebra &algebra) {
    bool hasOneHot = false, hasMask = false;
    for (Value operand : op->getOperands()) {
      const Form &operandForm = algebra.formOf(operand);
      hasOneHot |= operandForm.isIndexed();
      for (const Term &term : operandForm.terms)
        hasMask |= term.indices.size() > 1;
    }
    if (!hasOneHot)
      return;
    if (isItself(form, op->getResult(0))) {
      auto reduce = dyn_cast<ReduceOp>(op);
      if (reduce && reduceIndexedFirst(reduce, algebra))
        return;
      if (hasMask)
        op->emitRemark() << "stays dense: its one-hot operand has several "
                            "indices, and the sum is neither a dispatch, a "
                            "combine nor a lookup";
      return;
    }
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    op->getResult(0).replaceAllUsesWith(algebra.materialize(form, type));
    ++numLookups;
  }

  // Sum of [G,S,E,C] over g, s and c: over c the mask is a lookup, and only the
  // rest, a mask of [G,S,E], is a true sum.
  bool reduceIndexedFirst(ReduceOp op, IndexAlgebra &algebra) {
    auto input = cast<RankedTensorType>(op.getInput().getType());
    Form form = algebra.formOf(op.getInput());
    if (op.getKind() != spmd::ReductionKind::Sum)
      return false;
    SmallVector<DimId> places(input.getRank(), kNoDim);
    SmallVector<int64_t> shape, left;
    for (DimId dim = 0; dim < input.getRank(); ++dim) {
      bool isReduced = llvm::is_contained(op.getDims(), dim);
      if (isReduced && llvm::all_of(form.terms, [&](const Term &term) {
            return term.indexOf(dim);
          })) {
        for (Term &term : form.terms)
          algebra.sumOver(term, dim, input.getDimSize(dim),
                          input.getElementType());
        continue;
      }
      places[dim] = shape.size();
      if (isReduced)
        left.push_back(shape.size());
      shape.push_back(input.getDimSize(dim));
    }
    if (static_cast<int64_t>(shape.size()) == input.getRank())
      return false;
    form.rename([&](DimId dim) { return places[dim]; });
    Value small = algebra.materialize(
        form, RankedTensorType::get(shape, input.getElementType()));
    op.replaceAllUsesWith(algebra.build().make<ReduceOp>(
        op.getType(), op.getKind(), small, left));
    ++numLookups;
    return true;
  }

  static bool isItself(const Form &form, Value value) {
    return llvm::any_of(form.terms, [&](const Term &term) {
      return term.weight
                 ? term.weight.value == value
                 : !term.keeps.empty() && term.keeps.front().value == value;
    });
  }

  // The originals that nothing uses any more were masks and what made them.
  void eraseDead(Block &block, ArrayRef<Operation *> originals) {
    llvm::SmallPtrSet<Operation *, 32> wasThere(originals.begin(),
                                                originals.end());
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
      if (!isOpTriviallyDead(&op))
        continue;
      if (wasThere.contains(&op))
        llvm::for_each(op.getResults(), [&](Value value) { count(value); });
      op.erase();
    }
  }

  // New ops right behind their operands: what lies between a dispatch and its
  // combine is then the experts' work only, however the gate was written.
  void hoistIndexOps(Block &block, ArrayRef<Operation *> originals) {
    llvm::SmallPtrSet<Operation *, 32> wasThere(originals.begin(),
                                                originals.end());
    // Place of an op: the original that it follows, then its turn.
    llvm::DenseMap<Operation *, std::pair<unsigned, unsigned>> places;
    unsigned place = 0, turn = 0;
    Operation *first = &block.front();
    for (Operation &op :
         llvm::make_early_inc_range(block.without_terminator())) {
      if (wasThere.contains(&op) || isa<DispatchOp, CombineOp>(op)) {
        places[&op] = {++place, 0};
        continue;
      }
      Operation *last = nullptr;
      for (Value operand : op.getOperands())
        if (Operation *def = operand.getDefiningOp();
            def && def->getBlock() == &block)
          if (!last || places[last] < places[def])
            last = def;
      places[&op] = {last ? places[last].first : 0, ++turn};
      if (last)
        op.moveAfter(lastAt(last, places));
      else if (&op != first)
        op.moveBefore(first);
    }
  }

  // The last op that was already moved behind the same original as `op`.
  static Operation *
  lastAt(Operation *op,
         llvm::DenseMap<Operation *, std::pair<unsigned, unsigned>> &places) {
    unsigned place = places[op].first;
    for (Operation *next = op->getNextNode(); next;
         next = next->getNextNode()) {
      auto found = places.find(next);
      if (found == places.end() || found->second.first != place)
        break;
      op = next;
    }
    return op;
  }

  static int64_t bytesOf(RankedTensorType type) {
    return type.getNumElements() * ((type.getElementTypeBitWidth() + 7) / 8);
  }

  void count(Value removed) {
    auto type = dyn_cast<RankedTensorType>(removed.getType());
    if (!type || !type.getElementType().isIntOrFloat())
      return;
    ++numMasks;
    bytesNotMaterialized += bytesOf(type);
  }
};

} // namespace
