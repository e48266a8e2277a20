// What an op decided while a change was tried stayed when the change did not: the report then lacked what
// the sum would take otherwise.
// RUN: moe-opt %s --explain | FileCheck %s
// CHECK: moe.einsum at {{[^;]*}} gives {"x"} to dimension 0 of the result at 9 bytes a rank, a summed dimension of size 2 would take 18
spmd.mesh @mesh ["x"=4]
func.func @f(%a: tensor<2x4x3xf64> {spmd.sharding = #spmd.sharding<@mesh, [{?}, {"x"}p1, {}]>}, %b: tensor<2x1x3xf64>)
    -> (tensor<3xf64> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>}, tensor<2x1x3xf64> {spmd.sharding = #spmd.sharding<@mesh, [{"x", ?}, {}, {?}]>}) {
  %w = moe.reduce_window max %a window [1, 2, 1] strides [1, 3, 1] dilation [1, 1, 1] low [0, 0, 0] high [0, 0, 0] : tensor<2x4x3xf64> -> tensor<2x1x3xf64>
  %0 = arith.maximumf %w, %b : tensor<2x1x3xf64>
  %1 = math.log1p %0 : tensor<2x1x3xf64>
  %2 = moe.einsum "abc,abc->c" %0, %b : tensor<2x1x3xf64>, tensor<2x1x3xf64> -> tensor<3xf64>
  return %2, %1 : tensor<3xf64>, tensor<2x1x3xf64>
}
