// Convolutions and pooling of every layout become moe.convolution and
// moe.reduce_window.
// RUN: moe-opt %s --moe-import-linalg --canonicalize --cse | FileCheck %s
// RUN: moe-opt %s --moe-import-linalg -o %t
// RUN: moe-interpret %s --all --exact --compare=%t

// CHECK-LABEL: func.func @features_last
// CHECK-SAME:    %[[A:.*]]: tensor<2x7x9x3xf32>, %[[F:.*]]: tensor<3x2x3x5xf32>, %[[INIT:.*]]: tensor<2x3x4x5xf32>)
// CHECK-NEXT:    %[[C:.*]] = moe.convolution %[[A]], %[[F]] strides [2, 2] low [0, 0] high [0, 0] input_dilation [1, 1] kernel_dilation [1, 1] groups 1
// CHECK-NEXT:    %[[R:.*]] = arith.addf %[[INIT]], %[[C]]
// CHECK-NEXT:    return %[[R]]
func.func @features_last(%a: tensor<2x7x9x3xf32>, %f: tensor<3x2x3x5xf32>, %init: tensor<2x3x4x5xf32>) -> tensor<2x3x4x5xf32> {
  %0 = linalg.conv_2d_nhwc_hwcf {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
      ins(%a, %f : tensor<2x7x9x3xf32>, tensor<3x2x3x5xf32>) outs(%init : tensor<2x3x4x5xf32>) -> tensor<2x3x4x5xf32>
  return %0 : tensor<2x3x4x5xf32>
}

// What no window reaches is cut off: the image has two rows more than three
// windows need, and a fourth would fit.
// CHECK-LABEL: func.func @features_first
// CHECK:         moe.slice %{{.*}} : tensor<2x3x9x9xf32> -> tensor<2x3x7x9xf32>
// CHECK:         moe.transpose %{{.*}} permutation [0, 2, 3, 1]
// CHECK:         moe.convolution {{.*}} strides [2, 1] {{.*}} kernel_dilation [1, 2]
// CHECK:         moe.transpose %{{.*}} permutation [0, 3, 1, 2]
func.func @features_first(%a: tensor<2x3x9x9xf32>, %f: tensor<5x3x3x2xf32>, %init: tensor<2x5x3x7xf32>) -> tensor<2x5x3x7xf32> {
  %0 = linalg.conv_2d_nchw_fchw {strides = dense<[2, 1]> : tensor<2xi64>, dilations = dense<[1, 2]> : tensor<2xi64>}
      ins(%a, %f : tensor<2x3x9x9xf32>, tensor<5x3x3x2xf32>) outs(%init : tensor<2x5x3x7xf32>) -> tensor<2x5x3x7xf32>
  return %0 : tensor<2x5x3x7xf32>
}

// CHECK-LABEL: func.func @depthwise
// CHECK:         moe.reshape %{{.*}} : tensor<3x3x3x2xf32> -> tensor<3x3x1x6xf32>
// CHECK:         moe.convolution {{.*}} groups 3
// CHECK:         moe.reshape %{{.*}} : tensor<2x5x7x6xf32> -> tensor<2x5x7x3x2xf32>
// CHECK:         moe.convolution {{.*}} groups 3
func.func @depthwise(%a: tensor<2x7x9x3xf32>, %f: tensor<3x3x3x2xf32>, %i: tensor<2x5x7x3x2xf32>, %g: tensor<3x3x3xf32>, %j: tensor<2x5x7x3xf32>) -> (tensor<2x5x7x3x2xf32>, tensor<2x5x7x3xf32>) {
  %0 = linalg.depthwise_conv_2d_nhwc_hwcm {strides = dense<1> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
      ins(%a, %f : tensor<2x7x9x3xf32>, tensor<3x3x3x2xf32>) outs(%i : tensor<2x5x7x3x2xf32>) -> tensor<2x5x7x3x2xf32>
  %1 = linalg.depthwise_conv_2d_nhwc_hwc {strides = dense<1> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
      ins(%a, %g : tensor<2x7x9x3xf32>, tensor<3x3x3xf32>) outs(%j : tensor<2x5x7x3xf32>) -> tensor<2x5x7x3xf32>
  return %0, %1 : tensor<2x5x7x3x2xf32>, tensor<2x5x7x3xf32>
}

// CHECK-LABEL: func.func @other_ranks
// CHECK:         moe.convolution {{.*}} : tensor<1x9x1xf32>, tensor<4x1x1xf32> -> tensor<1x6x1xf32>
// CHECK:         moe.convolution {{.*}} : tensor<1x3x4x5x2xf32>, tensor<2x2x2x2x3xf32> -> tensor<1x2x3x4x3xf32>
// CHECK:         moe.convolution {{.*}} groups 2 : tensor<2x4x4x6xf32>, tensor<2x2x3x8xf32>
func.func @other_ranks(%a: tensor<9xf32>, %f: tensor<4xf32>, %i: tensor<6xf32>,
                       %b: tensor<1x3x4x5x2xf32>, %g: tensor<2x2x2x2x3xf32>, %j: tensor<1x2x3x4x3xf32>,
                       %c: tensor<2x2x3x4x4xf32>, %h: tensor<2x4x3x2x2xf32>, %k: tensor<2x2x4x3x3xf32>)
    -> (tensor<6xf32>, tensor<1x2x3x4x3xf32>, tensor<2x2x4x3x3xf32>) {
  %0 = linalg.conv_1d ins(%a, %f : tensor<9xf32>, tensor<4xf32>) outs(%i : tensor<6xf32>) -> tensor<6xf32>
  %1 = linalg.conv_3d_ndhwc_dhwcf {strides = dense<1> : tensor<3xi64>, dilations = dense<1> : tensor<3xi64>}
      ins(%b, %g : tensor<1x3x4x5x2xf32>, tensor<2x2x2x2x3xf32>) outs(%j : tensor<1x2x3x4x3xf32>) -> tensor<1x2x3x4x3xf32>
  %2 = linalg.conv_2d_ngchw_gfchw {strides = dense<1> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
      ins(%c, %h : tensor<2x2x3x4x4xf32>, tensor<2x4x3x2x2xf32>) outs(%k : tensor<2x2x4x3x3xf32>) -> tensor<2x2x4x3x3xf32>
  return %0, %1, %2 : tensor<6xf32>, tensor<1x2x3x4x3xf32>, tensor<2x2x4x3x3xf32>
}

// CHECK-LABEL: func.func @quantized
// CHECK:         arith.subi {{.*}} : tensor<1x5x5x2xi32>
// CHECK:         arith.subi {{.*}} : tensor<3x3x2x3xi32>
// CHECK:         moe.convolution
func.func @quantized(%a: tensor<1x5x5x2xi8>, %f: tensor<3x3x2x3xi8>, %i: tensor<1x3x3x3xi32>) -> tensor<1x3x3x3xi32> {
  %x = arith.constant 3 : i32
  %y = arith.constant -2 : i32
  %0 = linalg.conv_2d_nhwc_hwcf_q {strides = dense<1> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
      ins(%a, %f, %x, %y : tensor<1x5x5x2xi8>, tensor<3x3x2x3xi8>, i32, i32) outs(%i : tensor<1x3x3x3xi32>) -> tensor<1x3x3x3xi32>
  return %0 : tensor<1x3x3x3xi32>
}

// CHECK-LABEL: func.func @pooling
// CHECK:         %[[MAX:.*]] = moe.reduce_window max %{{.*}} window [1, 3, 3, 1] strides [1, 2, 2, 1]
// CHECK:         arith.maximumf %{{.*}}, %[[MAX]]
// CHECK:         %[[SUM:.*]] = moe.reduce_window sum %{{.*}} window [1, 1, 3, 3] strides [1, 1, 1, 1] dilation [1, 1, 2, 3]
// CHECK:         arith.addf %{{.*}}, %[[SUM]]
func.func @pooling(%a: tensor<2x7x9x3xf32>, %i: tensor<2x3x4x3xf32>, %b: tensor<1x2x9x9xf32>, %j: tensor<1x2x5x3xf32>) -> (tensor<2x3x4x3xf32>, tensor<1x2x5x3xf32>) {
  %shape = tensor.empty() : tensor<3x3xf32>
  %0 = linalg.pooling_nhwc_max {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
      ins(%a, %shape : tensor<2x7x9x3xf32>, tensor<3x3xf32>) outs(%i : tensor<2x3x4x3xf32>) -> tensor<2x3x4x3xf32>
  %1 = linalg.pooling_nchw_sum {strides = dense<1> : tensor<2xi64>, dilations = dense<[2, 3]> : tensor<2xi64>}
      ins(%b, %shape : tensor<1x2x9x9xf32>, tensor<3x3xf32>) outs(%j : tensor<1x2x5x3xf32>) -> tensor<1x2x5x3xf32>
  return %0, %1 : tensor<2x3x4x3xf32>, tensor<1x2x5x3xf32>
}
