// The laws of exact numbers.
#include "moe/Interpret/Mix.h"
#include "moe/Interpret/Numbers.h"

#include <gtest/gtest.h>

#include <vector>

using namespace moe::interpret;

static std::vector<Residue> samples() {
  std::vector<Residue> values;
  for (int64_t small : {-2, -1, 0, 1, 2, 3, 1000})
    values.push_back(Residue::fromInteger(small));
  for (double dyadic : {0.5, -0.125, 1e-9, 3.0e38, 5e-324})
    values.push_back(Residue::fromDouble(dyadic));
  for (uint64_t i = 0; i < 8; ++i)
    values.push_back(Residue::fromRandomBits(randomBits(1, i)));
  return values;
}

TEST(Residue, FiniteNumbersAreAField) {
  Residue zero = Residue::fromInteger(0), one = Residue::fromInteger(1);
  for (Residue a : samples()) {
    EXPECT_EQ(a + zero, a);
    EXPECT_EQ(a * one, a);
    EXPECT_EQ(a - a, zero);
    EXPECT_EQ(-(-a), a);
    EXPECT_EQ(a * a.inverse(), a == zero ? zero : one);
    for (Residue b : samples()) {
      EXPECT_EQ(a + b, b + a);
      EXPECT_EQ(a * b, b * a);
      for (Residue c : samples()) {
        EXPECT_EQ((a + b) + c, a + (b + c));
        EXPECT_EQ((a * b) * c, a * (b * c));
        EXPECT_EQ(a * (b + c), a * b + a * c);
      }
    }
  }
}

TEST(Residue, DivisionByZeroIsZero) {
  Residue zero = Residue::fromInteger(0);
  EXPECT_EQ(Residue::fromInteger(5) / zero, zero);
  EXPECT_EQ(Residue::fromInteger(5) / Residue::infinity(), zero);
}

TEST(Residue, FloatsEmbedAsDyadicRationals) {
  Residue two = Residue::fromInteger(2);
  EXPECT_EQ(Residue::fromDouble(0.5) * two, Residue::fromInteger(1));
  EXPECT_EQ(Residue::fromDouble(-0.75) * two * two, Residue::fromInteger(-3));
  EXPECT_EQ(Residue::fromDouble(std::ldexp(1, 61)), Residue::fromInteger(1));
  EXPECT_EQ(Residue::fromDouble(std::ldexp(1, -1074)) *
                Residue::fromDouble(std::ldexp(1, 1000)) *
                Residue::fromDouble(std::ldexp(1, 74)),
            Residue::fromInteger(1));
  EXPECT_EQ(Residue::fromDouble(12345), Residue::fromInteger(12345));
}

TEST(Residue, SumsAndProductsOfDoublesAreThoseOfResidues) {
  for (double a : {0.5, -3.25, 1024.0})
    for (double b : {2.0, -0.125, 7.0}) {
      EXPECT_EQ(Residue::fromDouble(a) + Residue::fromDouble(b),
                Residue::fromDouble(a + b));
      EXPECT_EQ(Residue::fromDouble(a) * Residue::fromDouble(b),
                Residue::fromDouble(a * b));
    }
}

TEST(Residue, OrderIsThatOfRepresentatives) {
  int64_t greatest = (Residue::kModulus - 1) / 2;
  Residue high = Residue::fromInteger(greatest),
          low = Residue::fromInteger(-greatest);
  EXPECT_EQ(high.representative(), greatest);
  EXPECT_EQ(low.representative(), -greatest);
  EXPECT_EQ((high + Residue::fromInteger(1)).representative(), -greatest);
  EXPECT_LT(low, Residue::fromInteger(-1));
  EXPECT_LT(Residue::fromInteger(-1), Residue::fromInteger(0));
  EXPECT_LT(Residue::fromInteger(0), high);
  EXPECT_LT(Residue::minusInfinity(), low);
  EXPECT_LT(high, Residue::infinity());
  EXPECT_FALSE(Residue::undefined() < high);
  EXPECT_FALSE(high < Residue::undefined());
  EXPECT_FALSE(Residue::undefined() == Residue::undefined());
}

TEST(Residue, InfinitiesAbsorbAndMeetLikeThoseOfIEEE) {
  Residue inf = Residue::infinity(), minus = Residue::minusInfinity();
  Residue two = Residue::fromInteger(2);
  EXPECT_EQ(inf + two, inf);
  EXPECT_EQ(two - inf, minus);
  EXPECT_EQ(minus * two, minus);
  EXPECT_EQ(minus * -two, inf);
  EXPECT_EQ(-minus, inf);
  EXPECT_TRUE((inf - inf).isUndefined());
  EXPECT_TRUE((inf * Residue::fromInteger(0)).isUndefined());
  EXPECT_TRUE((Residue::undefined() + two).isUndefined());
  EXPECT_TRUE((-Residue::undefined()).isUndefined());
}

