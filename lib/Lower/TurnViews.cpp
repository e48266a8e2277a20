#include "TurnViews.h"
#include "Residency.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace moe;
using namespace moe::lower;

int64_t moe::lower::depthOf(BlockArgument argument) {
  int64_t depth = 0;
  Operation *op = argument.getOwner()->getParentOp();
  while ((op = op->getParentOfType<scf::ForOp>()))
    ++depth;
  return depth;
}

// The loop of whose turns `index` is the number; null for other values.
static scf::ForOp loopCountedBy(Value index) {
  auto elements = index.getDefiningOp<tensor::FromElementsOp>();
  if (!elements || elements.getElements().size() != 1)
    return {};
  Value number = elements.getElements()[0];
  while (auto cast = number.getDefiningOp<arith::IndexCastOp>()) {
    if (cast.getType().isIntOrIndex() && !cast.getType().isIndex() &&
        cast.getType().getIntOrFloatBitWidth() < 32)
      return {};
    number = cast.getIn();
  }
  auto argument = dyn_cast<BlockArgument>(number);
  auto loop = argument
                  ? dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp())
                  : scf::ForOp();
  return loop && loop.getInductionVar() == number ? loop : scf::ForOp();
}

std::optional<TurnView> moe::lower::turnViewOf(Operation *op) {
  auto gather = dyn_cast<GatherOp>(op);
  if (!gather || gather.getBatchDims() != 0 ||
      cast<RankedTensorType>(gather.getIndices().getType()).getRank() != 0)
    return std::nullopt;
  scf::ForOp loop = loopCountedBy(gather.getIndices());
  Block *home = Residency::root(gather.getTable()).getParentBlock();
  if (!loop || home == op->getBlock())
    return std::nullopt;
  int64_t rows =
      cast<RankedTensorType>(gather.getTable().getType()).getDimSize(0);
  std::optional<int64_t> begin = getConstantIntValue(loop.getLowerBound());
  std::optional<int64_t> end = getConstantIntValue(loop.getUpperBound());
  if (!begin || !end || *begin < 0 || *end > rows)
    return std::nullopt;
  auto row = cast<RankedTensorType>(gather.getType());
  int64_t bytes = llvm::divideCeil(row.getElementTypeBitWidth(), 8);
  return TurnView{gather.getTable(),
                  depthOf(cast<BlockArgument>(loop.getInductionVar())),
                  row.getNumElements() * bytes};
}
