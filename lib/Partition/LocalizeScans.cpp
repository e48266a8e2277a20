// Ops along whose dimension elements meet. Where it is cut, each rank works on
// its block, and ranks exchange a few elements of each line.
#include "LocalParts.h"
#include "LocalizeModels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace spmd;

namespace {

RankedTensorType withoutDim(RankedTensorType type, int64_t dim) {
  SmallVector<int64_t> shape(type.getShape());
  shape.erase(shape.begin() + dim);
  return type.clone(shape);
}

RankedTensorType withSize(RankedTensorType type, int64_t dim, int64_t size) {
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] = size;
  return type.clone(shape);
}

/// `sharding` with other dimensions and unreduced axes.
ShardingAttr with(ShardingAttr sharding, ArrayRef<DimShardingAttr> dims,
                  ArrayRef<AxisRefAttr> unreduced = {},
                  ReductionKind kind = ReductionKind::Sum) {
  return ShardingAttr::get(sharding.getContext(), sharding.getMesh(), dims, {},
                           unreduced, kind);
}

ShardingAttr wholeDim(ShardingAttr sharding, int64_t dim) {
  SmallVector<DimShardingAttr> dims(sharding.getDims());
  dims[dim] = DimShardingAttr::get(sharding.getContext(), {}, false, 0);
  return with(sharding, dims);
}

/// What an op does along its cut dimension `dim`: local values are blocks of
/// tensors that lie like `value`, *lines* those without the dimension.
class Lines {
public:
  Lines(Localizer &localizer, Operation *op, Value value, int64_t dim)
      : localizer(localizer), builder(localizer.builder), loc(op->getLoc()),
        sharding(getSharding(value)), global(typeOf(value)), dim(dim),
        reason(localizer.reasonOf(op, dim, sharding)) {
    for (int64_t other = 0; other < global.getRank(); ++other)
      if (other != dim) {
        rest.push_back(other);
        restDims.push_back(sharding.getDims()[other]);
      }
  }

  /// The lines of all blocks of `local` reduced to one.
  Value reduced(Value local, ReductionKind kind) {
    Value partial =
        moe::ReduceOp::create(builder, loc, withoutDim(typeOf(local), dim),
                              kind, local, ArrayRef<int64_t>(dim));
    auto lines = withoutDim(global, dim).clone(typeOf(local).getElementType());
    return localizer.reshard(
        loc, partial, with(sharding, restDims, axes(), kind),
        with(sharding, restDims), cast<RankedTensorType>(lines), reason);
  }

  /// A line repeated along the dimension, as `type`.
  Value repeated(Value line, RankedTensorType type) {
    return moe::BroadcastOp::create(builder, loc, type, line, rest);
  }

  /// `local`, of `size` elements along the dimension on each rank, joined: that
  /// many times the number of blocks on every rank.
  Value gathered(Value local, int64_t size) {
    int64_t blocks =
        layoutOf(sharding, global.getShape(), localizer.mesh).blocks(dim);
    auto type =
        cast<RankedTensorType>(withSize(global, dim, size * blocks)
                                   .clone(typeOf(local).getElementType()));
    return localizer.reshard(loc, local, sharding, wholeDim(sharding, dim),
                             type, reason);
  }

  /// A line of each block before this rank's, reduced to one.
  Value reducedEarlier(Value line, ReductionKind kind);

private:
  ArrayRef<AxisRefAttr> axes() const {
    return sharding.getDims()[dim].getAxes();
  }

  Localizer &localizer;
  OpBuilder &builder;
  Location loc;
  ShardingAttr sharding;
  RankedTensorType global;
  int64_t dim;
  StringAttr reason;
  SmallVector<int64_t> rest;
  SmallVector<DimShardingAttr> restDims;
};

