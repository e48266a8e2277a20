// Reductions, scans, softmax and einsum.
#include "LoweredOps.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace moe::test;

static const float inf = std::numeric_limits<float>::infinity();

//===-- Reductions
//----------------------------------------------------------===//

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
  EXPECT_EQ(runOne("moe.reduce sum %a dims [] : tensor<f32> -> tensor<f32>",
                   "%a: tensor<f32>", "tensor<f32>", {Data::f32({7})}),
            (Numbers{7}));
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

//===-- Einsum
//--------------------------------------------------------------===//

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
  // Letters summed in one operand alone.
  EXPECT_EQ(run("ab,cd->ac", "tensor<2x2xf32>"), (Numbers{18, 18, 45, 45}));
  EXPECT_EQ(run("ab,cd->", "tensor<f32>"), (Numbers{21 * 6}));
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

// Matrix products of the runtime are of f32 and bf16.
TEST(LowerOps, ProductsOfMatricesOfOtherTypesAreExact) {
  auto run = [](const std::string &element, const Data &a, const Data &b) {
    std::string type = "tensor<2x2x" + element + ">";
    return runOne("moe.einsum \"ab,bc->ac\" %a, %b : " + type + ", " + type +
                      " -> " + type,
                  "%a: " + type + ", %b: " + type, type, {a, b});
  };
  EXPECT_EQ(run("f64", Data::f64({0.1, 1, 0, 1e-20}), Data::f64({1, 0, 0, 1})),
            (Numbers{0.1, 1, 0, 1e-20}));
  EXPECT_EQ(
      run("i32", Data::i32({16777217, 1, -1, 3}), Data::i32({1, 2, 0, -1})),
      (Numbers{16777217, 33554433, -1, -5}));
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
