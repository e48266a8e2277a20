// Regions written for one rank of some axes, on mesh ["data"=2, "expert"=2, "model"=2]; the others are
// propagated and partitioned within.
#experts = #spmd.sharding<@mesh, [{"expert"}, {}, {}]>
#hidden = #spmd.sharding<@mesh, [{"expert"}, {}, {"model"}]>
#rows = #spmd.sharding<@mesh, [{"expert"}, {}]>
#columns = #spmd.sharding<@mesh, [{}, {"model"}]>
#whole = #spmd.sharding<@mesh, [{}, {}]>
#partial = #spmd.sharding<@mesh, [{}, {}], unreduced = sum{"expert"}>
#vector = #spmd.sharding<@mesh, [{"expert"}]>
spmd.mesh @mesh ["data"=2, "expert"=2, "model"=2]

// Experts by hand, their hidden layer by propagation: partial sums over "model" are reduced within
// each expert's rank, and the region's own all_reduce is over "expert".
func.func @experts_by_hand(%x: tensor<4x6x8xf32> {moe.name = "x", spmd.sharding = #experts}, %w: tensor<4x8x33xf32> {moe.name = "w", spmd.sharding = #hidden},
                           %v: tensor<4x33x8xf32> {moe.name = "v"}) -> (tensor<4x6x8xf32>, tensor<6x8xf32>) {
  %y:2 = spmd.manual(%x, %w, %v) over ["expert"] in [#experts, #hidden, #experts] out [#experts, #columns] {
  ^bb0(%slots: tensor<2x6x8xf32>, %a: tensor<2x8x33xf32>, %b: tensor<2x33x8xf32>):
    %0 = moe.einsum "ecm,emh->ech" %slots, %a : tensor<2x6x8xf32>, tensor<2x8x33xf32> -> tensor<2x6x33xf32>
    %1 = math.tanh %0 : tensor<2x6x33xf32>
    %2 = moe.einsum "ech,ehm->ecm" %1, %b : tensor<2x6x33xf32>, tensor<2x33x8xf32> -> tensor<2x6x8xf32>
    %3 = moe.reduce sum %2 dims [0] : tensor<2x6x8xf32> -> tensor<6x8xf32>
    %4 = spmd.all_reduce %3 from #partial to #whole of tensor<6x8xf32> : tensor<6x8xf32> -> tensor<6x8xf32>
    spmd.yield %2, %4 : tensor<2x6x8xf32>, tensor<6x8xf32>
  } : (tensor<4x6x8xf32>, tensor<4x8x33xf32>, tensor<4x33x8xf32>) -> (tensor<4x6x8xf32>, tensor<6x8xf32>)
  return %y#0, %y#1 : tensor<4x6x8xf32>, tensor<6x8xf32>
}

// Values differ from rank to rank of "expert", so that exchanges over the other axes, of scans,
// slices and permuted blocks, must stay among the ranks of one.
func.func @exchanges_within(%a: tensor<4x7xf32> {moe.name = "p", spmd.sharding = #rows}) -> tensor<4x5xf32> {
  %r = spmd.manual(%a) over ["expert"] in [#rows] out [#rows] {
  ^bb0(%block: tensor<2x7xf32>):
    %0 = spmd.annotate %block : tensor<2x7xf32> as <@mesh, [{}, {"data", "model"}]>
    %1 = moe.cumsum %0 dim 1 : tensor<2x7xf32>
    %2 = moe.slice %1 offsets [0, 1] strides [1, 1] : tensor<2x7xf32> -> tensor<2x5xf32>
    %3 = spmd.annotate %2 : tensor<2x5xf32> as <@mesh, [{"model"}, {"data"}]>
    %4 = spmd.annotate %3 : tensor<2x5xf32> as <@mesh, [{"data"}, {"model"}]>
    %5 = moe.reshape %4 : tensor<2x5xf32> -> tensor<10xf32>
    %6 = math.tanh %5 : tensor<10xf32>
    %7 = moe.reshape %6 : tensor<10xf32> -> tensor<2x5xf32>
    %8 = moe.softmax %7 dim 1 : tensor<2x5xf32>
    spmd.yield %8 : tensor<2x5xf32>
  } : (tensor<4x7xf32>) -> tensor<4x5xf32>
  return %r : tensor<4x5xf32>
}

// A region in a region: over "data" around, over "model" within, with a sum over each.
#data = #spmd.sharding<@mesh, [{"data"}, {}]>
#model = #spmd.sharding<@mesh, [{}, {"model"}]>
#overModel = #spmd.sharding<@mesh, [{}], unreduced = sum{"model"}>
#overData = #spmd.sharding<@mesh, [{"data"}]>
#one = #spmd.sharding<@mesh, [{}]>
func.func @region_in_a_region(%a: tensor<6x8xf32> {moe.name = "q"}) -> (tensor<6xf32>, tensor<6x8xf32>) {
  %r:2 = spmd.manual(%a) over ["data"] in [#data] out [#overData, #data] {
  ^bb0(%rows: tensor<3x8xf32>):
    %0 = spmd.annotate %rows : tensor<3x8xf32> as <@mesh, [{}, {"expert"}]>
    %1 = math.tanh %0 : tensor<3x8xf32>
    %2 = spmd.manual(%1) over ["model"] in [#model] out [#one] {
    ^bb0(%block: tensor<3x4xf32>):
      %3 = spmd.annotate %block : tensor<3x4xf32> as <@mesh, [{"expert"}, {}]>
      %4 = moe.reduce sum %3 dims [1] : tensor<3x4xf32> -> tensor<3xf32>
      %5 = spmd.all_reduce %4 from #overModel to #one of tensor<3xf32> : tensor<3xf32> -> tensor<3xf32>
      spmd.yield %5 : tensor<3xf32>
    } : (tensor<3x8xf32>) -> tensor<3xf32>
    spmd.yield %2, %1 : tensor<3xf32>, tensor<3x8xf32>
  } : (tensor<6x8xf32>) -> (tensor<6xf32>, tensor<6x8xf32>)
  return %r#0, %r#1 : tensor<6xf32>, tensor<6x8xf32>
}

// What the region says of its own padding and of where its blocks begin is cut further as well.
func.func @masks_and_offsets(%a: tensor<5x6xf32> {moe.name = "r"}) -> (tensor<6xf32>, tensor<5x6xf32>) {
  %r:2 = spmd.manual(%a) over ["expert"] in [#rows] out [#one, #rows] {
  ^bb0(%block: tensor<3x6xf32>):
    %0 = spmd.annotate %block : tensor<3x6xf32> as <@mesh, [{}, {"model"}]>
    %1 = spmd.mask %0 sum dims [0] of #rows global tensor<5x6xf32> : tensor<3x6xf32>
    %2 = moe.reduce sum %1 dims [0] : tensor<3x6xf32> -> tensor<6xf32>
    %3 = spmd.all_reduce %2 from <@mesh, [{}], unreduced = sum{"expert"}> to #one of tensor<6xf32> : tensor<6xf32> -> tensor<6xf32>
    %first = spmd.block_offset dim 0 of #rows global tensor<5x6xf32> : tensor<i32>
    %firsts = moe.broadcast %first dims [] : tensor<i32> -> tensor<3x6xi32>
    %here = moe.iota dim 0 : tensor<3x6xi32>
    %row = arith.addi %firsts, %here : tensor<3x6xi32>
    %number = arith.sitofp %row : tensor<3x6xi32> to tensor<3x6xf32>
    %4 = arith.mulf %number, %0 : tensor<3x6xf32>
    spmd.yield %3, %4 : tensor<6xf32>, tensor<3x6xf32>
  } : (tensor<5x6xf32>) -> (tensor<6xf32>, tensor<5x6xf32>)
  return %r#0, %r#1 : tensor<6xf32>, tensor<5x6xf32>
}
