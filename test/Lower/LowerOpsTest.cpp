// Every op, compiled, loaded and run, against numbers written by hand.
#include "LoweredProgram.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace moe::test;

using Numbers = std::vector<double>;
static const float inf = std::numeric_limits<float>::infinity();
static const float nan_ = std::numeric_limits<float>::quiet_NaN();

// One op of one result.
static Numbers runOne(const std::string &op, const std::string &arguments,
                      const std::string &result,
                      const std::vector<Data> &inputs) {
  return runOps("%r = " + op, arguments, result, "%r", inputs)[0].values();
}

static void expectNear(const Numbers &have, const Numbers &want,
                       double tolerance) {
  ASSERT_EQ(have.size(), want.size());
  for (size_t i = 0; i < have.size(); ++i)
    EXPECT_NEAR(have[i], want[i], tolerance) << "at " << i;
}

//===-- Elementwise -------------------------------------------------------===//

TEST(LowerOps, FloatArithmetic) {
  auto run = [](const std::string &op) {
    return runOne(op + " %a, %b : tensor<3xf32>",
                  "%a: tensor<3xf32>, %b: tensor<3xf32>", "tensor<3xf32>",
                  {Data::f32({1, -2, 6}), Data::f32({4, 0.5, -3})});
  };
  EXPECT_EQ(run("arith.addf"), (Numbers{5, -1.5, 3}));
  EXPECT_EQ(run("arith.subf"), (Numbers{-3, -2.5, 9}));
  EXPECT_EQ(run("arith.mulf"), (Numbers{4, -1, -18}));
  EXPECT_EQ(run("arith.divf"), (Numbers{0.25, -4, -2}));
  EXPECT_EQ(run("arith.maximumf"), (Numbers{4, 0.5, 6}));
  EXPECT_EQ(run("arith.minimumf"), (Numbers{1, -2, -3}));
  EXPECT_EQ(run("arith.maxnumf"), (Numbers{4, 0.5, 6}));
  EXPECT_EQ(run("arith.minnumf"), (Numbers{1, -2, -3}));
}

TEST(LowerOps, IntegerArithmeticIsTotal) {
  int32_t least = std::numeric_limits<int32_t>::min();
  auto run = [&](const std::string &op) {
    return runOne(op + " %a, %b : tensor<4xi32>",
                  "%a: tensor<4xi32>, %b: tensor<4xi32>", "tensor<4xi32>",
                  {Data::i32({7, -7, 5, least}), Data::i32({2, 2, 0, -1})});
  };
  EXPECT_EQ(run("arith.addi"), (Numbers{9, -5, 5, 2147483647}));
  EXPECT_EQ(run("arith.subi"), (Numbers{5, -9, 5, -2147483647}));
  EXPECT_EQ(run("arith.muli"), (Numbers{14, -14, 0, double(least)}));
  EXPECT_EQ(run("arith.divsi"), (Numbers{3, -3, 0, double(least)}));
  EXPECT_EQ(run("arith.remsi"), (Numbers{1, -1, 0, 0}));
  EXPECT_EQ(run("arith.maxsi"), (Numbers{7, 2, 5, -1}));
  EXPECT_EQ(run("arith.minsi"), (Numbers{2, -7, 0, double(least)}));
  EXPECT_EQ(run("arith.andi"), (Numbers{2, 0, 0, double(least)}));
  EXPECT_EQ(run("arith.ori"), (Numbers{7, -5, 5, -1}));
  EXPECT_EQ(run("arith.xori"), (Numbers{5, -5, 5, 2147483647}));
}

TEST(LowerOps, ComparisonsSelectAndBooleans) {
  auto results =
      runOps("%0 = arith.cmpf olt, %a, %b : tensor<3xf32>\n"
             "%1 = arith.select %0, %a, %b : tensor<3xi1>, tensor<3xf32>\n"
             "%2 = arith.cmpi sge, %i, %j : tensor<3xi64>\n"
             "%3 = arith.xori %0, %2 : tensor<3xi1>",
             "%a: tensor<3xf32>, %b: tensor<3xf32>, %i: tensor<3xi64>, %j: "
             "tensor<3xi64>",
             "tensor<3xi1>, tensor<3xf32>, tensor<3xi1>, tensor<3xi1>",
             "%0, %1, %2, %3",
             {Data::f32({1, 5, nan_}), Data::f32({2, 4, 3}),
              Data::i64({1, 2, 3}), Data::i64({3, 2, 1})});
  EXPECT_EQ(results[0].values(), (Numbers{1, 0, 0}));
  EXPECT_EQ(results[1].values(), (Numbers{1, 4, 3}));
  EXPECT_EQ(results[2].values(), (Numbers{0, 1, 1}));
  EXPECT_EQ(results[3].values(), (Numbers{1, 1, 1}));
}

TEST(LowerOps, Conversions) {
  auto convert = [](const std::string &op, const std::string &from,
                    const std::string &to, const Data &input) {
    return runOne(op + " %a : tensor<4x" + from + "> to tensor<4x" + to + ">",
                  "%a: tensor<4x" + from + ">", "tensor<4x" + to + ">",
                  {input});
  };
  EXPECT_EQ(convert("arith.fptosi", "f32", "i32",
                    Data::f32({-2.9f, 2.9f, 1e20f, nan_})),
            (Numbers{-2, 2, 2147483647, 0}));
  EXPECT_EQ(convert("arith.sitofp", "i32", "f32", Data::i32({-3, 0, 7, 9})),
            (Numbers{-3, 0, 7, 9}));
  EXPECT_EQ(convert("arith.sitofp", "i32", "bf16", Data::i32({-3, 0, 257, 9})),
            (Numbers{-3, 0, 256, 9}));
  EXPECT_EQ(convert("arith.uitofp", "i1", "f32", Data::i1({1, 0, 1, 1})),
            (Numbers{1, 0, 1, 1}));
  EXPECT_EQ(convert("arith.extui", "i1", "i32", Data::i1({1, 0, 1, 1})),
            (Numbers{1, 0, 1, 1}));
  EXPECT_EQ(convert("arith.extsi", "i32", "i64", Data::i32({-1, 2, -3, 4})),
            (Numbers{-1, 2, -3, 4}));
  EXPECT_EQ(
      convert("arith.trunci", "i64", "i32", Data::i64({-1, 4294967298, 3, 4})),
      (Numbers{-1, 2, 3, 4}));
  EXPECT_EQ(convert("arith.truncf", "f32", "bf16",
                    Data::f32({1.00390625f, 1.01171875f, -inf, 3})),
            (Numbers{1, 1.015625, -inf, 3}));
  EXPECT_EQ(convert("arith.extf", "bf16", "f32", Data::bf16({1, -2, 0.5, 3})),
            (Numbers{1, -2, 0.5, 3}));
}

