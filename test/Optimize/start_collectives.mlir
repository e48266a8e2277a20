// RUN: moe-opt %s --spmd-start-collectives --split-input-file | FileCheck %s

#tokens = #spmd.sharding<@mesh, [{}, {"x"}]>
#experts = #spmd.sharding<@mesh, [{"x"}, {}]>
spmd.mesh @mesh ["x"=4]

// What is counted behind the experts needs nothing of theirs: it runs while the slots
// are under way.
// CHECK-LABEL: func @independent_work_goes_between
// CHECK:         %[[PENDING:.*]] = spmd.start all_to_all
// CHECK-NEXT:    %[[SUM:.*]] = moe.reduce
// CHECK-NEXT:    %[[MOVED:.*]] = spmd.done %[[PENDING]]
// CHECK-NEXT:    %[[MADE:.*]] = moe.einsum "ec,ch->eh" %[[MOVED]]
// CHECK-NEXT:    return %[[MADE]], %[[SUM]]
func.func @independent_work_goes_between(%slots: tensor<8x2xf32>, %wi: tensor<8x3xf32>) -> (tensor<2x3xf32>, tensor<2xf32>) {
  %moved = spmd.all_to_all %slots from #tokens to #experts of tensor<8x8xf32> : tensor<8x2xf32> -> tensor<2x8xf32>
  %made = moe.einsum "ec,ch->eh" %moved, %wi : tensor<2x8xf32>, tensor<8x3xf32> -> tensor<2x3xf32>
  %sum = moe.reduce sum %slots dims [0] : tensor<8x2xf32> -> tensor<2xf32>
  return %made, %sum : tensor<2x3xf32>, tensor<2xf32>
}

// A collective moves up to its operand, but never past another one.
// CHECK-LABEL: func @collectives_keep_their_order
// CHECK:         %[[NEGATED:.*]] = arith.negf
// CHECK-NEXT:    spmd.start all_to_all %[[NEGATED]]
// CHECK-NEXT:    spmd.start all_gather
// CHECK-NEXT:    math.tanh
// CHECK-NEXT:    spmd.done
// CHECK-NEXT:    spmd.done
// CHECK-NEXT:    return
func.func @collectives_keep_their_order(%a: tensor<8x2xf32>) -> (tensor<2x8xf32>, tensor<8x8xf32>, tensor<8x2xf32>) {
  %negated = arith.negf %a : tensor<8x2xf32>
  %tanh = math.tanh %a : tensor<8x2xf32>
  %moved = spmd.all_to_all %negated from #tokens to #experts of tensor<8x8xf32> : tensor<8x2xf32> -> tensor<2x8xf32>
  %whole = spmd.all_gather %a from #tokens to <@mesh, [{}, {}]> of tensor<8x8xf32> : tensor<8x2xf32> -> tensor<8x8xf32>
  return %moved, %whole, %tanh : tensor<2x8xf32>, tensor<8x8xf32>, tensor<8x2xf32>
}

// With nothing to do meanwhile a collective stays one op.
// CHECK-LABEL: func @nothing_between_stays_whole
// CHECK-NEXT:    spmd.all_to_all
// CHECK-NEXT:    moe.einsum
func.func @nothing_between_stays_whole(%slots: tensor<8x2xf32>, %wi: tensor<8x3xf32>) -> tensor<2x3xf32> {
  %moved = spmd.all_to_all %slots from #tokens to #experts of tensor<8x8xf32> : tensor<8x2xf32> -> tensor<2x8xf32>
  %made = moe.einsum "ec,ch->eh" %moved, %wi : tensor<2x8xf32>, tensor<8x3xf32> -> tensor<2x3xf32>
  return %made : tensor<2x3xf32>
}

// A second user of the result waits too.
// CHECK-LABEL: func @every_user_waits
// CHECK:         spmd.start all_to_all
// CHECK-NEXT:    moe.reduce
// CHECK-NEXT:    %[[MOVED:.*]] = spmd.done
// CHECK-NEXT:    math.tanh %[[MOVED]]
// CHECK-NEXT:    arith.negf %[[MOVED]]
func.func @every_user_waits(%slots: tensor<8x2xf32>) -> (tensor<2x8xf32>, tensor<2x8xf32>, tensor<2xf32>) {
  %moved = spmd.all_to_all %slots from #tokens to #experts of tensor<8x8xf32> : tensor<8x2xf32> -> tensor<2x8xf32>
  %tanh = math.tanh %moved : tensor<2x8xf32>
  %negated = arith.negf %moved : tensor<2x8xf32>
  %sum = moe.reduce sum %slots dims [0] : tensor<8x2xf32> -> tensor<2xf32>
  return %tanh, %negated, %sum : tensor<2x8xf32>, tensor<2x8xf32>, tensor<2xf32>
}

// -----

spmd.mesh @mesh ["x"=4]

