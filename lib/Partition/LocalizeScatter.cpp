// Local forms of scatter. A rank takes the updates of its block of the input;
// of updates that are cut, ranks make parts of the result.
#include "LocalParts.h"
#include "LocalizeModels.h"

using namespace mlir;
using namespace spmd;

namespace {

class ScatterBuilder {
public:
  ScatterBuilder(moe::ScatterOp op, Localizer &localizer)
      : op(op), localizer(localizer), b(localizer.builder), loc(op.getLoc()),
        indexed(op.getBatchDims()),
        indices(localizer.local(op.getIndicesMutable())),
        updates(localizer.local(op.getUpdatesMutable())),
        input(localizer.local(op.getInputMutable())) {
    if (localizer.isCut(op.getInput(), indexed))
      indices = shiftIntoBlock(localizer, loc, indices, op.getInput(), indexed);
    auto dims = getSharding(op.getIndices()).getDims();
    for (DimShardingAttr dim : dims.drop_front(indexed))
      llvm::append_range(axes, dim.getAxes());
  }

  Value build() {
    bool isCut = !digitsOf(axes, localizer.mesh).empty();
    if (isCut && op.getKind() == moe::ScatterKind::Set)
      return setInParts();
    // Of partial sums the input counts once.
    bool isPartialSum = isCut && op.getKind() == moe::ScatterKind::Add;
    return scattered(op.getKind(), updates,
                     isPartialSum ? onFirstRank() : input);
  }

private:
  Value scattered(moe::ScatterKind kind, Value updates, Value into) {
    return moe::ScatterOp::create(b, loc, into.getType(), kind, updates, into,
                                  indices, op.getBatchDims());
  }

  Value onFirstRank() {
    Value number =
        localizer.rankAlong(loc, getSharding(op.getIndices()).getMesh(), axes);
    RankedTensorType scalar = typeOf(number);
    Value isFirst = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                          number, splatOf(b, loc, scalar, 0));
    return arith::SelectOp::create(
        b, loc, repeat(b, loc, isFirst, typeOf(input).getShape()), input,
        splatOf(b, loc, typeOf(input), 0));
  }

  // The number of each update in row-major order of all, from 1; less than 0
  // for padding.
  Value numbers() {
    RankedTensorType global = op.getIndices().getType(),
                     type = typeOf(indices).clone(b.getI32Type());
    SmallVector<int64_t> all;
    int64_t stride = 1;
    Value numbers = splatOf(b, loc, type, 1);
    for (int64_t dim = type.getRank(); dim-- > indexed;) {
      Value along = arith::AddIOp::create(
          b, loc, moe::IotaOp::create(b, loc, type, dim),
          localizer.blockOffset(loc, op.getIndices(), dim, type));
      along =
          arith::MulIOp::create(b, loc, along, splatOf(b, loc, type, stride));
      numbers = arith::AddIOp::create(b, loc, numbers, along);
      stride *= global.getDimSize(dim);
      all.push_back(dim);
    }
    return localizer.masked(loc, numbers, op.getIndices(), ReductionKind::Max,
                            all);
  }

  // `partial`, blocks of which are cut as the input's first dimensions are,
  // reduced over the ranks that have other updates.
  Value reduced(Value partial, RankedTensorType global, ReductionKind kind) {
    ShardingAttr sharding = getSharding(op.getInput());
    auto dims = sharding.getDims().take_front(global.getRank());
    auto whole = ShardingAttr::get(b.getContext(), sharding.getMesh(), dims, {},
                                   {}, ReductionKind::Sum);
    auto parts = ShardingAttr::get(b.getContext(), sharding.getMesh(), dims, {},
                                   axes, kind);
    return localizer.reshard(
        loc, partial, parts, whole, global,
        localizer.reasonOf(op, indexed, getSharding(op.getIndices())));
  }

  Value repeatOver(Value value, RankedTensorType type) {
    auto dims = llvm::to_vector(llvm::seq<int64_t>(0, typeOf(value).getRank()));
    return moe::BroadcastOp::create(
        b, loc, typeOf(value).clone(type.getShape()), value, dims);
  }

  // The last update of each slice is the one with the greatest number; the rank
  // that has it gives it and the others zeros.
  Value setInParts() {
    Value mine = numbers();
    auto countsOf = [&](RankedTensorType type) {
      return RankedTensorType::get(type.getShape().take_front(indexed + 1),
                                   b.getI32Type());
    };
    RankedTensorType lastType = countsOf(typeOf(input));
    Value last = reduced(
        scattered(moe::ScatterKind::Max, mine, splatOf(b, loc, lastType, 0)),
        countsOf(op.getInput().getType()), ReductionKind::Max);
    Value chosen = moe::GatherOp::create(b, loc, mine.getType(), last, indices,
                                         op.getBatchDims());
    Value isLast =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, mine, chosen);
    Value given =
        arith::SelectOp::create(b, loc, repeatOver(isLast, typeOf(updates)),
                                updates, splatOf(b, loc, typeOf(updates), 0));
    Value sum = reduced(scattered(moe::ScatterKind::Add, given,
                                  splatOf(b, loc, typeOf(input), 0)),
                        op.getInput().getType(), ReductionKind::Sum);
    Value isSet = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt, last,
                                        splatOf(b, loc, lastType, 0));
    return arith::SelectOp::create(b, loc, repeatOver(isSet, typeOf(input)),
                                   sum, input);
  }

  moe::ScatterOp op;
  Localizer &localizer;
  OpBuilder &b;
  Location loc;
  int64_t indexed; // the dimension of the input that indices say
  Value indices, updates, input;
  SmallVector<AxisRefAttr> axes; // that cut the updates along their indices
};

struct ScatterModel
    : LocalizeOpInterface::ExternalModel<ScatterModel, moe::ScatterOp> {
  SmallVector<Value> localize(Operation *op, Localizer &localizer) const {
    return {ScatterBuilder(cast<moe::ScatterOp>(op), localizer).build()};
  }
};

} // namespace

void spmd::attachScatterModels(MLIRContext &context) {
  moe::ScatterOp::attachInterface<ScatterModel>(context);
}
