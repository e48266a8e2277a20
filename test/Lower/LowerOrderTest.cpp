// Order, blocks at dynamic places, windows.
#include "LoweredOps.h"

#include <algorithm>
#include <limits>

using namespace moe::test;

static const float inf = std::numeric_limits<float>::infinity();
static const float nan_ = std::numeric_limits<float>::quiet_NaN();

//===-- Scans, order, slices
//------------------------------------------------===//

TEST(LowerOps, ScatteredIntegersAreAddedExactly) {
  EXPECT_EQ(runOne("moe.scatter add %u into %a[%i] batch_dims 0 : "
                   "tensor<3xi32>, tensor<2xi32>, tensor<3xi32>",
                   "%u: tensor<3xi32>, %a: tensor<2xi32>, %i: tensor<3xi32>",
                   "tensor<2xi32>",
                   {Data::i32({1, 1, 5}), Data::i32({16777216, 7}),
                    Data::i32({0, 0, 1})}),
            (Numbers{16777218, 12}));
}

// Rows are read after others were written: the table's buffer is not the
// result's, which two kernels read.
TEST(LowerOps, GatherDoesNotOverwriteItsTable) {
  auto results = runOps("%t = moe.cumsum %a dim 0 : tensor<4xf32>\n"
                        "%g = moe.gather %t[%i] batch_dims 0 : tensor<4xf32>, "
                        "tensor<4xi32> -> tensor<4xf32>\n"
                        "%r = moe.cumsum %g dim 0 : tensor<4xf32>\n"
                        "%m = moe.cummin %g dim 0 : tensor<4xf32>",
                        "%a: tensor<4xf32>, %i: tensor<4xi32>",
                        "tensor<4xf32>, tensor<4xf32>", "%r, %m",
                        {Data::f32({1, 1, 1, 1}), Data::i32({3, 2, 1, 0})});
  EXPECT_EQ(results[0].values(), (Numbers{4, 7, 9, 10}));
  EXPECT_EQ(results[1].values(), (Numbers{4, 3, 2, 1}));
}

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
             "tensor<2xbf16>, tensor<300xi32>",
             "%u: tensor<300xbf16>, %a: tensor<2xbf16>, %i: tensor<300xi32>",
             "tensor<2xbf16>",
             {Data::bf16(std::vector<float>(300, 1)), Data::bf16({5, 0}),
              Data::i32(std::vector<int32_t>(300, 1))}),
      (Numbers{5, 300}));
}

//===-- Windows
//-------------------------------------------------------------===//

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
  EXPECT_EQ(run("sum",
                "window [1, 2] strides [1, 1] dilation [1, 1] low [0, 0] high "
                "[0, 1]",
                "tensor<2x4xi32>"),
            (Numbers{-7, -6, -7, -3, 3, 5, 7, 4}));
  EXPECT_EQ(run("prod",
                "window [2, 2] strides [1, 1] dilation [1, 2] low [0, 0] high "
                "[0, 0]",
                "tensor<1x2xi32>"),
            (Numbers{60, 48}));
  EXPECT_EQ(runOne("moe.reduce_window min %a window [2] strides [1] dilation "
                   "[1] low [2] high [2] : tensor<0xf32> -> tensor<3xf32>",
                   "%a: tensor<0xf32>", "tensor<3xf32>", {Data::f32({})}),
            (Numbers{inf, inf, inf}));
  // A number is its own window.
  EXPECT_EQ(runOne("moe.reduce_window sum %a window [] strides [] dilation [] "
                   "low [] high [] : tensor<i32> -> tensor<i32>",
                   "%a: tensor<i32>", "tensor<i32>", {Data::i32({7})}),
            (Numbers{7}));
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
