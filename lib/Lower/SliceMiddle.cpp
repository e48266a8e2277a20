#include "SliceMiddle.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace moe;
using namespace moe::lower;

static RankedTensorType tensorOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

static RankedTensorType sliceType(RankedTensorType type, unsigned dims,
                                  const RowBlocks &blocks) {
  if (blocks.rows)
    return type.clone({blocks.size, blocks.columns});
  SmallVector<int64_t> shape(type.getShape());
  std::fill_n(shape.begin(), dims, 1);
  return type.clone(shape);
}

// What is repeated for a block of rows: `input` as a matrix, a column or a row,
// and of the first two the block's rows.
static Value repeatedInBlock(OpBuilder &builder, BroadcastOp op, Value input,
                             RankedTensorType type, const RowBlocks &blocks) {
  Location loc = op.getLoc();
  ArrayRef<int64_t> from = op.getDims();
  int64_t column = tensorOf(op.getResult()).getRank() - 1;
  SmallVector<int64_t> dims, shape;
  bool hasRows = !from.empty() && from.front() < column;
  if (hasRows) {
    dims.push_back(0);
    shape.push_back(blocks.rows);
  }
  if (llvm::is_contained(from, column)) {
    dims.push_back(1);
    shape.push_back(blocks.columns);
  }
  if (hasRows) {
    input =
        ReshapeOp::create(builder, loc, tensorOf(input).clone(shape), input);
    shape[0] = blocks.size;
    SmallVector<int64_t> offsets(shape.size(), 0), strides(shape.size(), 1);
    auto rows = SliceOp::create(builder, loc, tensorOf(input).clone(shape),
                                input, offsets, strides);
    rows->setAttr(kBlockRowsAttr, builder.getUnitAttr());
    input = rows;
  }
  return BroadcastOp::create(builder, loc, type, input, dims);
}

// `op`, on whole values, on one slice.
static Value onSlice(OpBuilder &builder, Operation *op, IRMapping &mapping,
                     RankedTensorType type, const RowBlocks &blocks) {
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    auto splat = cast<SplatElementsAttr>(constant.getValue());
    return arith::ConstantOp::create(builder, op->getLoc(),
                                     splat.resizeSplat(type));
  }
  auto broadcast = dyn_cast<BroadcastOp>(op);
  if (broadcast && blocks.rows)
    return repeatedInBlock(builder, broadcast,
                           mapping.lookup(broadcast.getInput()), type, blocks);
  Operation *cloned = builder.clone(*op, mapping);
  cloned->getResult(0).setType(type);
  if (blocks.rows && isa<SoftmaxOp, LogSoftmaxOp>(op))
    cloned->setAttr("dim", builder.getI64IntegerAttr(1));
  return cloned->getResult(0);
}

void moe::lower::buildMiddle(SliceChain &chain, ArrayRef<Operation *> ops,
                             unsigned dims) {
  MLIRContext *context = chain.first.getContext();
  Location loc = chain.first.getLoc();
  chain.middle =
      func::FuncOp::create(loc, "slice", FunctionType::get(context, {}, {}));
  Block *block = chain.middle.addEntryBlock();
  OpBuilder builder = OpBuilder::atBlockEnd(block);
  IRMapping mapping;
  Value made = chain.first.getResult();
  auto typeOf = [&](Value value) {
    return sliceType(tensorOf(value), dims, chain.blocks);
  };
  mapping.map(made, block->addArgument(typeOf(made), loc));
  for (Operation *op : ops) {
    for (Value operand : op->getOperands())
      if (!mapping.contains(operand)) {
        mapping.map(operand, block->addArgument(operand.getType(), loc));
        chain.captured.push_back(operand);
      }
    Value result = op->getResult(0);
    mapping.map(result,
                onSlice(builder, op, mapping, typeOf(result), chain.blocks));
  }
  Value carried = mapping.lookup(chain.last.getInputs()[chain.carried]);
  func::ReturnOp::create(builder, loc, carried);
  chain.middle.setType(
      FunctionType::get(context, block->getArgumentTypes(), carried.getType()));
}
