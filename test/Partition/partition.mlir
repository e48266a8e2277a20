// RUN: moe-opt %s -split-input-file --spmd-partition --spmd-verify-partitioned | FileCheck %s

#rows = #spmd.sharding<@mesh, [{"x"}, {}]>
#vector = #spmd.sharding<@mesh, [{}]>
#partial = #spmd.sharding<@mesh, [{}], unreduced = sum{"x"}>
spmd.mesh @mesh ["x"=4]

// 7 rows over 4 ranks: the last row of rank 3's buffer is padding and must not be summed.
// CHECK-LABEL: func.func @padding_of_an_uneven_sum_is_masked
// CHECK-SAME:    %[[A:.*]]: tensor<2x8xf32>
// CHECK:         %[[M:.*]] = spmd.mask %[[A]] sum dims [0]
// CHECK:         %[[R:.*]] = moe.reduce sum %[[M]] dims [0] : tensor<2x8xf32> -> tensor<8xf32>
// CHECK:         spmd.all_reduce %[[R]]
func.func @padding_of_an_uneven_sum_is_masked(%a: tensor<7x8xf32> {spmd.sharding = #rows}) -> (tensor<8xf32> {spmd.sharding = #vector}) {
  %0 = moe.reduce sum %a dims [0] {spmd.shardings = [#partial]} : tensor<7x8xf32> -> tensor<8xf32>
  %1 = spmd.reshard %0 to #vector {spmd.shardings = [#vector]} : tensor<8xf32>
  return %1 : tensor<8xf32>
}

// -----

#cut = #spmd.sharding<@mesh, [{"x":(1)2}, {"y"}]>
#partial = #spmd.sharding<@mesh, [{"x":(1)2}, {}], unreduced = sum{"y"}>
#crossing = #spmd.sharding<@mesh, [{"x":(1)3}, {}]>
spmd.mesh @mesh ["x"=6, "y"=2]

// Halves and thirds of an axis: sums become pieces, which one exchange brings to where they belong.
// CHECK-LABEL: func.func @sums_are_scattered_before_parts_cross
// CHECK:         spmd.reduce_scatter %{{.*}} to <@mesh, [{"x":(1)2, "y"}, {}]> {{.*}} : tensor<6x4xf32> -> tensor<3x4xf32>
// CHECK-NEXT:    spmd.exchange %{{.*}} : tensor<3x4xf32> -> tensor<4x4xf32>
func.func @sums_are_scattered_before_parts_cross(%a: tensor<12x4xf32> {spmd.sharding = #cut}, %b: tensor<4x4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {}]>})
    -> (tensor<12x4xf32> {spmd.sharding = #crossing}) {
  %0 = moe.einsum "ab,bc->ac" %a, %b {spmd.shardings = [#partial]} : tensor<12x4xf32>, tensor<4x4xf32> -> tensor<12x4xf32>
  %1 = spmd.reshard %0 to #crossing {spmd.shardings = [#crossing]} : tensor<12x4xf32>
  return %1 : tensor<12x4xf32>
}

// -----

#one = #spmd.sharding<@mesh, [{"one", "x"}]>
#cut = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["one"=1, "x"=2]

// An axis of one rank cuts nothing.
// CHECK-LABEL: func.func @axis_of_one_rank
// CHECK-NEXT:    return %arg0
func.func @axis_of_one_rank(%a: tensor<8xf32> {spmd.sharding = #one}) -> (tensor<8xf32> {spmd.sharding = #cut}) {
  %0 = spmd.reshard %a to #cut {spmd.shardings = [#cut]} : tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}, {}]>
#columns = #spmd.sharding<@mesh, [{}, {"x"}]>
spmd.mesh @mesh ["x"=4]

// The axis moves to the other dimension, so one all-to-all suffices.
// CHECK-LABEL: func.func @axis_moves_by_one_all_to_all
// CHECK:         spmd.all_to_all %{{.*}} : tensor<2x8xf32> -> tensor<8x2xf32>
// CHECK-NEXT:    return
func.func @axis_moves_by_one_all_to_all(%a: tensor<8x8xf32> {spmd.sharding = #rows}) -> (tensor<8x8xf32> {spmd.sharding = #columns}) {
  %0 = spmd.reshard %a to #columns {spmd.shardings = [#columns]} : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}

// -----

#cut = #spmd.sharding<@mesh, [{"x"}]>
#cut2 = #spmd.sharding<@mesh, [{}, {"x"}]>
#whole = #spmd.sharding<@mesh, []>
#ids = #spmd.sharding<@mesh, [{}]>
spmd.mesh @mesh ["x"=2]

// Each rank counts from the first index of its block, and draws the numbers of its block.
// CHECK-LABEL: func.func @values_know_where_their_block_lies
// CHECK:         %[[I:.*]] = moe.iota dim 0 : tensor<2xi32>
// CHECK:         %[[O:.*]] = spmd.block_offset dim 0
// CHECK:         %[[B:.*]] = moe.broadcast %[[O]] dims []
// CHECK:         arith.addi %[[I]], %[[B]]
// CHECK:         moe.random uniform %{{.*}} stream 3 at %{{.*}} of [3]
// CHECK:         %[[S:.*]] = arith.subi
// CHECK:         moe.one_hot %[[S]] : tensor<5xi32> -> tensor<5x2xf32>
func.func @values_know_where_their_block_lies(%seed: tensor<i32> {spmd.sharding = #whole}, %ids: tensor<5xi32> {spmd.sharding = #ids}) -> (tensor<3xi32>, tensor<3xf32>, tensor<5x3xf32>) {
  %0 = moe.iota dim 0 {spmd.shardings = [#cut]} : tensor<3xi32>
  %1 = moe.random uniform %seed stream 3 {spmd.shardings = [#cut]} : tensor<i32> -> tensor<3xf32>
  %2 = moe.one_hot %ids {spmd.shardings = [#cut2]} : tensor<5xi32> -> tensor<5x3xf32>
  return %0, %1, %2 : tensor<3xi32>, tensor<3xf32>, tensor<5x3xf32>
}

// -----

#cut = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=2]

// CHECK-LABEL: func.func @constants_are_cut
// CHECK-DAG:     arith.constant dense<1.000000e+00> : tensor<2xf32>
// CHECK-DAG:     %[[C:.*]] = arith.constant dense<[1.0{{.*}}, 2.0{{.*}}, 3.0{{.*}}]> : tensor<3xf32>
// CHECK:         spmd.slice %[[C]]
func.func @constants_are_cut() -> (tensor<3xf32>, tensor<3xf32>) {
  %0 = arith.constant {spmd.shardings = [#cut]} dense<1.0> : tensor<3xf32>
  %1 = arith.constant {spmd.shardings = [#cut]} dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  return %0, %1 : tensor<3xf32>, tensor<3xf32>
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}, {}]>
#both = #spmd.sharding<@mesh, [{"x"}, {"y"}]>
#partial = #spmd.sharding<@mesh, [{"x"}, {}], unreduced = sum{"y"}>
spmd.mesh @mesh ["x"=2, "y"=2]

// Reduced over y and wanted cut over y: each rank reduces only its piece.
// CHECK-LABEL: func.func @partial_values_are_scattered
// CHECK:         spmd.reduce_scatter %{{.*}} : tensor<2x4xf32> -> tensor<2x2xf32>
// CHECK-NEXT:    return
func.func @partial_values_are_scattered(%a: tensor<4x6xf32> {spmd.sharding = #both}, %b: tensor<6x4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {}]>}) -> (tensor<4x4xf32> {spmd.sharding = #both}) {
  %0 = moe.einsum "ik,kj->ij" %a, %b {spmd.shardings = [#partial]} : tensor<4x6xf32>, tensor<6x4xf32> -> tensor<4x4xf32>
  %1 = spmd.reshard %0 to #both {spmd.shardings = [#both]} : tensor<4x4xf32>
  return %1 : tensor<4x4xf32>
}

// -----

#cut = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=2]

// The offset is an integer: indices are counted in integers, then cast.
// CHECK-LABEL: func.func @iota_of_floats_is_counted_in_integers
// CHECK:         moe.iota dim 0 : tensor<3xi32>
// CHECK:         %[[AT:.*]] = arith.addi
// CHECK-NEXT:    arith.sitofp %[[AT]] : tensor<3xi32> to tensor<3xf32>
func.func @iota_of_floats_is_counted_in_integers() -> (tensor<5xf32> {spmd.sharding = #cut}) {
  %0 = moe.iota dim 0 {spmd.shardings = [#cut]} : tensor<5xf32>
  return %0 : tensor<5xf32>
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}, {}]>
spmd.mesh @mesh ["x"=2]

// Along a dimension that is whole every rank counts from 0, in the elements asked for.
// CHECK-LABEL: func.func @iota_along_a_whole_dimension_needs_no_offset
// CHECK-NEXT:    %[[I:.*]] = moe.iota dim 1 : tensor<2x100xi8>
// CHECK-NEXT:    return %[[I]]
func.func @iota_along_a_whole_dimension_needs_no_offset() -> (tensor<4x100xi8> {spmd.sharding = #rows}) {
  %0 = moe.iota dim 1 {spmd.shardings = [#rows]} : tensor<4x100xi8>
  return %0 : tensor<4x100xi8>
}

// -----

spmd.mesh @mesh ["x"=2]

// There is nothing to cut in what is defined elsewhere.
// CHECK: func.func private @elsewhere(tensor<4xf32>) -> tensor<4xf32>
func.func private @elsewhere(tensor<4xf32>) -> tensor<4xf32>

// -----

#columns = #spmd.sharding<@mesh, [{}, {"x"}]>
#whole = #spmd.sharding<@mesh, [{}, {}]>
spmd.mesh @mesh ["x"=2]

// The best of each block meet, no more bytes than the blocks, and are looked up where they are: along the last dimension.
// CHECK-LABEL: func.func @best_of_the_last_dimension_are_not_turned
// CHECK:         moe.top_k %{{.*}} k 2 dim 1 : tensor<3x4xf32>
// CHECK-NOT:     moe.transpose
// CHECK:         moe.gather
// CHECK-NOT:     moe.transpose
// CHECK:         return
func.func @best_of_the_last_dimension_are_not_turned(%a: tensor<3x8xf32> {spmd.sharding = #columns}) -> (tensor<3x2xf32>, tensor<3x2xi32>) {
  %0, %1 = moe.top_k %a k 2 dim 1 {spmd.shardings = [#whole, #whole]} : tensor<3x8xf32> -> tensor<3x2xf32>, tensor<3x2xi32>
  return %0, %1 : tensor<3x2xf32>, tensor<3x2xi32>
}

// Three values and three indices are more than the four values of a block; so are two and two, where values are short.
// CHECK-LABEL: func.func @blocks_meet_where_they_are_smaller
// CHECK-NEXT:    %[[A:.*]] = spmd.all_gather %arg0 {{.*}} : tensor<3x4xf32> -> tensor<3x8xf32>
// CHECK-NEXT:    moe.top_k %[[A]] k 3
// CHECK-NEXT:    %[[B:.*]] = spmd.all_gather %arg1 {{.*}} : tensor<3x4xbf16> -> tensor<3x8xbf16>
// CHECK-NEXT:    moe.top_k %[[B]] k 2
// CHECK-NEXT:    return
func.func @blocks_meet_where_they_are_smaller(%a: tensor<3x8xf32> {spmd.sharding = #columns}, %b: tensor<3x8xbf16> {spmd.sharding = #columns}) -> (tensor<3x3xf32>, tensor<3x2xbf16>) {
  %0, %1 = moe.top_k %a k 3 dim 1 {spmd.shardings = [#whole, #whole]} : tensor<3x8xf32> -> tensor<3x3xf32>, tensor<3x3xi32>
  %2, %3 = moe.top_k %b k 2 dim 1 {spmd.shardings = [#whole, #whole]} : tensor<3x8xbf16> -> tensor<3x2xbf16>, tensor<3x2xi32>
  return %0, %2 : tensor<3x3xf32>, tensor<3x2xbf16>
}

// -----

#features = #spmd.sharding<@mesh, [{}, {}, {"x"}]>
spmd.mesh @mesh ["x"=4]

// 6 groups over 4 ranks are gathered until a rank has whole ones: 3 over each half of x. Depthwise, a rank has a
// group for each of its features as it is.
// CHECK-LABEL: func.func @groups_are_made_whole
// CHECK-COUNT-2:     spmd.all_gather {{.*}} to <@mesh, [{}, {}, {"x":(1)2}]> {{.*}} because "moe.convolution at {{.*}} works along dimension 2, which is cut by {\22x\22}"
// CHECK:         moe.convolution {{.*}} groups 3 : tensor<2x9x6xf32>, tensor<3x2x3xf32> -> tensor<2x7x3xf32>
// CHECK-NEXT:    spmd.slice
// CHECK-NEXT:    return
func.func @groups_are_made_whole(%a: tensor<2x9x12xf32> {spmd.sharding = #features}, %k: tensor<3x2x6xf32> {spmd.sharding = #features}) -> (tensor<2x7x6xf32> {spmd.sharding = #features}) {
  %0 = moe.convolution %a, %k strides [1] low [0] high [0] input_dilation [1] kernel_dilation [1] groups 6 {spmd.shardings = [#features]} : tensor<2x9x12xf32>, tensor<3x2x6xf32> -> tensor<2x7x6xf32>
  return %0 : tensor<2x7x6xf32>
}

// CHECK-LABEL: func.func @depthwise_groups_stay
// CHECK-NEXT:    moe.convolution %{{.*}} groups 2 : tensor<2x9x2xf32>, tensor<3x1x2xf32> -> tensor<2x7x2xf32>
// CHECK-NEXT:    return
func.func @depthwise_groups_stay(%a: tensor<2x9x6xf32> {spmd.sharding = #features}, %k: tensor<3x1x6xf32> {spmd.sharding = #features}) -> (tensor<2x7x6xf32> {spmd.sharding = #features}) {
  %0 = moe.convolution %a, %k strides [1] low [0] high [0] input_dilation [1] kernel_dilation [1] groups 6 {spmd.shardings = [#features]} : tensor<2x9x6xf32>, tensor<3x1x6xf32> -> tensor<2x7x6xf32>
  return %0 : tensor<2x7x6xf32>
}
