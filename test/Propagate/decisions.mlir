// Factors that compete for an axis are decided by bytes.
// RUN: moe-opt %s --spmd-expand-annotations --spmd-propagate --spmd-verify-propagated | FileCheck %s

#tokens = #spmd.sharding<@mesh, [{"data", "expert"}, {}, {}]>
#experts = #spmd.sharding<@mesh, [{"expert"}, {}, {}]>
spmd.mesh @mesh ["data"=2, "expert"=2, "model"=2]

// E*C/S is 4, expert only 2: it is cheaper to gather the tokens (and the indices) over expert, and
// to scatter the sums of the result, than to send the slots of all experts.
// CHECK-LABEL: func.func @large_capacity_gathers_tokens
// CHECK-SAME:    %[[X:[^:]*]]: tensor<8x8x16xf32>
// CHECK:         %[[TOKENS:.*]] = spmd.reshard %[[X]] to <@mesh, [{"data"}, {}, {}]>
// CHECK:         moe.dispatch %[[TOKENS]] to {{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{"expert"}, {"data"}, {}, {}]>]}
// CHECK-NOT:     spmd.reshard
// CHECK:         %[[Y:.*]] = moe.combine {{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{"data"}, {}, {}], unreduced = sum{"expert"}>]}
// CHECK-NEXT:    %{{[^ ]*}} = spmd.reshard %[[Y]] to <@mesh, [{"data", "expert"}, {}, {}]> because "{{.*}}gives {\22expert\22} to a summed dimension of size 4 at {{[0-9]+}} bytes a rank, dimension 0 of the result would take {{[0-9]+}}"
func.func @large_capacity_gathers_tokens(%x: tensor<8x8x16xf32> {spmd.sharding = #tokens}, %gates: tensor<8x8x4xf32>,
    %wi: tensor<4x16x32xf32> {spmd.sharding = #experts}, %wo: tensor<4x32x16xf32> {spmd.sharding = #experts}) -> tensor<8x8x16xf32> {
  %expert, %slot, %weight = moe.gating %gates k 2 capacity 8 : tensor<8x8x4xf32> -> tensor<8x8x2xi32>, tensor<8x8x2xi32>, tensor<8x8x2xf32>
  %sent = moe.dispatch %x to %expert, %slot : tensor<8x8x16xf32>, tensor<8x8x2xi32>, tensor<8x8x2xi32> -> tensor<4x8x8x16xf32>
  %slots = spmd.split %sent dim 0 over @mesh {"expert"} : tensor<4x8x8x16xf32>
  %hidden = moe.einsum "egcm,emh->egch" %slots, %wi : tensor<4x8x8x16xf32>, tensor<4x16x32xf32> -> tensor<4x8x8x32xf32>
  %made = moe.einsum "egch,ehm->egcm" %hidden, %wo : tensor<4x8x8x32xf32>, tensor<4x32x16xf32> -> tensor<4x8x8x16xf32>
  %y = moe.combine %made from %expert, %slot weights %weight : tensor<4x8x8x16xf32>, tensor<8x8x2xi32>, tensor<8x8x2xi32>, tensor<8x8x2xf32> -> tensor<8x8x16xf32>
  %out = arith.addf %x, %y : tensor<8x8x16xf32>
  return %out : tensor<8x8x16xf32>
}

// The hidden dimension is cut over a third axis: the sums over it wait for the way back, on which the
// ranks of that axis take pieces of the slots. They are gathered as tokens, of which there are half as many.
// CHECK-LABEL: func.func @hidden_dimension_over_model
// CHECK-NOT:     spmd.reshard
// CHECK:         %[[SENT:.*]] = moe.dispatch
// CHECK-NEXT:    %{{[^ ]*}} = spmd.reshard %[[SENT]] to <@mesh, [{"expert"}, {"data"}, {}, {}]>
// CHECK-NOT:     spmd.reshard
// CHECK:         %[[MADE:.*]] = moe.einsum "egch,ehm->egcm" {{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{"expert"}, {"data"}, {}, {}], unreduced = sum{"model"}>]}
// CHECK-NEXT:    %[[BACK:.*]] = spmd.reshard %[[MADE]] to <@mesh, [{}, {"data", "expert"}, {}, {"model"}]>
// CHECK-NEXT:    %[[Y:.*]] = moe.combine %[[BACK]] {{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{"data", "expert"}, {}, {"model"}]>]}
// CHECK-NEXT:    %{{[^ ]*}} = spmd.reshard %[[Y]] to <@mesh, [{"data", "expert"}, {}, {}]>
// CHECK-NOT:     spmd.reshard
// CHECK:         return
func.func @hidden_dimension_over_model(%x: tensor<8x8x16xf32> {spmd.sharding = #tokens}, %gates: tensor<8x8x4xf32>,
    %wi: tensor<4x16x32xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"expert"}, {}, {"model"}]>},
    %wo: tensor<4x32x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"expert"}, {"model"}, {}]>}) -> tensor<8x8x16xf32> {
  %expert, %slot, %weight = moe.gating %gates k 2 capacity 4 : tensor<8x8x4xf32> -> tensor<8x8x2xi32>, tensor<8x8x2xi32>, tensor<8x8x2xf32>
  %sent = moe.dispatch %x to %expert, %slot : tensor<8x8x16xf32>, tensor<8x8x2xi32>, tensor<8x8x2xi32> -> tensor<4x8x4x16xf32>
  %slots = spmd.split %sent dim 0 over @mesh {"expert"} : tensor<4x8x4x16xf32>
  %hidden = moe.einsum "egcm,emh->egch" %slots, %wi : tensor<4x8x4x16xf32>, tensor<4x16x32xf32> -> tensor<4x8x4x32xf32>
  %made = moe.einsum "egch,ehm->egcm" %hidden, %wo : tensor<4x8x4x32xf32>, tensor<4x32x16xf32> -> tensor<4x8x4x16xf32>
  %y = moe.combine %made from %expert, %slot weights %weight : tensor<4x8x4x16xf32>, tensor<8x8x2xi32>, tensor<8x8x2xi32>, tensor<8x8x2xf32> -> tensor<8x8x16xf32>
  %out = arith.addf %x, %y : tensor<8x8x16xf32>
  return %out : tensor<8x8x16xf32>
}

