// Arguments come in and results go out by their layouts: sub-axes, device order,
// uneven and unreduced ones. Arguments are the same numbers in both functions,
// because they depend on names only.
// RUN: split-file %s %t
// RUN: moe-interpret %t/global.mlir --compare=%t/subaxes.mlir
// RUN: moe-interpret %t/global.mlir --compare=%t/subaxes.mlir --exact --seed=3
// RUN: moe-interpret %t/global.mlir --compare=%t/order.mlir --exact
// RUN: moe-interpret %t/global.mlir --compare=%t/unreduced.mlir --exact

//--- global.mlir
func.func @f(%x: tensor<7x5xf32> {moe.name = "x"}) -> tensor<7x5xf32> {
  %0 = arith.addf %x, %x : tensor<7x5xf32>
  return %0 : tensor<7x5xf32>
}
//--- subaxes.mlir
spmd.mesh @mesh ["a"=8, "b"=2]
#l = #spmd.sharding<@mesh, [{"a":(2)2, "b"}, {"a":(1)2}]>
func.func @f(%x: tensor<2x3xf32> {moe.name = "x", spmd.sharding = #l, spmd.global = tensor<7x5xf32>})
    -> (tensor<2x3xf32> {spmd.sharding = #l, spmd.global = tensor<7x5xf32>}) {
  %0 = arith.addf %x, %x : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
//--- order.mlir
spmd.mesh @mesh ["a"=2, "b"=3] order ["b", "a"]
#l = #spmd.sharding<@mesh, [{"b"}, {"a"}]>
#m = #spmd.sharding<@mesh, [{"a", "b"}, {}]>
func.func @f(%x: tensor<3x3xf32> {moe.name = "x", spmd.sharding = #l, spmd.global = tensor<7x5xf32>})
    -> (tensor<2x5xf32> {spmd.sharding = #m, spmd.global = tensor<7x5xf32>}) {
  %0 = arith.addf %x, %x : tensor<3x3xf32>
  %1 = spmd.exchange %0 from #l to #m of tensor<7x5xf32> : tensor<3x3xf32> -> tensor<2x5xf32>
  return %1 : tensor<2x5xf32>
}
//--- unreduced.mlir
// The sum over a of partial values doubles like the values themselves.
spmd.mesh @mesh ["a"=2, "b"=2]
#l = #spmd.sharding<@mesh, [{"b"}, {}], unreduced = sum{"a"}>
func.func @f(%x: tensor<4x5xf32> {moe.name = "x", spmd.sharding = #l, spmd.global = tensor<7x5xf32>})
    -> (tensor<4x5xf32> {spmd.sharding = #l, spmd.global = tensor<7x5xf32>}) {
  %0 = arith.addf %x, %x : tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}
