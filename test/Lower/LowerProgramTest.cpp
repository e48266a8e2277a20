// Whole programs: memory, several entries, collectives, blocks of a rank.
#include "LoweredProgram.h"

#include <gtest/gtest.h>

using namespace moe::test;

using Numbers = std::vector<double>;

TEST(LowerProgram, ResultsMayBeArgumentsAndMayRepeat) {
  auto results =
      runOps("%0 = arith.addf %a, %a : tensor<2xf32>\n"
             "%1 = moe.reshape %0 : tensor<2xf32> -> tensor<1x2xf32>",
             "%a: tensor<2xf32>",
             "tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, "
             "tensor<1x2xf32>",
             "%a, %0, %0, %1", {Data::f32({1, 2})});
  EXPECT_EQ(results[0].values(), (Numbers{1, 2}));
  for (int i : {1, 2, 3})
    EXPECT_EQ(results[i].values(), (Numbers{2, 4}));
}

TEST(LowerProgram, EqualKernelsAreShared) {
  LoweredProgram program(R"(
    func.func @f(%a: tensor<8xf32>) -> tensor<8xf32> {
      %0 = moe.cumsum %a dim 0 : tensor<8xf32>
      %1 = moe.cumsum %0 dim 0 : tensor<8xf32>
      %2 = moe.cumsum %1 dim 0 : tensor<8xf32>
      return %2 : tensor<8xf32>
    })");
  EXPECT_NE(program.manifest().find("moe_kernel_0"), std::string::npos);
  EXPECT_EQ(program.manifest().find("moe_kernel_1"), std::string::npos);
  EXPECT_NE(program.manifest().find("\"calls\":3"), std::string::npos);
}

TEST(LowerProgram, EntriesAreIndependent) {
  LoweredProgram program(R"(
    func.func @one(%a: tensor<2xi32>) -> tensor<2xi32> {
      %0 = arith.addi %a, %a : tensor<2xi32>
      return %0 : tensor<2xi32>
    }
    func.func @two() -> tensor<2xi32> {
      %0 = moe.iota dim 0 : tensor<2xi32>
      return %0 : tensor<2xi32>
    })");
  EXPECT_EQ(program.run("one", {Data::i32({3, 4})})[0].values(),
            (Numbers{6, 8}));
  EXPECT_EQ(program.run("two", {})[0].values(), (Numbers{0, 1}));
}

TEST(LowerProgram, MasksAndOffsetsFollowTheRank) {
  // 7 rows over 4 ranks: [0,2) [2,4) [4,6) [6,7); the last has padding.
  LoweredProgram program(R"(
    spmd.mesh @mesh ["x"=4]
    func.func @f(%a: tensor<2xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>, spmd.global = tensor<7xf32>})
        -> (tensor<2xf32>, tensor<i32>) {
      %0 = spmd.mask %a max dims [0] of #spmd.sharding<@mesh, [{"x"}]> global tensor<7xf32> : tensor<2xf32>
      %1 = spmd.block_offset dim 0 of #spmd.sharding<@mesh, [{"x"}]> global tensor<7xf32> : tensor<i32>
      return %0, %1 : tensor<2xf32>, tensor<i32>
    })");
  double inf = std::numeric_limits<double>::infinity();
  for (int rank = 0; rank < 4; ++rank) {
    program.setRank(rank);
    auto results = program.run("f", {Data::f32({5, 6})});
    EXPECT_EQ(results[0].values(), (Numbers{5, rank == 3 ? -inf : 6}));
    EXPECT_EQ(results[1].values(), (Numbers{2.0 * rank}));
  }
}

TEST(LowerProgram, StartedCollectivesKeepTheirBuffers) {
  // Temporaries made while the collective is under way must not reuse its
  // source or its target.
  LoweredProgram program(R"(
    spmd.mesh @mesh ["x"=1]
    func.func @f(%a: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
      %0 = moe.softmax %a dim 0 : tensor<4xf32>
      %p = spmd.start exchange %0 from #spmd.sharding<@mesh, [{}]> to #spmd.sharding<@mesh, [{}]> of tensor<4xf32>
        : tensor<4xf32> -> <tensor<4xf32>>
      %1 = moe.softmax %a dim 0 : tensor<4xf32>
      %2 = moe.softmax %1 dim 0 : tensor<4xf32>
      %3 = moe.softmax %2 dim 0 : tensor<4xf32>
      %4 = spmd.done %p : <tensor<4xf32>> -> tensor<4xf32>
      %5 = moe.softmax %4 dim 0 : tensor<4xf32>
      return %5, %3 : tensor<4xf32>, tensor<4xf32>
    })");
  auto results = program.run("f", {Data::f32({1, 2, 3, 4})});
  EXPECT_EQ(program.collectiveCalls(), 1);
  auto twice = runOps("%0 = moe.softmax %a dim 0 : tensor<4xf32>\n"
                      "%1 = moe.softmax %0 dim 0 : tensor<4xf32>",
                      "%a: tensor<4xf32>", "tensor<4xf32>", "%1",
                      {Data::f32({1, 2, 3, 4})});
  EXPECT_EQ(results[0].values(), twice[0].values());
}

