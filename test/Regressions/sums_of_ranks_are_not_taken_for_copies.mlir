// A cumsum along a cut dimension gathers one sum of each rank. As the sum did not vary along
// the rank's block, moe-index-dispatch took it to be the same on all ranks.
// RUN: moe-opt %s --stop-after=optimize -o %t
// RUN: moe-interpret %s --exact --compare=%t
spmd.mesh @mesh ["x"=2]
func.func @forward(%index: tensor<2x2xi32> {moe.bound = 2 : i64})
    -> (tensor<2x2x3x2xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {}, {"x"}, {}]>}) {
  %0 = moe.one_hot %index : tensor<2x2xi32> -> tensor<2x2x2xf32>
  %1 = moe.broadcast %0 dims [0, 1, 3] : tensor<2x2x2xf32> -> tensor<2x2x3x2xf32>
  %2 = moe.cumsum %1 dim 2 : tensor<2x2x3x2xf32>
  return %2 : tensor<2x2x3x2xf32>
}