// All blocks' lines are gathered, and those of blocks before this one reduced.
Value Lines::reducedEarlier(Value line, ReductionKind kind) {
  int64_t blocks =
      layoutOf(sharding, global.getShape(), localizer.mesh).blocks(dim);
  RankedTensorType one = typeOf(line);
  SmallVector<int64_t> shape = {1};
  llvm::append_range(shape, one.getShape());
  Value mine = moe::ReshapeOp::create(builder, loc, one.clone(shape), line);
  // A tensor of one line for each block, cut like the dimension.
  SmallVector<DimShardingAttr> dims = {sharding.getDims()[dim]};
  llvm::append_range(dims, restDims);
  SmallVector<int64_t> allShape = {blocks};
  llvm::append_range(allShape, withoutDim(global, dim).getShape());
  auto all = RankedTensorType::get(allShape, one.getElementType());
  ShardingAttr cut = with(sharding, dims);
  Value lines =
      localizer.reshard(loc, mine, cut, wholeDim(cut, 0), all, reason);

  auto counts = RankedTensorType::get({blocks}, builder.getI32Type());
  Value number = localizer.rankAlong(loc, sharding.getMesh(), axes());
  Value earlier = arith::CmpIOp::create(
      builder, loc, arith::CmpIPredicate::slt,
      moe::IotaOp::create(builder, loc, counts, 0),
      moe::BroadcastOp::create(builder, loc, counts, number,
                               ArrayRef<int64_t>()));
  auto mask = typeOf(lines).clone(builder.getI1Type());
  Value kept = arith::SelectOp::create(
      builder, loc,
      moe::BroadcastOp::create(builder, loc, cast<RankedTensorType>(mask),
                               earlier, ArrayRef<int64_t>(0)),
      lines, neutralOf(builder, loc, typeOf(lines), kind));
  return moe::ReduceOp::create(builder, loc, one, kind, kept,
                               ArrayRef<int64_t>(0));
}

// One number of a scan and what all blocks before give.
Value combined(OpBuilder &builder, Location loc, ReductionKind kind, Value x,
               Value y) {
  Type element = typeOf(x).getElementType();
  bool isFloat = isa<FloatType>(element), isBit = element.isInteger(1);
  switch (kind) {
  case ReductionKind::Prod:
    if (isFloat)
      return arith::MulFOp::create(builder, loc, x, y);
    return arith::MulIOp::create(builder, loc, x, y);
  case ReductionKind::Max:
    if (isFloat)
      return arith::MaximumFOp::create(builder, loc, x, y);
    if (isBit) // an i1 of 1 is -1 to maxsi
      return arith::OrIOp::create(builder, loc, x, y);
    return arith::MaxSIOp::create(builder, loc, x, y);
  case ReductionKind::Min:
    if (isFloat)
      return arith::MinimumFOp::create(builder, loc, x, y);
    if (isBit)
      return arith::AndIOp::create(builder, loc, x, y);
    return arith::MinSIOp::create(builder, loc, x, y);
  default:
    if (isFloat)
      return arith::AddFOp::create(builder, loc, x, y);
    return arith::AddIOp::create(builder, loc, x, y);
  }
}

// Two phases: every block by itself, then what all blocks before it give.
template <typename OpTy>
struct ScanModel : LocalizeOpInterface::ExternalModel<ScanModel<OpTy>, OpTy> {
  SmallVector<Value> localize(Operation *op, Localizer &localizer) const {
    auto scan = cast<OpTy>(op);
    OpBuilder &builder = localizer.builder;
    Location loc = op->getLoc();
    int64_t dim = scan.getDim();
    Value input = scan.getInput(), local = localizer.local(input);
    Value own = OpTy::create(builder, loc, local.getType(), local, dim,
                             scan.getExclusive());
    if (!localizer.isCut(input, dim))
      return {own};
    Lines lines(localizer, op, input, dim);
    Value total = moe::ReduceOp::create(
        builder, loc, withoutDim(typeOf(local), dim), OpTy::kKind,
        localizer.masked(loc, local, input, OpTy::kKind, dim),
        ArrayRef<int64_t>(dim));
    Value before =
        lines.repeated(lines.reducedEarlier(total, OpTy::kKind), typeOf(local));
    return {combined(builder, loc, OpTy::kKind, own, before)};
  }
};

