// RUN: moe-interpret %s --all --print | FileCheck %s

// CHECK-LABEL: @iota
// CHECK-NEXT: = {{\[}}[0, 0], [1, 1]]
// CHECK-NEXT: = {{\[}}[0, 1, 2]]
func.func @iota() -> (tensor<2x2xi32>, tensor<1x3xf32>) {
  %0 = moe.iota dim 0 : tensor<2x2xi32>
  %1 = moe.iota dim 1 : tensor<1x3xf32>
  return %0, %1 : tensor<2x2xi32>, tensor<1x3xf32>
}

// Indices out of range, on either side, give zeros.
// CHECK-LABEL: @one_hot
// CHECK-NEXT: = {{\[}}[0, 1], [0, 0], [0, 0]]
func.func @one_hot() -> tensor<3x2xf32> {
  %i = arith.constant dense<[1, 2, -1]> : tensor<3xi32>
  %0 = moe.one_hot %i : tensor<3xi32> -> tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}

// CHECK-LABEL: @gather
// CHECK-NEXT: = {{\[}}[3, 4], [0, 0], [1, 2], [0, 0]]
func.func @gather() -> tensor<4x2xf32> {
  %t = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %i = arith.constant dense<[1, 2, 0, -1]> : tensor<4xi32>
  %0 = moe.gather %t[%i] batch_dims 0 : tensor<2x2xf32>, tensor<4xi32> -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// Row b of the indices chooses in row b of the table.
// CHECK-LABEL: @gather_in_batches
// CHECK-NEXT: = {{\[}}[2], [3]]
func.func @gather_in_batches() -> tensor<2x1xi32> {
  %t = arith.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi32>
  %i = arith.constant dense<[[1], [0]]> : tensor<2x1xi32>
  %0 = moe.gather %t[%i] batch_dims 1 : tensor<2x2xi32>, tensor<2x1xi32> -> tensor<2x1xi32>
  return %0 : tensor<2x1xi32>
}

// Values of the formula in the op's description, computed apart from this code.
// CHECK-LABEL: @random
// CHECK-NEXT: = [0.4435643, 0.55547, 0.37107813, 0.21295029]
// CHECK-NEXT: = [-0.8433441, 0.9813321, -0.88913405, 1.0572487]
func.func @random() -> (tensor<4xf32>, tensor<4xf32>) {
  %seed = arith.constant dense<7> : tensor<i32>
  %0 = moe.random uniform %seed stream 3 : tensor<i32> -> tensor<4xf32>
  %1 = moe.random normal %seed stream 3 : tensor<i32> -> tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// A block at [1, 1] of 2x3 holds elements 4 and 5 of the six.
// CHECK-LABEL: @random_block
// CHECK-NEXT: = {{\[}}[[[A:.*]], [[B:.*]], [[C:.*]]], {{\[}}[[D:.*]], [[E:.*]], [[F:.*]]]]
// CHECK-NEXT: = {{\[}}{{\[}}[[E]], [[F]]]]
func.func @random_block() -> (tensor<2x3xf32>, tensor<1x2xf32>) {
  %seed = arith.constant dense<1> : tensor<i32>
  %one = arith.constant dense<1> : tensor<i32>
  %0 = moe.random uniform %seed stream 0 : tensor<i32> -> tensor<2x3xf32>
  %1 = moe.random uniform %seed stream 0 at %one, %one of [2, 3] : tensor<i32>, tensor<i32>, tensor<i32> -> tensor<1x2xf32>
  return %0, %1 : tensor<2x3xf32>, tensor<1x2xf32>
}

// Indices out of range, on either side, are dropped; sums and maxima see what was
// there; of those that set one slice the last stays.
// CHECK-LABEL: @scatter
// CHECK-NEXT: = {{\[}}[6, 8], [10, 20], [5, 6]]
// CHECK-NEXT: = {{\[}}[5, 6], [10, 20], [5, 6]]
// CHECK-NEXT: = {{\[}}[3, 4], [10, 20], [5, 6]]
func.func @scatter() -> (tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>) {
  %x = arith.constant dense<[[2.0, 2.0], [10.0, 20.0], [-1.0, -2.0]]> : tensor<3x2xf32>
  %u = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [7.0, 7.0], [6.0, 8.0], [5.0, 6.0], [9.0, 9.0]]> : tensor<6x2xf32>
  %a = arith.constant dense<[0, 0, 3, 2, 3, -1]> : tensor<6xi32>
  %m = arith.constant dense<[0, 0, 3, -5, 0, -1]> : tensor<6xi32>
  %s = arith.constant dense<[0, 0, 3, 2, 2, -1]> : tensor<6xi32>
  %y = moe.scatter set %u into %x[%s] batch_dims 0 : tensor<6x2xf32>, tensor<3x2xf32>, tensor<6xi32>
  %0 = moe.scatter add %u into %x[%a] batch_dims 0 : tensor<6x2xf32>, tensor<3x2xf32>, tensor<6xi32>
  %1 = moe.scatter max %u into %y[%m] batch_dims 0 : tensor<6x2xf32>, tensor<3x2xf32>, tensor<6xi32>
  return %0, %1, %y : tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>
}

// Row b of the indices chooses in row b of the input.
// CHECK-LABEL: @scatter_in_batches
// CHECK-NEXT: = {{\[}}[1, 7], [8, 4]]
func.func @scatter_in_batches() -> tensor<2x2xi32> {
  %x = arith.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi32>
  %u = arith.constant dense<[[7], [8]]> : tensor<2x1xi32>
  %i = arith.constant dense<[[1], [0]]> : tensor<2x1xi32>
  %0 = moe.scatter set %u into %x[%i] batch_dims 1 : tensor<2x1xi32>, tensor<2x2xi32>, tensor<2x1xi32>
  return %0 : tensor<2x2xi32>
}
