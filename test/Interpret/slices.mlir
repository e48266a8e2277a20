// RUN: moe-interpret %s --all --print | FileCheck %s

// CHECK-LABEL: @reverse
// CHECK-NEXT: = {{\[}}[3, 2, 1], [6, 5, 4]]
// CHECK-NEXT: = {{\[}}[6, 5, 4], [3, 2, 1]]
// CHECK-NEXT: = {{\[}}[1, 2, 3], [4, 5, 6]]
func.func @reverse() -> (tensor<2x3xi32>, tensor<2x3xi32>, tensor<2x3xi32>) {
  %x = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>
  %0 = moe.reverse %x dims [1] : tensor<2x3xi32>
  %1 = moe.reverse %x dims [0, 1] : tensor<2x3xi32>
  %2 = moe.reverse %x dims [] : tensor<2x3xi32>
  return %0, %1, %2 : tensor<2x3xi32>, tensor<2x3xi32>, tensor<2x3xi32>
}

// Starts are clamped on either side, so that the block lies in the operand.
// CHECK-LABEL: @dynamic_slice
// CHECK-NEXT: = {{\[}}[5, 6]]
// CHECK-NEXT: = {{\[}}[1, 2]]
// CHECK-NEXT: = {{\[}}[4, 5]]
func.func @dynamic_slice() -> (tensor<1x2xi32>, tensor<1x2xi32>, tensor<1x2xi32>) {
  %x = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>
  %one = arith.constant dense<1> : tensor<i32>
  %below = arith.constant dense<-7> : tensor<i32>
  %above = arith.constant dense<2147483647> : tensor<i32>
  %0 = moe.dynamic_slice %x[%one, %above] : tensor<2x3xi32> -> tensor<1x2xi32>
  %1 = moe.dynamic_slice %x[%below, %below] : tensor<2x3xi32> -> tensor<1x2xi32>
  %2 = moe.dynamic_slice %x[%above, %below] : tensor<2x3xi32> -> tensor<1x2xi32>
  return %0, %1, %2 : tensor<1x2xi32>, tensor<1x2xi32>, tensor<1x2xi32>
}

// CHECK-LABEL: @dynamic_update_slice
// CHECK-NEXT: = {{\[}}[1, 7, 8], [4, 5, 6]]
// CHECK-NEXT: = {{\[}}[1, 2, 3], [4, 7, 8]]
func.func @dynamic_update_slice() -> (tensor<2x3xi32>, tensor<2x3xi32>) {
  %x = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>
  %u = arith.constant dense<[[7, 8]]> : tensor<1x2xi32>
  %zero = arith.constant dense<0> : tensor<i32>
  %one = arith.constant dense<1> : tensor<i32>
  %above = arith.constant dense<9> : tensor<i32>
  %0 = moe.dynamic_update_slice %u into %x[%zero, %one] : tensor<1x2xi32>, tensor<2x3xi32>
  %1 = moe.dynamic_update_slice %u into %x[%above, %above] : tensor<1x2xi32>, tensor<2x3xi32>
  return %0, %1 : tensor<2x3xi32>, tensor<2x3xi32>
}
