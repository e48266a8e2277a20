// RUN: moe-interpret %s --all --print | FileCheck %s
// RUN: moe-interpret %s --all --print --exact | FileCheck %s

// CHECK-LABEL: @broadcast
// CHECK-NEXT: = {{\[}}[1, 1, 1], [2, 2, 2]]
// CHECK-NEXT: = {{\[}}[7, 7], [7, 7]]
func.func @broadcast() -> (tensor<2x3xf32>, tensor<2x2xf32>) {
  %x = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %s = arith.constant dense<7.0> : tensor<f32>
  %0 = moe.broadcast %x dims [0] : tensor<2xf32> -> tensor<2x3xf32>
  %1 = moe.broadcast %s dims [] : tensor<f32> -> tensor<2x2xf32>
  return %0, %1 : tensor<2x3xf32>, tensor<2x2xf32>
}

// Dimension i of the result is dimension permutation[i] of the operand.
// CHECK-LABEL: @transpose
// CHECK-NEXT: tensor<3x1x2xi32> = {{\[\[}}[1, 4]], {{\[}}[2, 5]], {{\[}}[3, 6]]]
func.func @transpose() -> tensor<3x1x2xi32> {
  %x = arith.constant dense<[[[1, 2, 3], [4, 5, 6]]]> : tensor<1x2x3xi32>
  %0 = moe.transpose %x permutation [2, 0, 1] : tensor<1x2x3xi32> -> tensor<3x1x2xi32>
  return %0 : tensor<3x1x2xi32>
}

// CHECK-LABEL: @reshape
// CHECK-NEXT: = {{\[}}[1, 2], [3, 4], [5, 6]]
func.func @reshape() -> tensor<3x2xi32> {
  %x = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>
  %0 = moe.reshape %x : tensor<2x3xi32> -> tensor<3x2xi32>
  return %0 : tensor<3x2xi32>
}

// CHECK-LABEL: @slice
// CHECK-NEXT: = {{\[}}[5, 7]]
func.func @slice() -> tensor<1x2xi32> {
  %x = arith.constant dense<[[0, 1, 2, 3], [4, 5, 6, 7]]> : tensor<2x4xi32>
  %0 = moe.slice %x offsets [1, 1] strides [1, 2] : tensor<2x4xi32> -> tensor<1x2xi32>
  return %0 : tensor<1x2xi32>
}

// One before, one between, two after.
// CHECK-LABEL: @pad
// CHECK-NEXT: = [9, 1, 9, 2, 9, 9]
// CHECK-NEXT: = [-inf, 1]
func.func @pad() -> (tensor<6xi32>, tensor<2xf32>) {
  %x = arith.constant dense<[1, 2]> : tensor<2xi32>
  %0 = moe.pad %x with 9 : i32 low [1] high [2] interior [1] : tensor<2xi32> -> tensor<6xi32>
  %y = arith.constant dense<[1.0]> : tensor<1xf32>
  %1 = moe.pad %y with 0xFF800000 : f32 low [1] high [0] interior [0] : tensor<1xf32> -> tensor<2xf32>
  return %0, %1 : tensor<6xi32>, tensor<2xf32>
}

// CHECK-LABEL: @concatenate
// CHECK-NEXT: = {{\[}}[1, 5, 6], [2, 7, 8]]
func.func @concatenate() -> tensor<2x3xi32> {
  %x = arith.constant dense<[[1], [2]]> : tensor<2x1xi32>
  %y = arith.constant dense<[[5, 6], [7, 8]]> : tensor<2x2xi32>
  %0 = moe.concatenate dim 1 %x, %y : tensor<2x1xi32>, tensor<2x2xi32> -> tensor<2x3xi32>
  return %0 : tensor<2x3xi32>
}

// CHECK-LABEL: @stop_gradient
// CHECK-NEXT: = [3]
func.func @stop_gradient() -> tensor<1xf32> {
  %x = arith.constant dense<[3.0]> : tensor<1xf32>
  %0 = moe.stop_gradient %x : tensor<1xf32>
  return %0 : tensor<1xf32>
}
