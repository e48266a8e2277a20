// The local form of moe.grouped_einsum.
#include "LocalParts.h"
#include "LocalizeModels.h"

using namespace mlir;
using namespace spmd;

namespace {

/// Builds the local form of one grouped_einsum: groups begin where they do in
/// the whole, seen from the rank's first row and first expert.
class GroupBuilder {
public:
  GroupBuilder(moe::GroupedEinsumOp op, Localizer &localizer)
      : op(op), localizer(localizer), b(localizer.builder), loc(op.getLoc()),
        sizes(localizer.local(op.getSizes())) {
    auto type = cast<RankedTensorType>(sizes.getType());
    firstType =
        RankedTensorType::get(type.getShape().drop_back(), b.getI64Type());
    if (op.getFirst())
      first = localizer.local(op.getFirst());
  }

  // The experts before this rank's take their rows first.
  void beginAtExpert() {
    auto type = cast<RankedTensorType>(sizes.getType());
    RankedTensorType wide = type.clone(b.getI64Type());
    int64_t dim = type.getRank() - 1;
    Value zero = splatOf(b, loc, wide, 0);
    Value counted = arith::MaxSIOp::create(b, loc, extended(sizes), zero);
    Value expert = moe::IotaOp::create(b, loc, wide, dim);
    Value own = localizer.blockOffset(loc, op.getWeights(), 0, wide);
    Value isBefore =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, expert, own);
    Value before = arith::SelectOp::create(b, loc, isBefore, counted, zero);
    Value rows = moe::ReduceOp::create(b, loc, firstType, ReductionKind::Sum,
                                       before, ArrayRef<int64_t>{dim});
    first = arith::AddIOp::create(b, loc, wideFirst(), rows);
    sizes = ownSizes();
  }

  void beginAtRow(int64_t dim) {
    Value row = localizer.blockOffset(loc, op.getRows(), dim, firstType);
    first = arith::SubIOp::create(b, loc, wideFirst(), row);
  }

  Value build() {
    return moe::GroupedEinsumOp::create(
        b, loc, localizer.localType(op.getResult()),
        localizer.local(op.getRowsMutable()),
        localizer.local(op.getWeightsMutable()), sizes, first);
  }

private:
  Value wideFirst() {
    return first ? extended(first) : splatOf(b, loc, firstType, 0);
  }

  Value extended(Value integers) {
    return castIndices(b, loc, integers, b.getI64Type());
  }

  // The sizes of the rank's experts; what pads them has no rows.
  Value ownSizes() {
    auto global = cast<RankedTensorType>(op.getSizes().getType());
    ShardingAttr whole = getSharding(op.getSizes());
    SmallVector<DimShardingAttr> dims(whole.getDims());
    dims.back() = getSharding(op.getWeights()).getDims()[0];
    auto cut = ShardingAttr::get(b.getContext(), whole.getMesh(), dims,
                                 whole.getReplicated(), {}, ReductionKind::Sum);
    RankedTensorType local = localType(global, cut, localizer.mesh);
    Value own = SliceOp::create(b, loc, local, sizes, whole, cut, global,
                                b.getStringAttr("sizes of a rank's experts"));
    return MaskOp::create(b, loc, local, own, ReductionKind::Sum,
                          ArrayRef<int64_t>{global.getRank() - 1}, cut, global);
  }

  moe::GroupedEinsumOp op;
  Localizer &localizer;
  OpBuilder &b;
  Location loc;
  Value sizes, first;
  RankedTensorType firstType;
};

struct GroupedEinsumModel
    : LocalizeOpInterface::ExternalModel<GroupedEinsumModel,
                                         moe::GroupedEinsumOp> {
  SmallVector<Value> localize(Operation *operation,
                              Localizer &localizer) const {
    auto op = cast<moe::GroupedEinsumOp>(operation);
    int64_t row = op.getRows().getType().getRank() - 2;
    GroupBuilder groups(op, localizer);
    if (localizer.isCut(op.getWeights(), 0))
      groups.beginAtExpert();
    if (localizer.isCut(op.getRows(), row))
      groups.beginAtRow(row);
    return {groups.build()};
  }
};

} // namespace

void spmd::attachGroupedModels(MLIRContext &context) {
  moe::GroupedEinsumOp::attachInterface<GroupedEinsumModel>(context);
}