TEST(LowerProgram, ElementwiseOpsOverwriteOperandsThatNothingReadsLater) {
  // %1 overwrites %0. %3 computes %2 where it reads it, from %1 and from %1
  // transposed, and %4 reads %1 again: %3 has memory of its own.
  LoweredProgram program(R"(
    func.func @f(%a: tensor<4x4xf32>, %b: tensor<4xf32>) -> tensor<4x4xf32> {
      %0 = moe.cumsum %a dim 0 : tensor<4x4xf32>
      %c = moe.broadcast %b dims [1] : tensor<4xf32> -> tensor<4x4xf32>
      %1 = arith.addf %0, %c : tensor<4x4xf32>
      %t = moe.transpose %1 permutation [1, 0] : tensor<4x4xf32> -> tensor<4x4xf32>
      %2 = arith.subf %1, %t : tensor<4x4xf32>
      %3 = moe.cumsum %2 dim 0 : tensor<4x4xf32>
      %4 = arith.addf %3, %1 : tensor<4x4xf32>
      return %4 : tensor<4x4xf32>
    })");
  EXPECT_NE(program.manifest().find("\"arena_bytes\":128"), std::string::npos)
      << program.manifest();
  std::vector<float> a(16, 1), b = {1, 2, 3, 4};
  auto results = program.run("f", {Data::f32(a), Data::f32(b)});
  double sum[4][4], difference[4][4];
  Numbers want;
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j)
      sum[i][j] = i + 1 + b[j];
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) {
      difference[i][j] = (i ? difference[i - 1][j] : 0) + sum[i][j] - sum[j][i];
      want.push_back(difference[i][j] + sum[i][j]);
    }
  EXPECT_EQ(results[0].values(), want);
}

TEST(LowerProgram, SameInputGivesSameBytes) {
  std::string text = "func.func @f(%a: tensor<4xf32>) -> tensor<4xf32> {\n"
                     "%0 = math.tanh %a : tensor<4xf32>\n"
                     "return %0 : tensor<4xf32>\n}";
  EXPECT_EQ(LoweredProgram(text).code(), LoweredProgram(text).code());
}

TEST(LowerProgram, RowsDoNotChangeTheBitsOfAReduction) {
  // The same row alone and among others, along the last dimension and not.
  std::vector<float> row, rows;
  for (int i = 0; i < 205; ++i)
    row.push_back(1.0f / float(i + 3));
  for (int copy = 0; copy < 5; ++copy)
    rows.insert(rows.end(), row.begin(), row.end());
  auto sums = [](int count, const std::vector<float> &data) {
    std::string many = "tensor<" + std::to_string(count) + "x205xf32>";
    std::string one = "tensor<" + std::to_string(count) + "xf32>";
    return runOps("%e = math.exp %a : " + many +
                      "\n%0 = moe.reduce sum %e dims [1] : " + many + " -> " +
                      one,
                  "%a: " + many, one, "%0", {Data::f32(data)})[0]
        .values();
  };
  double alone = sums(1, row)[0];
  for (double value : sums(5, rows))
    EXPECT_EQ(value, alone);
}

// Each slice of what lies between two products would read the same of a number
// that is repeated, but not of 1100 rows of zeros and ones.
TEST(LowerProgram, ConstantsBetweenProductsHaveRowsOfTheirOwn) {
  Numbers want;
  std::string rows;
  for (int row = 0; row < 1100; ++row) {
    want.push_back(row < 600 ? 0 : 256);
    for (int column = 0; column < 256; ++column)
      rows += row < 600 ? "00000000" : "0000803F";
  }
  auto results = runOps(
      R"(%h = moe.einsum "sm,mh->sh" %x, %wi : tensor<1100x1xf32>, tensor<1x256xf32> -> tensor<1100x256xf32>
         %rows = arith.constant dense<"0x)" +
          rows + R"("> : tensor<1100x256xf32>
         %sum = arith.addf %h, %rows : tensor<1100x256xf32>
         %y = moe.einsum "sh,hm->sm" %sum, %wo : tensor<1100x256xf32>, tensor<256x1xf32> -> tensor<1100x1xf32>)",
      "%x: tensor<1100x1xf32>, %wi: tensor<1x256xf32>, %wo: tensor<256x1xf32>",
      "tensor<1100x1xf32>", "%y",
      {Data::f32(std::vector<float>(1100, 1)),
       Data::f32(std::vector<float>(256, 0)),
       Data::f32(std::vector<float>(256, 1))});
  EXPECT_EQ(results[0].values(), want);
}
