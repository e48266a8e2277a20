// moe.reverse, dynamic_slice and dynamic_update_slice.
#include "KernelEmitter.h"

using namespace mlir;
using namespace moe;
using namespace moe::lower;

static Value reverseElement(KernelEmitter &k, OpResult result,
                            ArrayRef<Value> index) {
  auto op = cast<ReverseOp>(result.getOwner());
  SmallVector<Value> from(index);
  for (int64_t dim : op.getDims()) {
    Value last = k.index(KernelEmitter::shape(result)[dim] - 1);
    from[dim] = k.b.createOrFold<arith::SubIOp>(last, from[dim]);
  }
  return k.element(op.getInput(), from);
}

// Where a block of `block`'s shape begins in `whole`, clamped so that it lies
// there.
static SmallVector<Value> clampedStarts(KernelEmitter &k, ValueRange starts,
                                        Value whole, Value block) {
  SmallVector<Value> clamped;
  for (auto [start, size, taken] : llvm::zip_equal(
           starts, KernelEmitter::shape(whole), KernelEmitter::shape(block))) {
    if (size == taken) {
      clamped.push_back(k.index(0));
      continue;
    }
    Value at = k.toIndex(k.element(start, {}));
    at = arith::MaxSIOp::create(k.b, at, k.index(0));
    clamped.push_back(arith::MinSIOp::create(k.b, at, k.index(size - taken)));
  }
  return clamped;
}

static SmallVector<Value> plus(KernelEmitter &k, ArrayRef<Value> index,
                               ArrayRef<Value> starts) {
  SmallVector<Value> sum;
  for (auto [i, start] : llvm::zip_equal(index, starts))
    sum.push_back(k.add(i, start));
  return sum;
}

static Value dynamicSliceElement(KernelEmitter &k, OpResult result,
                                 ArrayRef<Value> index) {
  auto op = cast<DynamicSliceOp>(result.getOwner());
  return k.element(
      op.getInput(),
      plus(k, index, clampedStarts(k, op.getStarts(), op.getInput(), result)));
}

// The operand everywhere, then the update over it.
static void dynamicUpdateSliceKernel(KernelEmitter &k, Operation *operation) {
  auto op = cast<DynamicUpdateSliceOp>(operation);
  Value update = op.getUpdate(), result = op.getResult();
  SmallVector<Value> starts =
      clampedStarts(k, op.getStarts(), op.getInput(), update);
  k.nest(KernelEmitter::shape(result), [&](ArrayRef<Value> index) {
    k.store(result, index, k.element(op.getInput(), index));
  });
  k.nest(KernelEmitter::shape(update), [&](ArrayRef<Value> index) {
    k.store(result, plus(k, index, starts), k.element(update, index));
  });
}

void moe::lower::addSliceLowerings(OpLowerings &table) {
  OpLowering lowering;
  lowering.element = reverseElement;
  table.add<ReverseOp>(lowering);
  lowering.element = dynamicSliceElement;
  lowering.isCheap = true;
  // What several elements of the result read is computed once, before.
  lowering.mayFuse = fuseCheap;
  table.add<DynamicSliceOp>(lowering);

  OpLowering loops;
  loops.kernel = dynamicUpdateSliceKernel;
  table.add<DynamicUpdateSliceOp>(loops);
}
