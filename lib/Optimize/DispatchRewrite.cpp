#include "moe/Optimize/DispatchRewrite.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace moe;

static RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

static int64_t product(ArrayRef<int64_t> sizes) {
  int64_t count = 1;
  for (int64_t size : sizes)
    count *= size;
  return count;
}

//===----------------------------------------------------------------------===//
// Detect
//===----------------------------------------------------------------------===//

// All terms must index the same two letters; `order` says which is the expert.
bool DispatchRewriter::assignIndexed(Roles &roles, const Form &mask,
                                     StringRef order) {
  ArrayRef<IndexFactor> indices = mask.terms.front().indices;
  if (indices.size() != 2)
    return false;
  roles.expert = indices[0].dim;
  roles.slot = indices[1].dim;
  for (const Term &term : mask.terms)
    if (term.indices.size() != 2 || !term.indexOf(roles.expert) ||
        !term.indexOf(roles.slot))
      return false;
  if (order.find(roles.slot) < order.find(roles.expert))
    std::swap(roles.expert, roles.slot);
  return order.contains(roles.expert) && order.contains(roles.slot);
}

static bool anyDependsOn(const Form &mask, DimId letter) {
  return llvm::any_of(mask.terms,
                      [&](const Term &term) { return term.dependsOn(letter); });
}

// Of the tokens or slots; a mask alone counts tokens.
static StringRef denseLetters(EinsumForms &forms) {
  return forms.dense.empty() ? StringRef()
                             : forms.op.getInputLetters(forms.dense.front());
}

// Experts and slots are in the result; what is summed are tokens.
std::optional<DispatchRewriter::Roles>
DispatchRewriter::findDispatch(EinsumForms &forms, const Form &mask) {
  Roles roles;
  StringRef letters = denseLetters(forms);
  if (!assignIndexed(roles, mask, forms.result) || forms.summed.empty() ||
      letters.contains(roles.expert) || letters.contains(roles.slot))
    return std::nullopt;
  roles.tokens.assign(forms.summed.begin(), forms.summed.end());
  for (char letter : forms.result)
    if (letter != roles.expert && letter != roles.slot)
      (anyDependsOn(mask, letter) ? roles.groups : roles.model)
          .push_back(letter);
  return roles;
}

// Experts and slots, and nothing else, are summed; both are in the operand.
std::optional<DispatchRewriter::Roles>
DispatchRewriter::findCombine(EinsumForms &forms, const Form &mask) {
  Roles roles;
  StringRef letters = denseLetters(forms);
  if (!assignIndexed(roles, mask, letters) || forms.summed.size() != 2 ||
      !StringRef(forms.summed).contains(roles.expert) ||
      !StringRef(forms.summed).contains(roles.slot))
    return std::nullopt;
  for (char letter : forms.result) {
    bool inSlots = letters.contains(letter),
         inMask = anyDependsOn(mask, letter);
    (inSlots && inMask ? roles.groups
     : inSlots         ? roles.model
                       : roles.tokens)
        .push_back(letter);
  }
  return roles;
}

//===----------------------------------------------------------------------===//
// Choices
//===----------------------------------------------------------------------===//

Value DispatchRewriter::reshaped(Value value, ArrayRef<int64_t> shape) {
  while (auto inner = value.getDefiningOp<ReshapeOp>())
    value = inner.getInput();
  RankedTensorType type = tensorType(value);
  if (type.getShape() == shape)
    return value;
  return algebra.build().make<ReshapeOp>(
      RankedTensorType::get(shape, type.getElementType()), value);
}

Value DispatchRewriter::perChoice(EinsumForms &forms, const Roles &roles,
                                  const Term &term, const Factor &factor) {
  SmallVector<DimId> dims(roles.groups);
  dims.append(roles.tokens);
  SmallVector<int64_t> sizes = forms.sizesOf(dims);
  for (auto [number, size] : llvm::enumerate(term.boundSizes)) {
    dims.push_back(kFirstBound + number);
    sizes.push_back(size);
  }
  Value value = algebra.build().align(factor, dims, sizes);
  return reshaped(value, {product(forms.sizesOf(roles.groups)),
                          product(forms.sizesOf(roles.tokens)),
                          product(term.boundSizes)});
}

