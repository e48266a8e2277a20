// Local forms of ops whose windows slide over cut dimensions: one exchange
// brings a rank the elements of all its windows, with what stands for those
// beyond the ends, and the op then needs no padding.
//
//   8 elements on two ranks, windows of 3 with low 1 and high 1:
//   [neutral 0 1 2 3 4] and [3 4 5 6 7 neutral], 4 windows each
#include "LocalParts.h"
#include "LocalizeModels.h"

#include <numeric>

using namespace mlir;
using namespace spmd;

namespace {

/// One dimension of the input that windows slide over, and how; what the
/// exchange does to it is gone afterwards.
struct Sliding {
  int64_t dim;
  int64_t &low, &high, &inputDilation;
  int64_t stride, reach;
};

/// Brings a rank the elements of `input` that its windows, those of its block
/// of `result`, reach.
class HaloBuilder {
public:
  HaloBuilder(Localizer &localizer, Operation *op, Value input, Value result)
      : localizer(localizer), op(op), input(input), result(result),
        sharding(getSharding(input)),
        local(localizer.local(op->getOpOperand(0))),
        shape(typeOf(input).getShape()) {
    for (int64_t size : shape)
      map.push_back(mapOf(0, 1, size, 1, 1));
  }

  /// Windows slide by `by`, whose padding and dilation this takes over where
  /// the dimension is cut.
  void slide(const Sliding &by) {
    if (!localizer.isCut(input, by.dim))
      return;
    cut = cut.value_or(by.dim);
    int64_t windows = typeOf(result).getDimSize(by.dim);
    int64_t extent = windows ? (windows - 1) * by.stride + by.reach : 0;
    // Elements behind the last window are left out.
    int64_t room = std::max(extent - by.low, int64_t(0));
    int64_t size = std::min<int64_t>(shape[by.dim],
                                     llvm::divideCeil(room, by.inputDilation));
    map[by.dim] = mapOf(by.low, by.inputDilation, size, by.stride, by.reach);
    shape[by.dim] = windows;
    by.low = by.high = 0;
    by.inputDilation = 1;
  }

  /// Brings the input to another layout first, which differs in dimensions
  /// that no window slides over.
  void reshard(ShardingAttr to, StringAttr reason) {
    local = localizer.reshard(op->getLoc(), local, sharding, to, typeOf(input),
                              reason);
    sharding = to;
  }

  /// The elements, neutral to `neutralTo` where there are none.
  Value build(ReductionKind neutralTo) {
    if (!cut)
      return local;
    OpBuilder &b = localizer.builder;
    RankedTensorType target = typeOf(input).clone(shape);
    Value into =
        neutralOf(b, op->getLoc(),
                  localizer.reindexedType(sharding, target, map), neutralTo);
    return localizer.reindex(op->getLoc(), local, sharding, typeOf(input),
                             sharding, target, map, into,
                             localizer.reasonOf(op, *cut, sharding));
  }

private:
  DimMapAttr mapOf(int64_t target, int64_t step, int64_t size, int64_t advance,
                   int64_t reach) {
    return DimMapAttr::get(op->getContext(), /*source=*/0, /*sourceStep=*/1,
                           target, step, size, advance, reach);
  }

  Localizer &localizer;
  Operation *op;
  Value input, result;
  ShardingAttr sharding;
  Value local;
  SmallVector<int64_t> shape;
  SmallVector<DimMapAttr> map;
  std::optional<int64_t> cut;
};

struct ReduceWindowModel
    : LocalizeOpInterface::ExternalModel<ReduceWindowModel,
                                         moe::ReduceWindowOp> {
  SmallVector<Value> localize(Operation *operation,
                              Localizer &localizer) const {
    auto op = cast<moe::ReduceWindowOp>(operation);
    SmallVector<int64_t> low(op.getLow()), high(op.getHigh());
    HaloBuilder halo(localizer, op, op.getInput(), op.getResult());
    for (int64_t dim = 0; dim < typeOf(op.getInput()).getRank(); ++dim) {
      int64_t none = 1, window = op.getWindow()[dim],
              stride = op.getStrides()[dim];
      if (window != 1 || stride != 1 || low[dim] || high[dim])
        halo.slide({dim, low[dim], high[dim], none, stride,
                    (window - 1) * op.getDilation()[dim] + 1});
    }
    return {moe::ReduceWindowOp::create(
        localizer.builder, op.getLoc(), localizer.localType(op.getResult()),
        op.getKind(), halo.build(op.getKind()), op.getWindow(), op.getStrides(),
        op.getDilation(), low, high)};
  }
};

// The most significant part of `axis`, of `size` ranks.
AxisRefAttr majorPart(AxisRefAttr axis, int64_t size) {
  return AxisRefAttr::get(axis.getContext(), axis.getName(),
                          axis.isWhole() ? 1 : axis.getPreSize(), size);
}

/// Features of a convolution whose groups lie on several ranks.
///
///   8 groups, 4 ranks   cut into 4: two groups a rank
///   2 groups, 4 ranks   cut into 2: a rank has half of a group's kernel
///   3 groups, 2 ranks   whole: a rank computes all and keeps half
class CutGroups {
public:
  CutGroups(Localizer &localizer, moe::ConvolutionOp op)
      : left(op.getGroups()) {
    ArrayRef<int64_t> shape = typeOf(op.getResult()).getShape();
    ShardingAttr sharding = getSharding(op.getResult());
    for (AxisRefAttr axis : sharding.getDims().back().getAxes()) {
      int64_t size = 1;
      for (const moert::Digit &digit : digitsOf(axis, localizer.mesh))
        size *= digit.size;
      int64_t common = std::gcd(left, size);
      if (common != 1)
        whole.push_back(common == size ? axis : majorPart(axis, common));
      left /= common;
      if (common != size)
        break;
    }
    moert::Layout layout = layoutOf(sharding, shape, localizer.mesh);
    isPartOfOne =
        left == 1 && shape.back() % layout.blocks(shape.size() - 1) == 0;
  }

