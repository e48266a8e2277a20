// moe-import-linalg: linalg and tensor ops become graph ops.
#include "moe/Import/Passes.h"

#include "Importer.h"
#include "Operands.h"
#include "moe/IR/Location.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace moe::import;

namespace moe {
#define GEN_PASS_DEF_MOEIMPORTLINALG
#include "moe/Import/Passes.h.inc"
} // namespace moe

namespace {

LogicalResult verifyTypes(Operation *op) {
  for (TypeRange types :
       {TypeRange(op->getOperandTypes()), TypeRange(op->getResultTypes())})
    for (Type type : types) {
      if (isa<BaseMemRefType>(type))
        return op->emitOpError()
               << "must work on tensors, got " << type
               << "; distribute the program before it is bufferized";
      auto shaped = dyn_cast<ShapedType>(type);
      if (shaped && !(isa<RankedTensorType>(type) && shaped.hasStaticShape()))
        return op->emitOpError() << "shape must be static, got " << type;
    }
  return success();
}

Results importStructuredOrWindows(linalg::LinalgOp op,
                                  ImplicitLocOpBuilder &b) {
  for (OpOperand &init : op.getDpsInitsMutable())
    if (AffineMap map = op.getMatchingIndexingMap(&init);
        !map.isProjectedPermutation())
      return op.emitOpError() << "must index its result by loops, got "
                              << AffineMapAttr::get(map);
  bool isByLoops = true;
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (loopsOf(map))
      continue;
    if (operand.getOperandNumber() != 0)
      return op.emitOpError()
             << "must index operand " << operand.getOperandNumber()
             << " by loops, got " << AffineMapAttr::get(map)
             << "; only the first operand may be read in windows";
    isByLoops = false;
  }
  // Without an index the body never runs.
  if (llvm::is_contained(op.getStaticLoopRanges(), 0))
    return SmallVector<Value>(op.getDpsInits());
  return isByLoops ? importStructured(op, b) : importWindows(op, b);
}

struct ImportLinalg : moe::impl::MoeImportLinalgBase<ImportLinalg> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation()->walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (!isa_and_nonnull<linalg::LinalgDialect, tensor::TensorDialect>(
              op->getDialect()))
        return WalkResult::advance();
      if (!isKept(op))
        ops.push_back(op);
      return WalkResult::skip();
    });
    for (Operation *op : ops)
      if (failed(replace(op)))
        return signalPassFailure();
  }

  LogicalResult replace(Operation *op) {
    if (failed(verifyTypes(op)))
      return failure();
    ImplicitLocOpBuilder b(moe::locationOf(op), op);
    auto structured = dyn_cast<linalg::LinalgOp>(op);
    Results results = structured ? importStructuredOrWindows(structured, b)
                                 : importPlain(op, b);
    if (failed(results))
      return failure();
    ++numOps;
    op->replaceAllUsesWith(*results);
    op->erase();
    return success();
  }
};

} // namespace