// Two factors of the dispatch want expert. What lost there must not come back as a claim on the
// weights of a router without softmax, nor on what they are made from.
// CHECK-LABEL: func.func @losing_claims_do_not_leak
// CHECK-SAME:    tensor<4x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {}]>}
// CHECK-NOT:     spmd.reshard
// CHECK:         %[[SENT:.*]] = moe.einsum "gsec,gsm->egcm"
// CHECK-NEXT:    %{{[^ ]*}} = spmd.reshard %[[SENT]] to <@mesh, [{"expert"}, {"data"}, {}, {}]>
// CHECK-NEXT:    return
func.func @losing_claims_do_not_leak(%x: tensor<8x8x16xf32> {spmd.sharding = #tokens}, %r0: tensor<4x16xf32>)
    -> (tensor<4x8x2x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"expert"}, {?}, {?}, {?}]>}) {
  %r = moe.transpose %r0 permutation [1, 0] : tensor<4x16xf32> -> tensor<16x4xf32>
  %s = moe.einsum "gsm,me->gse" %x, %r : tensor<8x8x16xf32>, tensor<16x4xf32> -> tensor<8x8x4xf32>
  %t = math.tanh %s : tensor<8x8x4xf32>
  %mask = moe.broadcast %t dims [0, 1, 2] : tensor<8x8x4xf32> -> tensor<8x8x4x2xf32>
  %sent = moe.einsum "gsec,gsm->egcm" %mask, %x : tensor<8x8x4x2xf32>, tensor<8x8x16xf32> -> tensor<4x8x2x16xf32>
  return %sent : tensor<4x8x2x16xf32>
}

