// The manifest kept references to names that were gone when it was written: those of
// entries, short ones, which live inside of objects that are moved.
// RUN: moe-opt %s --target=cpu -o %t
// RUN: grep -a -o '"entry":"[^"]*"' %t | FileCheck %s
// CHECK-DAG: "entry":"summed"
// CHECK-DAG: "entry":"product"
spmd.mesh @mesh ["x"=2]
func.func @summed(%a: tensor<4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>}) -> (tensor<4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}]>}) {
  return %a : tensor<4xf32>
}
func.func @product(%a: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = moe.einsum "ij,jk->ik" %a, %a : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}
