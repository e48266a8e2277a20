// Local forms of ops whose windows slide over cut dimensions: one exchange
// brings a rank the elements of all its windows, with what stands for those
// beyond the ends, and the op then needs no padding.
//
//   8 elements on two ranks, windows of 3 with low 1 and high 1:
//   [neutral 0 1 2 3 4] and [3 4 5 6 7 neutral], 4 windows each
#include "LocalParts.h"
#include "LocalizeModels.h"

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

  /// The elements, neutral to `neutralTo` where there are none.
  Value build(ReductionKind neutralTo) {
    Value local = localizer.local(op->getOpOperand(0));
    if (!cut)
      return local;
    OpBuilder &b = localizer.builder;
    RankedTensorType target = typeOf(input).clone(shape);
    ShardingAttr sharding = getSharding(input);
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

// Depthwise features are cut as one: each rank has as many groups as features.
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
    RankedTensorType input = localizer.localType(op.getInput());
    bool areFeaturesCut = localizer.isCut(op.getInput(), input.getRank() - 1);
    uint64_t groups = op.getGroups() != 1 && areFeaturesCut
                          ? static_cast<uint64_t>(input.getShape().back())
                          : op.getGroups();
    return {moe::ConvolutionOp::create(
        localizer.builder, op.getLoc(), localizer.localType(op.getResult()),
        halo.build(ReductionKind::Sum), localizer.local(op.getKernelMutable()),
        op.getStrides(), low, high, dilation, op.getKernelDilation(), groups)};
  }
};

} // namespace

void spmd::attachWindowModels(MLIRContext &context) {
  moe::ReduceWindowOp::attachInterface<ReduceWindowModel>(context);
  moe::ConvolutionOp::attachInterface<ConvolutionModel>(context);
}
