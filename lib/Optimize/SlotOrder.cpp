#include "moe/Optimize/SlotOrder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace moe;

namespace {

/// A number of tokens of a mask, at the expert of a term.
struct Count {
  enum Kind {
    Before, // tokens before this one
    UpTo,   // the same and this one
    Total,  // all tokens
    Self,   // 1 if this token is one
  };
  Kind kind;
  Factor mask;
  int64_t along; // which of its dimensions are tokens; -1 for Self
  bool isNegative;

  bool counts(const Count &other) const { return mask == other.mask; }
};

/// Takes a position apart into counts.
class Counter {
public:
  Counter(const Term &term, DimId expert)
      : term(term), index(*term.indexOf(expert)), expert(expert) {}

  /// Nothing when the position has another part.
  std::optional<SmallVector<Count>> take(const Factor &position) {
    counts.clear();
    if (!visit(position, /*isNegative=*/false, /*isTable=*/false))
      return std::nullopt;
    cancel();
    return counts;
  }

private:
  bool visit(Factor factor, bool isNegative, bool isTable);
  bool visitGather(GatherOp op, const Factor &factor, bool isNegative);
  void cancel();

  const Term &term;
  Factor index;
  DimId expert;
  SmallVector<Count> counts;
};

// One number of each token: what the table has of this expert.
bool Counter::visitGather(GatherOp op, const Factor &factor, bool isNegative) {
  if (op.getIndices() != index.value || factor.dims != index.dims)
    return false;
  Factor table{op.getTable(), {}};
  for (uint64_t dim = 0; dim < op.getBatchDims(); ++dim)
    table.dims.push_back(factor.dims[dim]);
  table.dims.push_back(expert);
  return visit(table, isNegative, /*isTable=*/true);
}

bool Counter::visit(Factor factor, bool isNegative, bool isTable) {
  Operation *op = factor.value.getDefiningOp();
  // Narrow types cannot count all tokens of a group.
  if (!op || factor.getType().getElementTypeBitWidth() < 32)
    return false;
  auto operand = [&](unsigned number) {
    return Factor{op->getOperand(number), factor.dims};
  };
  if (isa<arith::AddIOp, arith::AddFOp>(op))
    return visit(operand(0), isNegative, isTable) &&
           visit(operand(1), isNegative, isTable);
  if (isa<arith::SubIOp, arith::SubFOp>(op))
    return visit(operand(0), isNegative, isTable) &&
           visit(operand(1), !isNegative, isTable);
  if (isa<arith::FPToSIOp, arith::SIToFPOp, arith::ExtSIOp, arith::TruncIOp,
          StopGradientOp>(op))
    return visit(operand(0), isNegative, isTable);
  if (auto select = dyn_cast<arith::SelectOp>(op))
    return term.implies({select.getCondition(), factor.dims}) &&
           visit(operand(1), isNegative, isTable);
  if (auto gather = dyn_cast<GatherOp>(op))
    return !isTable && visitGather(gather, factor, isNegative);
  if (!isTable)
    return false;
  if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
    Factor inner{broadcast.getInput(), {}};
    for (int64_t place : broadcast.getDims())
      inner.dims.push_back(factor.dims[place]);
    return visit(inner, isNegative, isTable);
  }
  Count count{Count::Self, factor, -1, isNegative};
  if (auto cumsum = dyn_cast<CumsumOp>(op)) {
    count.kind = cumsum.getExclusive() ? Count::Before : Count::UpTo;
    count.along = cumsum.getDim();
    count.mask.value = cumsum.getInput();
  } else if (auto reduce = dyn_cast<ReduceOp>(op)) {
    if (reduce.getKind() != spmd::ReductionKind::Sum ||
        reduce.getDims().size() != 1)
      return false;
    count.kind = Count::Total;
    count.along = reduce.getDims().front();
    count.mask.value = reduce.getInput();
    count.mask.dims.insert(count.mask.dims.begin() + count.along, kNoDim);
  }
  counts.push_back(count);
  return true;
}

// Up to and with this token, less this token, is before it.
void Counter::cancel() {
  for (Count &upTo : counts) {
    if (upTo.kind != Count::UpTo)
      continue;
    auto *self = llvm::find_if(counts, [&](const Count &count) {
      return count.kind == Count::Self && count.isNegative != upTo.isNegative &&
             count.mask.value == upTo.mask.value;
    });
    if (self == counts.end())
      continue;
    upTo.kind = Count::Before;
    counts.erase(self);
    return cancel();
  }
}

