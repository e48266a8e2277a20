#include "Operands.h"

using namespace mlir;
using namespace moe::import;

std::optional<LoopList> moe::import::loopsOf(AffineMap map) {
  LoopList loops;
  for (AffineExpr expr : map.getResults()) {
    if (auto constant = dyn_cast<AffineConstantExpr>(expr);
        constant && constant.getValue() == 0)
      continue;
    auto loop = dyn_cast<AffineDimExpr>(expr);
    if (!loop || llvm::is_contained(loops, loop.getPosition()))
      return std::nullopt;
    loops.push_back(loop.getPosition());
  }
  return loops;
}

LoopList moe::import::loopsOfResult(linalg::LinalgOp op, unsigned result) {
  return *loopsOf(op.getMatchingIndexingMap(op.getDpsInitOperand(result)));
}

LoopValue moe::import::operandOver(LoopBuilder &loops, OpOperand &operand,
                                   linalg::LinalgOp op) {
  auto type = dyn_cast<RankedTensorType>(operand.get().getType());
  if (!type)
    return loops.scalar(operand.get());
  LoopValue value = {operand.get(),
                     *loopsOf(op.getMatchingIndexingMap(&operand))};
  if (type.getRank() == static_cast<int64_t>(value.loops.size()))
    return value;
  // What is read at 0 only: its first element.
  SmallVector<int64_t> kept(type.getShape());
  for (auto [dim, expr] :
       llvm::enumerate(op.getMatchingIndexingMap(&operand).getResults()))
    if (isa<AffineConstantExpr>(expr))
      kept[dim] = 1;
  if (llvm::ArrayRef(kept) != type.getShape()) {
    SmallVector<int64_t> offsets(kept.size(), 0), strides(kept.size(), 1);
    value.tensor = SliceOp::create(loops.b, type.clone(kept), value.tensor,
                                   offsets, strides);
  }
  value.tensor = ReshapeOp::create(
      loops.b, loops.typeOver(value.loops, type.getElementType()),
      value.tensor);
  return value;
}
