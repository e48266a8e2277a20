// arith and math on tensors, element by element.
#include "KernelEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace moe::lower;

static SmallVector<Value> operandElements(KernelEmitter &k, Operation *op,
                                          ArrayRef<Value> index) {
  SmallVector<Value> elements;
  for (Value operand : op->getOperands())
    elements.push_back(k.element(operand, index));
  return elements;
}

// The op itself on numbers, in f32 for bf16, where its result is an element.
static Value sameOp(KernelEmitter &k, OpResult result, ArrayRef<Value> index) {
  Operation *op = result.getOwner();
  Type element = KernelEmitter::elementType(result);
  Operation *scalar = Operation::create(
      k.b.getLoc(), op->getName(), k.registerType(element),
      operandElements(k, op, index), DictionaryAttr::get(op->getContext()),
      op->getPropertiesStorage(), BlockRange(), /*numRegions=*/0);
  k.b.insert(scalar);
  return scalar->getResult(0);
}

// The same where a bf16 result has more digits.
static Value roundedOp(KernelEmitter &k, OpResult result,
                       ArrayRef<Value> index) {
  return k.round(KernelEmitter::elementType(result), sameOp(k, result, index));
}

// A function that ScalarMath writes out; f64 keeps the op for the C library.
template <Value (ScalarMath::*function)(Value)>
static Value writtenOut(KernelEmitter &k, OpResult result,
                        ArrayRef<Value> index) {
  Type element = KernelEmitter::elementType(result);
  if (element.isF64())
    return sameOp(k, result, index);
  Value x = k.element(result.getOwner()->getOperand(0), index);
  return k.round(element, (k.math.*function)(x));
}

// All elements are one number; other constants lie in memory.
static Value splat(KernelEmitter &k, OpResult result, ArrayRef<Value>) {
  auto value = cast<DenseElementsAttr>(
      cast<arith::ConstantOp>(result.getOwner()).getValue());
  Type type = k.registerType(KernelEmitter::elementType(result));
  if (auto floats = dyn_cast<FloatType>(type)) {
    APFloat number = value.getSplatValue<APFloat>();
    bool losesInfo;
    number.convert(floats.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                   &losesInfo);
    return arith::ConstantOp::create(k.b, FloatAttr::get(type, number));
  }
  return arith::ConstantOp::create(
      k.b, IntegerAttr::get(type, value.getSplatValue<APInt>()));
}

// x / 0 is 0 and the least integer / -1 wraps around: padding may hold such
// operands, and the hardware would trap.
template <typename OpTy>
static Value totalDivision(KernelEmitter &k, OpResult result,
                           ArrayRef<Value> index) {
  SmallVector<Value> operands = operandElements(k, result.getOwner(), index);
  Type type = operands[0].getType();
  Value zero = k.integer(type, 0), one = k.integer(type, 1);
  auto equals = [&](Value x, int64_t y) -> Value {
    return arith::CmpIOp::create(k.b, arith::CmpIPredicate::eq, x,
                                 k.integer(type, y));
  };
  Value byZero = equals(operands[1], 0), byMinusOne = equals(operands[1], -1);
  Value unsafe = arith::OrIOp::create(k.b, byZero, byMinusOne);
  Value divisor = arith::SelectOp::create(k.b, unsafe, one, operands[1]);
  Value quotient = OpTy::create(k.b, operands[0], divisor);
  Value negated = zero;
  if (std::is_same_v<OpTy, arith::DivSIOp>)
    negated = arith::SubIOp::create(k.b, zero, operands[0]);
  quotient = arith::SelectOp::create(k.b, byMinusOne, negated, quotient);
  return arith::SelectOp::create(k.b, byZero, zero, quotient);
}

// Out of range saturates, NaN is 0: padding may hold both.
static Value toInteger(KernelEmitter &k, OpResult result,
                       ArrayRef<Value> index) {
  Value x = k.element(result.getOwner()->getOperand(0), index);
  auto call = LLVM::CallIntrinsicOp::create(
      k.b, KernelEmitter::elementType(result),
      k.b.getStringAttr("llvm.fptosi.sat"), ValueRange{x});
  return call.getResults();
}

// Between float types; registers hold bf16 as f32.
static Value toFloat(KernelEmitter &k, OpResult result, ArrayRef<Value> index) {
  Type element = KernelEmitter::elementType(result);
  Value x = k.toFloat(k.registerType(element),
                      k.element(result.getOwner()->getOperand(0), index));
  return k.round(element, element.isBF16() ? k.math.plainNaN(x) : x);
}

void moe::lower::addElementwiseLowerings(OpLowerings &table) {
  OpLowering lowering;
  lowering.isPointwise = true;
  lowering.readsOwnIndex = true;

  lowering.element = roundedOp;
  table.add<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp,
            arith::SIToFPOp, arith::UIToFPOp, math::SqrtOp>(lowering);
  lowering.element = sameOp;
  table.add<arith::NegFOp, arith::MaximumFOp, arith::MinimumFOp,
            arith::MaxNumFOp, arith::MinNumFOp, arith::AddIOp, arith::SubIOp,
            arith::MulIOp, arith::MaxSIOp, arith::MinSIOp, arith::AndIOp,
            arith::OrIOp, arith::XOrIOp, arith::CmpFOp, arith::CmpIOp,
            arith::SelectOp, arith::ExtSIOp, arith::ExtUIOp, arith::TruncIOp,
            math::AbsFOp, math::AbsIOp, math::FloorOp, math::CeilOp>(lowering);
  lowering.element = totalDivision<arith::DivSIOp>;
  table.add<arith::DivSIOp>(lowering);
  lowering.element = totalDivision<arith::RemSIOp>;
  table.add<arith::RemSIOp>(lowering);
  lowering.element = toInteger;
  table.add<arith::FPToSIOp>(lowering);
  lowering.element = toFloat;
  table.add<arith::TruncFOp>(lowering);

  lowering.element = writtenOut<&ScalarMath::exp>;
  table.add<math::ExpOp>(lowering);
  lowering.element = writtenOut<&ScalarMath::tanh>;
  table.add<math::TanhOp>(lowering);
  lowering.element = writtenOut<&ScalarMath::erf>;
  table.add<math::ErfOp>(lowering);
  lowering.element = writtenOut<&ScalarMath::log>;
  table.add<math::LogOp>(lowering);
  lowering.element = writtenOut<&ScalarMath::log1p>;
  table.add<math::Log1pOp>(lowering);
  lowering.element = writtenOut<&ScalarMath::rsqrt>;
  table.add<math::RsqrtOp>(lowering);
  lowering.element = writtenOut<&ScalarMath::sin>;
  table.add<math::SinOp>(lowering);
  lowering.element = writtenOut<&ScalarMath::cos>;
  table.add<math::CosOp>(lowering);

  lowering.isCheap = true;
  // The narrow number is quicker to load than the wide one.
  lowering.element = toFloat;
  table.add<arith::ExtFOp>(lowering);
  lowering.element = splat;
  table.add<arith::ConstantOp>(lowering);
}