TEST(Residue, FunctionsKeepTheirLimits) {
  Residue inf = Residue::infinity(), minus = Residue::minusInfinity();
  EXPECT_EQ(Residue::apply(Function::Exp, minus), Residue::fromInteger(0));
  EXPECT_EQ(Residue::apply(Function::Exp, inf), inf);
  EXPECT_EQ(Residue::apply(Function::Tanh, minus), Residue::fromInteger(-1));
  EXPECT_EQ(Residue::apply(Function::Rsqrt, inf), Residue::fromInteger(0));
  EXPECT_TRUE(Residue::apply(Function::Log, minus).isUndefined());
  EXPECT_FALSE(Residue::apply(Function::Exp, Residue::fromInteger(1)) ==
               Residue::apply(Function::Log, Residue::fromInteger(1)));
}

TEST(Residue, WideSumsReduce) {
  unsigned __int128 all = ~static_cast<unsigned __int128>(0);
  // 2^128 - 1 = 2^(2*61+6) - 1, and 2^61 = 1.
  EXPECT_EQ(Residue::reduce(all), Residue::fromInteger(63));
  EXPECT_EQ(Residue::reduce(Residue::kModulus), Residue::fromInteger(0));
}

TEST(ExactNumbers, MultiplyAddIsTheSumOfProducts) {
  ExactNumbers numbers;
  int64_t m = 3, k = 200, n = 5;
  std::vector<Residue> a, b, c(m * n, Residue::fromInteger(1));
  for (int64_t i = 0; i < m * k; ++i)
    a.push_back(Residue::fromRandomBits(randomBits(2, i)));
  for (int64_t i = 0; i < k * n; ++i)
    b.push_back(Residue::fromRandomBits(randomBits(3, i)));
  numbers.multiplyAdd(a.data(), b.data(), c.data(), m, k, n);
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      Residue sum = Residue::fromInteger(1);
      for (int64_t step = 0; step < k; ++step)
        sum = sum + a[i * k + step] * b[step * n + j];
      EXPECT_EQ(c[i * n + j], sum);
    }
}

TEST(ExactNumbers, MultiplyAddSeesInfinities) {
  ExactNumbers numbers;
  Residue a[] = {Residue::fromInteger(2), Residue::infinity()};
  Residue b[] = {Residue::fromInteger(1), Residue::fromInteger(3)};
  Residue c[] = {Residue::fromInteger(0)};
  numbers.multiplyAdd(a, b, c, 1, 2, 1);
  EXPECT_EQ(c[0], Residue::infinity());
}

TEST(ExactNumbers, CastsToIntegersSaturate) {
  ExactNumbers numbers;
  EXPECT_EQ(numbers.toInteger(Residue::fromInteger(-200), 8), -128);
  EXPECT_EQ(numbers.toInteger(Residue::fromInteger(100), 8), 100);
  EXPECT_EQ(numbers.toInteger(Residue::infinity(), 32), INT32_MAX);
  EXPECT_EQ(numbers.toInteger(Residue::undefined(), 32), 0);
}

TEST(FloatNumbers, CastsToIntegersSaturate) {
  FloatNumbers numbers;
  EXPECT_EQ(numbers.toInteger(-1.9, 32), -1);
  EXPECT_EQ(numbers.toInteger(1e30, 64), INT64_MAX);
  EXPECT_EQ(numbers.toInteger(-1e30, 64), INT64_MIN);
  EXPECT_EQ(numbers.toInteger(2147483647.5, 32), INT32_MAX);
  EXPECT_EQ(numbers.toInteger(std::nan(""), 32), 0);
}

TEST(IntegerNumbers, WrapToTheirWidth) {
  EXPECT_EQ(wrapInteger(200, 8), -56);
  EXPECT_EQ(wrapInteger(3, 1), 1);
  EXPECT_EQ(wrapInteger(INT64_MIN, 64), INT64_MIN);
  EXPECT_EQ(IntegerNumbers(64).add(INT64_MAX, 1), INT64_MIN);
  EXPECT_EQ(IntegerNumbers(64).div(INT64_MIN, -1), INT64_MIN);
  EXPECT_EQ(IntegerNumbers(32).div(7, 0), 0);
  EXPECT_EQ(IntegerNumbers(8).asUnsigned(-1), 255u);
  EXPECT_EQ(IntegerNumbers(1).asSigned(1), -1);
}

TEST(Numbers, NeutralElementsAreNeutral) {
  using spmd::ReductionKind;
  for (auto kind : {ReductionKind::Sum, ReductionKind::Prod, ReductionKind::Max,
                    ReductionKind::Min}) {
    FloatNumbers floats;
    EXPECT_EQ(floats.combine(kind, floats.neutral(kind), -2.5), -2.5);
    ExactNumbers exact;
    Residue value = Residue::fromInteger(-7);
    EXPECT_EQ(exact.combine(kind, exact.neutral(kind), value), value);
  }
  for (auto kind : {ReductionKind::Sum, ReductionKind::Prod, ReductionKind::Max,
                    ReductionKind::Min, ReductionKind::And, ReductionKind::Or})
    for (unsigned width : {1u, 8u, 64u}) {
      IntegerNumbers integers(width);
      for (int64_t value : {int64_t(0), integers.greatest(), integers.least()})
        EXPECT_EQ(integers.combine(kind, integers.neutral(kind), value), value);
    }
}
