#include "Combination.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moe::import;
using spmd::ReductionKind;

// As numbers of one bit are 0 and -1 to arith, and 0 and 1 to moe.reduce.
static bool isBit(Operation *op) {
  return op->getResult(0).getType().isInteger(1);
}

static std::optional<ReductionKind> kindOf(Operation *op) {
  using Kind = std::optional<ReductionKind>;
  return llvm::TypeSwitch<Operation *, Kind>(op)
      .Case<arith::AddFOp, arith::AddIOp>(
          [](auto) { return ReductionKind::Sum; })
      .Case<arith::MulFOp, arith::MulIOp>(
          [](auto) { return ReductionKind::Prod; })
      .Case<arith::MaximumFOp, arith::MaxNumFOp>(
          [](auto) { return ReductionKind::Max; })
      .Case<arith::MinimumFOp, arith::MinNumFOp>(
          [](auto) { return ReductionKind::Min; })
      .Case([&](arith::MaxSIOp) {
        return isBit(op) ? Kind() : ReductionKind::Max;
      })
      .Case([&](arith::MinSIOp) {
        return isBit(op) ? Kind() : ReductionKind::Min;
      })
      .Case([](arith::AndIOp) { return ReductionKind::And; })
      .Case([](arith::OrIOp) { return ReductionKind::Or; })
      .Default([](Operation *) { return Kind(); });
}

bool Combination::readsResults(Value value, linalg::LinalgOp op) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return llvm::is_contained(op.getRegionOutputArgs(), argument);
  if (value.getParentBlock() != op.getBlock())
    return false;
  return llvm::any_of(value.getDefiningOp()->getOperands(),
                      [&](Value operand) { return readsResults(operand, op); });
}

std::optional<Combination> Combination::of(linalg::LinalgOp op,
                                           unsigned result) {
  Value yielded = op.getBlock()->getTerminator()->getOperand(result);
  BlockArgument soFar = op.getRegionOutputArgs()[result];
  Operation *combiner = yielded.getDefiningOp();
  std::optional<ReductionKind> kind;
  if (combiner && combiner->getBlock() == op.getBlock())
    kind = kindOf(combiner);
  if (!kind || !soFar.hasOneUse() || *soFar.user_begin() != combiner)
    return std::nullopt;
  Value element = combiner->getOperand(combiner->getOperand(0) == soFar);
  if (readsResults(element, op))
    return std::nullopt;
  return Combination{*kind, combiner, element,
                     isa<arith::MaxNumFOp, arith::MinNumFOp>(combiner)};
}

bool Combination::isNeutral(Value init) const {
  DenseElementsAttr constant;
  if (!matchPattern(init, m_Constant(&constant)) || !constant.isSplat())
    return false;
  if (isa<FloatType>(constant.getElementType())) {
    APFloat number = constant.getSplatValue<APFloat>();
    switch (kind) {
    case ReductionKind::Sum:
      return number.isZero();
    case ReductionKind::Prod:
      return number.isExactlyValue(1.0);
    case ReductionKind::Max:
      return number.isInfinity() && number.isNegative();
    case ReductionKind::Min:
      return number.isInfinity() && !number.isNegative();
    default:
      return false;
    }
  }
  APInt number = constant.getSplatValue<APInt>();
  switch (kind) {
  case ReductionKind::Sum:
  case ReductionKind::Or:
    return number.isZero();
  case ReductionKind::Prod:
    return number.isOne();
  case ReductionKind::Max:
    return number.isMinSignedValue();
  case ReductionKind::Min:
    return number.isMaxSignedValue();
  case ReductionKind::And:
    return number.isAllOnes();
  }
  llvm_unreachable("a reduction has one of these kinds");
}

Value Combination::finish(ImplicitLocOpBuilder &b, Value init,
                          Value reduced) const {
  if (isNeutral(init))
    return reduced;
  OperationState state(b.getLoc(), op->getName());
  state.addOperands({init, reduced});
  state.addAttributes(op->getAttrs());
  state.addTypes(init.getType());
  return b.create(state)->getResult(0);
}

Value Combination::withoutNaN(ImplicitLocOpBuilder &b, Value elements) const {
  if (!ignoresNaN)
    return elements;
  auto type = cast<RankedTensorType>(elements.getType());
  auto element = cast<FloatType>(type.getElementType());
  APFloat neutral = APFloat::getInf(element.getFloatSemantics(),
                                    /*Negative=*/kind == ReductionKind::Max);
  Value infinity =
      arith::ConstantOp::create(b, DenseElementsAttr::get(type, neutral));
  Value isNaN =
      arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, elements, elements);
  return arith::SelectOp::create(b, isNaN, infinity, elements);
}
