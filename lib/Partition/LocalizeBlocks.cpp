// Local forms of ops that read or write blocks at dynamic places: each rank
// does what lies in its own.
#include "LocalParts.h"
#include "LocalizeModels.h"

using namespace mlir;
using namespace spmd;

namespace {

ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

//===----------------------------------------------------------------------===//
// Blocks at dynamic places
//===----------------------------------------------------------------------===//

/// Builds the local form of one dynamic_slice or dynamic_update_slice. Along a
/// dimension that is cut, slices are chosen by index: an index outside of the
/// block chooses nothing.
class BlockBuilder {
public:
  BlockBuilder(Localizer &localizer, Location loc, ValueRange starts)
      : localizer(localizer), b(localizer.builder), loc(loc) {
    for (Value start : starts)
      this->starts.push_back(localizer.local(start));
  }

  /// Where the block of `taken` elements begins among `size`.
  Value clampedStart(int64_t dim, int64_t size, int64_t taken) {
    auto type = cast<RankedTensorType>(starts[dim].getType());
    Value last = splatOf(b, loc, type, size - taken),
          zero = splatOf(b, loc, type, 0);
    Value start = arith::MaxSIOp::create(b, loc, starts[dim], zero);
    return arith::MinSIOp::create(b, loc, start, last);
  }

  /// The indices 0 .. n - 1, each plus `shift`, a scalar.
  Value indicesFrom(Value shift, int64_t n) {
    auto type = RankedTensorType::get({n}, b.getI32Type());
    Value iota = moe::IotaOp::create(b, loc, type, 0);
    return arith::AddIOp::create(b, loc, iota, repeat(b, loc, shift, {n}));
  }

  /// Elements `indices` of `value` along `dim`, zeros where there are none.
  Value choose(Value value, int64_t dim, Value indices) {
    SmallVector<int64_t> shape(shapeOf(value));
    shape[dim] = shapeOf(indices)[0];
    auto indexType = cast<RankedTensorType>(indices.getType());
    Value everywhere = moe::BroadcastOp::create(
        b, loc, indexType.clone(ArrayRef(shape).take_front(dim + 1)), indices,
        ArrayRef<int64_t>{dim});
    auto type = cast<RankedTensorType>(value.getType()).clone(shape);
    return moe::GatherOp::create(b, loc, type, value, everywhere, dim);
  }

  /// First global index of this rank's block; 0 where it is not cut.
  Value offsetOf(Value global, int64_t dim) {
    if (localizer.isCut(global, dim))
      return localizer.blockOffset(loc, global, dim);
    return splatOf(b, loc, RankedTensorType::get({}, b.getI32Type()), 0);
  }

  Value plus(Value x, Value y) { return arith::AddIOp::create(b, loc, x, y); }
  Value minus(Value x, Value y) { return arith::SubIOp::create(b, loc, x, y); }

