// RUN: moe-interpret %s --all --print | FileCheck %s

// Beyond both ends there is nothing, not zero.
// CHECK-LABEL: @reduce_window
// CHECK-NEXT: = {{\[}}[-1, -2, -3]]
// CHECK-NEXT: = {{\[}}[-7, -11, -9, -7]]
// CHECK-NEXT: = {{\[}}[20, 18]]
// CHECK-NEXT: = {{\[}}[-5, -5, -4, -4]]
func.func @reduce_window() -> (tensor<1x3xi32>, tensor<1x4xi32>, tensor<1x2xi32>, tensor<1x4xi32>) {
  %x = arith.constant dense<[[-1, -5, -2, -4, -3, -6]]> : tensor<1x6xi32>
  %y = arith.constant dense<[[-5, -2, -4, -3]]> : tensor<1x4xi32>
  %z = arith.constant dense<[[-5, -6, -4, -3]]> : tensor<1x4xi32>
  %0 = moe.reduce_window max %x window [1, 3] strides [1, 2] dilation [1, 1] low [0, 1] high [0, 0] : tensor<1x6xi32> -> tensor<1x3xi32>
  %1 = moe.reduce_window sum %y window [1, 3] strides [1, 1] dilation [1, 1] low [0, 1] high [0, 1] : tensor<1x4xi32> -> tensor<1x4xi32>
  %2 = moe.reduce_window prod %z window [1, 2] strides [1, 1] dilation [1, 2] low [0, 0] high [0, 0] : tensor<1x4xi32> -> tensor<1x2xi32>
  %3 = moe.reduce_window min %y window [1, 3] strides [1, 1] dilation [1, 1] low [0, 1] high [0, 1] : tensor<1x4xi32> -> tensor<1x4xi32>
  return %0, %1, %2, %3 : tensor<1x3xi32>, tensor<1x4xi32>, tensor<1x2xi32>, tensor<1x4xi32>
}

// A window with nothing in it is the neutral element; one that does not fit is none.
// CHECK-LABEL: @empty_windows
// CHECK-NEXT: = [-inf, 1, 1, -inf]
// CHECK-NEXT: = []
func.func @empty_windows() -> (tensor<4xf32>, tensor<0xf32>) {
  %x = arith.constant dense<1.0> : tensor<1xf32>
  %0 = moe.reduce_window max %x window [2] strides [1] dilation [1] low [2] high [2] : tensor<1xf32> -> tensor<4xf32>
  %1 = moe.reduce_window max %x window [2] strides [1] dilation [1] low [0] high [0] : tensor<1xf32> -> tensor<0xf32>
  return %0, %1 : tensor<4xf32>, tensor<0xf32>
}

// x = [[1 2] [3 4] [5 6]] over 3 places with 2 features.
// CHECK-LABEL: @convolution
// One group: each place gives 1 * first + 10 * second feature, of this and the next.
// CHECK-NEXT: = {{\[}}{{\[}}[64], [108]]]
// Depthwise, three places back.
// CHECK-NEXT: = {{\[}}{{\[}}[1, 20], [4, 60], [8, 100]]]
// Strides and padding.
// CHECK-NEXT: = {{\[}}{{\[}}[21], [108]]]
// Kernel dilation: this and the place after the next.
// CHECK-NEXT: = {{\[}}{{\[}}[86]]]
// Input dilation: a hole between places.
// CHECK-NEXT: = {{\[}}{{\[}}[21], [43], [43], [65]]]
func.func @convolution() -> (tensor<1x2x1xf32>, tensor<1x3x2xf32>, tensor<1x2x1xf32>, tensor<1x1x1xf32>, tensor<1x4x1xf32>) {
  %x = arith.constant dense<[[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]]> : tensor<1x3x2xf32>
  %w = arith.constant dense<[[[1.0], [10.0]], [[1.0], [10.0]]]> : tensor<2x2x1xf32>
  %d = arith.constant dense<[[[1.0, 10.0]], [[1.0, 10.0]]]> : tensor<2x1x2xf32>
  %0 = moe.convolution %x, %w strides [1] low [0] high [0] input_dilation [1] kernel_dilation [1] groups 1 : tensor<1x3x2xf32>, tensor<2x2x1xf32> -> tensor<1x2x1xf32>
  %1 = moe.convolution %x, %d strides [1] low [1] high [0] input_dilation [1] kernel_dilation [1] groups 2 : tensor<1x3x2xf32>, tensor<2x1x2xf32> -> tensor<1x3x2xf32>
  %2 = moe.convolution %x, %w strides [2] low [1] high [0] input_dilation [1] kernel_dilation [1] groups 1 : tensor<1x3x2xf32>, tensor<2x2x1xf32> -> tensor<1x2x1xf32>
  %3 = moe.convolution %x, %w strides [1] low [0] high [0] input_dilation [1] kernel_dilation [2] groups 1 : tensor<1x3x2xf32>, tensor<2x2x1xf32> -> tensor<1x1x1xf32>
  %4 = moe.convolution %x, %w strides [1] low [0] high [0] input_dilation [2] kernel_dilation [1] groups 1 : tensor<1x3x2xf32>, tensor<2x2x1xf32> -> tensor<1x4x1xf32>
  return %0, %1, %2, %3, %4 : tensor<1x2x1xf32>, tensor<1x3x2xf32>, tensor<1x2x1xf32>, tensor<1x1x1xf32>, tensor<1x4x1xf32>
}

// Two spatial dimensions: the kernel is an identity of its upper right corner.
// CHECK-LABEL: @convolution_of_a_plane
// CHECK-NEXT: = {{\[}}{{\[}}{{\[}}[2], [3]], {{\[}}[5], [6]]]]
func.func @convolution_of_a_plane() -> tensor<1x2x2x1xf32> {
  %x = arith.constant dense<[[[[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]], [[7.0], [8.0], [9.0]]]]> : tensor<1x3x3x1xf32>
  %w = arith.constant dense<[[[[0.0]], [[1.0]]], [[[0.0]], [[0.0]]]]> : tensor<2x2x1x1xf32>
  %0 = moe.convolution %x, %w strides [1, 1] low [0, 0] high [0, 0] input_dilation [1, 1] kernel_dilation [1, 1] groups 1 : tensor<1x3x3x1xf32>, tensor<2x2x1x1xf32> -> tensor<1x2x2x1xf32>
  return %0 : tensor<1x2x2x1xf32>
}
