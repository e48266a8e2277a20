// A scatter that sets slices in parts took the padding of its updates for the last update of slices
// that none sets, and copies of a rank added different numbers.
// RUN: moe-interpret %s --partitioned --exact
spmd.mesh @mesh ["x"=2, "y"=2]
func.func @forward(%slot: tensor<1xi8> {moe.name = "slot"},
                   %update: tensor<1xf32> {moe.name = "update", spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>},
                   %into: tensor<4xf32> {moe.name = "into"}) -> (tensor<4xf32> {moe.name = "r"}) {
  %0 = moe.scatter set %update into %into[%slot] batch_dims 0 : tensor<1xf32>, tensor<4xf32>, tensor<1xi8>
  return %0 : tensor<4xf32>
}
