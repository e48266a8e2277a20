#include "moe/Optimize/IndexAlgebra.h"
#include "moe/Optimize/SlotOrder.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace moe;

static RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

IndexAlgebra::IndexAlgebra(MLIRContext *context) : builder(context) {
  addIndexRules(rules);
}

const Form &IndexAlgebra::formOf(Value value) {
  if (auto found = forms.find(value); found != forms.end())
    return *found->second;
  Operation *op = value.getDefiningOp();
  Rule rule = nullptr;
  if (op && op->getNumResults() == 1)
    if (std::optional<RegisteredOperationName> name = op->getRegisteredInfo())
      rule = rules.lookup(name->getTypeID());
  for (Value operand : rule ? op->getOperands() : OperandRange(nullptr, 0))
    if (!isa<RankedTensorType>(operand.getType()))
      rule = nullptr;
  Form form = denseForm(value);
  if (rule) {
    for (Value operand : op->getOperands())
      formOf(operand);
    form = rule(op, *this);
  }
  auto &slot = forms[value];
  slot = std::make_unique<Form>(std::move(form));
  return *slot;
}

//===----------------------------------------------------------------------===//
// Disjoint terms
//===----------------------------------------------------------------------===//

static bool isNegation(Value a, Value b) {
  auto negation = a.getDefiningOp<arith::XOrIOp>();
  return negation && negation.getLhs() == b &&
         matchPattern(negation.getRhs(), m_One());
}

bool IndexAlgebra::areDisjoint(const Term &a, const Term &b) {
  auto form = [&](Value value) -> const Form & { return formOf(value); };
  for (const IndexFactor &factor : a.indices)
    if (const Factor *other = b.indexOf(factor.dim))
      if (areDistinct(factor.index, *other, form))
        return true;
  for (const Factor &one : a.keeps)
    for (const Factor &other : b.keeps)
      if (one.dims == other.dims && (isNegation(one.value, other.value) ||
                                     isNegation(other.value, one.value)))
        return true;
  return haveDistinctSlots(a, b, form);
}

// Whether no two summands over bound dimensions meet.
static bool isDisjointInItself(const Term &term) {
  for (size_t number = 0; number < term.boundSizes.size(); ++number)
    if (llvm::none_of(term.indices, [&](const IndexFactor &factor) {
          return isDistinctAlong(factor.index, kFirstBound + number);
        }))
      return false;
  return true;
}

bool IndexAlgebra::areDisjoint(const Form &form) {
  if (!llvm::all_of(form.terms, isDisjointInItself))
    return false;
  for (size_t i = 0; i < form.terms.size(); ++i)
    for (size_t j = i + 1; j < form.terms.size(); ++j)
      if (!areDisjoint(form.terms[i], form.terms[j]))
        return false;
  return true;
}

