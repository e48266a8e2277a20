// Evaluations of upstream arith ops.
#include "lib/Interpret/Elementwise.h"
#include "lib/Interpret/Evaluations.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace moe::interpret {
namespace {

// One function object for each meaning; N is the arithmetic, V its value.
struct Add {
  template <typename N, typename V> V operator()(N n, V a, V b) const {
    return n.add(a, b);
  }
};
struct Sub {
  template <typename N, typename V> V operator()(N n, V a, V b) const {
    return n.sub(a, b);
  }
};
struct Mul {
  template <typename N, typename V> V operator()(N n, V a, V b) const {
    return n.mul(a, b);
  }
};
struct Div {
  template <typename N, typename V> V operator()(N n, V a, V b) const {
    return n.div(a, b);
  }
};
struct Neg {
  template <typename N, typename V> V operator()(N n, V a) const {
    return n.neg(a);
  }
};
struct Max {
  template <typename N, typename V> V operator()(N n, V a, V b) const {
    return n.max(a, b);
  }
};
struct Min {
  template <typename N, typename V> V operator()(N n, V a, V b) const {
    return n.min(a, b);
  }
};
// The other operand wins over an undefined one (IEEE 754-2019 maximumNumber).
struct MaxNumber {
  template <typename N, typename V> V operator()(N n, V a, V b) const {
    return n.isUndefined(a) || n.less(a, b) ? b : a;
  }
};
struct MinNumber {
  template <typename N, typename V> V operator()(N n, V a, V b) const {
    return n.isUndefined(a) || n.less(b, a) ? b : a;
  }
};
struct RemFloat {
  template <typename N, typename V> V operator()(N n, V a, V b) const {
    return n.apply(Function::Rem, a, b);
  }
};

// Integers only.
using I = IntegerNumbers;
struct Rem {
  int64_t operator()(I n, int64_t a, int64_t b) const { return n.rem(a, b); }
};
struct DivUnsigned {
  int64_t operator()(I n, int64_t a, int64_t b) const {
    return b ? n.asUnsigned(a) / n.asUnsigned(b) : 0;
  }
};
struct RemUnsigned {
  int64_t operator()(I n, int64_t a, int64_t b) const {
    return b ? n.asUnsigned(a) % n.asUnsigned(b) : 0;
  }
};
struct DivFloor {
  int64_t operator()(I n, int64_t a, int64_t b) const {
    return n.div(a, b) - (n.rem(a, b) != 0 && (a < 0) != (b < 0));
  }
};
struct DivCeil {
  int64_t operator()(I n, int64_t a, int64_t b) const {
    return n.div(a, b) + (n.rem(a, b) != 0 && (a < 0) == (b < 0));
  }
};
// As in comparisons, an i1 of 1 is -1.
struct MaxSigned {
  int64_t operator()(I n, int64_t a, int64_t b) const {
    return n.asSigned(a) < n.asSigned(b) ? b : a;
  }
};
struct MinSigned {
  int64_t operator()(I n, int64_t a, int64_t b) const {
    return n.asSigned(b) < n.asSigned(a) ? b : a;
  }
};
struct MaxUnsigned {
  int64_t operator()(I n, int64_t a, int64_t b) const {
    return n.asUnsigned(a) < n.asUnsigned(b) ? b : a;
  }
};
struct MinUnsigned {
  int64_t operator()(I n, int64_t a, int64_t b) const {
    return n.asUnsigned(b) < n.asUnsigned(a) ? b : a;
  }
};
struct And {
  int64_t operator()(I, int64_t a, int64_t b) const { return a & b; }
};
struct Or {
  int64_t operator()(I, int64_t a, int64_t b) const { return a | b; }
};
struct Xor {
  int64_t operator()(I, int64_t a, int64_t b) const { return a ^ b; }
};
// A shift by the width or more gives what is left: 0, or the sign.
struct ShiftLeft {
  int64_t operator()(I n, int64_t a, int64_t b) const {
    return n.asUnsigned(b) < n.width ? uint64_t(a) << b : 0;
  }
};
struct ShiftRight {
  int64_t operator()(I n, int64_t a, int64_t b) const {
    return n.asSigned(a) >> std::min<uint64_t>(n.asUnsigned(b), n.width - 1);
  }
};
struct ShiftRightUnsigned {
  int64_t operator()(I n, int64_t a, int64_t b) const {
    return n.asUnsigned(b) < n.width ? n.asUnsigned(a) >> n.asUnsigned(b) : 0;
  }
};

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

// Writes an attribute's number as an element.
struct ElementWriter {
  Mode mode;

  Word write(const APFloat &value) const {
    APFloat wide = value;
    bool losesInfo;
    wide.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                 &losesInfo);
    double number = wide.convertToDouble();
    if (mode == Mode::Exact)
      return Residue::fromDouble(number).bits();
    return llvm::bit_cast<uint64_t>(number);
  }
  Word write(const APInt &value) const {
    return value.getBitWidth() == 1 ? value.getZExtValue()
                                    : value.getSExtValue();
  }
};

