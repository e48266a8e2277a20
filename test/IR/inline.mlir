// Models are written in functions; the pipeline makes one of each entry.
// RUN: moe-opt %s --inline --symbol-dce | FileCheck %s

// CHECK-LABEL: func.func @calls_of_every_dialect_are_inlined
// CHECK-NOT: call
// CHECK: math.rsqrt
// CHECK: moe.iota
// CHECK-NOT: @helper
func.func @calls_of_every_dialect_are_inlined(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xi32>) {
  %0, %1 = call @helper(%x) : (tensor<4xf32>) -> (tensor<4xf32>, tensor<4xi32>)
  return %0, %1 : tensor<4xf32>, tensor<4xi32>
}

func.func private @helper(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xi32>) {
  %0 = arith.addf %x, %x : tensor<4xf32>
  %1 = math.rsqrt %0 : tensor<4xf32>
  %2 = moe.iota dim 0 : tensor<4xi32>
  return %1, %2 : tensor<4xf32>, tensor<4xi32>
}
