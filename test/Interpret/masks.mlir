// The neutral element of each reduction in the padding: 3 elements over 2 ranks
// are [0 1] and [2 .]; the result is not reduced but shown block by block.
// RUN: moe-interpret %s --print | FileCheck %s
spmd.mesh @mesh ["x"=2]
#x = #spmd.sharding<@mesh, [{"x"}]>
#blocks = #spmd.sharding<@mesh, [{"x"}]>
// CHECK: = [5, 5, 5, 0]
// CHECK: = [5, 5, 5, 1]
// CHECK: = [5, 5, 5, -2147483648]
// CHECK: = [5, 5, 5, 2147483647]
// CHECK: = [5, 5, 5, -1]
// CHECK: = [5, 5, 5, -inf]
func.func @f() -> (tensor<2xi32> {spmd.sharding = #blocks, spmd.global = tensor<4xi32>},
                   tensor<2xi32> {spmd.sharding = #blocks, spmd.global = tensor<4xi32>},
                   tensor<2xi32> {spmd.sharding = #blocks, spmd.global = tensor<4xi32>},
                   tensor<2xi32> {spmd.sharding = #blocks, spmd.global = tensor<4xi32>},
                   tensor<2xi32> {spmd.sharding = #blocks, spmd.global = tensor<4xi32>},
                   tensor<2xf32> {spmd.sharding = #blocks, spmd.global = tensor<4xf32>}) {
  %i = arith.constant dense<5> : tensor<2xi32>
  %f = arith.constant dense<5.0> : tensor<2xf32>
  %0 = spmd.mask %i sum dims [0] of #x global tensor<3xi32> : tensor<2xi32>
  %1 = spmd.mask %i prod dims [0] of #x global tensor<3xi32> : tensor<2xi32>
  %2 = spmd.mask %i max dims [0] of #x global tensor<3xi32> : tensor<2xi32>
  %3 = spmd.mask %i min dims [0] of #x global tensor<3xi32> : tensor<2xi32>
  %4 = spmd.mask %i and dims [0] of #x global tensor<3xi32> : tensor<2xi32>
  %5 = spmd.mask %f max dims [0] of #x global tensor<3xf32> : tensor<2xf32>
  return %0, %1, %2, %3, %4, %5 : tensor<2xi32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>, tensor<2xf32>
}
