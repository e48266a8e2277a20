// Checks of regions that are written for one rank.
#include "moe/IR/Manual.h"

using namespace mlir;
using namespace spmd;

#define GET_OP_CLASSES
#include "dialects/Spmd/SpmdManual.cpp.inc"

// One side of a manual region: `shardings` of values of `types`.
static LogicalResult verifyManualSide(ManualOp op, ArrayAttr shardings,
                                      TypeRange types, StringRef side) {
  if (shardings.size() != types.size())
    return op.emitOpError() << "has " << shardings.size() << " shardings for "
                            << types.size() << " " << side << "s";
  for (auto [index, attr, type] : llvm::enumerate(shardings, types)) {
    std::string where = (side + " " + Twine(index)).str();
    auto sharding = dyn_cast<ShardingAttr>(attr);
    if (!sharding)
      return op.emitOpError()
             << where << ": expected #spmd.sharding, got " << attr;
    if (failed(verifySharding(sharding, cast<RankedTensorType>(type),
                              lookupMesh(op, sharding.getMesh()), where,
                              [&] { return op.emitOpError(); })))
      return failure();
    if (!sharding.getUnreduced().empty() ||
        llvm::any_of(sharding.getDims(),
                     [](DimShardingAttr dim) { return dim.getIsOpen(); }))
      return op.emitOpError()
             << where << ": the sharding of a manual region must be closed and "
             << "without unreduced axes, got " << attr;
  }
  return success();
}

LogicalResult ManualOp::verify() {
  if (failed(
          verifyManualSide(*this, getIn(), getInputs().getTypes(), "operand")))
    return failure();
  return verifyManualSide(*this, getOut(), getResultTypes(), "result");
}

// What a rank holds of values of `types` must be what the region has.
static LogicalResult verifyLocalTypes(ManualOp op, ArrayAttr shardings,
                                      TypeRange types, TypeRange have,
                                      StringRef what) {
  if (have.size() != types.size())
    return op.emitOpError() << "region has " << have.size() << " " << what
                            << "s, expected " << types.size();
  for (auto [index, attr, type, local] :
       llvm::enumerate(shardings, types, have)) {
    auto sharding = cast<ShardingAttr>(attr);
    Type expected = localType(cast<RankedTensorType>(type), sharding,
                              lookupMesh(op, sharding.getMesh()));
    if (local != expected)
      return op.emitOpError()
             << "region's " << what << " " << index << " is " << local
             << ", a rank holds " << expected << " of " << type;
  }
  return success();
}

LogicalResult ManualOp::verifyRegions() {
  Block &block = getBody().front();
  WalkResult walk = block.walk([](Operation *op) {
    if (!isa<AnnotateOp, SplitOp, ReplicateOp, ShardOp, ReshardOp, ManualOp>(
            op))
      return WalkResult::advance();
    op->emitOpError() << "stands in a manual region, where values are local";
    return WalkResult::interrupt();
  });
  if (walk.wasInterrupted() ||
      failed(verifyLocalTypes(*this, getIn(), getInputs().getTypes(),
                              block.getArgumentTypes(), "argument")))
    return failure();
  return verifyLocalTypes(*this, getOut(), getResultTypes(),
                          block.getTerminator()->getOperandTypes(),
                          "yielded value");
}
