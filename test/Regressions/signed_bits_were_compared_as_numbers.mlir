// An i1 of 1 is -1 where numbers are signed: the interpreter took it for the greater of two bits.
// RUN: moe-interpret %s --print | FileCheck %s
// CHECK: = [0, 1, 1, 1]
// CHECK: = [0, 0, 0, 1]
func.func @forward() -> (tensor<4xi1>, tensor<4xi1>) {
  %a = arith.constant dense<[false, false, true, true]> : tensor<4xi1>
  %b = arith.constant dense<[false, true, false, true]> : tensor<4xi1>
  %least = arith.minsi %a, %b : tensor<4xi1>
  %greatest = arith.maxsi %a, %b : tensor<4xi1>
  return %least, %greatest : tensor<4xi1>, tensor<4xi1>
}
