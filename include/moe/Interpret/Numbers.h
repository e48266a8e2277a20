// Three arithmetics under one set of names, so that every op has one
// evaluation:
//
//   FloatNumbers     double; results are rounded to the element type afterwards
//   ExactNumbers     residues modulo 2^61 - 1 (Residue.h)
//   IntegerNumbers   int64; results are wrapped to the element width afterwards
//
// An evaluation is a generic lambda over one of them:
//
//   withNumbers(mode, type, [&](auto numbers) {
//     using Value = typename decltype(numbers)::Value;
//     ... numbers.add(a, numbers.mul(b, c)) ...
//   });
//
// Each Value takes eight bytes and its zero is all bits zero.
#pragma once

#include "moe/IR/Enums.h"
#include "moe/Interpret/Residue.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace moe::interpret {

/// How floats are computed. Integers are the same in both.
enum class Mode { Float, Exact };

/// Least and greatest signed value of `width` bits; i1 is 0 and 1.
inline int64_t leastInteger(unsigned width) {
  return width == 1 ? 0 : INT64_MIN >> (64 - width);
}
inline int64_t greatestInteger(unsigned width) {
  return width == 1 ? 1 : INT64_MAX >> (64 - width);
}
/// `value` into the signed range of `width` bits, that of i1 being [-1, 0]: its
/// -1 is stored as 1 (wrapInteger).
inline int64_t saturateInteger(int64_t value, unsigned width) {
  return std::clamp(value, INT64_MIN >> (64 - width),
                    INT64_MAX >> (64 - width));
}
/// `value` modulo 2^width, read as signed; i1 is 0 or 1.
inline int64_t wrapInteger(int64_t value, unsigned width) {
  if (width == 1)
    return value & 1;
  unsigned unused = 64 - width;
  return static_cast<int64_t>(static_cast<uint64_t>(value) << unused) >> unused;
}

/// What both float arithmetics and the integers derive from their own less,
/// add and mul.
template <typename Derived, typename ValueT> struct CommonNumbers {
  using Value = ValueT;

  /// max and min let an undefined operand win (IEEE 754-2019 maximum).
  Value max(Value a, Value b) const {
    return self().isUndefined(a) || self().less(b, a) ? a : b;
  }
  Value min(Value a, Value b) const {
    return self().isUndefined(a) || self().less(a, b) ? a : b;
  }
  /// One step of a reduction.
  Value combine(spmd::ReductionKind kind, Value a, Value b) const {
    switch (kind) {
    case spmd::ReductionKind::Sum:
      return self().add(a, b);
    case spmd::ReductionKind::Prod:
      return self().mul(a, b);
    case spmd::ReductionKind::Max:
      return max(a, b);
    case spmd::ReductionKind::Min:
      return min(a, b);
    case spmd::ReductionKind::And:
      return self().bitAnd(a, b);
    case spmd::ReductionKind::Or:
      return self().bitOr(a, b);
    }
    return a;
  }
  /// combine(kind, neutral(kind), x) = x.
  Value neutral(spmd::ReductionKind kind) const {
    switch (kind) {
    case spmd::ReductionKind::Prod:
      return self().fromInteger(1);
    case spmd::ReductionKind::Max:
      return self().least();
    case spmd::ReductionKind::Min:
      return self().greatest();
    case spmd::ReductionKind::And:
      return self().allOnes();
    case spmd::ReductionKind::Sum:
    case spmd::ReductionKind::Or:
      break;
    }
    return self().fromInteger(0);
  }

private:
  const Derived &self() const { return static_cast<const Derived &>(*this); }
};

struct FloatNumbers : CommonNumbers<FloatNumbers, double> {
  static constexpr bool isFloat = true;

  double fromInteger(int64_t value) const { return static_cast<double>(value); }
  double fromDouble(double value) const { return value; }
  double add(double a, double b) const { return a + b; }
  double sub(double a, double b) const { return a - b; }
  double mul(double a, double b) const { return a * b; }
  double div(double a, double b) const { return a / b; }
  double neg(double a) const { return -a; }
  double abs(double a) const { return std::fabs(a); }
  double floor(double a) const { return std::floor(a); }
  double ceil(double a) const { return std::ceil(a); }
  bool less(double a, double b) const { return a < b; }
  bool equal(double a, double b) const { return a == b; }
  bool isUndefined(double a) const { return std::isnan(a); }
  double least() const { return -std::numeric_limits<double>::infinity(); }
  double greatest() const { return std::numeric_limits<double>::infinity(); }
  double apply(Function function, double x) const;
  double apply(Function function, double x, double y) const;
  /// Toward zero, saturating at `width` signed bits; NaN gives 0.
  int64_t toInteger(double a, unsigned width) const {
    if (std::isnan(a))
      return 0;
    // The bounds are exact: they are powers of two.
    if (a >= 0x1p63)
      return saturateInteger(INT64_MAX, width);
    if (a < -0x1p63)
      return saturateInteger(INT64_MIN, width);
    return saturateInteger(static_cast<int64_t>(a), width);
  }
  // Verifiers allow these on integers only.
  double bitAnd(double a, double) const { return a; }
  double bitOr(double a, double) const { return a; }
  double allOnes() const { return 1; }

