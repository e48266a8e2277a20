#include "SliceMiddle.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace moe;
using namespace moe::lower;

static RankedTensorType tensorOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

namespace {

// Writes the ops between the products as a function on one block of a slice.
class MiddleBuilder {
public:
  MiddleBuilder(SliceChain &chain, const SliceBlock &block, int64_t dims)
      : chain(chain), block(block), dims(dims),
        isWhole(block.rows == chain.firstProduct.m &&
                block.columns == chain.firstProduct.n),
        builder(chain.first.getContext()) {}

  func::FuncOp build(ArrayRef<Operation *> ops) {
    MLIRContext *context = chain.first.getContext();
    Location loc = chain.first.getLoc();
    auto middle =
        func::FuncOp::create(loc, "slice", FunctionType::get(context, {}, {}));
    entry = middle.addEntryBlock();
    builder.setInsertionPointToEnd(entry);
    Value made = chain.first.getResult();
    mapping.map(made, entry->addArgument(blockType(tensorOf(made)), loc));
    for (Value value : chain.captured)
      mapping.map(value, entry->addArgument(value.getType(), loc));
    for (Operation *op : ops)
      clone(op);
    Value carried = mapping.lookup(chain.last.getInputs()[chain.carried]);
    func::ReturnOp::create(builder, loc, carried);
    middle.setType(FunctionType::get(context, entry->getArgumentTypes(),
                                     carried.getType()));
    return middle;
  }

private:
  RankedTensorType blockType(RankedTensorType type) const {
    SmallVector<int64_t> shape(type.getShape());
    std::fill_n(shape.begin(), dims, 1);
    if (!isWhole) {
      shape[dims] = block.rows;
      shape[dims + 1] = block.columns;
    }
    return type.clone(shape);
  }

  void clone(Operation *op) {
    RankedTensorType type = blockType(tensorOf(op->getResult(0)));
    if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      auto splat = cast<SplatElementsAttr>(constant.getValue());
      mapping.map(op->getResult(0),
                  arith::ConstantOp::create(builder, op->getLoc(),
                                            splat.resizeSplat(type)));
      return;
    }
    Operation *copy = builder.clone(*op, mapping);
    copy->getResult(0).setType(type);
    if (auto broadcast = dyn_cast<BroadcastOp>(copy); broadcast && !isWhole)
      cutInput(broadcast);
  }

  // What is repeated over slices is cut to the block's rows and columns.
  void cutInput(BroadcastOp broadcast) {
    Value input = broadcast.getInput();
    SmallVector<int64_t> offsets, sizes;
    for (int64_t dim : broadcast.getDims()) {
      offsets.push_back(dim == dims ? block.begin : 0);
      sizes.push_back(tensorOf(broadcast.getResult()).getDimSize(dim));
    }
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(broadcast);
    SmallVector<int64_t> strides(sizes.size(), 1);
    broadcast.getInputMutable().assign(
        SliceOp::create(builder, broadcast.getLoc(),
                        tensorOf(input).clone(sizes), input, offsets, strides));
  }

  SliceChain &chain;
  const SliceBlock &block;
  int64_t dims;
  bool isWhole;
  OpBuilder builder;
  Block *entry = nullptr;
  IRMapping mapping;
};

} // namespace

func::FuncOp moe::lower::buildMiddle(SliceChain &chain, const SliceBlock &block,
                                     int64_t dims, ArrayRef<Operation *> ops) {
  return MiddleBuilder(chain, block, dims).build(ops);
}
