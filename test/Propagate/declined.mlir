// RUN: moe-opt %s --explain | FileCheck %s

// What only a neighbour's cut speaks for is declined where it costs: the gate's tokens are counted whole, and its result
// is wanted cut along them.
// CHECK: {{^}}0 collectives, 0 bytes received per rank
spmd.mesh @mesh ["x"=2, "y"=2]
func.func @claims_are_declined(%p: tensor<5x3x9xf32>)
    -> (tensor<5x3x9xf32>, tensor<5x3x1xi32> {spmd.sharding = #spmd.sharding<@mesh, [{?}, {"x", "y"}, {}]>}) {
  %expert, %slot, %weight = moe.gating %p k 1 capacity 3 : tensor<5x3x9xf32> -> tensor<5x3x1xi32>, tensor<5x3x1xi32>, tensor<5x3x1xf32>
  %0 = math.cos %p : tensor<5x3x9xf32>
  %1 = spmd.shard %0 over @mesh [{"x", "y"}, {}, {}] : tensor<5x3x9xf32>
  return %1, %slot : tensor<5x3x9xf32>, tensor<5x3x1xi32>
}