  /// Division by one number many times.
  struct Divider {
    double by;
    double operator()(double a) const { return a / by; }
  };
  Divider divider(double by) const { return {by}; }

  /// c[m,n] += a[m,k] b[k,n], all row-major and contiguous; the sum over k runs
  /// in order, whatever m and n are.
  void multiplyAdd(const double *a, const double *b, double *c, int64_t m,
                   int64_t k, int64_t n) const;
};

struct ExactNumbers : CommonNumbers<ExactNumbers, Residue> {
  static constexpr bool isFloat = true;

  Residue fromInteger(int64_t value) const {
    return Residue::fromInteger(value);
  }
  Residue fromDouble(double value) const { return Residue::fromDouble(value); }
  Residue add(Residue a, Residue b) const { return a + b; }
  Residue sub(Residue a, Residue b) const { return a - b; }
  Residue mul(Residue a, Residue b) const { return a * b; }
  Residue div(Residue a, Residue b) const { return a / b; }
  Residue neg(Residue a) const { return -a; }
  Residue abs(Residue a) const { return a < fromInteger(0) ? -a : a; }
  // A representative is an integer already.
  Residue floor(Residue a) const { return a; }
  Residue ceil(Residue a) const { return a; }
  bool less(Residue a, Residue b) const { return a < b; }
  bool equal(Residue a, Residue b) const { return a == b; }
  bool isUndefined(Residue a) const { return a.isUndefined(); }
  Residue least() const { return Residue::minusInfinity(); }
  Residue greatest() const { return Residue::infinity(); }
  Residue apply(Function function, Residue x) const {
    return Residue::apply(function, x);
  }
  Residue apply(Function function, Residue x, Residue y) const {
    return Residue::apply(function, x, y);
  }
  /// The representative, saturating at `width` signed bits; undefined gives 0.
  int64_t toInteger(Residue a, unsigned width) const {
    if (a.isUndefined())
      return 0;
    if (!a.isFinite())
      return saturateInteger(a == greatest() ? INT64_MAX : INT64_MIN, width);
    return saturateInteger(a.representative(), width);
  }
  Residue bitAnd(Residue a, Residue) const { return a; }
  Residue bitOr(Residue a, Residue) const { return a; }
  Residue allOnes() const { return fromInteger(1); }

  struct Divider {
    Residue inverse;
    Residue operator()(Residue a) const { return a * inverse; }
  };
  Divider divider(Residue by) const { return {by.inverse()}; }

  void multiplyAdd(const Residue *a, const Residue *b, Residue *c, int64_t m,
                   int64_t k, int64_t n) const;
};

/// Integers of `width` bits, signed unless a method says otherwise. Ops are
/// total: division by zero gives 0.
struct IntegerNumbers : CommonNumbers<IntegerNumbers, int64_t> {
  static constexpr bool isFloat = false;
  unsigned width = 64;

  explicit IntegerNumbers(unsigned width) : width(width) {}

  int64_t fromInteger(int64_t value) const { return value; }
  int64_t fromDouble(double value) const {
    return FloatNumbers().toInteger(value, width);
  }
  // Through uint64_t, where overflow is defined.
  int64_t add(int64_t a, int64_t b) const { return uint64_t(a) + uint64_t(b); }
  int64_t sub(int64_t a, int64_t b) const { return uint64_t(a) - uint64_t(b); }
  int64_t mul(int64_t a, int64_t b) const { return uint64_t(a) * uint64_t(b); }
  int64_t neg(int64_t a) const { return -uint64_t(a); }
  int64_t abs(int64_t a) const { return a < 0 ? neg(a) : a; }
  int64_t div(int64_t a, int64_t b) const {
    if (b == 0)
      return 0;
    return b == -1 ? neg(a) : a / b;
  }
  int64_t rem(int64_t a, int64_t b) const {
    return b == 0 || b == -1 ? 0 : a % b;
  }
  int64_t bitAnd(int64_t a, int64_t b) const { return a & b; }
  int64_t bitOr(int64_t a, int64_t b) const { return a | b; }
  bool less(int64_t a, int64_t b) const { return a < b; }
  bool equal(int64_t a, int64_t b) const { return a == b; }
  bool isUndefined(int64_t) const { return false; }
  int64_t least() const { return leastInteger(width); }
  int64_t greatest() const { return greatestInteger(width); }
  int64_t allOnes() const { return wrapInteger(-1, width); }
  int64_t toInteger(int64_t a, unsigned) const { return a; }
  /// The bits read as an unsigned number.
  uint64_t asUnsigned(int64_t a) const {
    return width == 64 ? a : a & ((uint64_t(1) << width) - 1);
  }
  /// The bits read as a signed number; differs for i1, which is stored as 0 or
  /// 1.
  int64_t asSigned(int64_t a) const { return width == 1 ? -(a & 1) : a; }

  void multiplyAdd(const int64_t *a, const int64_t *b, int64_t *c, int64_t m,
                   int64_t k, int64_t n) const;
};

} // namespace moe::interpret