// max, then the sum of exp(x - max): two all-reduces of a line. bf16 is
// computed in f32, as on one device.
template <typename OpTy>
struct SoftmaxModel
    : LocalizeOpInterface::ExternalModel<SoftmaxModel<OpTy>, OpTy> {
  SmallVector<Value> localize(Operation *op, Localizer &localizer) const {
    auto softmax = cast<OpTy>(op);
    OpBuilder &builder = localizer.builder;
    Location loc = op->getLoc();
    int64_t dim = softmax.getDim();
    Value input = softmax.getInput(), x = localizer.local(input);
    RankedTensorType type = typeOf(x);
    if (!localizer.isCut(input, dim))
      return {OpTy::create(builder, loc, type, x, dim)};
    Lines lines(localizer, op, input, dim);
    x = localizer.masked(loc, x, input, ReductionKind::Max, dim);
    bool isNarrow = type.getElementType().isBF16();
    if (isNarrow)
      x = arith::ExtFOp::create(builder, loc, type.clone(builder.getF32Type()),
                                x);
    RankedTensorType wide = typeOf(x);
    Value shifted = arith::SubFOp::create(
        builder, loc, x,
        lines.repeated(lines.reduced(x, ReductionKind::Max), wide));
    Value powers = math::ExpOp::create(builder, loc, shifted);
    Value sum = lines.reduced(powers, ReductionKind::Sum);
    Value result;
    if constexpr (std::is_same_v<OpTy, moe::SoftmaxOp>)
      result = arith::DivFOp::create(builder, loc, powers,
                                     lines.repeated(sum, wide));
    else
      result = arith::SubFOp::create(
          builder, loc, shifted,
          lines.repeated(math::LogOp::create(builder, loc, sum), wide));
    if (isNarrow)
      result = arith::TruncFOp::create(builder, loc, type, result);
    return {result};
  }
};

// `local`, a block of `input`, with padding that loses to every element: it
// stands behind all others, and where even NaN does, it is NaN.
Value withLosers(Localizer &localizer, Location loc, Value local, Value input,
                 ReductionKind kind, int64_t dim) {
  OpBuilder &builder = localizer.builder;
  Value masked = localizer.masked(loc, local, input, kind, dim);
  RankedTensorType type = typeOf(local);
  if (masked == local || isa<IntegerType>(type.getElementType()))
    return masked;
  RankedTensorType bits = type.clone(builder.getI1Type());
  Value isHeld = MaskOp::create(
      builder, loc, bits, splatOf(builder, loc, bits, 1), ReductionKind::Or,
      ArrayRef<int64_t>(dim), getSharding(input),
      cast<RankedTensorType>(typeOf(input).clone(builder.getI1Type())));
  auto number = FloatAttr::get(
      type.getElementType(),
      APFloat::getNaN(
          cast<FloatType>(type.getElementType()).getFloatSemantics()));
  Value nan = arith::ConstantOp::create(
      builder, loc, DenseElementsAttr::get(type, Attribute(number)));
  return arith::SelectOp::create(builder, loc, isHeld, local, nan);
}

// indices[.., position[.., j], ..] along `dim`.
Value pick(OpBuilder &builder, Location loc, Value indices, Value positions,
           int64_t dim) {
  int64_t last = typeOf(indices).getRank() - 1;
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, last + 1));
  std::swap(order[dim], order[last]);
  auto turn = [&](Value value) -> Value {
    if (dim == last)
      return value;
    SmallVector<int64_t> shape(typeOf(value).getShape());
    std::swap(shape[dim], shape[last]);
    return moe::TransposeOp::create(builder, loc, typeOf(value).clone(shape),
                                    value, order);
  };
  Value at = turn(positions);
  return turn(moe::GatherOp::create(builder, loc, at.getType(), turn(indices),
                                    at, last));
}

// The k largest of each block meet with their indices, or whole blocks where
// those are fewer bytes.
struct TopKModel : LocalizeOpInterface::ExternalModel<TopKModel, moe::TopKOp> {
  SmallVector<Value> localize(Operation *op, Localizer &localizer) const {
    auto topK = cast<moe::TopKOp>(op);
    OpBuilder &builder = localizer.builder;
    Location loc = op->getLoc();
    Value input = topK.getInput(), local = localizer.local(input);
    int64_t dim = topK.getDim(), k = topK.getK();
    ShardingAttr sharding = getSharding(input);
    auto create = [&](Value from, Type indices) {
      return moe::TopKOp::create(builder, loc, withSize(typeOf(from), dim, k),
                                 withSize(typeOf(from), dim, k).clone(indices),
                                 from, k, dim);
    };
    Type indexType = typeOf(topK.getIndices()).getElementType();
    if (!localizer.isCut(input, dim)) {
      auto whole = create(local, indexType);
      return {whole.getValues(), whole.getIndices()};
    }
    int64_t bytes = llvm::divideCeil(typeOf(input).getElementTypeBitWidth(), 8),
            indexBytes = 4;
    if (k * (bytes + indexBytes) > typeOf(local).getDimSize(dim) * bytes) {
      auto whole =
          create(localizer.reshard(loc, local, sharding,
                                   wholeDim(sharding, dim), typeOf(input),
                                   localizer.reasonOf(op, dim, sharding)),
                 indexType);
      return {whole.getValues(), whole.getIndices()};
    }
    return merge(op, localizer, create, indexType);
  }

