#include "moe/Partition/ReshardPlan.h"

using namespace mlir;
using namespace spmd;

using Digits = std::vector<moert::Digit>;

static bool isPrefix(const Digits &prefix, const Digits &digits) {
  return prefix.size() <= digits.size() &&
         std::equal(prefix.begin(), prefix.end(), digits.begin());
}

// The digits behind the common beginning of all dimensions, as a sorted set.
static Digits minorDigits(const moert::Layout &layout,
                          const moert::Layout &other) {
  Digits digits;
  for (size_t dim = 0; dim < layout.dims.size(); ++dim) {
    const Digits &mine = layout.dims[dim], &theirs = other.dims[dim];
    auto end =
        std::mismatch(mine.begin(), mine.end(), theirs.begin(), theirs.end());
    digits.insert(digits.end(), end.first, mine.end());
  }
  llvm::sort(digits, [](const moert::Digit &a, const moert::Digit &b) {
    return std::pair(a.stride, a.size) < std::pair(b.stride, b.size);
  });
  return digits;
}

std::optional<CollectiveKind> spmd::classifyMove(const moert::Layout &from,
                                                 const moert::Layout &to) {
  bool gathers = true, slices = true, keepsBlocks = true;
  for (size_t dim = 0; dim < from.dims.size(); ++dim) {
    gathers &= isPrefix(to.dims[dim], from.dims[dim]);
    slices &= isPrefix(from.dims[dim], to.dims[dim]);
    keepsBlocks &= from.blocks(dim) == to.blocks(dim);
  }
  if (gathers && slices)
    return std::nullopt;
  if (slices)
    return CollectiveKind::Slice;
  if (gathers)
    return CollectiveKind::AllGather;
  if (keepsBlocks)
    return CollectiveKind::Permute;
  if (minorDigits(from, to) == minorDigits(to, from))
    return CollectiveKind::AllToAll;
  return CollectiveKind::Exchange;
}

namespace {

/// Axes of `from` that are reduced on the way to `to`.
SmallVector<AxisRefAttr> reducedAxes(ShardingAttr from, ShardingAttr to) {
  SmallVector<AxisRefAttr> axes;
  for (AxisRefAttr axis : from.getUnreduced())
    if (!llvm::is_contained(to.getUnreduced(), axis))
      axes.push_back(axis);
  return axes;
}

ShardingAttr withDims(ShardingAttr sharding, ArrayRef<DimShardingAttr> dims,
                      ArrayRef<AxisRefAttr> unreduced) {
  return ShardingAttr::get(
      sharding.getContext(), sharding.getMesh(), dims, {}, unreduced,
      unreduced.empty() ? ReductionKind::Sum : sharding.getReduction());
}

/// Each axis of `axes` appended to the dimension that it cuts in `to` where it
/// may stand there, else to the dimension with the largest blocks: the pieces
/// that a reduce-scatter leaves.
ShardingAttr scatterPieces(ShardingAttr from, ShardingAttr to,
                           ArrayRef<AxisRefAttr> axes, ArrayRef<int64_t> shape,
                           MeshOp mesh) {
  SmallVector<SmallVector<AxisRefAttr>> dims;
  for (DimShardingAttr dim : from.getDims())
    dims.emplace_back(dim.getAxes());
  auto build = [&] {
    SmallVector<DimShardingAttr> list;
    for (ArrayRef<AxisRefAttr> dim : dims)
      list.push_back(DimShardingAttr::get(from.getContext(), dim, false, 0));
    return withDims(from, list, to.getUnreduced());
  };
  // In the order of the target, so that the pieces are those of the target.
  SmallVector<AxisRefAttr> left(axes);
  for (auto [dim, target] : llvm::enumerate(to.getDims()))
    for (AxisRefAttr axis : target.getAxes())
      if (auto *found = llvm::find(left, axis); found != left.end()) {
        dims[dim].push_back(axis);
        left.erase(found);
      }
  for (AxisRefAttr axis : left) {
    SmallVector<int64_t> local(
        localType(
            RankedTensorType::get(shape, Float32Type::get(axis.getContext())),
            build(), mesh)
            .getShape());
    dims[llvm::max_element(local) - local.begin()].push_back(axis);
  }
  return build();
}

} // namespace

FailureOr<SmallVector<ReshardStep, 2>>
spmd::planReshard(ShardingAttr from, ShardingAttr to, ArrayRef<int64_t> shape,
                  MeshOp mesh, std::string &error) {
  for (AxisRefAttr axis : to.getUnreduced())
    if (!llvm::is_contained(from.getUnreduced(), axis)) {
      error = "a value that is not partial over axis \"" +
              axis.getName().str() + "\" cannot become unreduced over it";
      return failure();
    }
  SmallVector<ReshardStep, 2> steps;
  auto addMove = [&](ShardingAttr source) {
    if (auto kind = classifyMove(layoutOf(source, shape, mesh),
                                 layoutOf(to, shape, mesh)))
      steps.push_back({*kind, to});
  };
  SmallVector<AxisRefAttr> reduced = reducedAxes(from, to);
  if (digitsOf(reduced, mesh).empty()) {
    addMove(from);
    return steps;
  }
  ShardingAttr inPlace = withDims(from, from.getDims(), to.getUnreduced());
  if (shape.empty() ||
      layoutOf(inPlace, shape, mesh) == layoutOf(to, shape, mesh)) {
    steps.push_back({CollectiveKind::AllReduce, to});
    return steps;
  }
  ShardingAttr pieces = scatterPieces(from, to, reduced, shape, mesh);
  steps.push_back({CollectiveKind::ReduceScatter, pieces});
  addMove(pieces);
  if (steps.size() == 1)
    steps.back().target = to;
  return steps;
}
