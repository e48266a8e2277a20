// spmd-set-mesh crashed where no op of the dialect had been read before it.
// RUN: moe-opt %s --spmd-set-mesh | FileCheck %s
// CHECK: spmd.mesh

func.func @f(%a: tensor<4xf32>) -> tensor<4xf32> {
  return %a : tensor<4xf32>
}
