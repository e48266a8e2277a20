// RUN: moe-opt %s --split-input-file --spmd-simplify-collectives | FileCheck %s

// Between nodes each rank fetches one block, inside of them the others: in one step all blocks of
// the other node would come from there.
// CHECK-LABEL: func.func @two_steps_are_cheaper
// CHECK:      spmd.all_gather {{.*}} : tensor<8x65536xf32> -> tensor<16x65536xf32>
// CHECK-NEXT: spmd.all_gather {{.*}} : tensor<16x65536xf32> -> tensor<64x65536xf32>
#both = #spmd.sharding<@mesh, [{"gpu", "node"}, {}]>
#gpu = #spmd.sharding<@mesh, [{"gpu"}, {}]>
#whole = #spmd.sharding<@mesh, [{}, {}]>
spmd.mesh @mesh ["node"=2, "gpu"=4] topology ["node" leaves_node]
func.func @two_steps_are_cheaper(%a: tensor<8x65536xf32> {spmd.sharding = #both, spmd.global = tensor<64x65536xf32>})
    -> (tensor<64x65536xf32> {spmd.sharding = #whole, spmd.global = tensor<64x65536xf32>}) {
  %0 = spmd.all_gather %a from #both to #gpu of tensor<64x65536xf32> : tensor<8x65536xf32> -> tensor<16x65536xf32>
  %1 = spmd.all_gather %0 from #gpu to #whole of tensor<64x65536xf32> : tensor<16x65536xf32> -> tensor<64x65536xf32>
  return %1 : tensor<64x65536xf32>
}

// -----

// Where peers cost nothing and all links are alike, one step is as good.
// CHECK-LABEL: func.func @one_step_is_as_good
// CHECK-NEXT: spmd.all_gather {{.*}} : tensor<8x65536xf32> -> tensor<64x65536xf32>
// CHECK-NEXT: return
#both = #spmd.sharding<@mesh, [{"gpu", "node"}, {}]>
#gpu = #spmd.sharding<@mesh, [{"gpu"}, {}]>
#whole = #spmd.sharding<@mesh, [{}, {}]>
spmd.mesh @mesh ["node"=2, "gpu"=4] topology ["node" latency 0, "gpu" latency 0]
func.func @one_step_is_as_good(%a: tensor<8x65536xf32> {spmd.sharding = #both, spmd.global = tensor<64x65536xf32>})
    -> (tensor<64x65536xf32> {spmd.sharding = #whole, spmd.global = tensor<64x65536xf32>}) {
  %0 = spmd.all_gather %a from #both to #gpu of tensor<64x65536xf32> : tensor<8x65536xf32> -> tensor<16x65536xf32>
  %1 = spmd.all_gather %0 from #gpu to #whole of tensor<64x65536xf32> : tensor<16x65536xf32> -> tensor<64x65536xf32>
  return %1 : tensor<64x65536xf32>
}

// -----

// An axis of one rank cuts nothing: all indices are here.
// CHECK-LABEL: func.func @axis_of_one_rank
// CHECK-NEXT: %[[I:.*]] = moe.iota dim 0 : tensor<8x2xi32>
// CHECK-NEXT: return %[[I]]
#one = #spmd.sharding<@mesh, [{"one"}, {"x"}]>
#whole = #spmd.sharding<@mesh, [{}, {}]>
spmd.mesh @mesh ["one"=1, "x"=2]
func.func @axis_of_one_rank() -> (tensor<8x2xi32> {spmd.sharding = #one, spmd.global = tensor<8x4xi32>}) {
  %i = moe.iota dim 0 : tensor<8x4xi32>
  %0 = spmd.slice %i from #whole to #one of tensor<8x4xi32> : tensor<8x4xi32> -> tensor<8x2xi32>
  return %0 : tensor<8x2xi32>
}
