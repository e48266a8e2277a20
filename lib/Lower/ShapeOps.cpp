// Ops that move elements without changing them.
#include "KernelEmitter.h"
#include "SliceChain.h"

using namespace mlir;
using namespace moe;
using namespace moe::lower;

static Value broadcastElement(KernelEmitter &k, OpResult result,
                              ArrayRef<Value> index) {
  auto op = cast<BroadcastOp>(result.getOwner());
  SmallVector<Value> from;
  for (int64_t dim : op.getDims())
    from.push_back(index[dim]);
  return k.element(op.getInput(), from);
}

static bool repeatsScalar(Operation *op) {
  return cast<BroadcastOp>(op).getDims().empty();
}

static Value transposeElement(KernelEmitter &k, OpResult result,
                              ArrayRef<Value> index) {
  auto op = cast<TransposeOp>(result.getOwner());
  SmallVector<Value> from(index.size());
  for (auto [to, dim] : llvm::enumerate(op.getPermutation()))
    from[dim] = index[to];
  return k.element(op.getInput(), from);
}

static Value sliceElement(KernelEmitter &k, OpResult result,
                          ArrayRef<Value> index) {
  auto op = cast<SliceOp>(result.getOwner());
  SmallVector<Value> from;
  for (auto [i, offset, stride] :
       llvm::zip_equal(index, op.getOffsets(), op.getStrides()))
    from.push_back(k.add(k.mul(i, k.index(stride)), k.index(offset)));
  if (op->hasAttr(kBlockRowsAttr))
    from[0] = k.add(from[0], k.firstRow());
  return k.element(op.getInput(), from);
}

// A loop for each operand.
static void concatenateKernel(KernelEmitter &k, Operation *operation) {
  auto op = cast<ConcatenateOp>(operation);
  int64_t offset = 0;
  for (Value input : op.getInputs()) {
    ArrayRef<int64_t> shape = KernelEmitter::shape(input);
    k.nest(shape, [&](ArrayRef<Value> index) {
      SmallVector<Value> to(index);
      to[op.getDim()] = k.add(to[op.getDim()], k.index(offset));
      k.store(op.getResult(), to, k.element(input, index));
    });
    offset += shape[op.getDim()];
  }
}

// The value everywhere, then the operand over it.
static void padKernel(KernelEmitter &k, Operation *operation) {
  auto op = cast<PadOp>(operation);
  Type type = k.registerType(KernelEmitter::elementType(op.getResult()));
  Value fill;
  if (auto number = dyn_cast<FloatAttr>(op.getValue()))
    fill = k.constant(type, number.getValueAsDouble());
  else
    fill = arith::ConstantOp::create(k.b, cast<IntegerAttr>(op.getValue()));
  k.nest(KernelEmitter::shape(op.getResult()),
         [&](ArrayRef<Value> index) { k.store(op.getResult(), index, fill); });
  k.nest(KernelEmitter::shape(op.getInput()), [&](ArrayRef<Value> index) {
    SmallVector<Value> to;
    for (auto [i, low, interior] :
         llvm::zip_equal(index, op.getLow(), op.getInterior()))
      to.push_back(k.add(k.mul(i, k.index(interior + 1)), k.index(low)));
    k.store(op.getResult(), to, k.element(op.getInput(), index));
  });
}

void moe::lower::addShapeLowerings(OpLowerings &table) {
  OpLowering lowering;
  lowering.element = transposeElement;
  table.add<TransposeOp>(lowering);
  lowering.element = sliceElement;
  lowering.isCheap = true;
  // What several elements of the result read is computed once, before.
  lowering.mayFuse = fuseCheap;
  table.add<SliceOp>(lowering);
  lowering.element = broadcastElement;
  lowering.isFlat = repeatsScalar;
  table.add<BroadcastOp>(lowering);

  OpLowering loops;
  loops.kernel = concatenateKernel;
  table.add<ConcatenateOp>(loops);
  loops.kernel = padKernel;
  table.add<PadOp>(loops);
}
