#include "OpLowering.h"

using namespace mlir;
using namespace moe::lower;

OpLowerings::OpLowerings(MLIRContext *context) : context(context) {
  addElementwiseLowerings(*this);
  addShapeLowerings(*this);
  addIndexLowerings(*this);
  addReductionLowerings(*this);
  addSoftmaxLowerings(*this);
  addRoutingLowerings(*this);
  addRandomLowerings(*this);
  addScalarLowerings(*this);
  addOrderLowerings(*this);
  addSliceLowerings(*this);
  addScatterLowerings(*this);
  addWindowLowerings(*this);
  addAssignmentLowerings(*this);
  addGroupedLowerings(*this);
}

const OpLowering *OpLowerings::find(Operation *op) const {
  auto it = table.find(op->getName());
  return it == table.end() ? nullptr : &it->second;
}

bool moe::lower::fuseNothing(OpOperand &) { return false; }

// Constants, indices and numbers: what they yield is in no memory.
bool moe::lower::fuseCheap(OpOperand &operand) {
  auto isTensor = [](Type type) { return isa<TensorType>(type); };
  Operation *op = operand.get().getDefiningOp();
  return op && llvm::none_of(op->getOperandTypes(), isTensor);
}
