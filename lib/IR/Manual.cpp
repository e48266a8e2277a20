// Checks of regions that are written for one rank.
#include "moe/IR/Manual.h"

using namespace mlir;
using namespace spmd;

#define GET_OP_CLASSES
#include "dialects/Spmd/SpmdManual.cpp.inc"

//===----------------------------------------------------------------------===//
// Axes
//===----------------------------------------------------------------------===//

bool ManualOp::isManual(StringRef axis) {
  if (!getOver())
    return true;
  auto names = getOver()->getAsValueRange<StringAttr>();
  return llvm::is_contained(names, axis);
}

SmallVector<AxisRefAttr> ManualOp::getManualAxes(MeshOp mesh) {
  SmallVector<AxisRefAttr> axes;
  for (auto axis : mesh.getAxes().getAsRange<MeshAxisAttr>())
    if (isManual(axis.getName()))
      axes.push_back(AxisRefAttr::get(getContext(), axis.getName()));
  return axes;
}

// The sharding with the axes that are manual, or with the others.
static ShardingAttr partOf(ManualOp op, ShardingAttr sharding, bool isManual) {
  SmallVector<DimShardingAttr> dims;
  for (DimShardingAttr dim : sharding.getDims()) {
    SmallVector<AxisRefAttr> axes;
    for (AxisRefAttr axis : dim.getAxes())
      if (op.isManual(axis.getName()) == isManual)
        axes.push_back(axis);
    dims.push_back(DimShardingAttr::get(op.getContext(), axes,
                                        /*isOpen=*/false, dim.getPriority()));
  }
  return ShardingAttr::get(op.getContext(), sharding.getMesh(), dims, {}, {},
                           ReductionKind::Sum);
}
ShardingAttr ManualOp::getManualPart(ShardingAttr sharding) {
  return partOf(*this, sharding, true);
}
ShardingAttr ManualOp::getFreePart(ShardingAttr sharding) {
  return partOf(*this, sharding, false);
}

//===----------------------------------------------------------------------===//
// Layouts
//===----------------------------------------------------------------------===//

// In a dimension manual axes come first, and divide it where others follow:
// else blocks of blocks would not be the blocks of both.
static LogicalResult verifyOrder(ManualOp op, ShardingAttr sharding,
                                 RankedTensorType type, StringRef where) {
  MeshOp mesh = lookupMesh(op, sharding.getMesh());
  for (auto [dim, cut] : llvm::enumerate(sharding.getDims())) {
    SmallVector<AxisRefAttr> manual;
    for (AxisRefAttr axis : cut.getAxes())
      if (op.isManual(axis.getName()))
        manual.push_back(axis);
    size_t count = manual.size();
    if (count == cut.getAxes().size())
      continue;
    for (AxisRefAttr axis : cut.getAxes().take_front(count))
      if (!op.isManual(axis.getName()))
        return op.emitOpError()
               << where << ": in dimension " << dim << " axis \""
               << axis.getName() << "\", which the region is not written for, "
               << "stands before one that it is; write it behind";
    int64_t blocks = 1;
    for (const moert::Digit &digit : digitsOf(manual, mesh))
      blocks *= digit.size;
    if (type.getDimSize(dim) % blocks)
      return op.emitOpError()
             << where << ": dimension " << dim << " of size "
             << type.getDimSize(dim) << " is cut into " << blocks
             << " blocks, which do not divide it, and then over others; leave "
                "the others to annotations in the region";
  }
  return success();
}

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
    if (failed(verifyOrder(op, sharding, cast<RankedTensorType>(type), where)))
      return failure();
  }
  return success();
}