Value DispatchRewriter::concatenate(ArrayRef<Value> parts) {
  if (parts.size() == 1)
    return parts.front();
  SmallVector<int64_t> shape(tensorType(parts.front()).getShape());
  shape[2] = 0;
  for (Value part : parts)
    shape[2] += tensorType(part).getDimSize(2);
  return algebra.build().make<ConcatenateOp>(
      RankedTensorType::get(shape, tensorType(parts.front()).getElementType()),
      2, parts);
}

DispatchRewriter::Choices DispatchRewriter::makeChoices(EinsumForms &forms,
                                                        const Form &mask,
                                                        const Roles &roles) {
  FactorBuilder &build = algebra.build();
  Type i32 = IntegerType::get(forms.op.getContext(), 32);
  Choices choices;
  SmallVector<Value> experts, slots;
  for (const Term &term : mask.terms) {
    Factor expert = build.convert(*term.indexOf(roles.expert), i32),
           position = build.convert(*term.indexOf(roles.slot), i32),
           slot = position;
    if (Factor keep = build.conjoinAll(term.keeps))
      slot = build.select(keep, position, build.number(-1, i32));
    experts.push_back(perChoice(forms, roles, term, expert));
    slots.push_back(perChoice(forms, roles, term, slot));
    Choices::Part part{
        experts.back(), perChoice(forms, roles, term, position), {}};
    for (const Factor &keep : term.keeps)
      part.keeps.push_back(keep.value);
    choices.parts.push_back(part);
  }
  choices.expert = concatenate(experts);
  choices.slot = concatenate(slots);
  return choices;
}

static bool isNonzeroTest(Value keep, const Factor &weight) {
  auto compare = keep.getDefiningOp<arith::CmpFOp>();
  if (!compare || !weight ||
      (compare.getPredicate() != arith::CmpFPredicate::UNE &&
       compare.getPredicate() != arith::CmpFPredicate::ONE))
    return false;
  Value a = compare.getLhs(), b = compare.getRhs();
  return (a == weight.value && matchPattern(b, m_AnyZeroFloat())) ||
         (b == weight.value && matchPattern(a, m_AnyZeroFloat()));
}

