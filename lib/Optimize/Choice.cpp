#include "moe/Optimize/Choice.h"
#include "moe/Optimize/Collectives.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace moe;

int64_t Choice::getSize() {
  return cast<RankedTensorType>(topK.getInput().getType())
      .getDimSize(topK.getDim());
}

//===----------------------------------------------------------------------===//
// Tracing
//===----------------------------------------------------------------------===//

namespace {

/// A part of a value: where each of its dimensions lies, and the first index
/// and size of the part along it.
struct Part {
  Value value;
  SmallVector<DimId, 4> dims;
  SmallVector<int64_t, 4> offsets, sizes;

  RankedTensorType getType() const {
    return cast<RankedTensorType>(value.getType());
  }
};

Part whole(const Factor &factor) {
  Part part{factor.value, factor.dims, {}, {}};
  part.sizes.assign(factor.getType().getShape().begin(),
                    factor.getType().getShape().end());
  part.offsets.assign(part.sizes.size(), 0);
  for (auto [dim, size] : llvm::zip(part.dims, part.sizes))
    if (size == 1)
      dim = kNoDim;
  return part;
}

bool throughReshape(Part &part, ReshapeOp reshape) {
  auto from = cast<RankedTensorType>(reshape.getInput().getType());
  std::optional<SmallVector<DimId>> places =
      placesBesidesUnits(from.getShape(), part.getType().getShape());
  if (!places)
    return false;
  Part inner{reshape.getInput(), {}, {}, {}};
  for (DimId place : *places) {
    bool isUnit = place == kNoDim;
    inner.dims.push_back(isUnit ? kNoDim : part.dims[place]);
    inner.offsets.push_back(isUnit ? 0 : part.offsets[place]);
    inner.sizes.push_back(isUnit ? 1 : part.sizes[place]);
  }
  part = inner;
  return true;
}

bool throughSlice(Part &part, SliceOp slice) {
  for (auto [dim, stride] : llvm::enumerate(slice.getStrides())) {
    if (stride != 1 && part.sizes[dim] != 1)
      return false;
    part.offsets[dim] = slice.getOffsets()[dim] + part.offsets[dim] * stride;
  }
  part.value = slice.getInput();
  return true;
}

// Another layout of the same global tensor: what holds for two indices at each
// point still holds where both were moved to one layout.
bool throughMove(Part &part, Operation *op) {
  ArrayRef<int64_t> from =
      cast<RankedTensorType>(op->getOperand(0).getType()).getShape();
  for (auto [size, whole, inner] :
       llvm::zip(part.sizes, part.getType().getShape(), from)) {
    if (size == whole)
      size = inner;
    else if (whole != inner)
      return false;
  }
  part.value = op->getOperand(0);
  return true;
}

bool step(Part &part) {
  Operation *op = part.value.getDefiningOp();
  if (auto reshape = dyn_cast_or_null<ReshapeOp>(op))
    return throughReshape(part, reshape);
  if (auto slice = dyn_cast_or_null<moe::SliceOp>(op))
    return throughSlice(part, slice);
  if (isa_and_nonnull<arith::ExtSIOp, arith::ExtUIOp, arith::TruncIOp,
                      StopGradientOp>(op)) {
    part.value = op->getOperand(0);
    return true;
  }
  if (asMove(op))
    return throughMove(part, op);
  return false;
}

// The part without the first index of this rank's block, which shifts it.
Value throughShift(Part &part) {
  auto shift = part.value.getDefiningOp<arith::SubIOp>();
  auto offset =
      shift ? shift.getRhs().getDefiningOp<BroadcastOp>() : BroadcastOp();
  if (!offset || !offset.getInput().getDefiningOp<spmd::BlockOffsetOp>())
    return nullptr;
  part.value = shift.getLhs();
  return offset.getInput();
}

} // namespace

