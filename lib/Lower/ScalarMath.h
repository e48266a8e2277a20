// Functions of one number, written out in arithmetic that the vectoriser takes:
// no library call is left in a kernel.
//
// f32 functions are good to about two units in the last place over their whole
// range, infinities and NaN included. Every operation is strict IEEE, so the
// scalar and the vector form of a loop give the same bits.
#pragma once

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace moe::lower {

using mlir::Value;

class ScalarMath {
public:
  explicit ScalarMath(mlir::ImplicitLocOpBuilder &builder) : b(builder) {}

  /// e^x of an f32 or f64; exactly 0 at -inf. An f32 result below the least
  /// normal number is 0.
  Value exp(Value x);
  Value tanh(Value x);
  Value erf(Value x);
  /// Natural logarithm of an f32 or f64; -inf at 0, NaN below.
  Value log(Value x);
  /// log(1 + x), good for small x too.
  Value log1p(Value x);
  /// 1 / sqrt(x).
  Value rsqrt(Value x);
  Value sin(Value x);
  Value cos(Value x);
  /// cos(2 pi t) of an f64 in [-1/2, 1/2].
  Value cosOfTurns(Value t);

  /// The f32 rounded to the nearest bf16, ties to even, still as f32. The low
  /// half of a NaN must be 0, as it is in all that arithmetic on bf16 makes.
  Value roundToBF16(Value x);
  /// `x`, every NaN the same.
  Value plainNaN(Value x);
  /// The f32 that an i16 holds as bf16 bits, and back (x must be rounded).
  Value fromBF16Bits(Value bits);
  Value toBF16Bits(Value x);

private:
  Value number(mlir::Type type, double value);
  /// c[0] + c[1] x + c[2] x^2 + ..., fused multiply-adds from the last.
  Value polynomial(Value x, llvm::ArrayRef<double> coefficients);
  Value fma(Value x, Value y, Value z);
  /// e^x of an f32 whose result is a normal number; else anything.
  Value expInRange(Value x);
  Value atMost(Value x, double bound);
  /// `small` where `magnitude` is below `bound`, else `large`.
  Value smallOrLarge(Value magnitude, double bound, Value small, Value large);
  Value wrapTurns(Value x);

  mlir::ImplicitLocOpBuilder &b;
};

} // namespace moe::lower