// Column-parallel, then row-parallel: the weights and the bias that nobody annotated follow, and one
// reduction, shared by both users, is all that is sent.
// CHECK-LABEL: func.func @hidden_over_model_needs_one_reduction
// CHECK-SAME:    tensor<32x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"model"}, {}]>}, %{{[^:]*}}: tensor<32xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"model"}]>}
// CHECK-NOT:     spmd.reshard
// CHECK:         %[[Y:.*]] = moe.einsum "bh,hm->bm"
// CHECK-NEXT:    %[[Z:.*]] = spmd.reshard %[[Y]] to <@mesh, [{"data"}, {}]>
// CHECK-NEXT:    %[[O:.*]] = arith.addf %{{.*}}, %[[Z]]
// CHECK-NEXT:    %{{[^ ]*}} = arith.mulf %[[Z]], %[[O]]
// CHECK-NEXT:    return
func.func @hidden_over_model_needs_one_reduction(%x: tensor<8x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"data"}, {}]>},
    %wi: tensor<16x32xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"model"}]>}, %wo: tensor<32x16xf32>, %b: tensor<32xf32>) -> tensor<8x16xf32> {
  %h = moe.einsum "bm,mh->bh" %x, %wi : tensor<8x16xf32>, tensor<16x32xf32> -> tensor<8x32xf32>
  %bias = moe.broadcast %b dims [1] : tensor<32xf32> -> tensor<8x32xf32>
  %biased = arith.addf %h, %bias : tensor<8x32xf32>
  %a = math.tanh %biased : tensor<8x32xf32>
  %y = moe.einsum "bh,hm->bm" %a, %wo : tensor<8x32xf32>, tensor<32x16xf32> -> tensor<8x16xf32>
  %o = arith.addf %x, %y : tensor<8x16xf32>
  %p = arith.mulf %y, %o : tensor<8x16xf32>
  return %p : tensor<8x16xf32>
}

// A result wanted in pieces: reduced once, each rank its piece.
// CHECK-LABEL: func.func @reduction_scatters_where_the_result_is_cut
// CHECK:         %[[Y:.*]] = moe.einsum "bh,hm->bm"
// CHECK-NEXT:    %{{[^ ]*}} = spmd.reshard %[[Y]] to <@mesh, [{"model"}, {}]>
// CHECK-NEXT:    return
func.func @reduction_scatters_where_the_result_is_cut(%x: tensor<8x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"model"}]>}, %w: tensor<16x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"model"}, {}]>})
    -> (tensor<8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"model"}, {}]>}) {
  %y = moe.einsum "bh,hm->bm" %x, %w : tensor<8x16xf32>, tensor<16x8xf32> -> tensor<8x8xf32>
  return %y : tensor<8x8xf32>
}

// Choices of one group compete: what a gate needs of it is gathered before.
// CHECK-LABEL: func.func @what_must_be_whole_is_gathered
// CHECK-SAME:    %[[A:[^:]*]]: tensor<2x8x4xf32>
// CHECK:         %[[G:.*]] = spmd.reshard %[[A]] to <@mesh, [{"data"}, {}, {}]>
// CHECK-NEXT:    %{{[^ ]*}} = moe.gating %[[G]]
func.func @what_must_be_whole_is_gathered(%a: tensor<2x8x4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"data"}, {"expert"}, {}]>}) -> tensor<2x8x1xf32> {
  %e, %s, %w = moe.gating %a k 1 capacity 2 : tensor<2x8x4xf32> -> tensor<2x8x1xi32>, tensor<2x8x1xi32>, tensor<2x8x1xf32>
  return %w : tensor<2x8x1xf32>
}

// A softmax works along a dimension that is cut: ranks exchange two numbers of each line.
// CHECK-LABEL: func.func @softmax_stays_cut
// CHECK-NEXT:    moe.softmax {{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{"data"}, {"expert"}]>]}
func.func @softmax_stays_cut(%a: tensor<8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"data"}, {"expert"}]>}) -> tensor<8x8xf32> {
  %0 = moe.softmax %a dim 1 : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}