// Rounding adds to a NaN's bits, which could make a number of it; poison is a
// NaN of ones.
TEST(LowerOps, NoNaNBecomesANumber) {
  std::vector<float> nans;
  for (uint32_t bits : {0x7F800001u, 0x7FFFFFFFu, 0xFFFFFFFFu, 0xFFC00000u}) {
    nans.emplace_back();
    std::memcpy(&nans.back(), &bits, sizeof bits);
  }
  for (const char *op : {"arith.addf %0, %0", "arith.divf %0, %0"}) {
    auto results = runOps("%0 = arith.truncf %a : tensor<4xf32> to "
                          "tensor<4xbf16>\n%1 = " +
                              std::string(op) + " : tensor<4xbf16>",
                          "%a: tensor<4xf32>", "tensor<4xbf16>, tensor<4xbf16>",
                          "%0, %1", {Data::f32(nans)});
    for (const Data &result : results)
      for (double value : result.values())
        EXPECT_TRUE(std::isnan(value)) << op;
  }
}

TEST(LowerOps, BF16RoundsAfterEachOp) {
  // 256 + 1 is 256 in bf16, twice.
  auto results =
      runOps("%0 = arith.addf %a, %b : tensor<1xbf16>\n"
             "%1 = arith.addf %0, %b : tensor<1xbf16>",
             "%a: tensor<1xbf16>, %b: tensor<1xbf16>", "tensor<1xbf16>", "%1",
             {Data::bf16({256}), Data::bf16({1})});
  EXPECT_EQ(results[0].values(), (Numbers{256}));
}

// Relative error of a function over a grid, with the special values exact.
static void checkFunction(const std::string &name, double (*want)(double),
                          float least, float most, double tolerance) {
  constexpr int count = 4099;
  std::vector<float> inputs;
  for (int i = 0; i < count; ++i)
    inputs.push_back(least + (most - least) * i / (count - 1));
  std::string type = "tensor<" + std::to_string(count) + "xf32>";
  Numbers have = runOne("math." + name + " %a : " + type, "%a: " + type, type,
                        {Data::f32(inputs)});
  double worst = 0;
  for (int i = 0; i < count; ++i) {
    double expected = want(inputs[i]);
    double scale = std::max(std::fabs(expected), 1e-30);
    worst = std::max(worst, std::fabs(have[i] - expected) / scale);
  }
  EXPECT_LT(worst, tolerance) << name;
}

TEST(LowerOps, FunctionsAreGoodToTwoUnits) {
  constexpr double units = 2.5 * 5.97e-8;
  checkFunction("exp", [](double x) { return std::exp(x); }, -68, 88, units);
  checkFunction("tanh", [](double x) { return std::tanh(x); }, -12, 12, units);
  checkFunction("erf", [](double x) { return std::erf(x); }, -5, 5, units);
  checkFunction(
      "log", [](double x) { return std::log(x); }, 0.001f, 700, units);
  checkFunction(
      "log1p", [](double x) { return std::log1p(x); }, 1e-7f, 2, units);
  checkFunction(
      "sqrt", [](double x) { return std::sqrt(x); }, 0.001f, 90, units);
  checkFunction(
      "rsqrt", [](double x) { return 1 / std::sqrt(x); }, 0.001f, 90, units);
  checkFunction("absf", [](double x) { return std::fabs(x); }, -3, 3, units);
  checkFunction("floor", [](double x) { return std::floor(x); }, -3, 3, units);
  checkFunction("ceil", [](double x) { return std::ceil(x); }, -3, 3, units);
  checkFunction("sin", [](double x) { return std::sin(x); }, 0.1f, 3, units);
  checkFunction(
      "cos", [](double x) { return std::cos(x); }, -1.5f, 1.5f, units);
}

TEST(LowerOps, FunctionsKeepInfinitiesAndNaN) {
  auto run = [](const std::string &name) {
    return runOne("math." + name + " %a : tensor<4xf32>", "%a: tensor<4xf32>",
                  "tensor<4xf32>", {Data::f32({-inf, inf, nan_, 0})});
  };
  Numbers exp = run("exp");
  EXPECT_EQ(exp[0], 0);
  EXPECT_EQ(exp[1], inf);
  EXPECT_TRUE(std::isnan(exp[2]));
  EXPECT_EQ(exp[3], 1);
  Numbers tanh = run("tanh");
  EXPECT_EQ(tanh[0], -1);
  EXPECT_EQ(tanh[1], 1);
  EXPECT_TRUE(std::isnan(tanh[2]));
  Numbers erf = run("erf");
  EXPECT_EQ(erf[0], -1);
  EXPECT_EQ(erf[1], 1);
  EXPECT_TRUE(std::isnan(erf[2]));
  Numbers log = run("log");
  EXPECT_TRUE(std::isnan(log[0]));
  EXPECT_EQ(log[1], inf);
  EXPECT_TRUE(std::isnan(log[2]));
  EXPECT_EQ(log[3], -inf);
}

TEST(LowerOps, ConstantsOfOneAndOfManyNumbers) {
  auto results = runOps(
      "%0 = arith.constant dense<2.5> : tensor<2x2xf32>\n"
      "%1 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>\n"
      "%2 = arith.mulf %0, %1 : tensor<2x2xf32>\n"
      "%3 = arith.constant dense<[true, false, true]> : tensor<3xi1>\n"
      "%4 = arith.constant dense<[1.0, 2.0]> : tensor<2xbf16>",
      "", "tensor<2x2xf32>, tensor<3xi1>, tensor<2xbf16>, tensor<2x2xf32>",
      "%2, %3, %4, %0", {});
  EXPECT_EQ(results[0].values(), (Numbers{2.5, 5, 7.5, 10}));
  EXPECT_EQ(results[1].values(), (Numbers{1, 0, 1}));
  EXPECT_EQ(results[2].values(), (Numbers{1, 2}));
  EXPECT_EQ(results[3].values(), (Numbers{2.5, 2.5, 2.5, 2.5}));
}

//===-- Shape -------------------------------------------------------------===//