// Sums of 0 and 1 are not negative.
bool isNotNegative(const Count &count, FormOf formOf) {
  if (count.isNegative)
    return false;
  const Form &form = formOf(count.mask.value);
  return form.isZero() ||
         (form.isIndexed() && llvm::all_of(form.terms, [](const Term &term) {
            return !term.weight;
          }));
}

/// The one term of a 0/1 mask that counts the tokens of `index`, in the
/// dimensions of `count.mask` with tokens at `token`; null when there is none.
std::optional<Term> termOf(const Count &count, const Term &choice, DimId expert,
                           DimId token, FormOf formOf) {
  const Form &form = formOf(count.mask.value);
  for (Term term : form.terms) {
    term.rename([&](DimId dim) {
      return dim == count.along ? token : count.mask.dims[dim];
    });
    const Factor *index = term.indexOf(expert);
    if (!term.weight && term.indices.size() == 1 && index &&
        *index == *choice.indexOf(expert))
      return term;
  }
  return std::nullopt;
}

// keep = (position before drops < constant), so that it keeps the first ones.
bool isCapacityTest(const Factor &keep, const Count &before, const Term &term,
                    DimId expert) {
  Operation *op = keep.value.getDefiningOp();
  auto isBelow = [&](unsigned position, unsigned limit) {
    Attribute constant;
    auto counts =
        Counter(term, expert).take({op->getOperand(position), keep.dims});
    return matchPattern(op->getOperand(limit), m_Constant(&constant)) &&
           isa<SplatElementsAttr>(constant) && counts && counts->size() == 1 &&
           counts->front().kind == Count::Before &&
           !counts->front().isNegative && counts->front().counts(before);
  };
  bool isLess = false, isGreater = false;
  if (auto compare = dyn_cast_or_null<arith::CmpIOp>(op)) {
    isLess = compare.getPredicate() == arith::CmpIPredicate::slt;
    isGreater = compare.getPredicate() == arith::CmpIPredicate::sgt;
  } else if (auto compare = dyn_cast_or_null<arith::CmpFOp>(op)) {
    isLess = compare.getPredicate() == arith::CmpFPredicate::OLT;
    isGreater = compare.getPredicate() == arith::CmpFPredicate::OGT;
  }
  return (isLess && isBelow(0, 1)) || (isGreater && isBelow(1, 0));
}

// Whether `total` counts at least this token and all that `before` counts.
bool countsAll(const Count &total, const Count &before, const Term &choice,
               DimId expert, FormOf formOf) {
  // The token's dimension is the one that the index has and the mask sums.
  for (DimId token : choice.indexOf(expert)->dims) {
    std::optional<Term> counted = termOf(before, choice, expert, token, formOf),
                        kept = termOf(total, choice, expert, token, formOf);
    if (!counted || !kept || formOf(before.mask.value).terms.size() != 1 ||
        !llvm::all_of(kept->keeps,
                      [&](const Factor &keep) { return choice.implies(keep); }))
      continue;
    bool isSubset = llvm::all_of(counted->keeps, [&](const Factor &keep) {
      return llvm::is_contained(kept->keeps, keep);
    });
    bool onlyDrops = llvm::all_of(kept->keeps, [&](const Factor &keep) {
      return llvm::is_contained(counted->keeps, keep) ||
             isCapacityTest(keep, before, *kept, expert);
    });
    if (isSubset && onlyDrops)
      return true;
  }
  return false;
}

bool precedes(const Term &first, const Term &second, DimId expert, DimId slot,
              FormOf formOf) {
  auto before = Counter(first, expert).take(*first.indexOf(slot));
  auto behind = Counter(second, expert).take(*second.indexOf(slot));
  if (!before || before->size() != 1 || before->front().kind != Count::Before ||
      before->front().isNegative || !behind)
    return false;
  return llvm::all_of(*behind,
                      [&](const Count &count) {
                        return isNotNegative(count, formOf);
                      }) &&
         llvm::any_of(*behind, [&](const Count &count) {
           return count.kind == Count::Total &&
                  countsAll(count, before->front(), first, expert, formOf);
         });
}

} // namespace

bool moe::haveDistinctSlots(const Term &first, const Term &second,
                            FormOf formOf) {
  if (!first.boundSizes.empty() || !second.boundSizes.empty())
    return false;
  for (const IndexFactor &expert : first.indices)
    for (const IndexFactor &slot : first.indices)
      if (expert.dim != slot.dim && second.indexOf(expert.dim) &&
          second.indexOf(slot.dim) &&
          (precedes(first, second, expert.dim, slot.dim, formOf) ||
           precedes(second, first, expert.dim, slot.dim, formOf)))
        return true;
  return false;
}
