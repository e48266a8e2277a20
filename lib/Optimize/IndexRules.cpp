// One rule for each op of the algebra: the form of its result from the forms of
// its operands. A rule that finds nothing better says "dense".
#include "moe/Optimize/EinsumForms.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace moe;

static Type elementTypeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getElementType();
}
static Type elementTypeOf(Operation *op) {
  return elementTypeOf(op->getResult(0));
}
static Form dense(Operation *op) { return denseForm(op->getResult(0)); }

//===----------------------------------------------------------------------===//
// Numbers and indices
//===----------------------------------------------------------------------===//

static bool isOne(SplatElementsAttr splat) {
  if (isa<FloatType>(splat.getElementType()))
    return splat.getSplatValue<APFloat>().isExactlyValue(1.0);
  return splat.getSplatValue<APInt>().isOne();
}

static bool isZero(SplatElementsAttr splat) {
  if (isa<FloatType>(splat.getElementType()))
    return splat.getSplatValue<APFloat>().isZero();
  return splat.getSplatValue<APInt>().isZero();
}

static Form constantRule(Operation *op, IndexAlgebra &algebra) {
  auto splat =
      dyn_cast<SplatElementsAttr>(cast<arith::ConstantOp>(op).getValue());
  if (!splat)
    return dense(op);
  if (isZero(splat))
    return {};
  Term term;
  auto scalar = RankedTensorType::get({}, splat.getElementType());
  if (!isOne(splat))
    term.weight = {algebra.build().make<arith::ConstantOp>(
                       scalar, splat.resizeSplat(scalar)),
                   {}};
  return {{term}};
}

static Form iotaRule(Operation *op, IndexAlgebra &algebra) {
  auto iota = cast<IotaOp>(op);
  RankedTensorType type = cast<RankedTensorType>(iota.getResult().getType());
  DimId dim = iota.getDim();
  if (type.getRank() == 1)
    return dense(op);
  Term term;
  term.weight = {
      algebra.build().make<IotaOp>(
          RankedTensorType::get({type.getDimSize(dim)}, type.getElementType()),
          0),
      {dim}};
  return {{term}};
}

static Form oneHotRule(Operation *op, IndexAlgebra &algebra) {
  auto oneHot = cast<OneHotOp>(op);
  Value indices = oneHot.getIndices();
  Form form = algebra.formOf(indices);
  if (form.isIndexed())
    form = denseForm(indices);
  Term term;
  DimId last = cast<RankedTensorType>(indices.getType()).getRank();
  term.indices = {{last, algebra.denseFactor(form, elementTypeOf(indices))}};
  return {{term}};
}

//===----------------------------------------------------------------------===//
// Shape
//===----------------------------------------------------------------------===//

static Form broadcastRule(Operation *op, IndexAlgebra &algebra) {
  auto broadcast = cast<BroadcastOp>(op);
  Form form = algebra.formOf(broadcast.getInput());
  form.rename([&](DimId dim) { return broadcast.getDims()[dim]; });
  return form;
}

static Form transposeRule(Operation *op, IndexAlgebra &algebra) {
  auto transpose = cast<TransposeOp>(op);
  Form form = algebra.formOf(transpose.getInput());
  SmallVector<DimId> places(transpose.getPermutation().size());
  for (auto [place, dim] : llvm::enumerate(transpose.getPermutation()))
    places[dim] = place;
  form.rename([&](DimId dim) { return places[dim]; });
  return form;
}

static Form sameRule(Operation *op, IndexAlgebra &algebra) {
  return algebra.formOf(op->getOperand(0));
}

// Unit dimensions come and go; a form does not vary along them.
static Form reshapeRule(Operation *op, IndexAlgebra &algebra) {
  auto reshape = cast<ReshapeOp>(op);
  Form form = algebra.formOf(reshape.getInput());
  if (!form.isIndexed())
    return dense(op);
  std::optional<SmallVector<DimId>> places =
      placesBesidesUnits(reshape.getInput().getType().getShape(),
                         cast<RankedTensorType>(reshape.getType()).getShape());
  if (!places)
    return dense(op);
  bool usesUnit = false;
  for (const Term &term : form.terms)
    for (auto [dim, place] : llvm::enumerate(*places))
      usesUnit |= place == kNoDim && (term.indexOf(dim) || term.dependsOn(dim));
  if (usesUnit)
    return dense(op);
  form.rename([&](DimId dim) { return (*places)[dim]; });
  return form;
}