// At a tie the operands stay, and the annotated value is resharded.
// CHECK-LABEL: func.func @operands_stay_in_place_at_a_tie
// CHECK:         math.tanh %{{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{"data"}, {}]>]}
// CHECK-NEXT:    %{{[^ ]*}} = math.exp %{{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{"data"}, {}]>]}
// CHECK-NEXT:    %{{[^ ]*}} = spmd.reshard %{{.*}} to <@mesh, [{}, {"data"}]>
func.func @operands_stay_in_place_at_a_tie(%a: tensor<8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"data"}, {}]>}) -> tensor<8x8xf32> {
  %0 = math.tanh %a : tensor<8x8xf32>
  %1 = math.exp %0 : tensor<8x8xf32>
  %2 = spmd.shard %1 over @mesh [{}, {"data"}] : tensor<8x8xf32>
  return %2 : tensor<8x8xf32>
}

// Weights cut over the axis of the batch (as ZeRO does): gathered, they are the smaller ones. The
// gather stands before its user, not at the beginning of the function. It says who lost the axis, though
// nobody at all would have been cheaper than that.
// CHECK-LABEL: func.func @small_weights_are_gathered
// CHECK-SAME:    %{{[^:]*}}: tensor<64x8xf32> {{.*}}, %[[W:[^:]*]]: tensor<8x8xf32>
// CHECK:         math.exp
// CHECK-NEXT:    %{{[^ ]*}} = spmd.reshard %[[W]] to <@mesh, [{}, {}]> because "{{.*}} gives {\22data\22} to dimension 0 of the result at 128 bytes a rank, a summed dimension of size 8 would take 1536"
// CHECK-NEXT:    %{{[^ ]*}} = moe.einsum {{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{"data"}, {}]>]}
func.func @small_weights_are_gathered(%x: tensor<64x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"data"}, {}]>}, %w: tensor<8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"data"}, {}]>}) -> tensor<64x8xf32> {
  %0 = math.exp %x : tensor<64x8xf32>
  %1 = moe.einsum "bm,mh->bh" %0, %w : tensor<64x8xf32>, tensor<8x8xf32> -> tensor<64x8xf32>
  return %1 : tensor<64x8xf32>
}

// Batch is tiny: the sums are the smaller ones.
// CHECK-LABEL: func.func @large_weights_stay
// CHECK-NOT:     spmd.reshard %{{[^ ]*}} to <@mesh, [{}, {}]> {{.*}} : tensor<64x64xf32>
// CHECK:         moe.einsum {{.*}} unreduced = sum{"data"}
func.func @large_weights_stay(%x: tensor<2x64xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"data"}, {}]>}, %w: tensor<64x64xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"data"}, {}]>}) -> tensor<2x64xf32> {
  %1 = moe.einsum "bm,mh->bh" %x, %w : tensor<2x64xf32>, tensor<64x64xf32> -> tensor<2x64xf32>
  return %1 : tensor<2x64xf32>
}