// Sixteen are under way at once: the seventeenth waits for the first, the next for the second.
// CHECK-LABEL: func @sixteen_are_under_way
// CHECK:         %[[FIRST:.*]] = spmd.start all_gather
// CHECK-NEXT:    %[[SECOND:.*]] = spmd.start all_gather
// CHECK-COUNT-14: spmd.start all_gather
// CHECK-NEXT:    spmd.done %[[FIRST]]
// CHECK-NEXT:    spmd.start all_gather
// CHECK-NEXT:    spmd.done %[[SECOND]]
// CHECK-NEXT:    spmd.start all_gather
// CHECK-NEXT:    math.tanh
func.func @sixteen_are_under_way(%a0: tensor<2xf32>, %a1: tensor<2xf32>, %a2: tensor<2xf32>, %a3: tensor<2xf32>, %a4: tensor<2xf32>, %a5: tensor<2xf32>, %a6: tensor<2xf32>, %a7: tensor<2xf32>, %a8: tensor<2xf32>, %a9: tensor<2xf32>, %a10: tensor<2xf32>, %a11: tensor<2xf32>, %a12: tensor<2xf32>, %a13: tensor<2xf32>, %a14: tensor<2xf32>, %a15: tensor<2xf32>, %a16: tensor<2xf32>, %a17: tensor<2xf32>)
    -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<2xf32>) {
  %g0 = spmd.all_gather %a0 from <@mesh, [{"x"}]> to <@mesh, [{}]> of tensor<8xf32> : tensor<2xf32> -> tensor<8xf32>
  %g1 = spmd.all_gather %a1 from <@mesh, [{"x"}]> to <@mesh, [{}]> of tensor<8xf32> : tensor<2xf32> -> tensor<8xf32>
  %g2 = spmd.all_gather %a2 from <@mesh, [{"x"}]> to <@mesh, [{}]> of tensor<8xf32> : tensor<2xf32> -> tensor<8xf32>
  %g3 = spmd.all_gather %a3 from <@mesh, [{"x"}]> to <@mesh, [{}]> of tensor<8xf32> : tensor<2xf32> -> tensor<8xf32>
  %g4 = spmd.all_gather %a4 from <@mesh, [{"x"}]> to <@mesh, [{}]> of tensor<8xf32> : tensor<2xf32> -> tensor<8xf32>
  %g5 = spmd.all_gather %a5 from <@mesh, [{"x"}]> to <@mesh, [{}]> of tensor<8xf32> : tensor<2xf32> -> tensor<8xf32>
  %g6 = spmd.all_gather %a6 from <@mesh, [{"x"}]> to <@mesh, [{}]> of tensor<8xf32> : tensor<2xf32> -> tensor<8xf32>
  %g7 = spmd.all_gather %a7 from <@mesh, [{"x"}]> to <@mesh, [{}]> of tensor<8xf32> : tensor<2xf32> -> tensor<8xf32>
  %g8 = spmd.all_gather %a8 from <@mesh, [{"x"}]> to <@mesh, [{}]> of tensor<8xf32> : tensor<2xf32> -> tensor<8xf32>
  %g9 = spmd.all_gather %a9 from <@mesh, [{"x"}]> to <@mesh, [{}]> of tensor<8xf32> : tensor<2xf32> -> tensor<8xf32>
  %g10 = spmd.all_gather %a10 from <@mesh, [{"x"}]> to <@mesh, [{}]> of tensor<8xf32> : tensor<2xf32> -> tensor<8xf32>
  %g11 = spmd.all_gather %a11 from <@mesh, [{"x"}]> to <@mesh, [{}]> of tensor<8xf32> : tensor<2xf32> -> tensor<8xf32>
  %g12 = spmd.all_gather %a12 from <@mesh, [{"x"}]> to <@mesh, [{}]> of tensor<8xf32> : tensor<2xf32> -> tensor<8xf32>
  %g13 = spmd.all_gather %a13 from <@mesh, [{"x"}]> to <@mesh, [{}]> of tensor<8xf32> : tensor<2xf32> -> tensor<8xf32>
  %g14 = spmd.all_gather %a14 from <@mesh, [{"x"}]> to <@mesh, [{}]> of tensor<8xf32> : tensor<2xf32> -> tensor<8xf32>
  %g15 = spmd.all_gather %a15 from <@mesh, [{"x"}]> to <@mesh, [{}]> of tensor<8xf32> : tensor<2xf32> -> tensor<8xf32>
  %g16 = spmd.all_gather %a16 from <@mesh, [{"x"}]> to <@mesh, [{}]> of tensor<8xf32> : tensor<2xf32> -> tensor<8xf32>
  %g17 = spmd.all_gather %a17 from <@mesh, [{"x"}]> to <@mesh, [{}]> of tensor<8xf32> : tensor<2xf32> -> tensor<8xf32>
  %work = math.tanh %a0 : tensor<2xf32>
  return %g0, %g1, %g2, %g3, %g4, %g5, %g6, %g7, %g8, %g9, %g10, %g11, %g12, %g13, %g14, %g15, %g16, %g17, %work : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<2xf32>
}
