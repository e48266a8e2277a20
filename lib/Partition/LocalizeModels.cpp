// Ops whose local form depends on where their block lies.
#include "LocalizeModels.h"

#include "LocalParts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace spmd;

namespace {

// Indices are counted in wide integers and get their own type once whole.
struct IotaModel : LocalizeOpInterface::ExternalModel<IotaModel, moe::IotaOp> {
  SmallVector<Value> localize(Operation *op, Localizer &localizer) const {
    auto iota = cast<moe::IotaOp>(op);
    RankedTensorType type = localizer.localType(iota);
    OpBuilder &builder = localizer.builder;
    if (!localizer.isCut(iota, iota.getDim()))
      return {moe::IotaOp::create(builder, op->getLoc(), type, iota.getDim())};
    RankedTensorType counted = type.clone(countingType(type.getElementType()));
    Value local =
        moe::IotaOp::create(builder, op->getLoc(), counted, iota.getDim());
    Value offset =
        localizer.blockOffset(op->getLoc(), iota, iota.getDim(), counted);
    local = arith::AddIOp::create(builder, op->getLoc(), local, offset);
    if (counted == type)
      return {local};
    if (isa<FloatType>(type.getElementType()))
      return {arith::SIToFPOp::create(builder, op->getLoc(), type, local)};
    return {arith::TruncIOp::create(builder, op->getLoc(), type, local)};
  }
};

struct RandomModel
    : LocalizeOpInterface::ExternalModel<RandomModel, moe::RandomOp> {
  SmallVector<Value> localize(Operation *op, Localizer &localizer) const {
    auto random = cast<moe::RandomOp>(op);
    RankedTensorType global = random.getResult().getType();
    bool isBlock = !random.getOffsets().empty(), isCut = false;
    for (int64_t dim = 0; dim < global.getRank(); ++dim)
      isCut |= localizer.isCut(random, dim);
    SmallVector<Value> offsets;
    for (Value offset : random.getOffsets())
      offsets.push_back(localizer.local(offset));
    if (isCut)
      for (int64_t dim = 0; dim < global.getRank(); ++dim) {
        Value block = localizer.blockOffset(op->getLoc(), random, dim);
        if (isBlock) // a block of a block
          offsets[dim] = arith::AddIOp::create(localizer.builder, op->getLoc(),
                                               offsets[dim], block);
        else
          offsets.push_back(block);
      }
    DenseI64ArrayAttr shape = random.getGlobalShapeAttr();
    if (isCut && !isBlock)
      shape = localizer.builder.getDenseI64ArrayAttr(global.getShape());
    return {moe::RandomOp::create(
        localizer.builder, op->getLoc(), localizer.localType(random),
        random.getDistribution(), localizer.local(random.getSeed()),
        random.getStream(), offsets, shape)};
  }
};

struct OneHotModel
    : LocalizeOpInterface::ExternalModel<OneHotModel, moe::OneHotOp> {
  SmallVector<Value> localize(Operation *op, Localizer &localizer) const {
    auto oneHot = cast<moe::OneHotOp>(op);
    Value indices = localizer.local(oneHot.getIndices());
    int64_t last = oneHot.getResult().getType().getRank() - 1;
    if (localizer.isCut(oneHot, last))
      indices = shiftIntoBlock(localizer, op->getLoc(), indices, oneHot, last);
    return {moe::OneHotOp::create(localizer.builder, op->getLoc(),
                                  localizer.localType(oneHot), indices)};
  }
};

struct DispatchModel
    : LocalizeOpInterface::ExternalModel<DispatchModel, moe::DispatchOp> {
  SmallVector<Value> localize(Operation *op, Localizer &localizer) const {
    auto dispatch = cast<moe::DispatchOp>(op);
    Value expert = localizer.local(dispatch.getExpertMutable());
    if (localizer.isCut(dispatch, 0))
      expert = shiftIntoBlock(localizer, op->getLoc(), expert, dispatch, 0);
    return {moe::DispatchOp::create(
        localizer.builder, op->getLoc(), localizer.localType(dispatch),
        localizer.local(dispatch.getTokensMutable()), expert,
        localizer.local(dispatch.getSlotMutable()))};
  }
};

// A rank with some of the experts adds up what it has. Padding of its block of
// experts was masked with zeros before.
struct CombineModel
    : LocalizeOpInterface::ExternalModel<CombineModel, moe::CombineOp> {
  SmallVector<Value> localize(Operation *op, Localizer &localizer) const {
    auto combine = cast<moe::CombineOp>(op);
    Value expert = localizer.local(combine.getExpertMutable());
    if (localizer.isCut(combine.getSlots(), 0))
      expert = shiftIntoBlock(localizer, op->getLoc(), expert,
                              combine.getSlots(), 0);
    return {moe::CombineOp::create(
        localizer.builder, op->getLoc(), localizer.localType(combine),
        localizer.local(combine.getSlotsMutable()), expert,
        localizer.local(combine.getSlotMutable()),
        localizer.local(combine.getWeightMutable()))};
  }
};

// A rank with some rows of the table gathers zeros for the others.
struct GatherModel
    : LocalizeOpInterface::ExternalModel<GatherModel, moe::GatherOp> {
  SmallVector<Value> localize(Operation *op, Localizer &localizer) const {
    auto gather = cast<moe::GatherOp>(op);
    int64_t rows = gather.getBatchDims();
    Value indices = localizer.local(gather.getIndicesMutable());
    if (localizer.isCut(gather.getTable(), rows))
      indices = shiftIntoBlock(localizer, op->getLoc(), indices,
                               gather.getTable(), rows);
    return {moe::GatherOp::create(
        localizer.builder, op->getLoc(), localizer.localType(gather),
        localizer.local(gather.getTableMutable()), indices, rows)};
  }
};

// A splat is a splat of any shape; other constants are cut from the whole.
struct ConstantModel
    : LocalizeOpInterface::ExternalModel<ConstantModel, arith::ConstantOp> {
  SmallVector<Value> localize(Operation *op, Localizer &localizer) const {
    OpBuilder &builder = localizer.builder;
    auto constant = cast<arith::ConstantOp>(op);
    RankedTensorType local = localizer.localType(constant);
    if (auto splat = dyn_cast<SplatElementsAttr>(constant.getValue()))
      return {arith::ConstantOp::create(builder, op->getLoc(),
                                        splat.resizeSplat(local))};
    Value whole = builder.clone(*op)->getResult(0);
    whole.getDefiningOp()->removeAttr(SpmdDialect::getShardingsAttrName());
    ShardingAttr target = getSharding(constant);
    auto global = cast<RankedTensorType>(constant.getType());
    if (local == global)
      return {whole};
    auto source =
        ShardingAttr::getReplicated(target.getMesh(), global.getRank());
    return {SliceOp::create(builder, op->getLoc(), local, whole, source, target,
                            global,
                            builder.getStringAttr("block of a constant"))};
  }
};

} // namespace

void spmd::registerLocalizeModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, moe::MoeDialect *) {
    moe::IotaOp::attachInterface<IotaModel>(*context);
    moe::RandomOp::attachInterface<RandomModel>(*context);
    moe::OneHotOp::attachInterface<OneHotModel>(*context);
    moe::DispatchOp::attachInterface<DispatchModel>(*context);
    moe::CombineOp::attachInterface<CombineModel>(*context);
    moe::GatherOp::attachInterface<GatherModel>(*context);
    attachMoveModels(*context);
    attachScanModels(*context);
    attachBlockModels(*context);
    attachScatterModels(*context);
    attachWindowModels(*context);
    attachEinsumModels(*context);
    attachGroupedModels(*context);
  });
  registry.addExtension(+[](MLIRContext *context, arith::ArithDialect *) {
    arith::ConstantOp::attachInterface<ConstantModel>(*context);
  });
}
