#include "OrderKey.h"

#include <limits>

using namespace mlir;
using namespace moe::lower;

// An i64 that grows with the number, unless it is NaN.
static Value ascendingKey(KernelEmitter &k, Value x) {
  Type i64 = k.b.getI64Type();
  bool isWide = x.getType().isF64();
  Type integer = isWide ? i64 : Type(k.b.getI32Type());
  Value zero = k.constant(x.getType(), 0);
  Value number = arith::AddFOp::create(k.b, x, zero);
  Value bits = arith::BitcastOp::create(k.b, integer, number);
  // Negative numbers grow with falling bits: flip all but the sign.
  APInt flip = APInt::getSignedMaxValue(isWide ? 64 : 32);
  Value flipped = arith::XOrIOp::create(
      k.b, bits,
      arith::ConstantOp::create(k.b, IntegerAttr::get(integer, flip)));
  Value isNegative = arith::CmpIOp::create(k.b, arith::CmpIPredicate::slt, bits,
                                           k.integer(integer, 0));
  return k.toIndex(
      arith::SelectOp::create(k.b, isNegative, flipped, bits).getResult());
}

Value moe::lower::orderKey(KernelEmitter &k, Value x, bool descends) {
  bool isFloat = isa<FloatType>(x.getType());
  Value key = isFloat ? ascendingKey(k, x) : k.toIndex(x);
  if (!descends)
    key = arith::XOrIOp::create(k.b, key, k.index(-1));
  if (!isFloat)
    return key;
  Value isNaN = arith::CmpFOp::create(k.b, arith::CmpFPredicate::UNO, x, x);
  return arith::SelectOp::create(
      k.b, isNaN, k.index(std::numeric_limits<int64_t>::min() + 1), key);
}