//===----------------------------------------------------------------------===//
// Linear ops and products
//===----------------------------------------------------------------------===//

static void negateWeights(Form &form, Type elementType, IndexAlgebra &algebra) {
  Factor minus = algebra.build().number(-1, elementType);
  for (Term &term : form.terms)
    term.weight =
        term.weight ? algebra.build().multiply(term.weight, minus) : minus;
}

static Form sum(Operation *op, IndexAlgebra &algebra, bool subtracts) {
  Form a = algebra.formOf(op->getOperand(0)),
       b = algebra.formOf(op->getOperand(1));
  if (a.isZero() && !subtracts)
    return b;
  if (b.isZero())
    return a;
  if (!b.isIndexed() || !(a.isIndexed() || a.isZero()))
    return algebra.elementwise(op);
  Type elementType = elementTypeOf(op);
  if (subtracts)
    negateWeights(b, elementType, algebra);
  llvm::append_range(a.terms, b.terms);
  if (elementType.isInteger(1) && !algebra.requireDisjoint(op, a))
    return dense(op);
  return a;
}

static Form addRule(Operation *op, IndexAlgebra &algebra) {
  return sum(op, algebra, /*subtracts=*/false);
}
static Form subtractRule(Operation *op, IndexAlgebra &algebra) {
  return elementTypeOf(op).isInteger(1) ? dense(op)
                                        : sum(op, algebra, /*subtracts=*/true);
}
// or, xor: sums of truth values that do not meet.
static Form disjunctionRule(Operation *op, IndexAlgebra &algebra) {
  return elementTypeOf(op).isInteger(1) ? sum(op, algebra, false)
                                        : algebra.elementwise(op);
}

static Form negateRule(Operation *op, IndexAlgebra &algebra) {
  Form form = algebra.formOf(op->getOperand(0));
  if (!form.isIndexed())
    return algebra.elementwise(op);
  negateWeights(form, elementTypeOf(op), algebra);
  return form;
}

// A dense product keeps its masks apart; only two weights make an op.
static bool isCheapProduct(const Form &a, const Form &b) {
  return a.isZero() || b.isZero() || !a.terms.front().weight ||
         !b.terms.front().weight;
}

static Form productRule(Operation *op, IndexAlgebra &algebra) {
  const Form &a = algebra.formOf(op->getOperand(0)),
             &b = algebra.formOf(op->getOperand(1));
  if (!a.isIndexed() && !b.isIndexed() && !isCheapProduct(a, b))
    return algebra.elementwise(op);
  return algebra.multiply(a, b, elementTypeOf(op)).value_or(dense(op));
}

static Form conjunctionRule(Operation *op, IndexAlgebra &algebra) {
  return elementTypeOf(op).isInteger(1) ? productRule(op, algebra)
                                        : algebra.elementwise(op);
}

static Form divideRule(Operation *op, IndexAlgebra &algebra) {
  Form a = algebra.formOf(op->getOperand(0));
  const Form &b = algebra.formOf(op->getOperand(1));
  if (!a.isIndexed() || b.isIndexed() || b.isZero())
    return algebra.elementwise(op);
  Type elementType = elementTypeOf(op);
  Term divisor;
  divisor.weight = algebra.denseFactor(b, elementType);
  for (Term &term : a.terms) {
    Term bare;
    bare.indices = term.indices;
    std::optional<Term> at = algebra.multiply(bare, divisor, elementType);
    if (!at)
      return dense(op);
    Factor one = algebra.build().number(1, elementType);
    term.weight = algebra.build().repeat(
        op, {term.weight ? term.weight : one, at->weight});
  }
  return a;
}

//===----------------------------------------------------------------------===//
// Functions with f(0) = 0
//===----------------------------------------------------------------------===//