// Every rank has the tokens of its experts' slots. On the way back slots are fewer than the sums of tokens
// would be: E*C is 16, half of it a rank's, and the tokens S 16 are gathered once, where sums travel twice.
// CHECK-LABEL: func.func @slots_return_in_place_of_sums
// CHECK-NOT:     spmd.reshard %{{[^ ]*}} {{.*}} : tensor<4x8x4x16xf32>
// CHECK:         %[[MADE:.*]] = moe.einsum "egch,ehm->egcm"
// CHECK-NEXT:    %[[BACK:.*]] = spmd.reshard %[[MADE]] to <@mesh, [{}, {"data", "expert"}, {}, {}]>
// CHECK:         %[[Y:.*]] = moe.combine %[[BACK]] {{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{"data", "expert"}, {}, {}]>]}
// CHECK-NEXT:    %{{[^ ]*}} = spmd.reshard %[[Y]] to <@mesh, [{"data"}, {}, {}]>
func.func @slots_return_in_place_of_sums(%x: tensor<8x16x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"data"}, {}, {}]>}, %gates: tensor<8x16x4xf32>,
    %wi: tensor<4x16x32xf32> {spmd.sharding = #experts}, %wo: tensor<4x32x16xf32> {spmd.sharding = #experts}) -> tensor<8x16x16xf32> {
  %expert, %slot, %weight = moe.gating %gates k 1 capacity 4 : tensor<8x16x4xf32> -> tensor<8x16x1xi32>, tensor<8x16x1xi32>, tensor<8x16x1xf32>
  %sent = moe.dispatch %x to %expert, %slot : tensor<8x16x16xf32>, tensor<8x16x1xi32>, tensor<8x16x1xi32> -> tensor<4x8x4x16xf32>
  %slots = spmd.split %sent dim 0 over @mesh {"expert"} : tensor<4x8x4x16xf32>
  %hidden = moe.einsum "egcm,emh->egch" %slots, %wi : tensor<4x8x4x16xf32>, tensor<4x16x32xf32> -> tensor<4x8x4x32xf32>
  %made = moe.einsum "egch,ehm->egcm" %hidden, %wo : tensor<4x8x4x32xf32>, tensor<4x32x16xf32> -> tensor<4x8x4x16xf32>
  %y = moe.combine %made from %expert, %slot weights %weight : tensor<4x8x4x16xf32>, tensor<8x16x1xi32>, tensor<8x16x1xi32>, tensor<8x16x1xf32> -> tensor<8x16x16xf32>
  %out = arith.addf %x, %y : tensor<8x16x16xf32>
  return %out : tensor<8x16x16xf32>
}

// Its experts over model too, each product would be whole, for 704 bytes in place of 1024: but values and
// weights would travel for it.
// CHECK-LABEL: func.func @weights_do_not_travel_for_a_sum
// CHECK-NOT:     spmd.reshard
// CHECK:         moe.einsum {{.*}} unreduced = sum{"model"}
func.func @weights_do_not_travel_for_a_sum(%x: tensor<4x16x4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"expert"}, {}, {"model"}]>},
    %w: tensor<4x4x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"expert"}, {"model"}, {}]>})
    -> (tensor<4x16x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"expert"}, {}, {}]>}) {
  %y = moe.einsum "ech,ehm->ecm" %x, %w : tensor<4x16x4xf32>, tensor<4x4x8xf32> -> tensor<4x16x8xf32>
  return %y : tensor<4x16x8xf32>
}

