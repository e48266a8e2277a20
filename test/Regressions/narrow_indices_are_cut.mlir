// The first index of a block was made in the type of the indices, and there is none of
// fewer than 32 bits.
// RUN: moe-opt %s --stop-after=partition -o %t
// RUN: moe-interpret %s --all --exact --compare=%t
spmd.mesh @mesh ["x"=2]
func.func @iota() -> (tensor<5xi8> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>}) {
  %0 = moe.iota dim 0 : tensor<5xi8>
  return %0 : tensor<5xi8>
}
func.func @one_hot(%i: tensor<8xi8> {moe.bound = 5}) -> (tensor<8x5xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"x"}]>}) {
  %0 = moe.one_hot %i : tensor<8xi8> -> tensor<8x5xf32>
  return %0 : tensor<8x5xf32>
}
func.func @one_hot_of_booleans(%i: tensor<8xi1>) -> (tensor<8x2xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"x"}]>}) {
  %0 = moe.one_hot %i : tensor<8xi1> -> tensor<8x2xf32>
  return %0 : tensor<8x2xf32>
}
