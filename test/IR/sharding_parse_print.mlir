// RUN: moe-opt %s | moe-opt | FileCheck %s

// CHECK: spmd.mesh @mesh ["x"=8, "y"=2, "z"=3]
spmd.mesh @mesh ["x"=8, "y"=2, "z"=3]
// CHECK: spmd.mesh @reordered ["x"=8, "y"=2] order ["y", "x"]
spmd.mesh @reordered ["x"=8, "y"=2] order ["y", "x"]

// Every form of the sharding attribute survives a round trip.
// CHECK-LABEL: func.func @every_form_of_a_sharding
// CHECK-SAME: #spmd.sharding<@mesh, [{"x", "y"}, {}]>
// CHECK-SAME: #spmd.sharding<@mesh, [{"x":(1)2, ?}, {"x":(2)4}p1]>
// CHECK-SAME: #spmd.sharding<@mesh, [{?}p2, {}], replicated = {"x", "z"}>
// CHECK-SAME: #spmd.sharding<@mesh, [{}, {"y"}], unreduced = max{"z"}>
// CHECK-SAME: #spmd.sharding<@mesh, [], replicated = {"y"}, unreduced = sum{"x":(4)2}>
// CHECK-SAME: #spmd.sharding<@reordered, [{"y"}]>
func.func @every_form_of_a_sharding(
    %a: tensor<8x4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x", "y"}, {}]>},
    %b: tensor<8x4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x":(1)2, ?}, {"x":(2)4}p1]>},
    %c: tensor<8x4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{?}p2, {}p0], replicated = {"x", "z"}>},
    %d: tensor<8x4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"y"}], unreduced = max{"z"}>},
    %e: tensor<f32> {spmd.sharding = #spmd.sharding<@mesh, [], unreduced = sum{"x":(4)2}, replicated = {"y"}>},
    %f: tensor<7xi32> {spmd.sharding = #spmd.sharding<@reordered, [{"y"}]>}) {
  return
}

// So do its parts and those of a mesh by themselves, as the generic form of ops has them.
// CHECK: func.func @every_attribute
// CHECK-SAME: [#spmd.axis<"x">, #spmd.axis<"x":(2)4>, #spmd.dim<{"x", ?}p1>, #spmd.mesh_axis<"x"=8>,
// CHECK-SAME:  #spmd.link<"x" leaves_node latency 5 bandwidth 6>, #spmd.dim_map<7 + -1 i to 0 + 1 i, 8 windows 1 by 3>, #spmd.dim_map<0 + 1 i to 0 + 1 i, 8 windows 2 by 1>]
func.func @every_attribute() attributes {list = [#spmd.axis<"x">, #spmd.axis<"x":(2)4>, #spmd.dim<{"x", ?}p1>, #spmd.mesh_axis<"x"=8>,
    #spmd.link<"x" leaves_node latency 5 bandwidth 6>, #spmd.dim_map<7 + -1 i to 0 + 1 i, 8 windows 1 by 3>, #spmd.dim_map<0 + 1 i to 0 + 1 i, 8 windows 2 by 1>]} {
  return
}

// CHECK-LABEL: func.func @annotations
// CHECK: spmd.annotate %{{.*}} : tensor<8x4xf32> as <@mesh, [{"x"}, {?}]>
// CHECK: spmd.split %{{.*}} dim 1 over @mesh {"y"} : tensor<8x4xf32>
// CHECK: spmd.replicate %{{.*}} on @mesh : tensor<8x4xf32>
// CHECK: spmd.shard %{{.*}} over @mesh [{"x"}, {"y"}] : tensor<8x4xf32>
// CHECK: spmd.reshard %{{.*}} to <@mesh, [{}, {"x"}]> because "the user said so" : tensor<8x4xf32>
func.func @annotations(%a: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %0 = spmd.annotate %a : tensor<8x4xf32> as #spmd.sharding<@mesh, [{"x"}, {?}]>
  %1 = spmd.split %0 dim 1 over @mesh {"y"} : tensor<8x4xf32>
  %2 = spmd.replicate %1 on @mesh : tensor<8x4xf32>
  %3 = spmd.shard %2 over @mesh [{"x"}, {"y"}] : tensor<8x4xf32>
  %4 = spmd.reshard %3 to #spmd.sharding<@mesh, [{}, {"x"}]> because "the user said so" : tensor<8x4xf32>
  return %4 : tensor<8x4xf32>
}

// Blocks of 9 over x=8 hold two elements at most, of 4 over y=2 two.
// CHECK-LABEL: func.func @collectives
// CHECK: spmd.all_gather %{{.*}} : tensor<2x4xf32> -> tensor<9x4xf32>
// CHECK: spmd.slice
// CHECK: spmd.all_to_all
// CHECK: spmd.permute
// CHECK: spmd.exchange
// CHECK: spmd.all_to_all %{{.*}} from <@mesh, [{"x", "y"}, {}]> to <@mesh, [{}, {"y", "x"}]>
// CHECK: spmd.start all_gather %{{.*}} -> <tensor<9x4xf32>>
// CHECK: spmd.done
func.func @collectives(%a: tensor<2x4xf32>, %b: tensor<1x16xf32>) -> tensor<9x4xf32> {
  %0 = spmd.all_gather %a from #spmd.sharding<@mesh, [{"x"}, {}]> to #spmd.sharding<@mesh, [{}, {}]> of tensor<9x4xf32> : tensor<2x4xf32> -> tensor<9x4xf32>
  %1 = spmd.slice %0 from #spmd.sharding<@mesh, [{}, {}]> to #spmd.sharding<@mesh, [{"y"}, {}]> of tensor<9x4xf32> : tensor<9x4xf32> -> tensor<5x4xf32>
  %2 = spmd.all_to_all %1 from #spmd.sharding<@mesh, [{"y"}, {}]> to #spmd.sharding<@mesh, [{}, {"y"}]> of tensor<9x4xf32> : tensor<5x4xf32> -> tensor<9x2xf32>
  %3 = spmd.permute %2 from #spmd.sharding<@mesh, [{}, {"y"}]> to #spmd.sharding<@mesh, [{}, {"x":(1)2}]> of tensor<9x4xf32> : tensor<9x2xf32> -> tensor<9x2xf32>
  %4 = spmd.exchange %3 from #spmd.sharding<@mesh, [{}, {"x":(1)2}]> to #spmd.sharding<@mesh, [{"x"}, {}]> of tensor<9x4xf32> : tensor<9x2xf32> -> tensor<2x4xf32>
  %exchanged = spmd.all_to_all %b from #spmd.sharding<@mesh, [{"x", "y"}, {}]> to #spmd.sharding<@mesh, [{}, {"y", "x"}]> of tensor<16x16xf32> : tensor<1x16xf32> -> tensor<16x1xf32>
  %5 = spmd.start all_gather %4 from #spmd.sharding<@mesh, [{"x"}, {}]> to #spmd.sharding<@mesh, [{}, {}]> of tensor<9x4xf32> : tensor<2x4xf32> -> !spmd.pending<tensor<9x4xf32>>
  %6 = spmd.done %5 : !spmd.pending<tensor<9x4xf32>> -> tensor<9x4xf32>
  return %6 : tensor<9x4xf32>
}

// CHECK-LABEL: func.func @reductions
// CHECK: spmd.reduce_scatter
// CHECK: spmd.all_reduce
func.func @reductions(%a: tensor<9x4xf32>, %b: tensor<f32>) -> (tensor<2x4xf32>, tensor<f32>) {
  %0 = spmd.reduce_scatter %a from #spmd.sharding<@mesh, [{}, {}], unreduced = sum{"x"}> to #spmd.sharding<@mesh, [{"x"}, {}]> of tensor<9x4xf32> : tensor<9x4xf32> -> tensor<2x4xf32>
  %1 = spmd.all_reduce %b from #spmd.sharding<@mesh, [], unreduced = max{"x", "y"}> to #spmd.sharding<@mesh, [], unreduced = max{"y"}> of tensor<f32> : tensor<f32> -> tensor<f32>
  return %0, %1 : tensor<2x4xf32>, tensor<f32>
}