// |x|: of each term, where terms do not meet.
static Form magnitudeRule(Operation *op, IndexAlgebra &algebra) {
  Form form = algebra.formOf(op->getOperand(0));
  if (!form.isIndexed())
    return algebra.elementwise(op);
  if (!algebra.requireDisjoint(op, form))
    return dense(op);
  Type from = elementTypeOf(op->getOperand(0));
  for (Term &term : form.terms) {
    Factor weight = term.weight;
    if (!weight)
      weight = algebra.build().number(1, from);
    term.weight = algebra.build().repeat(op, {weight});
  }
  return form;
}

// Casts map 0 to 0 and 1 to 1 (but a signed i1 to -1).
static Form castRule(Operation *op, IndexAlgebra &algebra) {
  Value input = op->getOperand(0);
  Form form = algebra.formOf(input);
  Type from = elementTypeOf(input), to = elementTypeOf(op);
  if (from.isInteger(1) && isa<arith::SIToFPOp, arith::ExtSIOp>(op))
    return dense(op);
  if (!form.isIndexed() && !form.isZero() && form.terms.front().weight)
    return algebra.elementwise(op);
  // Sums of integers may wrap around, unless they are sums of a few ones.
  bool isLinear =
      isa<arith::ExtFOp>(op) ||
      (isa<arith::SIToFPOp, arith::UIToFPOp, arith::ExtSIOp, arith::ExtUIOp>(
           op) &&
       from.getIntOrFloatBitWidth() >= 32 &&
       llvm::none_of(form.terms, [](const Term &term) {
         return term.weight || !term.boundSizes.empty();
       }));
  if (!isLinear && !algebra.requireDisjoint(op, form))
    return dense(op);
  for (Term &term : form.terms) {
    if (!term.weight)
      continue;
    term.weight = algebra.build().convert(term.weight, to);
    if (to.isInteger(1)) {
      term.addKeep(term.weight);
      term.weight = {};
    }
  }
  return form;
}

//===----------------------------------------------------------------------===//
// Comparisons
//===----------------------------------------------------------------------===//

namespace {
/// iota along `dim`, plus an offset (null: 0) that does not vary along it.
struct ShiftedIota {
  DimId dim;
  Factor offset;
};
} // namespace

static std::optional<ShiftedIota> matchIota(const Factor &factor,
                                            IndexAlgebra &algebra) {
  if (auto iota = factor.value.getDefiningOp<IotaOp>())
    return ShiftedIota{factor.dims[iota.getDim()], {}};
  auto add = factor.value.getDefiningOp<arith::AddIOp>();
  if (!add)
    return std::nullopt;
  auto operand = [&](Value value) -> Factor {
    Form form = algebra.formOf(value);
    if (form.isIndexed() || form.isZero())
      form = denseForm(value);
    form.rename([&](DimId dim) { return factor.dims[dim]; });
    return algebra.denseFactor(form, elementTypeOf(value));
  };
  Factor a = operand(add.getLhs()), b = operand(add.getRhs());
  for (auto [iota, offset] : {std::pair(a, b), std::pair(b, a)})
    if (auto op = iota.value.getDefiningOp<IotaOp>()) {
      DimId dim = iota.dims[op.getDim()];
      if (!offset.dependsOn(dim))
        return ShiftedIota{dim, offset};
    }
  return std::nullopt;
}

// iota == index: the definition of one-hot.
static std::optional<Form> compareWithIota(Operation *op, const Form &a,
                                           const Form &b,
                                           IndexAlgebra &algebra) {
  Type type = elementTypeOf(op->getOperand(0));
  if (a.isIndexed() || a.isZero() || b.isIndexed() || !a.terms.front().weight ||
      !a.terms.front().keeps.empty())
    return std::nullopt;
  std::optional<ShiftedIota> iota = matchIota(a.terms.front().weight, algebra);
  if (!iota)
    return std::nullopt;
  Factor index = algebra.denseFactor(b, type);
  if (index.dependsOn(iota->dim))
    return std::nullopt;
  if (iota->offset)
    index = algebra.build().subtract(index, iota->offset);
  Term term;
  term.indices = {{iota->dim, index}};
  return Form{{term}};
}

