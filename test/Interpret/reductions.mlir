// RUN: moe-interpret %s --all --print | FileCheck %s

// CHECK-LABEL: @every_kind
// CHECK-NEXT: = [6, 15]
// CHECK-NEXT: = [6, 120]
// CHECK-NEXT: = [4, 5, 6]
// CHECK-NEXT: = 1
func.func @every_kind() -> (tensor<2xf32>, tensor<2xf32>, tensor<3xf32>, tensor<f32>) {
  %x = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %0 = moe.reduce sum %x dims [1] : tensor<2x3xf32> -> tensor<2xf32>
  %1 = moe.reduce prod %x dims [1] : tensor<2x3xf32> -> tensor<2xf32>
  %2 = moe.reduce max %x dims [0] : tensor<2x3xf32> -> tensor<3xf32>
  %3 = moe.reduce min %x dims [0, 1] : tensor<2x3xf32> -> tensor<f32>
  return %0, %1, %2, %3 : tensor<2xf32>, tensor<2xf32>, tensor<3xf32>, tensor<f32>
}

// CHECK-LABEL: @bits
// CHECK-NEXT: = 4
// CHECK-NEXT: = 7
// CHECK-NEXT: = 0
// CHECK-NEXT: = 1
func.func @bits() -> (tensor<i32>, tensor<i32>, tensor<i1>, tensor<i1>) {
  %x = arith.constant dense<[6, 5]> : tensor<2xi32>
  %b = arith.constant dense<[true, false]> : tensor<2xi1>
  %0 = moe.reduce and %x dims [0] : tensor<2xi32> -> tensor<i32>
  %1 = moe.reduce or %x dims [0] : tensor<2xi32> -> tensor<i32>
  %2 = moe.reduce and %b dims [0] : tensor<2xi1> -> tensor<i1>
  %3 = moe.reduce or %b dims [0] : tensor<2xi1> -> tensor<i1>
  return %0, %1, %2, %3 : tensor<i32>, tensor<i32>, tensor<i1>, tensor<i1>
}

// Nothing reduced is the neutral element.
// CHECK-LABEL: @empty
// CHECK-NEXT: = 0
// CHECK-NEXT: = -inf
// CHECK-NEXT: = 2147483647
func.func @empty() -> (tensor<f32>, tensor<f32>, tensor<i32>) {
  %x = arith.constant dense<0.0> : tensor<0xf32>
  %i = arith.constant dense<0> : tensor<0xi32>
  %0 = moe.reduce sum %x dims [0] : tensor<0xf32> -> tensor<f32>
  %1 = moe.reduce max %x dims [0] : tensor<0xf32> -> tensor<f32>
  %2 = moe.reduce min %i dims [0] : tensor<0xi32> -> tensor<i32>
  return %0, %1, %2 : tensor<f32>, tensor<f32>, tensor<i32>
}

// max does not lose a NaN.
// CHECK-LABEL: @max_of_nan
// CHECK-NEXT: = nan
func.func @max_of_nan() -> tensor<f32> {
  %x = arith.constant dense<[1.0, 0x7FC00000, 3.0]> : tensor<3xf32>
  %0 = moe.reduce max %x dims [0] : tensor<3xf32> -> tensor<f32>
  return %0 : tensor<f32>
}

// CHECK-LABEL: @cumsum
// CHECK-NEXT: = {{\[}}[3, 4, 6], [1, 2, 3]]
// CHECK-NEXT: = {{\[}}[0, 0, 0], [3, 1, 2]]
func.func @cumsum() -> (tensor<2x3xi32>, tensor<2x3xi32>) {
  %x = arith.constant dense<[[3, 1, 2], [1, 1, 1]]> : tensor<2x3xi32>
  %0 = moe.cumsum %x dim 1 : tensor<2x3xi32>
  %1 = moe.cumsum %x dim 0 exclusive : tensor<2x3xi32>
  return %0, %1 : tensor<2x3xi32>, tensor<2x3xi32>
}

