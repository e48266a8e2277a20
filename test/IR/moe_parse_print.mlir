// RUN: moe-opt %s | moe-opt | FileCheck %s

// CHECK-LABEL: @scans
func.func @scans(%x: tensor<4x8xf32>) {
  // CHECK: moe.cumsum %{{.*}} dim 1 : tensor<4x8xf32>
  %0 = moe.cumsum %x dim 1 : tensor<4x8xf32>
  // CHECK: moe.cumprod %{{.*}} dim 1 exclusive : tensor<4x8xf32>
  %1 = moe.cumprod %x dim 1 exclusive : tensor<4x8xf32>
  // CHECK: moe.cummax %{{.*}} dim 0 : tensor<4x8xf32>
  %2 = moe.cummax %x dim 0 : tensor<4x8xf32>
  // CHECK: moe.cummin %{{.*}} dim 0 : tensor<4x8xf32>
  %3 = moe.cummin %x dim 0 : tensor<4x8xf32>
  return
}

// CHECK-LABEL: @order
func.func @order(%x: tensor<4x8xf32>, %i: tensor<4x8xi32>) {
  // CHECK: moe.arg_reduce min %{{.*}} dim 1 : tensor<4x8xf32> -> tensor<4xf32>, tensor<4xi64>
  %v, %at = moe.arg_reduce min %x dim 1 : tensor<4x8xf32> -> tensor<4xf32>, tensor<4xi64>
  // CHECK: moe.sort %{{.*}}, %{{.*}} dim 0 descending : tensor<4x8xf32>, tensor<4x8xi32>
  %s:2 = moe.sort %x, %i dim 0 descending : tensor<4x8xf32>, tensor<4x8xi32>
  // CHECK: moe.sort %{{.*}} dim 1 : tensor<4x8xi32>
  %t = moe.sort %i dim 1 : tensor<4x8xi32>
  return
}

// CHECK-LABEL: @slices
func.func @slices(%x: tensor<4x8xf32>, %u: tensor<1x8xf32>, %i: tensor<i32>) {
  // CHECK: moe.reverse %{{.*}} dims [0, 1] : tensor<4x8xf32>
  %0 = moe.reverse %x dims [0, 1] : tensor<4x8xf32>
  // CHECK: moe.dynamic_slice %{{.*}}[%[[I:.*]], %[[I]]] : tensor<4x8xf32> -> tensor<2x3xf32>
  %1 = moe.dynamic_slice %x[%i, %i] : tensor<4x8xf32> -> tensor<2x3xf32>
  // CHECK: moe.dynamic_update_slice %{{.*}} into %{{.*}}[%{{.*}}, %{{.*}}] : tensor<1x8xf32>, tensor<4x8xf32>
  %2 = moe.dynamic_update_slice %u into %x[%i, %i] : tensor<1x8xf32>, tensor<4x8xf32>
  return
}

// CHECK-LABEL: @scatter
func.func @scatter(%x: tensor<4x8xf32>, %u: tensor<3x8xf32>, %i: tensor<3xi32>) {
  // CHECK: moe.scatter add %{{.*}} into %{{.*}}[%{{.*}}] batch_dims 0 : tensor<3x8xf32>, tensor<4x8xf32>, tensor<3xi32>
  %0 = moe.scatter add %u into %x[%i] batch_dims 0 : tensor<3x8xf32>, tensor<4x8xf32>, tensor<3xi32>
  // CHECK: moe.scatter max
  %1 = moe.scatter max %u into %x[%i] batch_dims 0 : tensor<3x8xf32>, tensor<4x8xf32>, tensor<3xi32>
  // CHECK: moe.scatter set
  %2 = moe.scatter set %u into %x[%i] batch_dims 0 : tensor<3x8xf32>, tensor<4x8xf32>, tensor<3xi32>
  return
}

// CHECK-LABEL: @windows
func.func @windows(%x: tensor<2x9x4xf32>, %w: tensor<3x2x6xf32>) {
  // CHECK: moe.reduce_window max %{{.*}} window [1, 3, 1] strides [1, 2, 1] dilation [1, 2, 1] low [0, 1, 0] high [0, 0, 0] : tensor<2x9x4xf32> -> tensor<2x3x4xf32>
  %0 = moe.reduce_window max %x window [1, 3, 1] strides [1, 2, 1] dilation [1, 2, 1] low [0, 1, 0] high [0, 0, 0] : tensor<2x9x4xf32> -> tensor<2x3x4xf32>
  // CHECK: moe.convolution %{{.*}}, %{{.*}} strides [2] low [1] high [1] input_dilation [1] kernel_dilation [1] groups 2 : tensor<2x9x4xf32>, tensor<3x2x6xf32> -> tensor<2x5x6xf32>
  %1 = moe.convolution %x, %w strides [2] low [1] high [1] input_dilation [1] kernel_dilation [1] groups 2 : tensor<2x9x4xf32>, tensor<3x2x6xf32> -> tensor<2x5x6xf32>
  return
}

// CHECK-LABEL: @experts
func.func @experts(%s: tensor<2x4x2xf32>, %x: tensor<2x5x8xf32>, %w: tensor<3x8x6xf32>, %n: tensor<2x3xi32>, %f: tensor<2xi64>) {
  // CHECK: moe.balanced_assignment %{{.*}} : tensor<2x4x2xf32> -> tensor<2x4x1xi32>, tensor<2x4x1xi32>
  %e, %slot = moe.balanced_assignment %s : tensor<2x4x2xf32> -> tensor<2x4x1xi32>, tensor<2x4x1xi32>
  // CHECK: moe.grouped_einsum %{{.*}}, %{{.*}} sizes %{{.*}} : tensor<2x5x8xf32>, tensor<3x8x6xf32>, tensor<2x3xi32> -> tensor<2x5x6xf32>
  %0 = moe.grouped_einsum %x, %w sizes %n : tensor<2x5x8xf32>, tensor<3x8x6xf32>, tensor<2x3xi32> -> tensor<2x5x6xf32>
  // CHECK: moe.grouped_einsum %{{.*}}, %{{.*}} sizes %{{.*}} first %{{.*}} : tensor<2x5x8xf32>, tensor<3x8x6xf32>, tensor<2x3xi32>, tensor<2xi64> -> tensor<2x5x6xf32>
  %1 = moe.grouped_einsum %x, %w sizes %n first %f : tensor<2x5x8xf32>, tensor<3x8x6xf32>, tensor<2x3xi32>, tensor<2xi64> -> tensor<2x5x6xf32>
  return
}
