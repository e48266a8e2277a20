// The first index of a block was made in the iota's element type: integers met floats.
// RUN: moe-opt %s --stop-after=partition -o %t
// RUN: moe-interpret %s --exact --compare=%t
#cut = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=2]
func.func @f() -> (tensor<5xf32> {spmd.sharding = #cut}) {
  %0 = moe.iota dim 0 : tensor<5xf32>
  return %0 : tensor<5xf32>
}