std::optional<Choice> moe::traceChoice(const Factor &index) {
  Part part = whole(index);
  Value shift = throughShift(part);
  while (true) {
    auto topK = part.value.getDefiningOp<TopKOp>();
    if (topK && part.value == topK.getIndices()) {
      int64_t along = topK.getDim();
      for (int64_t dim = 0; dim < part.getType().getRank(); ++dim)
        if (dim != along && part.sizes[dim] != part.getType().getDimSize(dim))
          return std::nullopt;
      return Choice{topK, part.offsets[along], part.sizes[along], part.dims,
                    shift};
    }
    if (!step(part))
      return std::nullopt;
  }
}

bool moe::isInRange(const Factor &index, int64_t size) {
  std::optional<Choice> choice = traceChoice(index);
  return choice && !choice->shift && choice->getSize() <= size;
}

//===----------------------------------------------------------------------===//
// Distinct indices
//===----------------------------------------------------------------------===//

// Whether both vary alike outside of their choices.
static bool areAligned(Choice a, Choice b) {
  int64_t along = a.topK.getDim();
  if (along != static_cast<int64_t>(b.topK.getDim()) || a.shift != b.shift ||
      a.dims.size() != b.dims.size())
    return false;
  for (int64_t dim = 0; dim < static_cast<int64_t>(a.dims.size()); ++dim)
    if (dim != along && a.dims[dim] != b.dims[dim])
      return false;
  return true;
}

// The choices that `scores` holds -inf for, in the coordinates of `scores`.
static SmallVector<Choice> maskedOut(Value scores, int64_t along,
                                     FormOf formOf) {
  SmallVector<Choice> masked;
  while (Operation *op = scores.getDefiningOp()) {
    if (isa<StopGradientOp, arith::ExtFOp, arith::TruncFOp>(op)) {
      scores = op->getOperand(0);
      continue;
    }
    auto select = dyn_cast<arith::SelectOp>(op);
    if (!select || !matchPattern(select.getTrueValue(), m_NegInfFloat()))
      break;
    for (const Term &term : formOf(select.getCondition()).terms) {
      const Factor *index = term.indexOf(along);
      if (!index || term.indices.size() != 1 || !term.keeps.empty())
        continue;
      std::optional<Choice> choice = traceChoice(*index);
      if (choice && !choice->shift)
        masked.push_back(*choice);
    }
    scores = select.getFalseValue();
  }
  return masked;
}

// Whether `later` was taken from scores with `earlier` masked out.
static bool excludes(Choice later, Choice earlier, FormOf formOf) {
  SmallVector<Choice> masked =
      maskedOut(later.topK.getInput(), later.topK.getDim(), formOf);
  // Each pick must find a finite score among those left.
  int64_t gone = 0;
  for (Choice &choice : masked)
    gone += choice.count;
  if (gone + static_cast<int64_t>(later.topK.getK()) > later.getSize())
    return false;
  return llvm::any_of(masked, [&](Choice choice) {
    // From the coordinates of the scores to those of `later`.
    for (DimId &dim : choice.dims)
      if (dim >= 0 && dim < kFirstBound)
        dim = later.dims[dim];
    choice.shift = later.shift;
    return choice.topK == earlier.topK && areAligned(choice, earlier) &&
           choice.first <= earlier.first &&
           earlier.first + earlier.count <= choice.first + choice.count;
  });
}

bool moe::areDistinct(const Factor &a, const Factor &b, FormOf formOf) {
  std::optional<Choice> first = traceChoice(a), second = traceChoice(b);
  if (!first || !second || !areAligned(*first, *second))
    return false;
  if (first->topK == second->topK)
    return first->first + first->count <= second->first ||
           second->first + second->count <= first->first;
  return excludes(*first, *second, formOf) || excludes(*second, *first, formOf);
}

bool moe::isDistinctAlong(const Factor &index, DimId dim) {
  std::optional<Choice> choice = traceChoice(index);
  return choice && choice->getChoiceDim() == dim;
}