// The comparison of 0 (outside of a form's support) with a number, where both
// are known.
template <typename OpTy>
static std::optional<bool> compareNumbers(OpTy op, double a, double b) {
  if constexpr (std::is_same_v<OpTy, arith::CmpFOp>)
    return arith::applyCmpPredicate(op.getPredicate(), APFloat(a), APFloat(b));
  else
    return arith::applyCmpPredicate(op.getPredicate(),
                                    APInt(64, static_cast<int64_t>(a), true),
                                    APInt(64, static_cast<int64_t>(b), true));
}

static std::optional<double> numberOf(Value value) {
  SplatElementsAttr splat;
  if (!matchPattern(value, m_Constant(&splat)))
    return std::nullopt;
  if (isa<FloatType>(splat.getElementType()))
    return splat.getSplatValue<APFloat>().convertToDouble();
  auto integer = splat.getSplatValue<APInt>();
  return integer.roundToDouble(/*isSigned=*/integer.getBitWidth() != 1);
}

// form <predicate> number, false at 0: each term where its weight compares.
template <typename OpTy>
static Form compareWithNumber(OpTy op, unsigned formOperand, double number,
                              IndexAlgebra &algebra) {
  auto holds = [&](double value) {
    return *(formOperand == 0 ? compareNumbers(op, value, number)
                              : compareNumbers(op, number, value));
  };
  Form form = algebra.formOf(op->getOperand(formOperand));
  if (holds(0) || !algebra.requireDisjoint(op, form))
    return dense(op);
  Type type = elementTypeOf(op->getOperand(0));
  Form result;
  for (Term term : form.terms) {
    if (!term.weight) {
      if (holds(1))
        result.terms.push_back(term);
      continue;
    }
    Factor constant = algebra.build().number(number, type);
    SmallVector<Factor> operands = {term.weight, constant};
    if (formOperand == 1)
      std::swap(operands[0], operands[1]);
    term.weight = {};
    term.addKeep(algebra.build().repeat(op, operands));
    result.terms.push_back(term);
  }
  return result;
}

template <typename OpTy>
static Form compareRule(Operation *op, IndexAlgebra &algebra) {
  auto compare = cast<OpTy>(op);
  Form a = algebra.formOf(compare.getLhs()),
       b = algebra.formOf(compare.getRhs());
  if constexpr (std::is_same_v<OpTy, arith::CmpIOp>)
    if (compare.getPredicate() == arith::CmpIPredicate::eq) {
      if (auto form = compareWithIota(op, a, b, algebra))
        return *form;
      if (auto form = compareWithIota(op, b, a, algebra))
        return *form;
    }
  if (a.isIndexed())
    if (std::optional<double> number = numberOf(compare.getRhs()))
      return compareWithNumber(compare, 0, *number, algebra);
  if (b.isIndexed())
    if (std::optional<double> number = numberOf(compare.getLhs()))
      return compareWithNumber(compare, 1, *number, algebra);
  return algebra.elementwise(op);
}

//===----------------------------------------------------------------------===//
// Selection
//===----------------------------------------------------------------------===//

// The terms of `form` where `condition` is true, as part of a selection.
static std::optional<Form> restricted(const Form &condition, const Form &form,
                                      bool complement, Type type,
                                      IndexAlgebra &algebra) {
  if (form.isZero())
    return form;
  if (!complement)
    return algebra.multiply(condition, form, type);
  if (condition.isIndexed() || form.isIndexed())
    return algebra.multiplyByComplement(condition, form, type);
  return std::nullopt;
}

static Form selectRule(Operation *op, IndexAlgebra &algebra) {
  auto select = cast<arith::SelectOp>(op);
  Form condition = algebra.formOf(select.getCondition()),
       whenTrue = algebra.formOf(select.getTrueValue()),
       whenFalse = algebra.formOf(select.getFalseValue());
  bool mixesDense =
      (!whenTrue.isZero() && !whenTrue.isIndexed() && !whenFalse.isZero()) ||
      (!whenFalse.isZero() && !whenFalse.isIndexed());
  if (mixesDense)
    return algebra.elementwise(op);
  Type type = elementTypeOf(op);
  auto a = restricted(condition, whenTrue, false, type, algebra);
  auto b = restricted(condition, whenFalse, true, type, algebra);
  if (!a || !b)
    return dense(op);
  llvm::append_range(a->terms, b->terms);
  return *a;
}