// Axes of `over` are the mesh's, each once.
static LogicalResult verifyOver(ManualOp op) {
  ArrayAttr sides = op.getIn().empty() ? op.getOut() : op.getIn();
  auto first =
      sides.empty() ? ShardingAttr() : dyn_cast<ShardingAttr>(sides[0]);
  MeshOp mesh = first ? lookupMesh(op, first.getMesh()) : MeshOp();
  if (!op.getOver() || !mesh)
    return success();
  SmallVector<StringRef> seen;
  for (StringRef axis : op.getOver()->getAsValueRange<StringAttr>()) {
    if (!mesh.getAxisSize(axis))
      return op.emitOpError()
             << "is written over axis \"" << axis << "\", which mesh @"
             << mesh.getSymName() << " has not; it has " << mesh.describeAxes();
    if (llvm::is_contained(seen, axis))
      return op.emitOpError() << "names axis \"" << axis << "\" twice";
    seen.push_back(axis);
  }
  return success();
}

LogicalResult ManualOp::verify() {
  if (failed(verifyManualSide(*this, getIn(), getInputs().getTypes(),
                              "operand")) ||
      failed(verifyManualSide(*this, getOut(), getResultTypes(), "result")))
    return failure();
  return verifyOver(*this);
}

//===----------------------------------------------------------------------===//
// Region
//===----------------------------------------------------------------------===//

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
    Type expected =
        localType(cast<RankedTensorType>(type), op.getManualPart(sharding),
                  lookupMesh(op, sharding.getMesh()));
    if (local != expected)
      return op.emitOpError()
             << "region's " << what << " " << index << " is " << local
             << ", a rank holds " << expected << " of " << type;
  }
  return success();
}

// Every axis in what was written at `op`.
static LogicalResult verifyAxes(Operation *op,
                                llvm::function_ref<bool(StringRef)> isAllowed,
                                StringRef demand) {
  LogicalResult result = success();
  for (NamedAttribute attr : op->getAttrs())
    if (attr.getName() != SpmdDialect::getShardingsAttrName())
      attr.getValue().walk([&](AxisRefAttr axis) {
        if (succeeded(result) && !isAllowed(axis.getName()))
          result = op->emitOpError() << "names axis \"" << axis.getName()
                                     << "\" in a manual region; " << demand;
      });
  return result;
}

// What is written for one rank names the region's axes, what is written on
// global shapes the others.
static LogicalResult verifyInRegion(ManualOp region, Operation *op) {
  bool isGlobal = isa<AnnotateOp, SplitOp, ReplicateOp, ShardOp, ReshardOp>(op);
  auto inner = dyn_cast<ManualOp>(op);
  if (!region.getOver()) {
    if (isGlobal || inner)
      return op->emitOpError()
             << "stands in a manual region, where values are local";
    return success();
  }
  auto isFree = [&](StringRef axis) { return !region.isManual(axis); };
  if (isGlobal)
    return verifyAxes(op, isFree,
                      "annotations name the axes that it is not written over");
  if (inner && !inner.getOver())
    return inner.emitOpError()
           << "stands in a manual region and needs an `over` of its own";
  if (inner)
    for (StringRef axis : inner.getOver()->getAsValueRange<StringAttr>())
      if (!isFree(axis))
        return inner.emitOpError() << "is written over axis \"" << axis
                                   << "\", as the region around it is";
  if (inner)
    return verifyAxes(op, isFree, "the region around it is written over it");
  auto isOwn = [&](StringRef axis) { return region.isManual(axis); };
  if (isa<CollectiveOpInterface, ReindexOp, BlockOffsetOp, MaskOp>(op))
    return verifyAxes(op, isOwn, "collectives name the axes of its `over`");
  return success();
}

LogicalResult ManualOp::verifyRegions() {
  Block &block = getBody().front();
  WalkResult walk = block.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (failed(verifyInRegion(*this, op)))
      return WalkResult::interrupt();
    return isa<ManualOp>(op) ? WalkResult::skip() : WalkResult::advance();
  });
  if (walk.wasInterrupted() ||
      failed(verifyLocalTypes(*this, getIn(), getInputs().getTypes(),
                              block.getArgumentTypes(), "argument")))
    return failure();
  return verifyLocalTypes(*this, getOut(), getResultTypes(),
                          block.getTerminator()->getOperandTypes(),
                          "yielded value");
}
