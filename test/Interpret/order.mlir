// RUN: moe-interpret %s --all --print | FileCheck %s

// The first of equal values; the other dimension goes along.
// CHECK-LABEL: @arg_reduce
// CHECK-NEXT: = [3, 2]
// CHECK-NEXT: = [0, 1]
// CHECK-NEXT: = [1, 0, 3]
// CHECK-NEXT: = [1, 1, 0]
func.func @arg_reduce() -> (tensor<2xi32>, tensor<2xi32>, tensor<3xi32>, tensor<3xi64>) {
  %x = arith.constant dense<[[3, 2, 3], [1, 0, 3]]> : tensor<2x3xi32>
  %y = arith.constant dense<[[3, 1, 3], [1, 2, 2]]> : tensor<2x3xi32>
  %v, %i = moe.arg_reduce max %y dim 1 : tensor<2x3xi32> -> tensor<2xi32>, tensor<2xi32>
  %w, %j = moe.arg_reduce min %x dim 0 : tensor<2x3xi32> -> tensor<3xi32>, tensor<3xi64>
  return %v, %i, %w, %j : tensor<2xi32>, tensor<2xi32>, tensor<3xi32>, tensor<3xi64>
}

// NaN is taken where there is nothing else, -0 equals 0.
// CHECK-LABEL: @arg_reduce_of_nan
// CHECK-NEXT: = [-inf, nan, -0]
// CHECK-NEXT: = [1, 0, 0]
// CHECK-NEXT: = [-inf, nan, -0]
// CHECK-NEXT: = [1, 0, 0]
func.func @arg_reduce_of_nan() -> (tensor<3xf32>, tensor<3xi32>, tensor<3xf32>, tensor<3xi32>) {
  %x = arith.constant dense<[[0x7FC00000, 0xFF800000], [0x7FC00000, 0x7FC00000], [-0.0, 0.0]]> : tensor<3x2xf32>
  %v, %i = moe.arg_reduce max %x dim 1 : tensor<3x2xf32> -> tensor<3xf32>, tensor<3xi32>
  %w, %j = moe.arg_reduce min %x dim 1 : tensor<3x2xf32> -> tensor<3xf32>, tensor<3xi32>
  return %v, %i, %w, %j : tensor<3xf32>, tensor<3xi32>, tensor<3xf32>, tensor<3xi32>
}

// Equal keys keep their order both ways; what goes along is of any type.
// CHECK-LABEL: @sort
// CHECK-NEXT: = [1, 2, 2, 3]
// CHECK-NEXT: = [1, 0, 3, 2]
// CHECK-NEXT: = [0.5, 0, 1.5, 1]
// CHECK-NEXT: = [3, 2, 2, 1]
// CHECK-NEXT: = [2, 0, 3, 1]
func.func @sort() -> (tensor<4xi32>, tensor<4xi64>, tensor<4xf32>, tensor<4xi32>, tensor<4xi64>) {
  %k = arith.constant dense<[2, 1, 3, 2]> : tensor<4xi32>
  %i = moe.iota dim 0 : tensor<4xi64>
  %x = arith.constant dense<[0.0, 0.5, 1.0, 1.5]> : tensor<4xf32>
  %a:3 = moe.sort %k, %i, %x dim 0 : tensor<4xi32>, tensor<4xi64>, tensor<4xf32>
  %d:2 = moe.sort %k, %i dim 0 descending : tensor<4xi32>, tensor<4xi64>
  return %a#0, %a#1, %a#2, %d#0, %d#1 : tensor<4xi32>, tensor<4xi64>, tensor<4xf32>, tensor<4xi32>, tensor<4xi64>
}

// CHECK-LABEL: @sort_the_first_dimension
// CHECK-NEXT: = {{\[}}[1, 4], [3, 5]]
func.func @sort_the_first_dimension() -> tensor<2x2xi32> {
  %k = arith.constant dense<[[3, 4], [1, 5]]> : tensor<2x2xi32>
  %0 = moe.sort %k dim 0 : tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}

// NaN comes last both ways.
// CHECK-LABEL: @sort_of_nan
// CHECK-NEXT: = [-inf, 1, inf, nan]
// CHECK-NEXT: = [inf, 1, -inf, nan]
func.func @sort_of_nan() -> (tensor<4xf32>, tensor<4xf32>) {
  %k = arith.constant dense<[0x7FC00000, 0x7F800000, 1.0, 0xFF800000]> : tensor<4xf32>
  %0 = moe.sort %k dim 0 : tensor<4xf32>
  %1 = moe.sort %k dim 0 descending : tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}
