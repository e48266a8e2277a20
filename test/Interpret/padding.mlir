// Padding is poisoned, so that a sum without a mask is seen, in floats and in
// exact numbers; with the mask the numbers agree.
// RUN: split-file %s %t
// RUN: moe-interpret %t/global.mlir --compare=%t/masked.mlir
// RUN: moe-interpret %t/global.mlir --compare=%t/masked.mlir --exact
// RUN: not moe-interpret %t/global.mlir --compare=%t/unmasked.mlir 2>&1 | FileCheck %s --check-prefix=FLOAT
// RUN: not moe-interpret %t/global.mlir --compare=%t/unmasked.mlir --exact 2>&1 | FileCheck %s --check-prefix=EXACT
// FLOAT: error: result 'sum' differs at global index [] (rank 0): expected {{.*}}, got nan; allowed is 1e-05 of the greatest magnitude
// EXACT: error: result 'sum' differs at global index [] (rank 0): expected {{-?[0-9]+}}, got {{-?[0-9]+$}}

//--- global.mlir
func.func @f(%x: tensor<7xf32> {moe.name = "x"}) -> (tensor<f32> {moe.name = "sum"}) {
  %0 = moe.reduce sum %x dims [0] : tensor<7xf32> -> tensor<f32>
  return %0 : tensor<f32>
}
//--- masked.mlir
spmd.mesh @mesh ["x"=4]
#x = #spmd.sharding<@mesh, [{"x"}]>
func.func @f(%x: tensor<2xf32> {moe.name = "x", spmd.sharding = #x, spmd.global = tensor<7xf32>})
    -> (tensor<f32> {moe.name = "sum", spmd.sharding = #spmd.sharding<@mesh, []>, spmd.global = tensor<f32>}) {
  %0 = spmd.mask %x sum dims [0] of #x global tensor<7xf32> : tensor<2xf32>
  %1 = moe.reduce sum %0 dims [0] : tensor<2xf32> -> tensor<f32>
  %2 = spmd.all_reduce %1 from #spmd.sharding<@mesh, [], unreduced = sum{"x"}> to #spmd.sharding<@mesh, []> of tensor<f32> : tensor<f32> -> tensor<f32>
  return %2 : tensor<f32>
}
//--- unmasked.mlir
spmd.mesh @mesh ["x"=4]
#x = #spmd.sharding<@mesh, [{"x"}]>
func.func @f(%x: tensor<2xf32> {moe.name = "x", spmd.sharding = #x, spmd.global = tensor<7xf32>})
    -> (tensor<f32> {moe.name = "sum", spmd.sharding = #spmd.sharding<@mesh, []>, spmd.global = tensor<f32>}) {
  %1 = moe.reduce sum %x dims [0] : tensor<2xf32> -> tensor<f32>
  %2 = spmd.all_reduce %1 from #spmd.sharding<@mesh, [], unreduced = sum{"x"}> to #spmd.sharding<@mesh, []> of tensor<f32> : tensor<f32> -> tensor<f32>
  return %2 : tensor<f32>
}