// The sum and its tanh are as well off by rows each for itself; both by columns save a move.
// CHECK-LABEL: func.func @two_ops_change_at_once
// CHECK:         %[[ROWS:.*]] = math.exp %{{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{"data"}, {}]>]}
// CHECK:         %[[MOVED:.*]] = spmd.reshard %[[ROWS]] to <@mesh, [{}, {"data"}]>
// CHECK:         arith.addf %[[MOVED]], %{{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{}, {"data"}]>]}
// CHECK-NOT:     spmd.reshard
#by_rows = #spmd.sharding<@mesh, [{"data"}, {}]>
#by_columns = #spmd.sharding<@mesh, [{}, {"data"}]>
func.func @two_ops_change_at_once(%a: tensor<8x8xf32> {spmd.sharding = #by_rows}, %b: tensor<8x8xf32> {spmd.sharding = #by_columns})
    -> (tensor<8x8xf32> {spmd.sharding = #by_rows}, tensor<8x8xf32> {spmd.sharding = #by_columns}, tensor<8x8xf32> {spmd.sharding = #by_columns}) {
  %0 = math.exp %a : tensor<8x8xf32>
  %1 = math.exp %b : tensor<8x8xf32>
  %2 = arith.addf %0, %1 : tensor<8x8xf32>
  %3 = math.tanh %2 : tensor<8x8xf32>
  return %0, %1, %3 : tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>
}

// What a sum along columns exchanges counts too, or else columns would save a move here.
// CHECK-LABEL: func.func @sums_along_columns_take_rows
// CHECK:         arith.addf {{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{"data"}, {}]>]}
// CHECK:         moe.cumsum {{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{"data"}, {}]>]}
func.func @sums_along_columns_take_rows(%a: tensor<8x8xf32> {spmd.sharding = #by_rows}, %b: tensor<8x8xf32> {spmd.sharding = #by_columns})
    -> (tensor<8x8xf32> {spmd.sharding = #by_columns}, tensor<8x8xf32> {spmd.sharding = #by_rows}) {
  %0 = arith.addf %a, %b : tensor<8x8xf32>
  %1 = moe.cumsum %0 dim 1 : tensor<8x8xf32>
  %2 = math.tanh %1 : tensor<8x8xf32>
  return %0, %2 : tensor<8x8xf32>, tensor<8x8xf32>
}

// An operand that is read twice comes once: rows would take 64 bytes, not 128.
// CHECK-LABEL: func.func @what_is_read_twice_comes_once
// CHECK:         spmd.reshard %{{.*}} because "{{.*}}arith.mulf at {{[^;]*}} gives {\22data\22} to dimension 1 of the result at 64 bytes a rank, dimension 0 of the result would take 64"
func.func @what_is_read_twice_comes_once(%a: tensor<8x8xf32> {spmd.sharding = #by_columns})
    -> (tensor<8x8xf32> {spmd.sharding = #by_columns}, tensor<8x8xf32> {spmd.sharding = #by_rows}) {
  %0 = math.exp %a : tensor<8x8xf32>
  %1 = arith.mulf %0, %0 : tensor<8x8xf32>
  return %0, %1 : tensor<8x8xf32>, tensor<8x8xf32>
}

// Here too, and the axis goes to columns as they are wanted: data before expert. Only %a moves.
// CHECK-LABEL: func.func @an_axis_goes_where_it_was_wanted
// CHECK-SAME:    %[[A:[^:]*]]: tensor<8x8xf32>
// CHECK-NEXT:    %[[MOVED:.*]] = spmd.reshard %[[A]] to <@mesh, [{}, {"data", "expert"}]>
// CHECK-NEXT:    %{{.*}} = spmd.reshard %{{.*}} to <@mesh, [{}, {"data", "expert"}]> because {{.*}}argument 1
// CHECK-NEXT:    %{{.*}} = arith.addf %[[MOVED]]
// CHECK-NOT:     spmd.reshard
// CHECK:         return
func.func @an_axis_goes_where_it_was_wanted(%a: tensor<8x8xf32> {spmd.sharding = #by_rows}, %b: tensor<8x8xf32> {spmd.sharding = #by_columns})
    -> (tensor<8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"data", "expert"}]>}, tensor<8x8xf32>) {
  %0 = arith.addf %a, %b : tensor<8x8xf32>
  %1 = math.tanh %0 : tensor<8x8xf32>
  return %1, %0 : tensor<8x8xf32>, tensor<8x8xf32>
}

// Of the dimensions that lose an axis the best one is told: columns would take 8320 bytes.
// CHECK-LABEL: func.func @the_best_loser_is_told
// CHECK:         spmd.reshard %{{.*}} because "{{.*}}moe.einsum at {{[^;]*}} gives {\22data\22} to dimension 0 of the result at 640 bytes a rank, a summed dimension of size 64 would take 4864
func.func @the_best_loser_is_told(%a: tensor<64x64xf32> {spmd.sharding = #by_rows}, %b: tensor<64x4xf32> {spmd.sharding = #by_columns},
    %c: tensor<64xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"data"}]>}) -> tensor<64x4xf32> {
  %0 = moe.einsum "mk,kn,k->mn" %a, %b, %c : tensor<64x64xf32>, tensor<64x4xf32>, tensor<64xf32> -> tensor<64x4xf32>
  return %0 : tensor<64x4xf32>
}
