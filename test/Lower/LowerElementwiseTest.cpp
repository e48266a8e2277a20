// Elementwise ops and constants.
#include "LoweredOps.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace moe::test;

static const float inf = std::numeric_limits<float>::infinity();
static const float nan_ = std::numeric_limits<float>::quiet_NaN();

TEST(LowerOps, FloatsAreRoundedToNarrowerOnes) {
  auto cast = [](const std::string &op, const std::string &from,
                 const std::string &to, const Data &data) {
    return runOne(op + " %a : tensor<2x" + from + "> to tensor<2x" + to + ">",
                  "%a: tensor<2x" + from + ">", "tensor<2x" + to + ">", {data});
  };
  // 1 + 2^-30 and 1 + 2^-8 + 2^-30.
  Data doubles = Data::f64(
      {1.000000000931322574615478515625, 1.003906250931322574615478515625});
  EXPECT_EQ(cast("arith.truncf", "f64", "f32", doubles),
            (Numbers{1, 1.00390625}));
  EXPECT_EQ(cast("arith.truncf", "f64", "bf16", doubles), (Numbers{1, 1}));
  EXPECT_EQ(cast("arith.truncf", "f32", "bf16", Data::f32({1.01f, -3})),
            (Numbers{1.0078125, -3}));
  EXPECT_EQ(cast("arith.extf", "f32", "f64", Data::f32({0.5f, -3})),
            (Numbers{0.5, -3}));
}

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
    return runOne(
        op + " %a, %b : tensor<5xi32>", "%a: tensor<5xi32>, %b: tensor<5xi32>",
        "tensor<5xi32>",
        {Data::i32({7, -7, 5, least, 9}), Data::i32({2, 2, 0, -1, -1})});
  };
  EXPECT_EQ(run("arith.addi"), (Numbers{9, -5, 5, 2147483647, 8}));
  EXPECT_EQ(run("arith.subi"), (Numbers{5, -9, 5, -2147483647, 10}));
  EXPECT_EQ(run("arith.muli"), (Numbers{14, -14, 0, double(least), -9}));
  EXPECT_EQ(run("arith.divsi"), (Numbers{3, -3, 0, double(least), -9}));
  EXPECT_EQ(run("arith.remsi"), (Numbers{1, -1, 0, 0, 0}));
  EXPECT_EQ(run("arith.maxsi"), (Numbers{7, 2, 5, -1, 9}));
  EXPECT_EQ(run("arith.minsi"), (Numbers{2, -7, 0, double(least), -1}));
  EXPECT_EQ(run("arith.andi"), (Numbers{2, 0, 0, double(least), 9}));
  EXPECT_EQ(run("arith.ori"), (Numbers{7, -5, 5, -1, -1}));
  EXPECT_EQ(run("arith.xori"), (Numbers{5, -5, 5, 2147483647, -10}));
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