// A slot that the dispatch left out because the choice was dropped or its
// weight is 0 adds nothing here either.
const DispatchRewriter::Choices *
DispatchRewriter::findFilled(const Choices &choices, const Form &mask) {
  for (const Choices &made : filled) {
    if (made.parts.size() != choices.parts.size())
      continue;
    bool fits = true;
    for (auto [one, other, term] :
         llvm::zip(made.parts, choices.parts, mask.terms)) {
      fits &= one.expert == other.expert && one.position == other.position;
      for (Value keep : one.keeps)
        fits &= llvm::is_contained(other.keeps, keep) ||
                isNonzeroTest(keep, term.weight);
    }
    if (fits)
      return &made;
  }
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Rewrite
//===----------------------------------------------------------------------===//

Value DispatchRewriter::asResult(EinsumForms &forms, Value value,
                                 ArrayRef<DimId> letters) {
  value = reshaped(value, forms.sizesOf(letters));
  SmallVector<DimId> order(forms.result.begin(), forms.result.end());
  auto type = tensorType(forms.op.getResult());
  Factor factor{value, SmallVector<DimId, 4>(letters)};
  factor = algebra.build().convert(factor, type.getElementType());
  return algebra.build().align(factor, order, type.getShape());
}

static SmallVector<DimId> join(std::initializer_list<ArrayRef<DimId>> lists) {
  SmallVector<DimId> all;
  for (ArrayRef<DimId> list : lists)
    all.append(list.begin(), list.end());
  return all;
}

static Factor denseOperand(EinsumForms &forms, FactorBuilder &build) {
  if (forms.dense.empty())
    return build.number(1, tensorType(forms.op.getResult()).getElementType());
  Factor factor{forms.op.getInputs()[forms.dense.front()], {}};
  for (char letter : denseLetters(forms))
    factor.dims.push_back(letter);
  return factor;
}

Value DispatchRewriter::makeDispatch(EinsumForms &forms, const Form &mask,
                                     const Roles &roles) {
  FactorBuilder &build = algebra.build();
  Factor tokens = denseOperand(forms, build);
  Form bare = mask;
  // A weighted dispatch sends weighted tokens, if all choices weigh the same.
  Factor weight = mask.terms.front().weight;
  for (Term &term : bare.terms) {
    if (term.weight != weight)
      return nullptr;
    term.weight = {};
  }
  if (weight &&
      llvm::any_of(weight.dims, [](DimId dim) { return dim >= kFirstBound; }))
    return nullptr;
  if (weight)
    tokens = build.multiply(
        build.convert(tokens, weight.getType().getElementType()), weight);

  SmallVector<DimId> dims = join({roles.groups, roles.tokens, roles.model});
  Value sent = build.align(tokens, dims, forms.sizesOf(dims));
  int64_t groups = product(forms.sizesOf(roles.groups)),
          count = product(forms.sizesOf(roles.tokens)),
          model = product(forms.sizesOf(roles.model));
  sent = reshaped(sent, {groups, count, model});
  Choices choices = makeChoices(forms, bare, roles);
  filled.push_back(choices);
  Type elementType = tensorType(sent).getElementType();
  Value slots = build.make<DispatchOp>(
      RankedTensorType::get(
          {forms.sizeOf(roles.expert), groups, forms.sizeOf(roles.slot), model},
          elementType),
      sent, choices.expert, choices.slot);
  ++dispatches;
  return asResult(
      forms, slots,
      join({{roles.expert}, roles.groups, {roles.slot}, roles.model}));
}

Value DispatchRewriter::makeCombine(EinsumForms &forms, const Form &mask,
                                    const Roles &roles) {
  FactorBuilder &build = algebra.build();
  auto type = tensorType(forms.op.getResult());
  Factor operand =
      build.convert(denseOperand(forms, build), type.getElementType());
  SmallVector<DimId> dims =
      join({{roles.expert}, roles.groups, {roles.slot}, roles.model});
  int64_t groups = product(forms.sizesOf(roles.groups)),
          count = product(forms.sizesOf(roles.tokens)),
          model = product(forms.sizesOf(roles.model));
  Value slots = reshaped(
      build.align(operand, dims, forms.sizesOf(dims)),
      {forms.sizeOf(roles.expert), groups, forms.sizeOf(roles.slot), model});
  Choices choices = makeChoices(forms, mask, roles);
  if (const Choices *made = findFilled(choices, mask))
    choices = *made;
  SmallVector<Value> weights;
  for (const Term &term : mask.terms)
    weights.push_back(perChoice(
        forms, roles, term, build.coefficient(term, type.getElementType())));
  Value tokens = build.make<CombineOp>(
      RankedTensorType::get({groups, count, model}, type.getElementType()),
      slots, choices.expert, choices.slot, concatenate(weights));
  ++combines;
  return asResult(forms, tokens,
                  join({roles.groups, roles.tokens, roles.model}));
}

Value DispatchRewriter::rewrite(EinsumOp op) {
  if (!isa<FloatType>(tensorType(op.getResult()).getElementType()))
    return nullptr;
  EinsumForms forms(op, algebra);
  if (!forms.hasIndexed())
    return nullptr;
  // The largest dense operand holds the tokens or slots; others are weights.
  auto size = [&](unsigned number) {
    return tensorType(op.getInputs()[number]).getNumElements();
  };
  while (forms.dense.size() > 1) {
    auto *least = llvm::min_element(
        forms.dense, [&](unsigned a, unsigned b) { return size(a) < size(b); });
    forms.indexed.push_back(*least);
    forms.dense.erase(least);
  }
  llvm::sort(forms.indexed);
  std::optional<Form> mask = forms.product(algebra, forms.indexed);
  if (!mask || mask->isZero())
    return nullptr;
  if (std::optional<Roles> roles = findDispatch(forms, *mask))
    return algebra.requireDisjoint(op, *mask)
               ? makeDispatch(forms, *mask, *roles)
               : nullptr;
  if (std::optional<Roles> roles = findCombine(forms, *mask))
    return makeCombine(forms, *mask, *roles);
  return nullptr;
}