// -inf takes no share; dim 0 works on columns.
// CHECK-LABEL: @softmax
// CHECK-NEXT: = {{\[}}[0.5, 0], [0.5, 1]]
func.func @softmax() -> tensor<2x2xf32> {
  %x = arith.constant dense<[[7.0, 0xFF800000], [7.0, 5.0]]> : tensor<2x2xf32>
  %0 = moe.softmax %x dim 0 : tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// log(1/2), wherever the largest is.
// CHECK-LABEL: @log_softmax
// CHECK-NEXT: = [-0.6931472, -0.6931472]
func.func @log_softmax() -> tensor<2xf32> {
  %x = arith.constant dense<[1000.0, 1000.0]> : tensor<2xf32>
  %0 = moe.log_softmax %x dim 0 : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// The two 5s tie: the lower index first. Along dim 0 lines are columns.
// CHECK-LABEL: @top_k
// CHECK-NEXT: = {{\[}}[5, 5], [9, 2]]
// CHECK-NEXT: = {{\[}}[1, 3], [0, 1]]
// CHECK-NEXT: = {{\[}}[9, 5, 1, 5]]
// CHECK-NEXT: = {{\[}}[1, 0, 1, 0]]
func.func @top_k() -> (tensor<2x2xf32>, tensor<2x2xi32>, tensor<1x4xf32>, tensor<1x4xi32>) {
  %x = arith.constant dense<[[3.0, 5.0, 1.0, 5.0], [9.0, 2.0, 1.0, 0.0]]> : tensor<2x4xf32>
  %v, %i = moe.top_k %x k 2 dim 1 : tensor<2x4xf32> -> tensor<2x2xf32>, tensor<2x2xi32>
  %y = arith.constant dense<[[3.0, 5.0, 0.0, 5.0], [9.0, 2.0, 1.0, 0.0]]> : tensor<2x4xf32>
  %w, %j = moe.top_k %y k 1 dim 0 : tensor<2x4xf32> -> tensor<1x4xf32>, tensor<1x4xi32>
  return %v, %i, %w, %j : tensor<2x2xf32>, tensor<2x2xi32>, tensor<1x4xf32>, tensor<1x4xi32>
}

// Products and extremes run like sums; an exclusive scan begins with the neutral
// element.
// CHECK-LABEL: @other_scans
// CHECK-NEXT: = {{\[}}[3, 3, 6], [1, -1, -2]]
// CHECK-NEXT: = {{\[}}[1, 3, 3], [1, 1, -1]]
// CHECK-NEXT: = {{\[}}[3, 3, 3], [1, 1, 2]]
// CHECK-NEXT: = {{\[}}[-2147483648, 3, 3], [-2147483648, 1, 1]]
// CHECK-NEXT: = {{\[}}[3, 1, 1], [1, -1, -1]]
// CHECK-NEXT: = [inf, 3, nan, nan]
func.func @other_scans() -> (tensor<2x3xi32>, tensor<2x3xi32>, tensor<2x3xi32>, tensor<2x3xi32>, tensor<2x3xi32>, tensor<4xf32>) {
  %x = arith.constant dense<[[3, 1, 2], [1, -1, 2]]> : tensor<2x3xi32>
  %y = arith.constant dense<[3.0, 0x7FC00000, 1.0, 2.0]> : tensor<4xf32>
  %0 = moe.cumprod %x dim 1 : tensor<2x3xi32>
  %1 = moe.cumprod %x dim 1 exclusive : tensor<2x3xi32>
  %2 = moe.cummax %x dim 1 : tensor<2x3xi32>
  %3 = moe.cummax %x dim 1 exclusive : tensor<2x3xi32>
  %4 = moe.cummin %x dim 1 : tensor<2x3xi32>
  %5 = moe.cummin %y dim 0 exclusive : tensor<4xf32>
  return %0, %1, %2, %3, %4, %5 : tensor<2x3xi32>, tensor<2x3xi32>, tensor<2x3xi32>, tensor<2x3xi32>, tensor<2x3xi32>, tensor<4xf32>
}
