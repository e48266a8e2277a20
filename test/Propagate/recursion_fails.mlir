// No output, and an exit code that says so.
// RUN: not moe-opt %s --spmd-specialize-calls -o %t 2>&1 | FileCheck %s
// RUN: test ! -e %t

// CHECK: recursion_fails.mlir:[[#@LINE+3]]:8: error: @itself calls itself; recursion is not supported
spmd.mesh @mesh ["x"=2]
func.func @itself(%a: tensor<8xf32>) -> tensor<8xf32> {
  %0 = call @itself(%a) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
