// A slice of an iota is made again as an iota behind the first index of its block, which
// was made in the element type: integers met floats.
// RUN: moe-opt %s --spmd-simplify-collectives -o %t
// RUN: moe-interpret %s --exact --compare=%t
#cut = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=2]
func.func @f() -> (tensor<3xf32> {spmd.sharding = #cut, spmd.global = tensor<5xf32>}) {
  %0 = moe.iota dim 0 : tensor<5xf32>
  %1 = spmd.slice %0 from #spmd.sharding<@mesh, [{}]> to #cut of tensor<5xf32> : tensor<5xf32> -> tensor<3xf32>
  return %1 : tensor<3xf32>
}
