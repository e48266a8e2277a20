#include "moe/Optimize/IndexForm.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace moe;

const Factor *Term::indexOf(DimId dim) const {
  for (const IndexFactor &factor : indices)
    if (factor.dim == dim)
      return &factor.index;
  return nullptr;
}

bool Term::dependsOn(DimId dim) const {
  bool depends = false;
  forEach([&](const Factor &factor) { depends |= factor.dependsOn(dim); });
  return depends;
}

bool Term::implies(const Factor &keep) const {
  if (llvm::is_contained(keeps, keep))
    return true;
  auto both = keep.value.getDefiningOp<arith::AndIOp>();
  return both && implies({both.getLhs(), keep.dims}) &&
         implies({both.getRhs(), keep.dims});
}

void Term::addKeep(const Factor &keep) {
  if (!llvm::is_contained(keeps, keep))
    keeps.push_back(keep);
}

void Term::forEach(llvm::function_ref<void(Factor &)> visit) {
  for (IndexFactor &factor : indices)
    visit(factor.index);
  for (Factor &keep : keeps)
    visit(keep);
  if (weight)
    visit(weight);
}

void Term::forEach(llvm::function_ref<void(const Factor &)> visit) const {
  const_cast<Term *>(this)->forEach(
      [&](Factor &factor) { visit(std::as_const(factor)); });
}

void Term::rename(llvm::function_ref<DimId(DimId)> map) {
  auto mapped = [&](DimId dim) { return dim >= kFirstBound ? dim : map(dim); };
  forEach([&](Factor &factor) {
    for (DimId &dim : factor.dims)
      dim = mapped(dim);
  });
  for (IndexFactor &factor : indices)
    factor.dim = mapped(factor.dim);
}

void Form::rename(llvm::function_ref<DimId(DimId)> map) {
  for (Term &term : terms)
    term.rename(map);
}

Form moe::denseForm(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  Factor whole{value, {}};
  for (DimId dim = 0; dim < type.getRank(); ++dim)
    whole.dims.push_back(dim);
  Term term;
  if (type.getElementType().isInteger(1))
    term.keeps.push_back(whole);
  else
    term.weight = whole;
  return {{term}};
}

static SmallVector<DimId> dimsBesidesUnits(ArrayRef<int64_t> shape) {
  SmallVector<DimId> dims;
  for (auto [dim, size] : llvm::enumerate(shape))
    if (size != 1)
      dims.push_back(dim);
  return dims;
}

std::optional<SmallVector<DimId>>
moe::placesBesidesUnits(ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
  SmallVector<DimId> source = dimsBesidesUnits(from),
                     target = dimsBesidesUnits(to);
  if (!llvm::equal(source, target,
                   [&](DimId a, DimId b) { return from[a] == to[b]; }))
    return std::nullopt;
  SmallVector<DimId> places(from.size(), kNoDim);
  for (auto [a, b] : llvm::zip_equal(source, target))
    places[a] = b;
  return places;
}
