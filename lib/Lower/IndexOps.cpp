// Ops on indices, and what a rank knows of its own block.
#include "KernelEmitter.h"
#include "Reduction.h"

using namespace mlir;
using namespace moe;
using namespace moe::lower;

static Value iotaElement(KernelEmitter &k, OpResult result,
                         ArrayRef<Value> index) {
  auto op = cast<IotaOp>(result.getOwner());
  Type element = KernelEmitter::elementType(result);
  return k.round(element,
                 k.fromIndex(k.registerType(element), index[op.getDim()]));
}

static Value oneHotElement(KernelEmitter &k, OpResult result,
                           ArrayRef<Value> index) {
  auto op = cast<OneHotOp>(result.getOwner());
  Value at = k.toIndex(k.element(op.getIndices(), index.drop_back()));
  Value is =
      arith::CmpIOp::create(k.b, arith::CmpIPredicate::eq, at, index.back());
  Type type = k.registerType(KernelEmitter::elementType(result));
  return arith::SelectOp::create(k.b, is, k.constant(type, 1),
                                 k.constant(type, 0));
}

// table [B.., N, R..], indices [B.., I..] -> result [B.., I.., R..]; an index
// outside of [0, N) reads row 0 and throws it away.
static Value gatherElement(KernelEmitter &k, OpResult result,
                           ArrayRef<Value> index) {
  auto op = cast<GatherOp>(result.getOwner());
  int64_t batch = op.getBatchDims();
  size_t indexRank = KernelEmitter::shape(op.getIndices()).size();
  ArrayRef<int64_t> table = KernelEmitter::shape(op.getTable());
  Type type = k.registerType(KernelEmitter::elementType(result));
  if (table[batch] == 0)
    return k.constant(type, 0);
  Value at = k.toIndex(k.element(op.getIndices(), index.take_front(indexRank)));
  Value inRange = k.isBelow(at, k.index(table[batch]));
  Value row = arith::SelectOp::create(k.b, inRange, at, k.index(0));
  SmallVector<Value> from(index.take_front(batch));
  from.push_back(row);
  llvm::append_range(from, index.drop_front(indexRank));
  Value value = k.element(op.getTable(), from);
  return arith::SelectOp::create(k.b, inRange, value, k.constant(type, 0));
}

static BlockNumber blockNumberOf(Operation *op, BlockNumber::Kind kind,
                                 spmd::ShardingAttr sharding, Type global,
                                 int64_t dim) {
  spmd::MeshOp mesh = spmd::lookupMesh(op, sharding.getMesh());
  ArrayRef<int64_t> shape = cast<RankedTensorType>(global).getShape();
  return {kind, shape[dim], spmd::layoutOf(sharding, shape, mesh).dims[dim]};
}

static Value blockOffsetElement(KernelEmitter &k, OpResult result,
                                ArrayRef<Value>) {
  auto op = cast<spmd::BlockOffsetOp>(result.getOwner());
  Value begin = k.blockNumber(blockNumberOf(op, BlockNumber::Kind::Begin,
                                            op.getSharding(), op.getGlobal(),
                                            op.getDim()));
  return k.fromIndex(KernelEmitter::elementType(result), begin);
}

static Value maskElement(KernelEmitter &k, OpResult result,
                         ArrayRef<Value> index) {
  auto op = cast<spmd::MaskOp>(result.getOwner());
  Value held = k.integer(k.b.getI1Type(), 1);
  for (int64_t dim : op.getDims()) {
    Value size = k.blockNumber(blockNumberOf(
        op, BlockNumber::Kind::Size, op.getSharding(), op.getGlobal(), dim));
    held = k.b.createOrFold<arith::AndIOp>(k.isBelow(index[dim], size), held);
  }
  Value value = k.element(op.getInput(), index);
  Type element = KernelEmitter::elementType(result);
  return arith::SelectOp::create(
      k.b, held, value,
      neutralElement(k, op.getReduction(), k.registerType(element)));
}

// The table of a gather is read in place; its indices are read for many
// elements.
static bool fuseNoIndices(OpOperand &operand) {
  return operand.getOperandNumber() == 0 || fuseCheap(operand);
}

void moe::lower::addIndexLowerings(OpLowerings &table) {
  OpLowering lowering;
  lowering.isCheap = true;
  lowering.element = iotaElement;
  table.add<IotaOp>(lowering);
  lowering.element = blockOffsetElement;
  table.add<spmd::BlockOffsetOp>(lowering);
  lowering.element = oneHotElement;
  lowering.mayFuse = fuseCheap;
  table.add<OneHotOp>(lowering);

  OpLowering once;
  once.element = maskElement;
  once.readsOwnIndex = true;
  table.add<spmd::MaskOp>(once);
  once.readsOwnIndex = false;
  once.element = gatherElement;
  once.mayFuse = fuseNoIndices;
  table.add<GatherOp>(once);
}