  /// Groups of a rank.
  int64_t left;
  /// Whether a rank's outputs are a part of one group, as its block of the
  /// kernel is.
  bool isPartOfOne = false;

  /// The layout of a tensor that lies like `of`, cut into whole groups.
  ShardingAttr inWholeGroups(ShardingAttr of) const {
    SmallVector<DimShardingAttr> dims(of.getDims());
    dims.back() = DimShardingAttr::get(of.getContext(), whole, false, 0);
    return ShardingAttr::get(of.getContext(), of.getMesh(), dims, {}, {},
                             ReductionKind::Sum);
  }

private:
  SmallVector<AxisRefAttr> whole;
};

struct ConvolutionModel
    : LocalizeOpInterface::ExternalModel<ConvolutionModel, moe::ConvolutionOp> {
  SmallVector<Value> localize(Operation *operation,
                              Localizer &localizer) const {
    auto op = cast<moe::ConvolutionOp>(operation);
    SmallVector<int64_t> low(op.getLow()), high(op.getHigh()),
        dilation(op.getInputDilation());
    HaloBuilder halo(localizer, op, op.getInput(), op.getResult());
    for (size_t i = 0; i < low.size(); ++i) {
      int64_t window = typeOf(op.getKernel()).getDimSize(i),
              stride = op.getStrides()[i];
      if (window != 1 || stride != 1 || low[i] || high[i] || dilation[i] != 1)
        halo.slide({static_cast<int64_t>(i) + 1, low[i], high[i], dilation[i],
                    stride, (window - 1) * op.getKernelDilation()[i] + 1});
    }
    auto convolve = [&](Value kernel, ShardingAttr result, int64_t groups) {
      return moe::ConvolutionOp::create(
          localizer.builder, op.getLoc(),
          localType(typeOf(op.getResult()), result, localizer.mesh),
          halo.build(ReductionKind::Sum), kernel, op.getStrides(), low, high,
          dilation, op.getKernelDilation(), groups);
    };
    Value kernel = localizer.local(op.getKernelMutable());
    ShardingAttr result = getSharding(op.getResult());
    int64_t last = result.getDims().size() - 1;
    int64_t all = op.getGroups();
    if (all == 1)
      return {convolve(kernel, result, 1)};
    // Depthwise, a rank has as many groups as features.
    if (all == typeOf(op.getInput()).getDimSize(last) &&
        all == typeOf(op.getResult()).getDimSize(last))
      return {convolve(kernel, result,
                       localizer.localType(op.getInput()).getDimSize(last))};
    CutGroups groups(localizer, op);
    StringAttr reason = localizer.reasonOf(op, last, result);
    halo.reshard(groups.inWholeGroups(getSharding(op.getInput())), reason);
    if (groups.isPartOfOne)
      return {convolve(kernel, result, 1)};
    ShardingAttr of = getSharding(op.getKernel()),
                 inGroups = groups.inWholeGroups(result);
    kernel =
        localizer.reshard(op.getLoc(), kernel, of, groups.inWholeGroups(of),
                          typeOf(op.getKernel()), reason);
    return {localizer.reshard(op.getLoc(),
                              convolve(kernel, inGroups, groups.left), inGroups,
                              result, typeOf(op.getResult()), reason)};
  }
};

} // namespace

void spmd::attachWindowModels(MLIRContext &context) {
  moe::ReduceWindowOp::attachInterface<ReduceWindowModel>(context);
  moe::ConvolutionOp::attachInterface<ConvolutionModel>(context);
}
