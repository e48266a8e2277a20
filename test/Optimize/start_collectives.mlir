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
