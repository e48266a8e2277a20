#include "moe/Interpret/Residue.h"

#include "moe/Interpret/Mix.h"
#include <cmath>

namespace moe::interpret {

Residue Residue::fromDouble(double value) {
  if (std::isnan(value))
    return undefined();
  if (std::isinf(value))
    return value > 0 ? infinity() : minusInfinity();
  int exponent;
  double fraction = std::frexp(value, &exponent);
  auto mantissa = static_cast<int64_t>(std::ldexp(fraction, 53));
  exponent -= 53;
  // 2^61 = 1, so an exponent counts modulo 61.
  int shift = ((exponent % 61) + 61) % 61;
  return fromInteger(mantissa) * Residue(uint64_t(1) << shift);
}

Residue Residue::inverse() const {
  if (!isFinite())
    return isUndefined() ? *this : Residue(0);
  // Fermat: x^(p-2); 0 stays 0. p - 2 is 59 ones, a zero and a one.
  Residue result(1), power = *this;
  for (uint64_t rest = kModulus - 2; rest; rest >>= 1) {
    if (rest & 1)
      result = result * power;
    power = power * power;
  }
  return result;
}

Residue Residue::addSpecial(Residue a, Residue b) {
  if (a.isFinite())
    return b;
  if (b.isFinite() || a.word == b.word)
    return a;
  return undefined();
}

Residue Residue::multiplySpecial(Residue a, Residue b) {
  if (a.isUndefined() || b.isUndefined() || a.word == 0 || b.word == 0)
    return undefined();
  return (a.order() < 0) == (b.order() < 0) ? infinity() : minusInfinity();
}

// The limit of `function` at an infinity; undefined where it has none.
static Residue limitOf(Function function, bool isPositive) {
  Residue zero = Residue::fromInteger(0);
  switch (function) {
  case Function::Exp:
  case Function::Exp2:
    return isPositive ? Residue::infinity() : zero;
  case Function::Expm1:
    return isPositive ? Residue::infinity() : Residue::fromInteger(-1);
  case Function::Tanh:
  case Function::Erf:
    return Residue::fromInteger(isPositive ? 1 : -1);
  case Function::Rsqrt:
    return isPositive ? zero : Residue::undefined();
  case Function::Log:
  case Function::Log1p:
  case Function::Sqrt:
    return isPositive ? Residue::infinity() : Residue::undefined();
  case Function::Sin:
  case Function::Cos:
  case Function::Pow:
  case Function::Rem:
    break;
  }
  return Residue::undefined();
}

Residue Residue::apply(Function function, Residue x) {
  if (x.isFinite())
    return fromRandomBits(mix(
        mix(x.word + kGoldenGamma * (static_cast<uint64_t>(function) + 1))));
  if (x.isUndefined())
    return x;
  return limitOf(function, x.word == kModulus);
}

Residue Residue::apply(Function function, Residue x, Residue y) {
  if (!x.isFinite() || !y.isFinite())
    return undefined();
  return fromRandomBits(mix(apply(function, x).word + mix(y.word)));
}

std::string Residue::str() const {
  if (isFinite())
    return std::to_string(representative());
  if (isUndefined())
    return "undefined";
  return word == kModulus ? "inf" : "-inf";
}

} // namespace moe::interpret