template <typename Number>
void writeElements(DenseElementsAttr elements, ElementWriter writer,
                   Tensor &result) {
  Word *out = result.words();
  if (elements.isSplat()) {
    std::fill_n(out, result.getElements(),
                writer.write(elements.getSplatValue<Number>()));
    return;
  }
  for (const Number &value : elements.getValues<Number>())
    *out++ = writer.write(value);
}

LogicalResult evaluateConstant(arith::ConstantOp op, Evaluation &evaluation) {
  ElementWriter writer{evaluation.getMode()};
  Tensor &result = evaluation.result(0);
  Attribute value = op.getValue();
  if (auto number = dyn_cast<FloatAttr>(value))
    *result.words() = writer.write(number.getValue());
  else if (auto number = dyn_cast<IntegerAttr>(value))
    *result.words() = writer.write(number.getValue());
  else if (auto elements = dyn_cast<DenseElementsAttr>(value))
    result.hasFloats() ? writeElements<APFloat>(elements, writer, result)
                       : writeElements<APInt>(elements, writer, result);
  else
    return op.emitOpError()
           << "cannot be interpreted: its value is neither a number nor a "
              "dense list of them";
  return success();
}

//===----------------------------------------------------------------------===//
// Comparison and choice
//===----------------------------------------------------------------------===//

// How two floats compare; one of the four holds.
struct Outcome {
  bool equal, greater, less, unordered;
};

bool holds(arith::CmpFPredicate predicate, Outcome outcome) {
  // Ordered predicates are numbered as bits: 1 equal, 2 greater, 4 less;
  // unordered ones follow in the same order.
  auto number = static_cast<unsigned>(predicate);
  constexpr unsigned kUnordered = 8;
  if (predicate == arith::CmpFPredicate::UNO)
    number = kUnordered;
  else if (number > 7)
    number = kUnordered | (number - 7);
  if (predicate == arith::CmpFPredicate::AlwaysTrue)
    return true;
  return (number & 1 && outcome.equal) || (number & 2 && outcome.greater) ||
         (number & 4 && outcome.less) ||
         (number & kUnordered && outcome.unordered);
}

LogicalResult evaluateCmpF(arith::CmpFOp op, Evaluation &evaluation) {
  Tensor &result = evaluation.result(0);
  evaluation.withFloats([&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    const auto *a = evaluation.operand(0).data<Value>();
    const auto *b = evaluation.operand(1).data<Value>();
    auto *out = result.data<int64_t>();
    for (int64_t i = 0, e = result.getElements(); i < e; ++i)
      out[i] = holds(op.getPredicate(),
                     {numbers.equal(a[i], b[i]), numbers.less(b[i], a[i]),
                      numbers.less(a[i], b[i]),
                      numbers.isUndefined(a[i]) || numbers.isUndefined(b[i])});
  });
  return success();
}

LogicalResult evaluateCmpI(arith::CmpIOp op, Evaluation &evaluation) {
  unsigned width = widthOf(evaluation.operand(0).getElementType());
  IntegerNumbers numbers(width);
  Tensor &result = evaluation.result(0);
  const auto *a = evaluation.operand(0).data<int64_t>();
  const auto *b = evaluation.operand(1).data<int64_t>();
  auto *out = result.data<int64_t>();
  for (int64_t i = 0, e = result.getElements(); i < e; ++i) {
    // i1 is held as 0 or 1, which as a signed number is 0 or -1.
    int64_t x = numbers.asSigned(a[i]), y = numbers.asSigned(b[i]);
    out[i] = arith::applyCmpPredicate(op.getPredicate(),
                                      APInt(64, x, /*isSigned=*/true),
                                      APInt(64, y, /*isSigned=*/true));
  }
  return success();
}

LogicalResult evaluateSelect(arith::SelectOp, Evaluation &evaluation) {
  const Tensor &condition = evaluation.operand(0);
  Tensor &result = evaluation.result(0);
  const auto *choose = condition.data<int64_t>();
  // A scalar condition chooses whole tensors.
  int64_t step = condition.getRank() == result.getRank() ? 1 : 0;
  const Word *yes = evaluation.operand(1).words();
  const Word *no = evaluation.operand(2).words();
  Word *out = result.words();
  for (int64_t i = 0, e = result.getElements(); i < e; ++i)
    out[i] = choose[i * step] ? yes[i] : no[i];
  return success();
}

//===----------------------------------------------------------------------===//
// Casts
//===----------------------------------------------------------------------===//

// Same number, another type: rounding or wrapping happens to every result.
template <typename OpTy>
LogicalResult evaluateRecast(OpTy, Evaluation &evaluation) {
  const Tensor &operand = evaluation.operand(0);
  std::copy_n(operand.words(), operand.getElements(),
              evaluation.result(0).words());
  return success();
}