//===----------------------------------------------------------------------===//
// Padding
//===----------------------------------------------------------------------===//

// Zero in the padding: a keep along each masked dimension, made from a mask of
// a vector of ones.
static Form maskRule(Operation *op, IndexAlgebra &algebra) {
  auto mask = cast<spmd::MaskOp>(op);
  Form form = algebra.formOf(mask.getInput());
  if (!form.isIndexed() || (mask.getReduction() != spmd::ReductionKind::Sum &&
                            mask.getReduction() != spmd::ReductionKind::Or))
    return dense(op);
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  auto global = cast<RankedTensorType>(mask.getGlobal());
  Type boolean = IntegerType::get(op->getContext(), 1);
  Form padding{{Term()}};
  for (int64_t dim : mask.getDims()) {
    Value ones = algebra.build().align(algebra.build().number(1, boolean),
                                       {static_cast<DimId>(dim)},
                                       {type.getDimSize(dim)});
    spmd::ShardingAttr whole = mask.getSharding();
    auto sharding = spmd::ShardingAttr::get(op->getContext(), whole.getMesh(),
                                            {whole.getDims()[dim]}, {}, {},
                                            spmd::ReductionKind::Sum);
    Value keep = algebra.build().make<spmd::MaskOp>(
        ones.getType(), ones, spmd::ReductionKind::Or, ArrayRef<int64_t>{0},
        sharding, RankedTensorType::get({global.getDimSize(dim)}, boolean));
    padding.terms.front().keeps.push_back({keep, {static_cast<DimId>(dim)}});
  }
  return algebra.multiply(form, padding, type.getElementType())
      .value_or(dense(op));
}

//===----------------------------------------------------------------------===//
// Moves
//===----------------------------------------------------------------------===//

// Whether a tensor that is `term` on each rank is so as a whole: an indexed
// dimension is whole, as an index is then the same on all ranks that hold a
// copy; and the term varies along each dimension that is cut. Where it does
// not, the blocks of different ranks may still differ: one sum of each rank is
// one element of a dimension.
static bool isTermOfAll(const Term &term, const Move &move) {
  for (size_t dim = 0; dim < move.from.getDims().size(); ++dim)
    if (!isWhole(move.from, dim, move.mesh) &&
        (term.indexOf(dim) || !term.dependsOn(dim)))
      return false;
  return term.boundSizes.empty();
}

// The factors move, which are small; indices are shifted into the new blocks.
static Form moveRule(Operation *op, IndexAlgebra &algebra) {
  std::optional<Move> move = asMove(op);
  Form form = algebra.formOf(op->getOperand(0));
  if (!move || !form.isIndexed())
    return dense(op);
  FactorBuilder &build = algebra.build();
  for (const Term &term : form.terms)
    if (!isTermOfAll(term, *move))
      return dense(op);
  for (Term &term : form.terms) {
    term.forEach([&](Factor &factor) { factor = build.move(factor, *move); });
    Type i32 = IntegerType::get(op->getContext(), 32);
    for (IndexFactor &factor : term.indices)
      if (!isWhole(move->to, factor.dim, move->mesh))
        factor.index = build.subtract(
            build.convert(factor.index, i32),
            build.blockOffset(move->to, move->global, factor.dim, i32));
  }
  return form;
}

//===----------------------------------------------------------------------===//
// Sums over dimensions
//===----------------------------------------------------------------------===//

// What a sum over dimensions leaves: terms with indices, or one dense value.
static Form afterSum(Operation *op, Form form, IndexAlgebra &algebra) {
  Type type = elementTypeOf(op);
  size_t indexed = llvm::count_if(
      form.terms, [](const Term &term) { return !term.indices.empty(); });
  if (indexed == form.terms.size())
    return type.isInteger(1) && !algebra.areDisjoint(form) ? dense(op) : form;
  if (indexed)
    return dense(op);
  if (form.terms.size() == 1)
    return form;
  Factor total;
  for (const Term &term : form.terms) {
    Factor value = algebra.build().coefficient(term, type);
    total = total ? algebra.build().add(total, value) : value;
  }
  Term term;
  if (type.isInteger(1))
    term.keeps.push_back(total);
  else
    term.weight = total;
  return {{term}};
}

