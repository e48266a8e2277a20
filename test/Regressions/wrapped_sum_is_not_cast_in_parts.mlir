// A cast of a sum became the sum of casts. 2147483647 + 1 wraps around before the cast.
// RUN: moe-opt %s --moe-index-dispatch -o %t
// RUN: moe-interpret %s --compare=%t
func.func @f(%i: tensor<4xi32> {moe.bound = 1}, %j: tensor<4xi32> {moe.bound = 1}) -> tensor<4xi64> {
  %most = arith.constant dense<2147483647> : tensor<4x3xi32>
  %0 = moe.one_hot %i : tensor<4xi32> -> tensor<4x3xi32>
  %1 = arith.muli %0, %most : tensor<4x3xi32>
  %2 = moe.one_hot %j : tensor<4xi32> -> tensor<4x3xi32>
  %3 = arith.addi %1, %2 : tensor<4x3xi32>
  %4 = arith.extsi %3 : tensor<4x3xi32> to tensor<4x3xi64>
  %5 = moe.reduce sum %4 dims [1] : tensor<4x3xi64> -> tensor<4xi64>
  return %5 : tensor<4xi64>
}
