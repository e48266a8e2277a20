// The weight -1 of integers was read as unsigned when it became a float: 1.8e19.
// RUN: moe-opt %s --moe-index-dispatch -o %t
// RUN: moe-interpret %s --compare=%t
func.func @f(%i: tensor<4xi32> {moe.bound = 3}, %w: tensor<3xf32>) -> tensor<4xf32> {
  %zero = arith.constant dense<0> : tensor<4x3xi32>
  %0 = moe.one_hot %i : tensor<4xi32> -> tensor<4x3xi32>
  %1 = arith.subi %zero, %0 : tensor<4x3xi32>
  %2 = arith.sitofp %1 : tensor<4x3xi32> to tensor<4x3xf32>
  %3 = moe.einsum "ij,j->i" %2, %w : tensor<4x3xf32>, tensor<3xf32> -> tensor<4xf32>
  return %3 : tensor<4xf32>
}
