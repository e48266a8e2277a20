// Ops of shape, indices and random numbers.
#include "LoweredOps.h"

#include <cmath>

using namespace moe::test;

//===-- Shape
//---------------------------------------------------------------===//

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

//===-- Indices
//-------------------------------------------------------------===//

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