template <typename OpTy, bool isSigned>
LogicalResult evaluateIntegerToFloat(OpTy, Evaluation &evaluation) {
  const Tensor &operand = evaluation.operand(0);
  IntegerNumbers integers(widthOf(operand.getElementType()));
  evaluation.withFloats([&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    const auto *a = operand.data<int64_t>();
    auto *out = evaluation.result(0).data<Value>();
    for (int64_t i = 0, e = operand.getElements(); i < e; ++i)
      out[i] = numbers.fromInteger(
          isSigned ? integers.asSigned(a[i])
                   : static_cast<int64_t>(integers.asUnsigned(a[i])));
  });
  return success();
}

LogicalResult evaluateFPToSI(arith::FPToSIOp, Evaluation &evaluation) {
  const Tensor &operand = evaluation.operand(0);
  Tensor &result = evaluation.result(0);
  unsigned width = widthOf(result.getElementType());
  evaluation.withFloats([&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    const auto *a = operand.data<Value>();
    auto *out = result.data<int64_t>();
    for (int64_t i = 0, e = operand.getElements(); i < e; ++i)
      out[i] = wrapInteger(numbers.toInteger(a[i], width), width);
  });
  return success();
}

template <typename OpTy, bool isSigned>
LogicalResult evaluateExtend(OpTy, Evaluation &evaluation) {
  const Tensor &operand = evaluation.operand(0);
  IntegerNumbers integers(widthOf(operand.getElementType()));
  const auto *a = operand.data<int64_t>();
  auto *out = evaluation.result(0).template data<int64_t>();
  for (int64_t i = 0, e = operand.getElements(); i < e; ++i)
    out[i] = isSigned ? integers.asSigned(a[i])
                      : static_cast<int64_t>(integers.asUnsigned(a[i]));
  return success();
}

template <typename... OpTys> void attachRecast(MLIRContext &context) {
  (attachEvaluation<OpTys, &evaluateRecast<OpTys>>(context), ...);
}

} // namespace

void attachArithEvaluations(MLIRContext &context) {
  attachEvaluation<arith::ConstantOp, &evaluateConstant>(context);
  attachBinary<Add, arith::AddFOp, arith::AddIOp>(context);
  attachBinary<Sub, arith::SubFOp, arith::SubIOp>(context);
  attachBinary<Mul, arith::MulFOp, arith::MulIOp>(context);
  attachBinary<Div, arith::DivFOp, arith::DivSIOp>(context);
  attachUnary<Neg, arith::NegFOp>(context);
  attachBinary<Max, arith::MaximumFOp>(context);
  attachBinary<Min, arith::MinimumFOp>(context);
  attachBinary<MaxNumber, arith::MaxNumFOp>(context);
  attachBinary<MinNumber, arith::MinNumFOp>(context);
  attachBinary<OnFloats<RemFloat>, arith::RemFOp>(context);
  attachBinary<OnIntegers<Rem>, arith::RemSIOp>(context);
  attachBinary<OnIntegers<DivUnsigned>, arith::DivUIOp>(context);
  attachBinary<OnIntegers<RemUnsigned>, arith::RemUIOp>(context);
  attachBinary<OnIntegers<DivFloor>, arith::FloorDivSIOp>(context);
  attachBinary<OnIntegers<DivCeil>, arith::CeilDivSIOp>(context);
  attachBinary<OnIntegers<MaxSigned>, arith::MaxSIOp>(context);
  attachBinary<OnIntegers<MinSigned>, arith::MinSIOp>(context);
  attachBinary<OnIntegers<MaxUnsigned>, arith::MaxUIOp>(context);
  attachBinary<OnIntegers<MinUnsigned>, arith::MinUIOp>(context);
  attachBinary<OnIntegers<And>, arith::AndIOp>(context);
  attachBinary<OnIntegers<Or>, arith::OrIOp>(context);
  attachBinary<OnIntegers<Xor>, arith::XOrIOp>(context);
  attachBinary<OnIntegers<ShiftLeft>, arith::ShLIOp>(context);
  attachBinary<OnIntegers<ShiftRight>, arith::ShRSIOp>(context);
  attachBinary<OnIntegers<ShiftRightUnsigned>, arith::ShRUIOp>(context);

  attachEvaluation<arith::CmpFOp, &evaluateCmpF>(context);
  attachEvaluation<arith::CmpIOp, &evaluateCmpI>(context);
  attachEvaluation<arith::SelectOp, &evaluateSelect>(context);

  attachRecast<arith::ExtFOp, arith::TruncFOp, arith::TruncIOp,
               arith::IndexCastOp>(context);
  attachEvaluation<arith::SIToFPOp,
                   &evaluateIntegerToFloat<arith::SIToFPOp, true>>(context);
  attachEvaluation<arith::UIToFPOp,
                   &evaluateIntegerToFloat<arith::UIToFPOp, false>>(context);
  attachEvaluation<arith::FPToSIOp, &evaluateFPToSI>(context);
  attachEvaluation<arith::ExtSIOp, &evaluateExtend<arith::ExtSIOp, true>>(
      context);
  attachEvaluation<arith::ExtUIOp, &evaluateExtend<arith::ExtUIOp, false>>(
      context);
}

} // namespace moe::interpret
