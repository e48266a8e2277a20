// Minimax coefficients were fitted for the intervals that the comments name.
#include "ScalarMath.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace moe::lower;

// Of e^x with a normal result.
static constexpr double kLeastExponent = -87.33654, kMostExponent = 88.72283;

Value ScalarMath::number(Type type, double value) {
  return arith::ConstantOp::create(b, b.getFloatAttr(type, value));
}

static Value integer(ImplicitLocOpBuilder &b, Type type, int64_t value) {
  return arith::ConstantOp::create(b, b.getIntegerAttr(type, value));
}

Value ScalarMath::fma(Value x, Value y, Value z) {
  return math::FmaOp::create(b, x, y, z);
}

Value ScalarMath::polynomial(Value x, ArrayRef<double> coefficients) {
  Value sum = number(x.getType(), coefficients.back());
  for (double coefficient : llvm::reverse(coefficients.drop_back()))
    sum = fma(sum, x, number(x.getType(), coefficient));
  return sum;
}

// x = n ln 2 + r with |r| <= ln 2 / 2, so e^x = 2^n e^r. Adding 1.5 * 2^23
// rounds x / ln 2 to n and leaves n in the low bits, from where it is shifted
// into the exponent's place.
Value ScalarMath::expInRange(Value x) {
  Type f32 = b.getF32Type(), i32 = b.getI32Type();
  Value magic = number(f32, 12582912.0);
  Value shifted = fma(x, number(f32, 1.4426950408889634), magic);
  Value n = arith::SubFOp::create(b, shifted, magic);
  Value r = fma(n, number(f32, -0.693145751953125), x);
  r = fma(n, number(f32, -1.428606820309417e-06), r);
  Value tail = polynomial(
      r, {0.5, 0.1666657338, 0.04166655011, 0.008363773874, 0.001392692661});
  Value square = arith::MulFOp::create(b, r, r);
  Value power = fma(square, tail, r);
  power = arith::AddFOp::create(b, power, number(f32, 1.0));
  Value exponent = arith::ShLIOp::create(
      b, arith::BitcastOp::create(b, i32, shifted), integer(b, i32, 23));
  Value bits = arith::AddIOp::create(b, arith::BitcastOp::create(b, i32, power),
                                     exponent);
  return arith::BitcastOp::create(b, f32, bits);
}

// f64 is left to the C library.
Value ScalarMath::exp(Value x) {
  if (x.getType().isF64())
    return math::ExpOp::create(b, x);
  Type f32 = b.getF32Type();
  auto replace = [&](Value result, arith::CmpFPredicate predicate, double bound,
                     Value by) -> Value {
    Value is = arith::CmpFOp::create(b, predicate, x, number(f32, bound));
    return arith::SelectOp::create(b, is, by, result);
  };
  Value infinity = number(f32, std::numeric_limits<double>::infinity());
  Value result = replace(expInRange(x), arith::CmpFPredicate::OLT,
                         kLeastExponent, number(f32, 0.0));
  return replace(result, arith::CmpFPredicate::UGT, kMostExponent,
                 arith::AddFOp::create(b, x, infinity));
}

// Below 0.625 an odd polynomial, above 1 - 2 / (e^2|x| + 1), which is 1 from
// 9.1 on.
Value ScalarMath::tanh(Value x) {
  Type f32 = b.getF32Type();
  Value magnitude = math::AbsFOp::create(b, x);
  Value square = arith::MulFOp::create(b, x, x);
  Value tail = polynomial(square, {-0.3333332843, 0.1333271885, -0.05384326318,
                                   0.02096132911, -0.006045165097});
  Value cube = arith::MulFOp::create(b, square, x);
  Value small = fma(cube, tail, x);

  Value one = number(f32, 1.0);
  Value bounded = atMost(magnitude, 9.1);
  Value power = expInRange(arith::AddFOp::create(b, bounded, bounded));
  Value ratio = arith::DivFOp::create(b, number(f32, 2.0),
                                      arith::AddFOp::create(b, power, one));
  Value large =
      math::CopySignOp::create(b, arith::SubFOp::create(b, one, ratio), x);
  return smallOrLarge(magnitude, 0.625, small, large);
}

