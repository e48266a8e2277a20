// Ops that move elements along a dimension. Where it is whole, or blocks stay
// what they were, the op itself is local; elsewhere it is one exchange through
// an index map, between any two layouts.
#include "LocalParts.h"
#include "LocalizeModels.h"

using namespace mlir;
using namespace spmd;

namespace {

/// The first dimension that changes its size and is cut; nothing when all such
/// dimensions are whole.
std::optional<int64_t> movedDim(Localizer &localizer, Value input,
                                Value result) {
  for (int64_t dim = 0; dim < typeOf(input).getRank(); ++dim)
    if (typeOf(input).getDimSize(dim) != typeOf(result).getDimSize(dim) &&
        (localizer.isCut(input, dim) || localizer.isCut(result, dim)))
      return dim;
  return std::nullopt;
}

DimMapAttr mapOf(MLIRContext *context, int64_t source, int64_t sourceStep,
                 int64_t target, int64_t targetStep, int64_t size) {
  return DimMapAttr::get(context, source, sourceStep, target, targetStep, size,
                         /*advance=*/1, /*reach=*/1);
}

/// `input` as the block of `result`, by `map`.
Value move(Localizer &localizer, Operation *op, Value input, Value result,
           ArrayRef<DimMapAttr> map, Value into, StringAttr reason) {
  return localizer.reindex(
      op->getLoc(), localizer.local(input), getSharding(input), typeOf(input),
      getSharding(result), typeOf(result), map, into, reason);
}

struct SliceModel
    : LocalizeOpInterface::ExternalModel<SliceModel, moe::SliceOp> {
  SmallVector<Value> localize(Operation *op, Localizer &localizer) const {
    auto slice = cast<moe::SliceOp>(op);
    Value input = slice.getInput(), result = slice.getResult();
    std::optional<int64_t> moved = movedDim(localizer, input, result);
    if (!moved)
      return {moe::SliceOp::create(
          localizer.builder, op->getLoc(), localizer.localType(result),
          localizer.local(input), slice.getOffsets(), slice.getStrides())};
    SmallVector<DimMapAttr> map;
    for (auto [offset, stride, size] : llvm::zip_equal(
             slice.getOffsets(), slice.getStrides(), typeOf(result).getShape()))
      map.push_back(mapOf(op->getContext(), offset, stride, 0, 1, size));
    return {move(localizer, op, input, result, map, Value(),
                 localizer.reasonOf(op, *moved, getSharding(input)))};
  }
};

// The last block becomes the first: whoever has an element sends it.
struct ReverseModel
    : LocalizeOpInterface::ExternalModel<ReverseModel, moe::ReverseOp> {
  SmallVector<Value> localize(Operation *op, Localizer &localizer) const {
    auto reverse = cast<moe::ReverseOp>(op);
    Value input = reverse.getInput();
    const auto *cut = llvm::find_if(reverse.getDims(), [&](int64_t dim) {
      return localizer.isCut(input, dim);
    });
    if (cut == reverse.getDims().end())
      return {moe::ReverseOp::create(
          localizer.builder, op->getLoc(), localizer.localType(input),
          localizer.local(input), reverse.getDims())};
    SmallVector<DimMapAttr> map;
    for (auto [dim, size] : llvm::enumerate(typeOf(input).getShape())) {
      bool turns =
          llvm::is_contained(reverse.getDims(), static_cast<int64_t>(dim));
      map.push_back(mapOf(op->getContext(), turns ? size - 1 : 0,
                          turns ? -1 : 1, 0, 1, size));
    }
    return {move(localizer, op, input, reverse.getResult(), map, Value(),
                 localizer.reasonOf(op, *cut, getSharding(input)))};
  }
};

struct PadModel : LocalizeOpInterface::ExternalModel<PadModel, moe::PadOp> {
  SmallVector<Value> localize(Operation *op, Localizer &localizer) const {
    auto pad = cast<moe::PadOp>(op);
    Value input = pad.getInput(), result = pad.getResult();
    OpBuilder &builder = localizer.builder;
    std::optional<int64_t> moved = movedDim(localizer, input, result);
    RankedTensorType local = localizer.localType(result);
    if (!moved)
      return {moe::PadOp::create(
          builder, op->getLoc(), local, localizer.local(input),
          pad.getValueAttr(), pad.getLow(), pad.getHigh(), pad.getInterior())};
    SmallVector<DimMapAttr> map;
    for (auto [low, interior, size] : llvm::zip_equal(
             pad.getLow(), pad.getInterior(), typeOf(input).getShape()))
      map.push_back(mapOf(op->getContext(), 0, 1, low, interior + 1, size));
    Value into = arith::ConstantOp::create(
        builder, op->getLoc(),
        DenseElementsAttr::get(local, Attribute(pad.getValueAttr())));
    return {move(localizer, op, input, result, map, into,
                 localizer.reasonOf(op, *moved, getSharding(result)))};
  }
};

// Each operand is exchanged into its part of the result.
struct ConcatenateModel
    : LocalizeOpInterface::ExternalModel<ConcatenateModel, moe::ConcatenateOp> {
  SmallVector<Value> localize(Operation *op, Localizer &localizer) const {
    auto concatenate = cast<moe::ConcatenateOp>(op);
    Value result = concatenate.getResult();
    int64_t along = concatenate.getDim();
    if (!localizer.isCut(result, along)) {
      SmallVector<Value> locals;
      for (Value input : concatenate.getInputs())
        locals.push_back(localizer.local(input));
      return {moe::ConcatenateOp::create(localizer.builder, op->getLoc(),
                                         localizer.localType(result), along,
                                         locals)};
    }
    StringAttr reason = localizer.reasonOf(op, along, getSharding(result));
    Value whole;
    int64_t offset = 0;
    for (Value input : concatenate.getInputs()) {
      SmallVector<DimMapAttr> map;
      for (auto [dim, size] : llvm::enumerate(typeOf(input).getShape()))
        map.push_back(mapOf(op->getContext(), 0, 1,
                            static_cast<int64_t>(dim) == along ? offset : 0, 1,
                            size));
      whole = move(localizer, op, input, result, map, whole, reason);
      offset += typeOf(input).getDimSize(along);
    }
    return {whole};
  }
};

/// A dimension's elements as a rank sees them, major to minor: what is cut by a
/// mesh digit, and what is whole (stride 0).
using Pieces = SmallVector<moert::Digit>;

// Behind `pieces`, as one with the last where the two are one.
void addPiece(Pieces &pieces, moert::Digit piece) {
  if (piece.size == 1)
    return;
  bool isWhole = piece.stride == 0;
  if (pieces.empty() || (pieces.back().stride == 0) != isWhole ||
      (!isWhole && pieces.back().stride != piece.size * piece.stride))
    return pieces.push_back(piece);
  pieces.back().size *= piece.size;
  pieces.back().stride = piece.stride;
}

// Nothing where blocks are of unequal sizes.
std::optional<Pieces> piecesOf(const moert::Layout &layout, moert::Range dims) {
  Pieces pieces;
  for (int64_t dim = dims.begin; dim < dims.end; ++dim) {
    if (layout.shape[dim] % layout.blocks(dim))
      return std::nullopt;
    for (const moert::Digit &digit : layout.dims[dim])
      addPiece(pieces, digit);
    addPiece(pieces, {layout.shape[dim] / layout.blocks(dim), 0});
  }
  return pieces;
}

// The dimensions without those of one element before and behind, which the rule
// of a reshape keeps whole.
moert::Range withoutOnes(const moert::Layout &layout, moert::Range dims) {
  auto isOne = [&](int64_t dim) { return layout.shape[dim] == 1; };
  while (dims.begin < dims.end && isOne(dims.begin))
    ++dims.begin;
  while (dims.begin < dims.end && isOne(dims.end - 1))
    --dims.end;
  return dims;
}

/// Whether every rank's block of `result` is its block of `input`, row by row:
/// dimensions that become each other are cut alike, down to the same elements.
bool staysInPlace(const moert::Layout &input, const moert::Layout &result) {
  for (const moert::DimGroup &group :
       moert::groupsOf(moert::IndexMap(), input.shape, result.shape)) {
    moert::Range from = withoutOnes(input, group.source),
                 to = withoutOnes(result, group.target);
    bool isSame = from.size() == 1 && to.size() == 1 &&
                  input.dims[from.begin] == result.dims[to.begin];
    if (isSame)
      continue;
    std::optional<Pieces> here = piecesOf(input, from),
                          there = piecesOf(result, to);
    if (!here || !there || *here != *there)
      return false;
  }
  return true;
}

struct ReshapeModel
    : LocalizeOpInterface::ExternalModel<ReshapeModel, moe::ReshapeOp> {
  SmallVector<Value> localize(Operation *op, Localizer &localizer) const {
    auto reshape = cast<moe::ReshapeOp>(op);
    Value input = reshape.getInput(), result = reshape.getResult();
    auto layout = [&](Value value) {
      return layoutOf(getSharding(value), typeOf(value).getShape(),
                      localizer.mesh);
    };
    if (staysInPlace(layout(input), layout(result)))
      return {moe::ReshapeOp::create(localizer.builder, op->getLoc(),
                                     localizer.localType(result),
                                     localizer.local(input))};
    int64_t cut = 0;
    while (cut < typeOf(input).getRank() && !localizer.isCut(input, cut))
      ++cut;
    StringAttr reason = cut < typeOf(input).getRank()
                            ? localizer.reasonOf(op, cut, getSharding(input))
                            : StringAttr();
    return {move(localizer, op, input, result, {}, Value(), reason)};
  }
};

} // namespace

void spmd::attachMoveModels(MLIRContext &context) {
  moe::SliceOp::attachInterface<SliceModel>(context);
  moe::ReverseOp::attachInterface<ReverseModel>(context);
  moe::PadOp::attachInterface<PadModel>(context);
  moe::ConcatenateOp::attachInterface<ConcatenateModel>(context);
  moe::ReshapeOp::attachInterface<ReshapeModel>(context);
}
