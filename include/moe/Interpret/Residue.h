// Exact numbers: residues modulo p = 2^61 - 1, where sums and products
// reassociate without error.
//
// A program partitioned in any way must give the same residues as the global
// one, bit for bit; a float tolerance would leave room for bugs. Four kinds of
// value exist:
//
//   0 .. p-1     a finite number; its *representative* is the congruent integer
//                in [-(p-1)/2, (p-1)/2] and decides order and rounding
//   +inf, -inf   distinguished; neutral for min and max, exp(-inf) = 0
//   undefined    what IEEE calls NaN: inf - inf, 0 * inf; absorbs everything
//
// Finite floats embed as dyadic rationals: 0.5 is the inverse of 2. Functions
// that have no meaning modulo p (exp, tanh, ...) are fixed pseudo-random
// functions: equal arguments give equal results, and nothing else is promised.
#pragma once

#include <cstdint>
#include <string>

namespace moe::interpret {

/// Functions that exact mode replaces by pseudo-random ones.
enum class Function : uint64_t {
  Exp,
  Exp2,
  Expm1,
  Log,
  Log1p,
  Tanh,
  Erf,
  Sqrt,
  Rsqrt,
  Sin,
  Cos,
  Pow,
  Rem,
};

/// An exact number. Trivially copyable, eight bytes.
class Residue {
public:
  static constexpr uint64_t kModulus = (uint64_t(1) << 61) - 1;

  Residue() = default;
  static Residue infinity() { return Residue(kModulus); }
  static Residue minusInfinity() { return Residue(kModulus + 1); }
  static Residue undefined() { return Residue(kModulus + 2); }

  /// The residue of an integer. fromInteger(-1) has the representative -1.
  static Residue fromInteger(int64_t value) {
    int64_t rest = value % static_cast<int64_t>(kModulus);
    return Residue(rest < 0 ? rest + kModulus : rest);
  }
  /// A double as a dyadic rational: m * 2^e with 2^61 = 1. Infinities map to
  /// theirs, NaN to undefined. fromDouble(0.5) * 2 = 1.
  static Residue fromDouble(double value);
  /// Sixty-four random bits as a finite residue.
  static Residue fromRandomBits(uint64_t bits) {
    return Residue(bits % kModulus);
  }
  /// The value stored by bits().
  static Residue fromBits(uint64_t bits) { return Residue(bits); }

  uint64_t bits() const { return word; }
  bool isFinite() const { return word < kModulus; }
  bool isUndefined() const { return word == kModulus + 2; }
  /// The congruent integer nearest to zero; the number must be finite.
  int64_t representative() const {
    return word <= kModulus / 2
               ? static_cast<int64_t>(word)
               : static_cast<int64_t>(word) - static_cast<int64_t>(kModulus);
  }

  friend Residue operator+(Residue a, Residue b) {
    if (!a.isFinite() || !b.isFinite())
      return addSpecial(a, b);
    uint64_t sum = a.word + b.word;
    return Residue(sum >= kModulus ? sum - kModulus : sum);
  }
  friend Residue operator-(Residue a) {
    if (a.isFinite())
      return Residue(a.word ? kModulus - a.word : 0);
    return a.isUndefined() ? a : Residue(2 * kModulus + 1 - a.word);
  }
  friend Residue operator-(Residue a, Residue b) { return a + -b; }
  friend Residue operator*(Residue a, Residue b) {
    if (!a.isFinite() || !b.isFinite())
      return multiplySpecial(a, b);
    return reduce(static_cast<unsigned __int128>(a.word) * b.word);
  }
  /// Multiplies by the inverse; x/0 = 0, x/inf = 0.
  friend Residue operator/(Residue a, Residue b) { return a * b.inverse(); }
  /// x * x.inverse() = 1 for finite x but 0; the inverse of 0 and of the
  /// infinities is 0.
  Residue inverse() const;

  /// Order of the representatives, -inf first, +inf last; false where either is
  /// undefined.
  friend bool operator<(Residue a, Residue b) {
    return !a.isUndefined() && !b.isUndefined() && a.order() < b.order();
  }
  /// False where either is undefined, like IEEE's ==.
  friend bool operator==(Residue a, Residue b) {
    return a.word == b.word && !a.isUndefined();
  }

  /// The fixed pseudo-random stand-in for `function`; its limits at the
  /// infinities are kept (exp(-inf) = 0, tanh(inf) = 1, rsqrt(inf) = 0).
  static Residue apply(Function function, Residue x);
  /// Of two arguments; undefined where either is not finite.
  static Residue apply(Function function, Residue x, Residue y);

  /// A number below 2^128 modulo p: lets products be summed before reducing.
  static Residue reduce(unsigned __int128 wide) {
    wide = (wide & kModulus) + (wide >> 61); // below 2^68
    uint64_t narrow = static_cast<uint64_t>(wide & kModulus) +
                      static_cast<uint64_t>(wide >> 61);
    return Residue(narrow >= kModulus ? narrow - kModulus : narrow);
  }

  /// "-1", "inf", "-inf" or "undefined".
  std::string str() const;

private:
  explicit Residue(uint64_t word) : word(word) {}
  int64_t order() const {
    if (isFinite())
      return representative();
    return word == kModulus ? INT64_MAX : INT64_MIN;
  }
  static Residue addSpecial(Residue a, Residue b);
  static Residue multiplySpecial(Residue a, Residue b);

  uint64_t word;
};

} // namespace moe::interpret