  // Ties go to the lowest index: blocks stand in order, and padding stands last
  // in its own.
  template <typename Create>
  SmallVector<Value> merge(Operation *op, Localizer &localizer,
                           const Create &create, Type indexType) const {
    auto topK = cast<moe::TopKOp>(op);
    OpBuilder &builder = localizer.builder;
    Location loc = op->getLoc();
    Value input = topK.getInput();
    int64_t dim = topK.getDim(), k = topK.getK();
    Lines lines(localizer, op, input, dim);
    Type wide = builder.getI32Type();
    auto best = create(withLosers(localizer, loc, localizer.local(input), input,
                                  ReductionKind::Max, dim),
                       wide);
    Value index = best.getIndices();
    index = arith::AddIOp::create(
        builder, loc, index,
        localizer.blockOffset(loc, input, dim, typeOf(index)));
    Value values = lines.gathered(best.getValues(), k);
    Value indices = lines.gathered(index, k);
    auto chosen = create(values, wide);
    Value picked = pick(builder, loc, indices, chosen.getIndices(), dim);
    return {chosen.getValues(), castIndices(builder, loc, picked, indexType)};
  }
};

// The best of each block meet, in the order of blocks.
struct ArgReduceModel
    : LocalizeOpInterface::ExternalModel<ArgReduceModel, moe::ArgReduceOp> {
  SmallVector<Value> localize(Operation *op, Localizer &localizer) const {
    auto reduce = cast<moe::ArgReduceOp>(op);
    OpBuilder &builder = localizer.builder;
    Location loc = op->getLoc();
    Value input = reduce.getInput(), local = localizer.local(input);
    int64_t dim = reduce.getDim();
    Type indexType = typeOf(reduce.getIndices()).getElementType();
    auto create = [&](Value from, Type indices) {
      RankedTensorType type = withoutDim(typeOf(from), dim);
      return moe::ArgReduceOp::create(builder, loc, type, type.clone(indices),
                                      reduce.getKind(), from, dim);
    };
    if (!localizer.isCut(input, dim)) {
      auto whole = create(local, indexType);
      return {whole.getValues(), whole.getIndices()};
    }
    Lines lines(localizer, op, input, dim);
    RankedTensorType one = withSize(typeOf(local), dim, 1);
    auto asLine = [&](Value line) {
      auto type = one.clone(typeOf(line).getElementType());
      return moe::ReshapeOp::create(builder, loc, type, line);
    };
    Type wide = builder.getI32Type();
    auto best = create(
        withLosers(localizer, loc, local, input, reduce.getKind(), dim), wide);
    Value index = asLine(best.getIndices());
    index = arith::AddIOp::create(
        builder, loc, index,
        localizer.blockOffset(loc, input, dim, typeOf(index)));
    auto chosen = create(lines.gathered(asLine(best.getValues()), 1), wide);
    Value picked = pick(builder, loc, lines.gathered(index, 1),
                        asLine(chosen.getIndices()), dim);
    picked = moe::ReshapeOp::create(builder, loc, chosen.getIndices().getType(),
                                    picked);
    return {chosen.getValues(), castIndices(builder, loc, picked, indexType)};
  }
};

} // namespace

void spmd::attachScanModels(MLIRContext &context) {
  moe::CumsumOp::attachInterface<ScanModel<moe::CumsumOp>>(context);
  moe::CumprodOp::attachInterface<ScanModel<moe::CumprodOp>>(context);
  moe::CummaxOp::attachInterface<ScanModel<moe::CummaxOp>>(context);
  moe::CumminOp::attachInterface<ScanModel<moe::CumminOp>>(context);
  moe::SoftmaxOp::attachInterface<SoftmaxModel<moe::SoftmaxOp>>(context);
  moe::LogSoftmaxOp::attachInterface<SoftmaxModel<moe::LogSoftmaxOp>>(context);
  moe::TopKOp::attachInterface<TopKModel>(context);
  moe::ArgReduceOp::attachInterface<ArgReduceModel>(context);
}