// Below 1 an odd polynomial, above 1 - e^p(|x|) with p fitted to log(erfc) on
// [1, 4], where erf is 1 in f32.
Value ScalarMath::erf(Value x) {
  Type f32 = b.getF32Type();
  Value one = number(f32, 1.0);
  Value magnitude = math::AbsFOp::create(b, x);
  Value square = arith::MulFOp::create(b, x, x);
  Value small = arith::MulFOp::create(
      b, x,
      polynomial(square,
                 {1.128379166, -0.3761262667, 0.1128359472, -0.02685421201,
                  0.005189087423, -0.0008016864287, 7.875875063e-5}));
  Value complement = expInRange(
      polynomial(atMost(magnitude, 4.0),
                 {0.0003201380497, -1.130233435, -0.6318260516, -0.1100800829,
                  0.02642113601, -0.004759596293, 0.0005968056257,
                  -4.605804269e-5, 1.637151415e-6}));
  Value large =
      math::CopySignOp::create(b, arith::SubFOp::create(b, one, complement), x);
  return smallOrLarge(magnitude, 1.0, small, large);
}

// In one instruction, unlike minimumf; NaN stays.
Value ScalarMath::atMost(Value x, double bound) {
  Value most = number(x.getType(), bound);
  Value isAbove = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, most, x);
  return arith::SelectOp::create(b, isAbove, most, x);
}

// NaN takes the way of small numbers, which keeps it.
Value ScalarMath::smallOrLarge(Value magnitude, double bound, Value small,
                               Value large) {
  Value isSmall = arith::CmpFOp::create(b, arith::CmpFPredicate::ULT, magnitude,
                                        number(magnitude.getType(), bound));
  return arith::SelectOp::create(b, isSmall, small, large);
}

// In f64: x = m 2^e with m in [sqrt(1/2), sqrt(2)), and with s = (m-1)/(m+1)
// log m = 2 (s + s^3/3 + s^5/5 + ...), where |s| < 0.172.
Value ScalarMath::log(Value x) {
  Type f64 = b.getF64Type(), i64 = b.getI64Type();
  bool isWide = x.getType().isF64();
  Value wide = isWide ? x : arith::ExtFOp::create(b, f64, x).getResult();
  Value bits = arith::BitcastOp::create(b, i64, wide);
  // Subtracting the bits of sqrt(1/2) makes the exponent field e.
  Value base = integer(b, i64, 0x3FE6A09E667F3BCD);
  Value exponent = arith::ShRSIOp::create(
      b, arith::SubIOp::create(b, bits, base), integer(b, i64, 52));
  Value mantissaBits = arith::SubIOp::create(
      b, bits, arith::ShLIOp::create(b, exponent, integer(b, i64, 52)));
  Value m = arith::BitcastOp::create(b, f64, mantissaBits);
  Value one = number(f64, 1.0);
  Value s = arith::DivFOp::create(b, arith::SubFOp::create(b, m, one),
                                  arith::AddFOp::create(b, m, one));
  Value square = arith::MulFOp::create(b, s, s);
  Value series = polynomial(square, {2.0, 2.0 / 3, 2.0 / 5, 2.0 / 7, 2.0 / 9,
                                     2.0 / 11, 2.0 / 13, 2.0 / 15, 2.0 / 17});
  Value small = arith::TruncIOp::create(b, b.getI32Type(), exponent);
  Value scale = arith::SIToFPOp::create(b, f64, small);
  Value result = fma(scale, number(f64, 0.6931471805599453),
                     arith::MulFOp::create(b, s, series));

  double inf = std::numeric_limits<double>::infinity();
  Value zero = number(f64, 0.0);
  auto replace = [&](arith::CmpFPredicate predicate, Value bound, Value by) {
    Value is = arith::CmpFOp::create(b, predicate, wide, bound);
    result = arith::SelectOp::create(b, is, by, result);
  };
  replace(arith::CmpFPredicate::OEQ, number(f64, inf), number(f64, inf));
  replace(arith::CmpFPredicate::OEQ, zero, number(f64, -inf));
  replace(arith::CmpFPredicate::ULT, zero, number(f64, std::nan("")));
  return isWide ? result
                : arith::TruncFOp::create(b, x.getType(), result).getResult();
}

