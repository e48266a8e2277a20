// A mask that moves is made again from its indices and the first index of a block, which
// was made in their type: there is none of fewer than 32 bits.
// RUN: moe-opt %s --moe-index-dispatch -o %t
// RUN: moe-interpret %s --exact --compare=%t
#rows = #spmd.sharding<@mesh, [{"x"}]>
#to = #spmd.sharding<@mesh, [{}, {"x"}]>
spmd.mesh @mesh ["x"=2]
func.func @f(%i: tensor<2xi8> {moe.bound = 5, spmd.sharding = #rows, spmd.global = tensor<4xi8>}) -> (tensor<4x3xf32> {spmd.sharding = #to, spmd.global = tensor<4x5xf32>}) {
  %0 = moe.one_hot %i : tensor<2xi8> -> tensor<2x5xf32>
  %1 = spmd.all_to_all %0 from #spmd.sharding<@mesh, [{"x"}, {}]> to #to of tensor<4x5xf32> : tensor<2x5xf32> -> tensor<4x3xf32>
  return %1 : tensor<4x3xf32>
}