TEST(LowerOps, ShapeOps) {
  Data x = Data::i32({1, 2, 3, 4, 5, 6});
  auto run = [&](const std::string &op, const std::string &result) {
    return runOne(op + " : tensor<2x3xi32> -> " + result, "%a: tensor<2x3xi32>",
                  result, {x});
  };
  EXPECT_EQ(run("moe.transpose %a permutation [1, 0]", "tensor<3x2xi32>"),
            (Numbers{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(run("moe.reshape %a", "tensor<3x2xi32>"),
            (Numbers{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(run("moe.broadcast %a dims [0, 2]", "tensor<2x2x3xi32>"),
            (Numbers{1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}));
  EXPECT_EQ(
      run("moe.slice %a offsets [1, 0] strides [1, 2]", "tensor<1x2xi32>"),
      (Numbers{4, 6}));
  EXPECT_EQ(
      run("moe.pad %a with 9 : i32 low [1, 0] high [0, 1] interior [0, 1]",
          "tensor<3x6xi32>"),
      (Numbers{9, 9, 9, 9, 9, 9, 1, 9, 2, 9, 3, 9, 4, 9, 5, 9, 6, 9}));
  EXPECT_EQ(runOne("moe.concatenate dim 1 %a, %b : tensor<2x3xi32>, "
                   "tensor<2x1xi32> -> tensor<2x4xi32>",
                   "%a: tensor<2x3xi32>, %b: tensor<2x1xi32>",
                   "tensor<2x4xi32>", {x, Data::i32({7, 8})}),
            (Numbers{1, 2, 3, 7, 4, 5, 6, 8}));
  EXPECT_EQ(runOne("moe.stop_gradient %a : tensor<2x3xi32>",
                   "%a: tensor<2x3xi32>", "tensor<2x3xi32>", {x}),
            (Numbers{1, 2, 3, 4, 5, 6}));
}

//===-- Indices -----------------------------------------------------------===//

TEST(LowerOps, IotaAndOneHot) {
  EXPECT_EQ(
      runOne("moe.iota dim 1 : tensor<2x3xi32>", "", "tensor<2x3xi32>", {}),
      (Numbers{0, 1, 2, 0, 1, 2}));
  EXPECT_EQ(runOne("moe.iota dim 0 : tensor<2xf32>", "", "tensor<2xf32>", {}),
            (Numbers{0, 1}));
  EXPECT_EQ(runOne("moe.one_hot %a : tensor<4xi32> -> tensor<4x2xf32>",
                   "%a: tensor<4xi32>", "tensor<4x2xf32>",
                   {Data::i32({1, 0, 2, -1})}),
            (Numbers{0, 1, 1, 0, 0, 0, 0, 0}));
}

TEST(LowerOps, GatherGivesZerosOutOfRange) {
  EXPECT_EQ(runOne("moe.gather %t[%i] batch_dims 0 : tensor<3x2xf32>, "
                   "tensor<4xi32> -> tensor<4x2xf32>",
                   "%t: tensor<3x2xf32>, %i: tensor<4xi32>", "tensor<4x2xf32>",
                   {Data::f32({1, 2, 3, 4, 5, 6}), Data::i32({2, 3, -1, 0})}),
            (Numbers{5, 6, 0, 0, 0, 0, 1, 2}));
  EXPECT_EQ(runOne("moe.gather %t[%i] batch_dims 1 : tensor<2x2xf32>, "
                   "tensor<2x3xi64> -> tensor<2x3xf32>",
                   "%t: tensor<2x2xf32>, %i: tensor<2x3xi64>",
                   "tensor<2x3xf32>",
                   {Data::f32({1, 2, 3, 4}), Data::i64({0, 1, 2, 1, 1, 0})}),
            (Numbers{1, 2, 0, 4, 4, 3}));
}

static uint64_t mix(uint64_t z) {
  z ^= z >> 30;
  z *= 0xBF58476D1CE4E5B9u;
  z ^= z >> 27;
  z *= 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

TEST(LowerOps, RandomNumbersAreAFunctionOfTheGlobalIndex) {
  auto hash = [](uint64_t seed, uint64_t stream, uint64_t i) {
    return mix(mix(seed + 0x9E3779B97F4A7C15u * (stream + 1)) + i);
  };
  Numbers uniform, normal;
  for (uint64_t row : {2, 3})
    for (uint64_t column : {1, 2, 3}) {
      uint64_t h = hash(uint64_t(int64_t(-5)), 3, row * 4 + column);
      uniform.push_back(float(double(h >> 40) / (1 << 24)));
      double a = double((h >> 40) + 1) / (1 << 24);
      double b = double((h >> 16) & 0xFFFFFF) / (1 << 24);
      normal.push_back(
          float(std::sqrt(-2 * std::log(a)) * std::cos(2 * M_PI * b)));
    }
  // The numbers are those of f32 in any element type.
  for (std::string result : {"tensor<2x3xf32>", "tensor<2x3xf64>"}) {
    auto run = [&](const std::string &kind) {
      return runOne("moe.random " + kind +
                        " %s stream 3 at %o, %p of [4, 4] : tensor<i32>, "
                        "tensor<i32>, tensor<i32> -> " +
                        result,
                    "%s: tensor<i32>, %o: tensor<i32>, %p: tensor<i32>", result,
                    {Data::i32({-5}), Data::i32({2}), Data::i32({1})});
    };
    EXPECT_EQ(run("uniform"), uniform);
    EXPECT_EQ(run("normal"), normal);
  }
}

//===-- Reductions --------------------------------------------------------===//

TEST(LowerOps, ReduceAlongTheLastAndOtherDimensions) {
  std::vector<float> x;
  for (int i = 0; i < 2 * 3 * 37; ++i)
    x.push_back(float((i * 7) % 11) - 5);
  auto at = [&](int i, int j, int k) { return x[(i * 3 + j) * 37 + k]; };
  auto run = [&](const std::string &op, const std::string &result) {
    return runOne("moe.reduce " + op + " : tensor<2x3x37xf32> -> " + result,
                  "%a: tensor<2x3x37xf32>", result, {Data::f32(x)});
  };
  Numbers last(6), middle(2 * 37), most(3);
  double all = 0;
  std::fill(most.begin(), most.end(), -100);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 37; ++k) {
        last[i * 3 + j] += at(i, j, k);
        middle[i * 37 + k] += at(i, j, k);
        most[j] = std::max<double>(most[j], at(i, j, k));
        all += at(i, j, k);
      }
  EXPECT_EQ(run("sum %a dims [2]", "tensor<2x3xf32>"), last);
  EXPECT_EQ(run("sum %a dims [1]", "tensor<2x37xf32>"), middle);
  EXPECT_EQ(run("max %a dims [0, 2]", "tensor<3xf32>"), most);
  EXPECT_EQ(run("sum %a dims [0, 1, 2]", "tensor<f32>"), (Numbers{all}));
  EXPECT_EQ(run("sum %a dims []", "tensor<2x3x37xf32>"),
            Numbers(x.begin(), x.end()));
}

TEST(LowerOps, ReduceKindsOfIntegersAndBooleans) {
  auto run = [](const std::string &kind) {
    return runOne("moe.reduce " + kind +
                      " %a dims [1] : tensor<2x3xi32> -> tensor<2xi32>",
                  "%a: tensor<2x3xi32>", "tensor<2xi32>",
                  {Data::i32({6, 3, 2, -1, 5, -4})});
  };
  EXPECT_EQ(run("sum"), (Numbers{11, 0}));
  EXPECT_EQ(run("prod"), (Numbers{36, 20}));
  EXPECT_EQ(run("max"), (Numbers{6, 5}));
  EXPECT_EQ(run("min"), (Numbers{2, -4}));
  EXPECT_EQ(run("and"), (Numbers{2, 4}));
  EXPECT_EQ(run("or"), (Numbers{7, -1}));
  for (std::string kind : {"max", "or"})
    EXPECT_EQ(runOne("moe.reduce " + kind +
                         " %a dims [1] : tensor<2x2xi1> -> tensor<2xi1>",
                     "%a: tensor<2x2xi1>", "tensor<2xi1>",
                     {Data::i1({0, 1, 0, 0})}),
              (Numbers{1, 0}));
}

TEST(LowerOps, BF16SumsAreRoundedOnce) {
  // 300 ones; a sum rounded at each step would stay at 256.
  EXPECT_EQ(
      runOne("moe.reduce sum %a dims [0] : tensor<300xbf16> -> tensor<bf16>",
             "%a: tensor<300xbf16>", "tensor<bf16>",
             {Data::bf16(std::vector<float>(300, 1))}),
      (Numbers{300}));
}

TEST(LowerOps, Cumsum) {
  Data x = Data::i32({3, 1, 2, 10, 20, 30});
  EXPECT_EQ(runOne("moe.cumsum %a dim 1 exclusive : tensor<2x3xi32>",
                   "%a: tensor<2x3xi32>", "tensor<2x3xi32>", {x}),
            (Numbers{0, 3, 4, 0, 10, 30}));
  EXPECT_EQ(runOne("moe.cumsum %a dim 0 : tensor<2x3xi32>",
                   "%a: tensor<2x3xi32>", "tensor<2x3xi32>", {x}),
            (Numbers{3, 1, 2, 13, 21, 32}));
}

TEST(LowerOps, SoftmaxAlongAnyDimension) {
  Numbers a =
      runOne("moe.softmax %a dim 1 : tensor<2x3xf32>", "%a: tensor<2x3xf32>",
             "tensor<2x3xf32>", {Data::f32({1, 2, 3, -inf, 0, 0})});
  double sum = std::exp(-2.0) + std::exp(-1.0) + 1;
  expectNear(a,
             {std::exp(-2.0) / sum, std::exp(-1.0) / sum, 1 / sum, 0, 0.5, 0.5},
             1e-7);
  EXPECT_EQ(a[3], 0);
  Numbers b = runOne("moe.log_softmax %a dim 0 : tensor<2x2xf32>",
                     "%a: tensor<2x2xf32>", "tensor<2x2xf32>",
                     {Data::f32({0, 5, 0, 5})});
  expectNear(b, Numbers(4, -std::log(2.0)), 1e-7);
}

// A row of 8 MB is more than a thread's stack has: it lies in the arena.
TEST(LowerOps, LongRowsLieInTheArena) {
  const int64_t size = 2'000'000;
  auto run = [&](const std::string &op) {
    return runOne(op + " : tensor<2x2000000xf32>", "%a: tensor<2x2000000xf32>",
                  "tensor<2x2000000xf32>",
                  {Data::f32(std::vector<float>(2 * size, 1))});
  };
  EXPECT_EQ(run("moe.softmax %a dim 1"), Numbers(2 * size, 0.5e-6f));
  expectNear(run("moe.log_softmax %a dim 1"),
             Numbers(2 * size, -std::log(double(size))), 1e-6);
  Numbers sums = run("moe.cumsum %a dim 0");
  EXPECT_EQ(sums[size - 1], 1);
  EXPECT_EQ(sums[2 * size - 1], 2);
}

TEST(LowerOps, SoftmaxOfF64IsComputedInF64) {
  double sum = std::exp(-2.0) + std::exp(-1.0) + 1;
  Numbers a =
      runOne("moe.softmax %a dim 0 : tensor<3xf64>", "%a: tensor<3xf64>",
             "tensor<3xf64>", {Data::f64({1, 2, 3})});
  expectNear(a, {std::exp(-2.0) / sum, std::exp(-1.0) / sum, 1 / sum}, 1e-15);
  Numbers b =
      runOne("moe.log_softmax %a dim 0 : tensor<3xf64>", "%a: tensor<3xf64>",
             "tensor<3xf64>", {Data::f64({1, 2, 3})});
  expectNear(b, {-2 - std::log(sum), -1 - std::log(sum), -std::log(sum)},
             1e-15);
}

//===-- Einsum ------------------------------------------------------------===//

TEST(LowerOps, EinsumsThatAreMatmulsCallTheRuntime) {
  LoweredProgram program(
      "func.func @f(%a: tensor<2x2x3xf32>, %b: tensor<3x2xf32> "
      "{moe.parameter}) -> tensor<2x2x2xf32> {\n"
      "%r = moe.einsum \"gsm,mh->hgs\" %a, %b : tensor<2x2x3xf32>, "
      "tensor<3x2xf32> -> tensor<2x2x2xf32>\n"
      "return %r : tensor<2x2x2xf32>\n}");
  auto results =
      program.run("f", {Data::f32({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}),
                        Data::f32({1, 2, 0, 1, -1, 0})});
  EXPECT_EQ(program.matmulCalls(), 1);
  EXPECT_EQ(results[0].values(), (Numbers{-2, -2, -2, -2, 4, 13, 22, 31}));
  EXPECT_NE(program.manifest().find("\"b_argument\":1"), std::string::npos);
}

TEST(LowerOps, EinsumsOfEveryForm) {
  Data a = Data::f32({1, 2, 3, 4, 5, 6}), b = Data::f32({1, 0, 2, -1, 1, 3});
  auto run = [&](const std::string &equation, const std::string &result) {
    return runOne("moe.einsum \"" + equation +
                      "\" %a, %b : tensor<2x3xf32>, tensor<2x3xf32> -> " +
                      result,
                  "%a: tensor<2x3xf32>, %b: tensor<2x3xf32>", result, {a, b});
  };
  EXPECT_EQ(run("ab,ab->ab", "tensor<2x3xf32>"), (Numbers{1, 0, 6, -4, 5, 18}));
  EXPECT_EQ(run("ab,ab->a", "tensor<2xf32>"), (Numbers{7, 19}));
  EXPECT_EQ(run("ab,ab->b", "tensor<3xf32>"), (Numbers{-3, 5, 24}));
  EXPECT_EQ(run("ab,ab->", "tensor<f32>"), (Numbers{26}));
  EXPECT_EQ(run("ab,cb->ac", "tensor<2x2xf32>"), (Numbers{7, 10, 16, 19}));
  EXPECT_EQ(run("ab,ac->cb", "tensor<3x3xf32>"),
            (Numbers{-3, -3, -3, 4, 5, 6, 14, 19, 24}));
  // A letter summed in one operand alone.
  EXPECT_EQ(run("ab,cd->ac", "tensor<2x2xf32>"), (Numbers{18, 18, 45, 45}));
  EXPECT_EQ(runOne("moe.einsum \"ab->ba\" %a : tensor<2x3xf32> -> "
                   "tensor<3x2xf32>",
                   "%a: tensor<2x3xf32>", "tensor<3x2xf32>", {a}),
            (Numbers{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(runOne("moe.einsum \"ab,cb,a->c\" %a, %b, %c : tensor<2x3xf32>, "
                   "tensor<2x3xf32>, tensor<2xf32> -> tensor<2xf32>",
                   "%a: tensor<2x3xf32>, %b: tensor<2x3xf32>, %c: "
                   "tensor<2xf32>",
                   "tensor<2xf32>", {a, b, Data::f32({2, 1})}),
            (Numbers{2 * 7 + 16, 2 * 10 + 19}));
}

TEST(LowerOps, SummedLettersThatAreApartAreCopiedTogether) {
  // "ecm" summed over e and m: a is copied to [c, e, m].
  LoweredProgram program(
      "func.func @f(%a: tensor<2x3x2xf32>, %b: tensor<2x2x2xf32>) -> "
      "tensor<3x2xf32> {\n"
      "%r = moe.einsum \"ecm,emh->ch\" %a, %b : tensor<2x3x2xf32>, "
      "tensor<2x2x2xf32> -> tensor<3x2xf32>\n"
      "return %r : tensor<3x2xf32>\n}");
  auto results =
      program.run("f", {Data::f32({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}),
                        Data::f32({1, 0, 0, 1, 2, 0, 0, -1})});
  EXPECT_EQ(program.matmulCalls(), 1);
  EXPECT_EQ(results[0].values(), (Numbers{15, -6, 21, -6, 27, -6}));
}

TEST(LowerOps, BF16EinsumSumsInF32) {
  std::string type = "tensor<1x300xbf16>";
  auto results = runOps(
      "%0 = moe.einsum \"ak,bk->ab\" %a, %b : " + type + ", " + type +
          " -> tensor<1x1xf32>\n%1 = moe.einsum \"ak,ak->a\" %a, %b : " + type +
          ", " + type + " -> tensor<1xbf16>",
      "%a: " + type + ", %b: " + type, "tensor<1x1xf32>, tensor<1xbf16>",
      "%0, %1",
      {Data::bf16(std::vector<float>(300, 1)),
       Data::bf16(std::vector<float>(300, 1.0078125f))});
  EXPECT_EQ(results[0].values(), (Numbers{302.34375}));
  EXPECT_EQ(results[1].values(), (Numbers{302}));
}

//===-- Scans, order, slices ----------------------------------------------===//

TEST(LowerOps, ProductsAndExtremesRunLikeSums) {
  auto run = [](const std::string &op) {
    return runOne("moe." + op + " : tensor<2x3xi32>", "%a: tensor<2x3xi32>",
                  "tensor<2x3xi32>", {Data::i32({3, 1, 2, -1, 5, 0})});
  };
  double least = std::numeric_limits<int32_t>::min();
  EXPECT_EQ(run("cumprod %a dim 1"), (Numbers{3, 3, 6, -1, -5, 0}));
  EXPECT_EQ(run("cumprod %a dim 0 exclusive"), (Numbers{1, 1, 1, 3, 1, 2}));
  EXPECT_EQ(run("cummax %a dim 1 exclusive"),
            (Numbers{least, 3, 3, least, -1, 5}));
  EXPECT_EQ(run("cummin %a dim 1"), (Numbers{3, 1, 1, -1, -1, -1}));
}

TEST(LowerOps, ArgReduceTakesTheFirstOfTheBest) {
  auto run = [](const std::string &kind, const std::string &type,
                const Data &input) {
    auto results =
        runOps("%v, %i = moe.arg_reduce " + kind + " %a dim 1 : tensor<3x4x" +
                   type + "> -> tensor<3x" + type + ">, tensor<3xi64>",
               "%a: tensor<3x4x" + type + ">",
               "tensor<3x" + type + ">, tensor<3xi64>", "%v, %i", {input});
    return std::pair(results[0].values(), results[1].values());
  };
  Data floats =
      Data::f32({1, 3, 3, -2, nan_, -inf, nan_, -inf, -0.0f, 0, 0, -0.0f});
  EXPECT_EQ(run("max", "f32", floats),
            std::pair(Numbers({3, -inf, 0}), Numbers({1, 1, 0})));
  EXPECT_EQ(run("min", "f32", floats),
            std::pair(Numbers({-2, -inf, 0}), Numbers({3, 1, 0})));
  int64_t least = std::numeric_limits<int64_t>::min(),
          most = std::numeric_limits<int64_t>::max();
  Data integers =
      Data::i64({least, least, least, least, 5, most, 5, least, 2, 1, 1, 2});
  EXPECT_EQ(run("max", "i64", integers).second, Numbers({0, 1, 0}));
  EXPECT_EQ(run("min", "i64", integers).second, Numbers({0, 3, 1}));
}

TEST(LowerOps, SortIsStableAndMovesOthersAlong) {
  auto results = runOps(
      "%r:3 = moe.sort %k, %i, %x dim 0 : tensor<5xf32>, tensor<5xi32>, "
      "tensor<5xbf16>\n"
      "%d:2 = moe.sort %k, %i dim 0 descending : tensor<5xf32>, tensor<5xi32>",
      "%k: tensor<5xf32>, %i: tensor<5xi32>, %x: tensor<5xbf16>",
      "tensor<5xi32>, tensor<5xbf16>, tensor<5xi32>", "%r#1, %r#2, %d#1",
      {Data::f32({2, nan_, -inf, 2, 0}), Data::i32({0, 1, 2, 3, 4}),
       Data::bf16({10, 11, 12, 13, 14})});
  EXPECT_EQ(results[0].values(), (Numbers{2, 4, 0, 3, 1}));
  EXPECT_EQ(results[1].values(), (Numbers{12, 14, 10, 13, 11}));
  EXPECT_EQ(results[2].values(), (Numbers{0, 3, 4, 2, 1}));
}

TEST(LowerOps, SortOfEveryLengthAlongAnyDimension) {
  for (int n : {0, 1, 2, 3, 7, 8, 100}) {
    std::vector<int32_t> x;
    for (int i = 0; i < n * 2; ++i)
      x.push_back((i * 37) % 11 - 5);
    std::string type = "tensor<" + std::to_string(n) + "x2xi32>";
    Numbers sorted = runOne("moe.sort %a dim 0 : " + type, "%a: " + type, type,
                            {Data::i32(x)});
    ASSERT_EQ(sorted.size(), x.size());
    for (int column = 0; column < 2; ++column) {
      std::vector<double> want, have;
      for (int i = 0; i < n; ++i) {
        want.push_back(x[i * 2 + column]);
        have.push_back(sorted[i * 2 + column]);
      }
      std::sort(want.begin(), want.end());
      EXPECT_EQ(have, want) << n;
    }
  }
}

TEST(LowerOps, ReverseAndBlocksAtDynamicPlaces) {
  Data x = Data::i32({1, 2, 3, 4, 5, 6});
  EXPECT_EQ(runOne("moe.reverse %a dims [0, 1] : tensor<2x3xi32>",
                   "%a: tensor<2x3xi32>", "tensor<2x3xi32>", {x}),
            (Numbers{6, 5, 4, 3, 2, 1}));
  auto slice = [&](int32_t i, int32_t j) {
    return runOne(
        "moe.dynamic_slice %a[%i, %j] : tensor<2x3xi32> -> tensor<1x2xi32>",
        "%a: tensor<2x3xi32>, %i: tensor<i32>, %j: tensor<i32>",
        "tensor<1x2xi32>", {x, Data::i32({i}), Data::i32({j})});
  };
  EXPECT_EQ(slice(1, 1), (Numbers{5, 6}));
  EXPECT_EQ(slice(-1, 5), (Numbers{2, 3}));
  auto update = [&](int32_t i, int32_t j) {
    return runOne("moe.dynamic_update_slice %u into %a[%i, %j] : "
                  "tensor<1x2xi32>, tensor<2x3xi32>",
                  "%u: tensor<1x2xi32>, %a: tensor<2x3xi32>, %i: tensor<i32>, "
                  "%j: tensor<i32>",
                  "tensor<2x3xi32>",
                  {Data::i32({7, 8}), x, Data::i32({i}), Data::i32({j})});
  };
  EXPECT_EQ(update(0, 0), (Numbers{7, 8, 3, 4, 5, 6}));
  EXPECT_EQ(update(9, 9), (Numbers{1, 2, 3, 4, 7, 8}));
}

TEST(LowerOps, ScatterDropsWhatIsOutOfRange) {
  auto run = [](const std::string &kind) {
    return runOne("moe.scatter " + kind +
                      " %u into %a[%i] batch_dims 0 : tensor<4x2xf32>, "
                      "tensor<2x2xf32>, tensor<4xi32>",
                  "%u: tensor<4x2xf32>, %a: tensor<2x2xf32>, %i: tensor<4xi32>",
                  "tensor<2x2xf32>",
                  {Data::f32({1, 2, 3, 4, 9, 9, 2, 1}),
                   Data::f32({2, 2, 10, 20}), Data::i32({0, 0, 2, -1})});
  };
  EXPECT_EQ(run("add"), (Numbers{6, 8, 10, 20}));
  EXPECT_EQ(run("max"), (Numbers{3, 4, 10, 20}));
  EXPECT_EQ(run("set"), (Numbers{3, 4, 10, 20}));
  EXPECT_EQ(
      runOne("moe.scatter set %u into %a[%i] batch_dims 1 : "
             "tensor<2x1xi32>, tensor<2x2xi32>, tensor<2x1xi64>",
             "%u: tensor<2x1xi32>, %a: tensor<2x2xi32>, %i: "
             "tensor<2x1xi64>",
             "tensor<2x2xi32>",
             {Data::i32({7, 8}), Data::i32({1, 2, 3, 4}), Data::i64({1, 0})}),
      (Numbers{1, 7, 8, 4}));
  // Rounded at each step the sum would stay at 256.
  EXPECT_EQ(
      runOne("moe.scatter add %u into %a[%i] batch_dims 0 : tensor<300xbf16>, "
             "tensor<1xbf16>, tensor<300xi32>",
             "%u: tensor<300xbf16>, %a: tensor<1xbf16>, %i: tensor<300xi32>",
             "tensor<1xbf16>",
             {Data::bf16(std::vector<float>(300, 1)), Data::bf16({0}),
              Data::i32(std::vector<int32_t>(300, 0))}),
      (Numbers{300}));
}

//===-- Windows -----------------------------------------------------------===//

TEST(LowerOps, WindowsWithAndWithoutPadding) {
  auto run = [](const std::string &kind, const std::string &attributes,
                const std::string &result) {
    return runOne("moe.reduce_window " + kind + " %a " + attributes +
                      " : tensor<2x4xi32> -> " + result,
                  "%a: tensor<2x4xi32>", result,
                  {Data::i32({-5, -2, -4, -3, 1, 2, 3, 4})});
  };
  EXPECT_EQ(run("max",
                "window [1, 3] strides [1, 1] dilation [1, 1] low [0, 1] high "
                "[0, 1]",
                "tensor<2x4xi32>"),
            (Numbers{-2, -2, -2, -3, 2, 3, 4, 4}));
  EXPECT_EQ(run("sum",
                "window [1, 2] strides [1, 2] dilation [1, 1] low [0, 0] high "
                "[0, 0]",
                "tensor<2x2xi32>"),
            (Numbers{-7, -7, 3, 7}));
  EXPECT_EQ(run("prod",
                "window [2, 2] strides [1, 1] dilation [1, 2] low [0, 0] high "
                "[0, 0]",
                "tensor<1x2xi32>"),
            (Numbers{60, 48}));
  EXPECT_EQ(runOne("moe.reduce_window min %a window [2] strides [1] dilation "
                   "[1] low [2] high [2] : tensor<0xf32> -> tensor<3xf32>",
                   "%a: tensor<0xf32>", "tensor<3xf32>", {Data::f32({})}),
            (Numbers{inf, inf, inf}));
}

TEST(LowerOps, ConvolutionsOfEveryForm) {
  Data x = Data::f32({1, 2, 3, 4, 5, 6});
  auto run = [&](const std::string &kernel, const Data &weights,
                 const std::string &attributes, const std::string &result) {
    return runOne("moe.convolution %x, %w " + attributes +
                      " : tensor<1x3x2xf32>, " + kernel + " -> " + result,
                  "%x: tensor<1x3x2xf32>, %w: " + kernel, result, {x, weights});
  };
  Data ones = Data::f32({1, 10, 1, 10});
  EXPECT_EQ(run("tensor<2x2x1xf32>", ones,
                "strides [1] low [0] high [0] input_dilation [1] "
                "kernel_dilation [1] groups 1",
                "tensor<1x2x1xf32>"),
            (Numbers{64, 108}));
  EXPECT_EQ(run("tensor<2x1x2xf32>", ones,
                "strides [1] low [1] high [0] input_dilation [1] "
                "kernel_dilation [1] groups 2",
                "tensor<1x3x2xf32>"),
            (Numbers{1, 20, 4, 60, 8, 100}));
  EXPECT_EQ(run("tensor<2x2x1xf32>", ones,
                "strides [1] low [0] high [0] input_dilation [2] "
                "kernel_dilation [1] groups 1",
                "tensor<1x4x1xf32>"),
            (Numbers{21, 43, 43, 65}));
  EXPECT_EQ(run("tensor<2x2x1xf32>", ones,
                "strides [2] low [1] high [0] input_dilation [1] "
                "kernel_dilation [1] groups 1",
                "tensor<1x2x1xf32>"),
            (Numbers{21, 108}));
  // Two features of the result for each one of the input.
  EXPECT_EQ(run("tensor<1x1x4xf32>", ones,
                "strides [1] low [0] high [0] input_dilation [1] "
                "kernel_dilation [1] groups 2",
                "tensor<1x3x4xf32>"),
            (Numbers{1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60}));
}

TEST(LowerOps, BF16ConvolutionSumsInF32) {
  EXPECT_EQ(
      runOne("moe.convolution %x, %w strides [1] low [0] high [0] "
             "input_dilation [1] kernel_dilation [1] groups 1 : "
             "tensor<1x300x1xbf16>, tensor<300x1x1xbf16> -> tensor<1x1x1xf32>",
             "%x: tensor<1x300x1xbf16>, %w: tensor<300x1x1xbf16>",
             "tensor<1x1x1xf32>",
             {Data::bf16(std::vector<float>(300, 1)),
              Data::bf16(std::vector<float>(300, 1.0078125f))}),
      (Numbers{302.34375}));
}

//===-- Routing -----------------------------------------------------------===//

TEST(LowerOps, TopKTakesTheLowestIndexOfEqualValues) {
  auto results = runOps(
      "%v, %i = moe.top_k %a k 3 dim 1 : tensor<2x4xf32> -> tensor<2x3xf32>, "
      "tensor<2x3xi32>",
      "%a: tensor<2x4xf32>", "tensor<2x3xf32>, tensor<2x3xi32>", "%v, %i",
      {Data::f32({1, 3, 3, -2, -1, nan_, -inf, -1})});
  EXPECT_EQ(results[0].values(), (Numbers{3, 3, 1, -1, -1, -inf}));
  EXPECT_EQ(results[1].values(), (Numbers{1, 2, 0, 0, 3, 2}));
}

TEST(LowerOps, BalancedAssignmentHasTheGreatestSum) {
  auto assign = [](const std::string &type, const Data &scores) {
    return runOps("%e, %s = moe.balanced_assignment %a : " + type +
                      " -> tensor<2x5x1xi32>, tensor<2x5x1xi32>",
                  "%a: " + type, "tensor<2x5x1xi32>, tensor<2x5x1xi32>",
                  "%e, %s", {scores});
  };
  // Token 3 loses least by giving up expert 0; NaN is the least of all. In the
  // second group all prefer expert 1.
  std::vector<float> scores = {5, 1, 5, 1, 5, 1, 5,    2,    nan_, -inf,
                               0, 9, 0, 8, 0, 7, 0.5f, 0.5f, 1,    6};
  auto results = assign("tensor<2x5x2xf32>", Data::f32(scores));
  EXPECT_EQ(results[0].values(), (Numbers{0, 0, 0, 1, 1, 1, 1, 1, 0, 0}));
  EXPECT_EQ(results[1].values(), (Numbers{0, 1, 2, 0, 1, 0, 1, 2, 0, 1}));
  EXPECT_EQ(assign("tensor<2x5x2xbf16>", Data::bf16(scores))[0].values(),
            results[0].values());
}

TEST(LowerOps, GroupedEinsumGivesZerosOutsideOfGroups) {
  auto run = [](std::vector<int32_t> sizes, int64_t first) {
    return runOne("moe.grouped_einsum %x, %w sizes %n first %f : "
                  "tensor<4x1xf32>, tensor<3x1x1xf32>, tensor<3xi32>, "
                  "tensor<i64> -> tensor<4x1xf32>",
                  "%x: tensor<4x1xf32>, %w: tensor<3x1x1xf32>, %n: "
                  "tensor<3xi32>, %f: tensor<i64>",
                  "tensor<4x1xf32>",
                  {Data::f32({1, 2, 3, 4}), Data::f32({1, 2, 3}),
                   Data::i32(sizes), Data::i64({first})});
  };
  EXPECT_EQ(run({1, 2, 0}, 0), (Numbers{1, 4, 6, 0}));
  EXPECT_EQ(run({-1, 0, 2}, 0), (Numbers{3, 6, 0, 0}));
  EXPECT_EQ(run({1, 2, 2}, -2), (Numbers{2, 6, 9, 0}));
  EXPECT_EQ(run({1, 2, 2}, 2), (Numbers{0, 0, 3, 8}));
  EXPECT_EQ(run({1, 2, 2}, 9), (Numbers{0, 0, 0, 0}));
  EXPECT_EQ(run({2147483647, 2147483647, 2147483647}, 0),
            (Numbers{1, 2, 3, 4}));
}

TEST(LowerOps, GatingGivesSlotsInTheOrderOfChoicesThenTokens) {
  auto results = runOps(
      "%e, %s, %w = moe.gating %g k 2 capacity 2 : tensor<1x3x3xf32> -> "
      "tensor<1x3x2xi32>, tensor<1x3x2xi32>, tensor<1x3x2xf32>",
      "%g: tensor<1x3x3xf32>",
      "tensor<1x3x2xi32>, tensor<1x3x2xi32>, tensor<1x3x2xf32>", "%e, %s, %w",
      {Data::f32({0.5, 0.25, 0.25, 0.625, 0.125, 0.25, 0.25, 0.5, 0.25})});
  EXPECT_EQ(results[0].values(), (Numbers{0, 1, 0, 2, 1, 0}));
  // Expert 0: tokens 0 and 1; token 2's second choice finds it full.
  EXPECT_EQ(results[1].values(), (Numbers{0, 1, 1, 0, 0, -1}));
  expectNear(results[2].values(),
             {2.0 / 3, 1.0 / 3, 0.625 / 0.875, 0.25 / 0.875, 2.0 / 3, 0}, 1e-6);
}

TEST(LowerOps, RandomGatingDropsWeakSecondChoices) {
  auto results = runOps(
      "%e, %s, %w = moe.gating %g random %u k 2 capacity 4 : "
      "tensor<1x2x2xf32>, tensor<1x2xf32> -> tensor<1x2x2xi32>, "
      "tensor<1x2x2xi32>, tensor<1x2x2xf32>",
      "%g: tensor<1x2x2xf32>, %u: tensor<1x2xf32>",
      "tensor<1x2x2xi32>, tensor<1x2x2xi32>, tensor<1x2x2xf32>", "%e, %s, %w",
      {Data::f32({0.75, 0.25, 0.75, 0.25}), Data::f32({0.625, 0.375})});
  EXPECT_EQ(results[1].values(), (Numbers{0, -1, 1, 0}));
  expectNear(results[2].values(), {0.75, 0, 0.75, 0.25}, 1e-6);
}

// Two tokens in one slot are summed; nothing is left in a slot without one.
TEST(LowerOps, TokensThatMeetInASlotAreSummed) {
  for (const char *type : {"f32", "bf16", "i32"}) {
    std::string element = type;
    std::vector<float> numbers = {1, 2, 3, 4, 5, 6};
    Data tokens = element == "f32"    ? Data::f32(numbers)
                  : element == "bf16" ? Data::bf16(numbers)
                                      : Data::i32({1, 2, 3, 4, 5, 6});
    EXPECT_EQ(runOne("moe.dispatch %t to %e, %s : tensor<1x3x2x" + element +
                         ">, tensor<1x3x2xi32>, tensor<1x3x2xi32> -> "
                         "tensor<2x1x2x2x" +
                         element + ">",
                     "%t: tensor<1x3x2x" + element +
                         ">, %e: tensor<1x3x2xi32>, %s: tensor<1x3x2xi32>",
                     "tensor<2x1x2x2x" + element + ">",
                     {tokens, Data::i32({0, 1, 0, 1, 0, 1}),
                      Data::i32({0, 1, 0, -1, 0, 1})}),
              (Numbers{9, 12, 0, 0, 0, 0, 6, 8}))
        << type;
  }
}

TEST(LowerOps, CombineOfNoSlotsIsZero) {
  EXPECT_EQ(
      runOne("moe.combine %x from %e, %s weights %w : "
             "tensor<0x1x2x2xf32>, tensor<1x1x1xi32>, "
             "tensor<1x1x1xi32>, tensor<1x1x1xf32> -> tensor<1x1x2xf32>",
             "%x: tensor<0x1x2x2xf32>, %e: tensor<1x1x1xi32>, %s: "
             "tensor<1x1x1xi32>, %w: tensor<1x1x1xf32>",
             "tensor<1x1x2xf32>",
             {Data::f32({}), Data::i32({0}), Data::i32({0}), Data::f32({1})}),
      (Numbers{0, 0}));
}

TEST(LowerOps, DispatchAndCombineDropWhatIsOutOfRange) {
  std::string types = "tensor<1x4x1xi32>, tensor<1x4x1xi32>";
  Data tokens = Data::f32({1, 2, 3, 4, 5, 6, 7, 8});
  Data expert = Data::i32({0, 1, 0, 5}), slot = Data::i32({0, 0, -1, 0});
  EXPECT_EQ(runOne("moe.dispatch %t to %e, %s : tensor<1x4x2xf32>, " + types +
                       " -> tensor<2x1x2x2xf32>",
                   "%t: tensor<1x4x2xf32>, %e: tensor<1x4x1xi32>, %s: "
                   "tensor<1x4x1xi32>",
                   "tensor<2x1x2x2xf32>", {tokens, expert, slot}),
            (Numbers{1, 2, 0, 0, 3, 4, 0, 0}));
  EXPECT_EQ(runOne("moe.combine %x from %e, %s weights %w : "
                   "tensor<2x1x2x2xf32>, " +
                       types + ", tensor<1x4x1xf32> -> tensor<1x4x2xf32>",
                   "%x: tensor<2x1x2x2xf32>, %e: tensor<1x4x1xi32>, %s: "
                   "tensor<1x4x1xi32>, %w: tensor<1x4x1xf32>",
                   "tensor<1x4x2xf32>",
                   {tokens, expert, slot, Data::f32({0.5, 2, 1, 1})}),
            (Numbers{0.5, 1, 10, 12, 0, 0, 0, 0}));
}