static Form reduceRule(Operation *op, IndexAlgebra &algebra) {
  auto reduce = cast<ReduceOp>(op);
  Form form = algebra.formOf(reduce.getInput());
  Type type = elementTypeOf(op);
  auto kind =
      type.isInteger(1) ? spmd::ReductionKind::Or : spmd::ReductionKind::Sum;
  if (!form.isIndexed() || reduce.getKind() != kind)
    return dense(op);
  auto input = cast<RankedTensorType>(reduce.getInput().getType());
  SmallVector<DimId> places(input.getRank());
  DimId next = 0;
  for (DimId dim = 0; dim < input.getRank(); ++dim)
    places[dim] = llvm::is_contained(reduce.getDims(), dim) ? kNoDim : next++;
  for (Term &term : form.terms)
    for (int64_t dim : reduce.getDims())
      if (!algebra.sumOver(term, dim, input.getDimSize(dim), type))
        return dense(op);
  form.rename([&](DimId dim) { return places[dim]; });
  return afterSum(op, form, algebra);
}

static Form einsumRule(Operation *op, IndexAlgebra &algebra) {
  auto einsum = cast<EinsumOp>(op);
  EinsumForms forms(einsum, algebra);
  if (!forms.hasIndexed() || forms.sumsDenseProducts())
    return dense(op);
  Type type = elementTypeOf(op);
  std::optional<Form> product = forms.product(algebra, forms.all());
  if (!product)
    return dense(op);
  for (Term &term : product->terms)
    for (char letter : forms.summed)
      if (!algebra.sumOver(term, letter, forms.sizeOf(letter), type))
        return dense(op);
  StringRef result = einsum.getResultLetters();
  product->rename([&](DimId dim) { return result.find(dim); });
  return afterSum(op, *product, algebra);
}

template <typename... OpTys>
static void add(llvm::DenseMap<TypeID, IndexAlgebra::Rule> &rules,
                IndexAlgebra::Rule rule) {
  ((rules[TypeID::get<OpTys>()] = rule), ...);
}

void moe::addIndexRules(llvm::DenseMap<TypeID, IndexAlgebra::Rule> &rules) {
  add<arith::ConstantOp>(rules, constantRule);
  add<IotaOp>(rules, iotaRule);
  add<OneHotOp>(rules, oneHotRule);
  add<BroadcastOp>(rules, broadcastRule);
  add<TransposeOp>(rules, transposeRule);
  add<ReshapeOp>(rules, reshapeRule);
  add<StopGradientOp>(rules, sameRule);
  add<arith::AddFOp, arith::AddIOp>(rules, addRule);
  add<arith::SubFOp, arith::SubIOp>(rules, subtractRule);
  add<arith::OrIOp, arith::XOrIOp>(rules, disjunctionRule);
  add<arith::NegFOp>(rules, negateRule);
  add<arith::MulFOp, arith::MulIOp>(rules, productRule);
  add<arith::AndIOp>(rules, conjunctionRule);
  add<arith::DivFOp>(rules, divideRule);
  add<math::AbsFOp, math::AbsIOp>(rules, magnitudeRule);
  add<arith::ExtFOp, arith::TruncFOp, arith::SIToFPOp, arith::UIToFPOp,
      arith::FPToSIOp, arith::ExtSIOp, arith::ExtUIOp, arith::TruncIOp>(
      rules, castRule);
  add<arith::CmpFOp>(rules, compareRule<arith::CmpFOp>);
  add<arith::CmpIOp>(rules, compareRule<arith::CmpIOp>);
  add<arith::SelectOp>(rules, selectRule);
  add<spmd::MaskOp>(rules, maskRule);
  add<spmd::AllGatherOp, spmd::SliceOp, spmd::AllToAllOp, spmd::PermuteOp,
      spmd::ExchangeOp>(rules, moveRule);
  add<ReduceOp>(rules, reduceRule);
  add<EinsumOp>(rules, einsumRule);
}