  /// The starts, those of `dims` not used: whole dimensions are taken.
  SmallVector<Value> startsBut(ArrayRef<int64_t> dims) {
    SmallVector<Value> values(starts);
    for (int64_t dim : dims)
      values[dim] =
          splatOf(b, loc, cast<RankedTensorType>(values[dim].getType()), 0);
    return values;
  }

private:
  Localizer &localizer;
  OpBuilder &b;
  Location loc;
  SmallVector<Value> starts;
};

// Dimensions that lose elements and of which a rank has a part, or wants one.
struct DynamicSliceModel
    : LocalizeOpInterface::ExternalModel<DynamicSliceModel,
                                         moe::DynamicSliceOp> {
  SmallVector<Value> localize(Operation *operation,
                              Localizer &localizer) const {
    auto op = cast<moe::DynamicSliceOp>(operation);
    BlockBuilder build(localizer, op.getLoc(), op.getStarts());
    ArrayRef<int64_t> from = shapeOf(op.getInput()),
                      to = shapeOf(op.getResult());
    RankedTensorType local = localizer.localType(op.getResult());
    Value value = localizer.local(op.getInputMutable());
    SmallVector<int64_t> chosen, shape(local.getShape());
    for (int64_t dim = 0; dim < local.getRank(); ++dim)
      if (from[dim] != to[dim] && (localizer.isCut(op.getInput(), dim) ||
                                   localizer.isCut(op.getResult(), dim))) {
        chosen.push_back(dim);
        shape[dim] = shapeOf(value)[dim];
      }
    value = moe::DynamicSliceOp::create(localizer.builder, op.getLoc(),
                                        local.clone(shape), value,
                                        build.startsBut(chosen));
    for (int64_t dim : chosen) {
      Value start = build.clampedStart(dim, from[dim], to[dim]);
      start = build.plus(start, build.offsetOf(op.getResult(), dim));
      start = build.minus(start, build.offsetOf(op.getInput(), dim));
      value = build.choose(value, dim,
                           build.indicesFrom(start, local.getDimSize(dim)));
    }
    return {value};
  }
};

// Along a cut dimension the update is spread over the block: what it does not
// cover stays as it is.
struct DynamicUpdateSliceModel
    : LocalizeOpInterface::ExternalModel<DynamicUpdateSliceModel,
                                         moe::DynamicUpdateSliceOp> {
  SmallVector<Value> localize(Operation *operation,
                              Localizer &localizer) const {
    auto op = cast<moe::DynamicUpdateSliceOp>(operation);
    OpBuilder &b = localizer.builder;
    Location loc = op.getLoc();
    BlockBuilder build(localizer, loc, op.getStarts());
    ArrayRef<int64_t> size = shapeOf(op.getInput()),
                      taken = shapeOf(op.getUpdate());
    Value input = localizer.local(op.getInput()),
          update = localizer.local(op.getUpdate());
    SmallVector<int64_t> spread;
    SmallVector<Value> covered;
    for (size_t dim = 0; dim < size.size(); ++dim) {
      if (size[dim] == taken[dim] || !localizer.isCut(op.getInput(), dim))
        continue;
      spread.push_back(dim);
      Value start = build.clampedStart(dim, size[dim], taken[dim]);
      Value indices = build.indicesFrom(
          build.minus(build.offsetOf(op.getInput(), dim), start),
          shapeOf(input)[dim]);
      update = build.choose(update, dim, indices);
      covered.push_back(isBelow(b, loc, indices, taken[dim]));
    }
    SmallVector<Value> starts = build.startsBut(spread);
    if (!spread.empty()) {
      Value old =
          moe::DynamicSliceOp::create(b, loc, update.getType(), input, starts);
      for (auto [dim, is] : llvm::zip_equal(spread, covered))
        update = arith::SelectOp::create(
            b, loc, alongDim(b, loc, is, dim, shapeOf(update)), update, old);
    }
    return {moe::DynamicUpdateSliceOp::create(b, loc, input.getType(), update,
                                              input, starts)};
  }

private:
  // 0 <= indices < size.
  static Value isBelow(OpBuilder &b, Location loc, Value indices,
                       int64_t size) {
    auto type = cast<RankedTensorType>(indices.getType());
    Value isNonNegative = arith::CmpIOp::create(
        b, loc, arith::CmpIPredicate::sge, indices, splatOf(b, loc, type, 0));
    Value isBelow = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                          indices, splatOf(b, loc, type, size));
    return arith::AndIOp::create(b, loc, isNonNegative, isBelow);
  }

  static Value alongDim(OpBuilder &b, Location loc, Value line, int64_t dim,
                        ArrayRef<int64_t> shape) {
    auto type = cast<RankedTensorType>(line.getType());
    return moe::BroadcastOp::create(b, loc, type.clone(shape), line,
                                    ArrayRef<int64_t>{dim});
  }
};

} // namespace

void spmd::attachBlockModels(MLIRContext &context) {
  moe::DynamicSliceOp::attachInterface<DynamicSliceModel>(context);
  moe::DynamicUpdateSliceOp::attachInterface<DynamicUpdateSliceModel>(context);
}