bool IndexAlgebra::requireDisjoint(Operation *op, const Form &form) {
  if (areDisjoint(form))
    return true;
  ++keptDense;
  op->emitRemark() << "stays dense: it is not linear, and two of the "
                   << form.terms.size()
                   << " one-hot terms of its operand may meet in one element; "
                      "choose from one top_k, or mask earlier choices with "
                      "-inf by select";
  return false;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

// The bound dimensions of `b` numbered behind those of `a`, except that equal
// indices share theirs: one sum over choices times another of the same choices.
static void joinBound(const Term &a, Term &b) {
  llvm::SmallDenseMap<DimId, DimId> renamed;
  for (const IndexFactor &factor : b.indices) {
    const Factor *mine = a.indexOf(factor.dim);
    if (!mine || mine->value != factor.index.value)
      continue;
    // Different choices never meet, so only pairs of the same one are left.
    bool isSame = true;
    for (auto [x, y] : llvm::zip(mine->dims, factor.index.dims))
      isSame &= x == y || (x >= kFirstBound && y >= kFirstBound &&
                           isDistinctAlong(*mine, x));
    if (isSame)
      for (auto [x, y] : llvm::zip(mine->dims, factor.index.dims))
        if (y >= kFirstBound)
          renamed.try_emplace(y, x);
  }
  SmallVector<int64_t, 1> sizes(a.boundSizes);
  for (auto [number, size] : llvm::enumerate(b.boundSizes))
    if (renamed.try_emplace(kFirstBound + number, kFirstBound + sizes.size())
            .second)
      sizes.push_back(size);
  b.forEach([&](Factor &factor) {
    for (DimId &dim : factor.dims)
      if (dim >= kFirstBound)
        dim = renamed.lookup(dim);
  });
  b.boundSizes = sizes;
}

bool IndexAlgebra::substituteIndices(Term &term) {
  // An index may need one substitution for each other index.
  for (size_t round = 0; round <= term.indices.size(); ++round) {
    bool changed = false;
    for (size_t i = 0; i < term.indices.size(); ++i) {
      const IndexFactor at = term.indices[i];
      if (at.index.dependsOn(at.dim))
        return false;
      term.forEach([&](Factor &factor) {
        if (!factor.dependsOn(at.dim))
          return;
        factor = builder.lookup(factor, at.dim, at.index);
        changed = true;
      });
    }
    if (!changed)
      return true;
  }
  return false;
}

// select(keep, a, b) is a wherever the term counts, if the term has the keep.
static void dropImpliedSelections(Term &term) {
  term.forEach([&](Factor &factor) {
    while (auto select = factor.value.getDefiningOp<arith::SelectOp>()) {
      if (!term.implies({select.getCondition(), factor.dims}))
        return;
      factor.value = select.getTrueValue();
    }
  });
}

std::optional<Term> IndexAlgebra::multiply(Term a, Term b, Type elementType) {
  joinBound(a, b);
  Term product = a;
  product.boundSizes = b.boundSizes;
  for (const Factor &keep : b.keeps)
    product.addKeep(keep);
  for (const IndexFactor &factor : b.indices) {
    const Factor *mine = product.indexOf(factor.dim);
    if (!mine)
      product.indices.push_back(factor);
    else if (*mine != factor.index)
      product.addKeep(builder.compareIntegers(
          arith::CmpIPredicate::eq, *mine,
          builder.convert(factor.index, mine->getType().getElementType())));
  }
  // Weights are multiplied when they are small.
  Term other;
  other.indices = product.indices;
  other.weight = b.weight;
  if (!substituteIndices(product) || !substituteIndices(other))
    return std::nullopt;
  if (other.weight) {
    Factor weight = builder.convert(other.weight, elementType);
    product.weight =
        product.weight ? builder.multiply(product.weight, weight) : weight;
  }
  dropImpliedSelections(product);
  return product;
}

std::optional<Form> IndexAlgebra::multiply(const Form &a, const Form &b,
                                           Type elementType) {
  Form product;
  for (const Term &x : a.terms)
    for (const Term &y : b.terms) {
      std::optional<Term> term = multiply(x, y, elementType);
      if (!term)
        return std::nullopt;
      product.terms.push_back(*term);
    }
  return product;
}

std::optional<Form> IndexAlgebra::multiplyByComplement(const Form &a,
                                                       const Form &b,
                                                       Type elementType) {
  Form result;
  for (Term term : b.terms) {
    Term bare;
    bare.indices = term.indices;
    bare.boundSizes = term.boundSizes;
    for (const Term &taken : a.terms) {
      std::optional<Term> both = multiply(bare, taken, elementType);
      if (!both || both->weight || both->boundSizes != term.boundSizes ||
          both->indices != term.indices)
        return std::nullopt;
      // No condition: the term is taken away whole.
      Factor meets = builder.conjoinAll(both->keeps);
      if (!meets)
        meets =
            builder.number(1, IntegerType::get(elementType.getContext(), 1));
      term.addKeep(builder.negate(meets));
    }
    result.terms.push_back(term);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

static Factor inRange(FactorBuilder &builder, const Factor &index,
                      int64_t size) {
  return builder.compareIntegers(
      arith::CmpIPredicate::ult, index,
      builder.number(size, index.getType().getElementType()));
}

// A lookup is 0 where its index is out of range.
static bool isLookupAt(const Factor &weight, const Factor &index,
                       int64_t size) {
  auto gather = weight ? weight.value.getDefiningOp<GatherOp>() : GatherOp();
  return gather && gather.getIndices() == index.value &&
         tensorType(gather.getTable()).getDimSize(gather.getBatchDims()) ==
             size &&
         ArrayRef<DimId>(weight.dims).take_front(index.dims.size()) ==
             ArrayRef<DimId>(index.dims);
}

bool IndexAlgebra::sumOver(Term &term, DimId dim, int64_t size,
                           Type elementType) {
  if (const Factor *found = term.indexOf(dim)) {
    Factor index = *found;
    llvm::erase_if(term.indices, [&](const IndexFactor &factor) {
      return factor.dim == dim;
    });
    if (!isInRange(index, size) && !isLookupAt(term.weight, index, size))
      term.addKeep(inRange(builder, index, size));
    if (term.indices.empty())
      sumBound(term, elementType);
    return true;
  }
  if (!term.dependsOn(dim)) {
    scale(term, size, elementType);
    return true;
  }
  bool indexVaries = false, isDistinct = false;
  for (const IndexFactor &factor : term.indices) {
    indexVaries |= factor.index.dependsOn(dim);
    isDistinct |= isDistinctAlong(factor.index, dim);
  }
  if (indexVaries && !isDistinct)
    return false;
  if (indexVaries) {
    DimId bound = kFirstBound + term.boundSizes.size();
    term.boundSizes.push_back(size);
    term.forEach(
        [&](Factor &factor) { llvm::replace(factor.dims, dim, bound); });
    return true;
  }
  sumCoefficient(term, dim, elementType);
  return true;
}

void IndexAlgebra::sumBound(Term &term, Type elementType) {
  for (auto [number, size] : llvm::enumerate(term.boundSizes)) {
    DimId dim = kFirstBound + number;
    if (term.dependsOn(dim))
      sumCoefficient(term, dim, elementType);
    else
      scale(term, size, elementType);
  }
  term.boundSizes.clear();
}

void IndexAlgebra::scale(Term &term, int64_t count, Type elementType) {
  if (count == 1 || elementType.isInteger(1))
    return;
  Factor factor = builder.number(count, elementType);
  term.weight = term.weight ? builder.multiply(term.weight, factor) : factor;
}

void IndexAlgebra::sumCoefficient(Term &term, DimId dim, Type elementType) {
  Term varying;
  varying.weight = term.weight;
  SmallVector<Factor, 2> others;
  for (const Factor &keep : term.keeps)
    (keep.dependsOn(dim) ? varying.keeps : others).push_back(keep);
  term.keeps = others;
  Factor coefficient = builder.coefficient(varying, elementType);
  coefficient = builder.reduce(coefficient, dim);
  term.weight = {};
  if (elementType.isInteger(1))
    term.addKeep(coefficient);
  else
    term.weight = coefficient;
}

//===----------------------------------------------------------------------===//
// Dense forms
//===----------------------------------------------------------------------===//

Factor IndexAlgebra::denseFactor(const Form &form, Type elementType) {
  assert(!form.isIndexed() && "only dense forms are one factor");
  if (form.isZero())
    return builder.number(0, elementType);
  return builder.coefficient(form.terms.front(), elementType);
}

Value IndexAlgebra::materialize(const Form &form, RankedTensorType type) {
  Type elementType = type.getElementType();
  Factor total;
  for (Term term : form.terms) {
    for (const IndexFactor &factor : term.indices) {
      Type indexType = factor.index.getType().getElementType();
      int64_t size = type.getDimSize(factor.dim);
      Factor places{
          builder.make<IotaOp>(RankedTensorType::get({size}, indexType), 0),
          {factor.dim}};
      term.addKeep(builder.compareIntegers(arith::CmpIPredicate::eq,
                                           factor.index, places));
    }
    Factor value = builder.coefficient(term, elementType);
    for (size_t bound = 0; bound < term.boundSizes.size(); ++bound)
      value = builder.reduce(value, kFirstBound + bound);
    total = total ? builder.add(total, value) : value;
  }
  if (!total)
    total = builder.number(0, elementType);
  SmallVector<DimId, 4> dims =
      llvm::to_vector_of<DimId, 4>(llvm::seq<int64_t>(0, type.getRank()));
  return builder.align(total, dims, type.getShape());
}

Form IndexAlgebra::elementwise(Operation *op) {
  Value result = op->getResult(0);
  RankedTensorType type = tensorType(result);
  llvm::SmallDenseSet<DimId> dims;
  for (Value operand : op->getOperands()) {
    const Form &form = formOf(operand);
    if (form.isIndexed() || tensorType(operand).getShape() != type.getShape())
      return denseForm(result);
    for (const Term &term : form.terms)
      term.forEach([&](const Factor &factor) {
        dims.insert(factor.dims.begin(), factor.dims.end());
      });
  }
  if (static_cast<int64_t>(dims.size()) == type.getRank())
    return denseForm(result);
  SmallVector<Factor> operands;
  for (Value operand : op->getOperands())
    operands.push_back(
        denseFactor(formOf(operand), tensorType(operand).getElementType()));
  Factor small = builder.repeat(op, operands);
  Term term;
  if (type.getElementType().isInteger(1))
    term.keeps.push_back(small);
  else
    term.weight = small;
  return {{term}};
}