// Small x cancel in 1 + x: there the first terms of the series.
Value ScalarMath::log1p(Value x) {
  Type f64 = b.getF64Type();
  Value wide = arith::ExtFOp::create(b, f64, x);
  Value large = log(arith::AddFOp::create(b, wide, number(f64, 1.0)));
  Value small = arith::MulFOp::create(
      b, wide, polynomial(wide, {1.0, -1.0 / 2, 1.0 / 3}));
  Value isSmall =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OLT,
                            math::AbsFOp::create(b, wide), number(f64, 1e-4));
  Value result = arith::SelectOp::create(b, isSmall, small, large);
  return arith::TruncFOp::create(b, x.getType(), result);
}

Value ScalarMath::rsqrt(Value x) {
  return arith::DivFOp::create(b, number(x.getType(), 1.0),
                               math::SqrtOp::create(b, x));
}

// cos(2 pi t) = sin(2 pi (1/4 - |t|)), whose argument is in [-pi/2, pi/2]:
// Taylor's series to the 21st power.
Value ScalarMath::cosOfTurns(Value t) {
  Type f64 = b.getF64Type();
  Value quarter =
      arith::SubFOp::create(b, number(f64, 0.25), math::AbsFOp::create(b, t));
  Value y = arith::MulFOp::create(b, quarter, number(f64, 2 * M_PI));
  double term = 1;
  SmallVector<double> coefficients;
  for (int power = 1; power <= 21; power += 2) {
    coefficients.push_back(term);
    term /= -double(power + 1) * double(power + 2);
  }
  Value square = arith::MulFOp::create(b, y, y);
  return arith::MulFOp::create(b, y, polynomial(square, coefficients));
}

// `x` in turns, less the nearest whole number.
Value ScalarMath::wrapTurns(Value x) {
  return arith::SubFOp::create(b, x, math::RoundEvenOp::create(b, x));
}

Value ScalarMath::cos(Value x) {
  Type f64 = b.getF64Type();
  Value turns = arith::MulFOp::create(b, arith::ExtFOp::create(b, f64, x),
                                      number(f64, 1 / (2 * M_PI)));
  return arith::TruncFOp::create(b, x.getType(), cosOfTurns(wrapTurns(turns)));
}

Value ScalarMath::sin(Value x) {
  Type f64 = b.getF64Type();
  Value turns = arith::MulFOp::create(b, arith::ExtFOp::create(b, f64, x),
                                      number(f64, 1 / (2 * M_PI)));
  turns = wrapTurns(turns);
  Value shifted = arith::SubFOp::create(b, turns, number(f64, 0.25));
  return arith::TruncFOp::create(b, x.getType(),
                                 cosOfTurns(wrapTurns(shifted)));
}

Value ScalarMath::roundToBF16(Value x) {
  Type f32 = b.getF32Type(), i32 = b.getI32Type();
  Value bits = arith::BitcastOp::create(b, i32, x);
  Value odd = arith::AndIOp::create(
      b, arith::ShRUIOp::create(b, bits, integer(b, i32, 16)),
      integer(b, i32, 1));
  // In this order LLVM sees that a number which needs no rounding stays.
  Value half = arith::AddIOp::create(b, integer(b, i32, 0x7FFF), odd);
  Value rounded = arith::AddIOp::create(b, bits, half);
  rounded = arith::AndIOp::create(b, rounded, integer(b, i32, -65536));
  return arith::BitcastOp::create(b, f32, rounded);
}

Value ScalarMath::plainNaN(Value x) {
  Value isNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, x, x);
  return arith::SelectOp::create(b, isNaN, number(x.getType(), std::nan("")),
                                 x);
}

Value ScalarMath::fromBF16Bits(Value bits) {
  Type i32 = b.getI32Type();
  Value wide = arith::ShLIOp::create(b, arith::ExtUIOp::create(b, i32, bits),
                                     integer(b, i32, 16));
  return arith::BitcastOp::create(b, b.getF32Type(), wide);
}

Value ScalarMath::toBF16Bits(Value x) {
  Type i32 = b.getI32Type();
  Value high = arith::ShRUIOp::create(b, arith::BitcastOp::create(b, i32, x),
                                      integer(b, i32, 16));
  return arith::TruncIOp::create(b, b.getIntegerType(16), high);
}
