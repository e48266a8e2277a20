// RUN: moe-opt %s --spmd-simplify-collectives -o %t
// RUN: FileCheck %s --input-file=%t
// RUN: moe-interpret %s --entry=slice_of_a_sum --exact --compare=%t
// RUN: moe-interpret %s --entry=uneven_slice_of_a_sum --exact --compare=%t
// RUN: moe-interpret %s --entry=sum_needed_whole_too --exact --compare=%t
// RUN: moe-interpret %s --entry=same_gather_twice --exact --compare=%t
// RUN: moe-interpret %s --entry=there_and_back --exact --compare=%t
// RUN: moe-interpret %s --entry=gather_then_cut_elsewhere --exact --compare=%t
// RUN: moe-interpret %s --entry=what_every_rank_can_make --exact --compare=%t
// RUN: moe-interpret %s --entry=broadcast_of_a_moved_vector --exact --compare=%t

#rows = #spmd.sharding<@mesh, [{"x"}, {}]>
#columns = #spmd.sharding<@mesh, [{}, {"x"}]>
#whole = #spmd.sharding<@mesh, [{}, {}]>
#partial = #spmd.sharding<@mesh, [{}, {}], unreduced = sum{"x"}>
#vector = #spmd.sharding<@mesh, [{"x"}]>
#all = #spmd.sharding<@mesh, [{}]>
spmd.mesh @mesh ["x"=4]

// Each rank keeps its rows of the sum, so it need not have the others.
// CHECK-LABEL: func.func @slice_of_a_sum
// CHECK:         %[[P:.*]] = moe.einsum
// CHECK-NEXT:    %[[R:.*]] = spmd.reduce_scatter %[[P]] {{.*}} of tensor<8x4xf32>
// CHECK-NEXT:    return %[[R]]
func.func @slice_of_a_sum(%a: tensor<8x2xf32> {spmd.sharding = #columns, spmd.global = tensor<8x8xf32>},
                          %b: tensor<2x4xf32> {spmd.sharding = #rows, spmd.global = tensor<8x4xf32>})
    -> (tensor<2x4xf32> {spmd.sharding = #rows, spmd.global = tensor<8x4xf32>}) {
  %0 = moe.einsum "ik,kj->ij" %a, %b : tensor<8x2xf32>, tensor<2x4xf32> -> tensor<8x4xf32>
  %1 = spmd.all_reduce %0 from #partial to #whole of tensor<8x4xf32> : tensor<8x4xf32> -> tensor<8x4xf32>
  %2 = spmd.slice %1 from #whole to #rows of tensor<8x4xf32> : tensor<8x4xf32> -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// Blocks of 7 rows over 4 ranks: 2, 2, 2 and 1.
// CHECK-LABEL: func.func @uneven_slice_of_a_sum
// CHECK:         spmd.reduce_scatter {{.*}} of tensor<7x4xf32>
// CHECK-NEXT:    return
func.func @uneven_slice_of_a_sum(%a: tensor<7x2xf32> {spmd.sharding = #columns, spmd.global = tensor<7x8xf32>},
                                 %b: tensor<2x4xf32> {spmd.sharding = #rows, spmd.global = tensor<8x4xf32>})
    -> (tensor<2x4xf32> {spmd.sharding = #rows, spmd.global = tensor<7x4xf32>}) {
  %0 = moe.einsum "ik,kj->ij" %a, %b : tensor<7x2xf32>, tensor<2x4xf32> -> tensor<7x4xf32>
  %1 = spmd.all_reduce %0 from #partial to #whole of tensor<7x4xf32> : tensor<7x4xf32> -> tensor<7x4xf32>
  %2 = spmd.slice %1 from #whole to #rows of tensor<7x4xf32> : tensor<7x4xf32> -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// The sum is needed whole anyway: its slice is free.
// CHECK-LABEL: func.func @sum_needed_whole_too
// CHECK:         spmd.all_reduce
// CHECK-NEXT:    spmd.slice
func.func @sum_needed_whole_too(%a: tensor<8x2xf32> {spmd.sharding = #columns, spmd.global = tensor<8x8xf32>},
                                %b: tensor<2x4xf32> {spmd.sharding = #rows, spmd.global = tensor<8x4xf32>})
    -> (tensor<2x4xf32> {spmd.sharding = #rows, spmd.global = tensor<8x4xf32>},
        tensor<8x4xf32> {spmd.sharding = #whole, spmd.global = tensor<8x4xf32>}) {
  %0 = moe.einsum "ik,kj->ij" %a, %b : tensor<8x2xf32>, tensor<2x4xf32> -> tensor<8x4xf32>
  %1 = spmd.all_reduce %0 from #partial to #whole of tensor<8x4xf32> : tensor<8x4xf32> -> tensor<8x4xf32>
  %2 = spmd.slice %1 from #whole to #rows of tensor<8x4xf32> : tensor<8x4xf32> -> tensor<2x4xf32>
  return %2, %1 : tensor<2x4xf32>, tensor<8x4xf32>
}

// Two reasons, one gather; what is computed from both is then computed once.
// CHECK-LABEL: func.func @same_gather_twice
// CHECK:         %[[A:.*]] = spmd.all_gather
// CHECK-NOT:     spmd.all_gather
// CHECK:         %[[T:.*]] = math.tanh %[[A]]
// CHECK-NEXT:    arith.addf %[[T]], %[[T]]
func.func @same_gather_twice(%a: tensor<2x4xf32> {spmd.sharding = #rows, spmd.global = tensor<8x4xf32>})
    -> (tensor<8x4xf32> {spmd.sharding = #whole, spmd.global = tensor<8x4xf32>}) {
  %0 = spmd.all_gather %a from #rows to #whole of tensor<8x4xf32> because "one" : tensor<2x4xf32> -> tensor<8x4xf32>
  %1 = spmd.all_gather %a from #rows to #whole of tensor<8x4xf32> because "other" : tensor<2x4xf32> -> tensor<8x4xf32>
  %2 = math.tanh %0 : tensor<8x4xf32>
  %3 = math.tanh %1 : tensor<8x4xf32>
  %4 = arith.addf %2, %3 : tensor<8x4xf32>
  return %4 : tensor<8x4xf32>
}

// CHECK-LABEL: func.func @there_and_back
// CHECK-SAME:    %[[A:.*]]: tensor<2x8xf32>
// CHECK-NEXT:    return %[[A]]
func.func @there_and_back(%a: tensor<2x8xf32> {spmd.sharding = #rows, spmd.global = tensor<8x8xf32>})
    -> (tensor<2x8xf32> {spmd.sharding = #rows, spmd.global = tensor<8x8xf32>}) {
  %0 = spmd.all_to_all %a from #rows to #columns of tensor<8x8xf32> : tensor<2x8xf32> -> tensor<8x2xf32>
  %1 = spmd.all_to_all %0 from #columns to #rows of tensor<8x8xf32> : tensor<8x2xf32> -> tensor<2x8xf32>
  return %1 : tensor<2x8xf32>
}

// Gathered only to be cut along the other dimension: one all-to-all.
// CHECK-LABEL: func.func @gather_then_cut_elsewhere
// CHECK-NEXT:    %[[R:.*]] = spmd.all_to_all
// CHECK-NEXT:    return %[[R]]
func.func @gather_then_cut_elsewhere(%a: tensor<2x8xf32> {spmd.sharding = #rows, spmd.global = tensor<8x8xf32>})
    -> (tensor<8x2xf32> {spmd.sharding = #columns, spmd.global = tensor<8x8xf32>}) {
  %0 = spmd.all_gather %a from #rows to #whole of tensor<8x8xf32> : tensor<2x8xf32> -> tensor<8x8xf32>
  %1 = spmd.slice %0 from #whole to #columns of tensor<8x8xf32> : tensor<8x8xf32> -> tensor<8x2xf32>
  return %1 : tensor<8x2xf32>
}

// Constants and indices are made where they are needed.
// CHECK-LABEL: func.func @what_every_rank_can_make
// CHECK-NOT:     spmd.slice
// CHECK-NOT:     spmd.all_gather
// CHECK-DAG:     arith.constant dense<2.000000e+00> : tensor<2x4xf32>
// CHECK-DAG:     %[[I:.*]] = moe.iota dim 0 : tensor<2x4xi32>
// CHECK-DAG:     %[[O:.*]] = spmd.block_offset dim 0
// CHECK:         %[[OS:.*]] = moe.broadcast %[[O]] dims []
// CHECK:         arith.addi %[[I]], %[[OS]]
func.func @what_every_rank_can_make()
    -> (tensor<2x4xf32> {spmd.sharding = #rows, spmd.global = tensor<7x4xf32>},
        tensor<2x4xi32> {spmd.sharding = #rows, spmd.global = tensor<7x4xi32>}) {
  %c = arith.constant dense<2.0> : tensor<7x4xf32>
  %i = moe.iota dim 0 : tensor<7x4xi32>
  %0 = spmd.slice %c from #whole to #rows of tensor<7x4xf32> : tensor<7x4xf32> -> tensor<2x4xf32>
  %1 = spmd.slice %i from #whole to #rows of tensor<7x4xi32> : tensor<7x4xi32> -> tensor<2x4xi32>
  return %0, %1 : tensor<2x4xf32>, tensor<2x4xi32>
}

// The vector moves, not its repetitions.
// CHECK-LABEL: func.func @broadcast_of_a_moved_vector
// CHECK-NEXT:    %[[V:.*]] = spmd.all_gather %{{.*}} of tensor<8xf32>
// CHECK-NEXT:    %[[B:.*]] = moe.broadcast %[[V]] dims [0] : tensor<8xf32> -> tensor<8x4xf32>
// CHECK-NEXT:    return %[[B]]
func.func @broadcast_of_a_moved_vector(%a: tensor<2xf32> {spmd.sharding = #vector, spmd.global = tensor<8xf32>})
    -> (tensor<8x4xf32> {spmd.sharding = #whole, spmd.global = tensor<8x4xf32>}) {
  %0 = moe.broadcast %a dims [0] : tensor<2xf32> -> tensor<2x4xf32>
  %1 = spmd.all_gather %0 from #rows to #whole of tensor<8x4xf32> : tensor<2x4xf32> -> tensor<8x4xf32>
  return %1 : tensor<8x4xf32>
}

// So it is when a slice is taken.
// CHECK-LABEL: func.func @broadcast_of_a_sliced_vector
// CHECK-NEXT:    %[[V:.*]] = spmd.slice %{{.*}} of tensor<8xf32>
// CHECK-NEXT:    %[[B:.*]] = moe.broadcast %[[V]] dims [0] : tensor<2xf32> -> tensor<2x4xf32>
func.func @broadcast_of_a_sliced_vector(%a: tensor<8xf32> {spmd.sharding = #all, spmd.global = tensor<8xf32>})
    -> (tensor<2x4xf32> {spmd.sharding = #rows, spmd.global = tensor<8x4xf32>}) {
  %0 = moe.broadcast %a dims [0] : tensor<8xf32> -> tensor<8x4xf32>
  %1 = spmd.slice %0 from #whole to #rows of tensor<8x4xf32> : tensor<8x4xf32> -> tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}

// Indices along a dimension that stays whole are the same everywhere.
// CHECK-LABEL: func.func @indices_along_a_whole_dimension
// CHECK-NEXT:    %[[I:.*]] = moe.iota dim 1 : tensor<2x4xi32>
// CHECK-NEXT:    return %[[I]]
func.func @indices_along_a_whole_dimension() -> (tensor<2x4xi32> {spmd.sharding = #rows, spmd.global = tensor<8x4xi32>}) {
  %i = moe.iota dim 1 : tensor<8x4xi32>
  %0 = spmd.slice %i from #whole to #rows of tensor<8x4xi32> : tensor<8x4xi32> -> tensor<2x4xi32>
  return %0 : tensor<2x4xi32>
}

// What is under way already stays, and is waited for once.
// CHECK-LABEL: func.func @what_is_under_way
// CHECK:         spmd.start all_gather
// CHECK-NEXT:    spmd.start all_gather
// CHECK-NEXT:    spmd.done
// CHECK-NEXT:    spmd.done
func.func @what_is_under_way() -> (tensor<8x4xf32> {spmd.sharding = #whole, spmd.global = tensor<8x4xf32>},
                                   tensor<8x4xf32> {spmd.sharding = #whole, spmd.global = tensor<8x4xf32>}) {
  %c = arith.constant dense<2.0> : tensor<2x4xf32>
  %0 = spmd.start all_gather %c from #rows to #whole of tensor<8x4xf32> : tensor<2x4xf32> -> !spmd.pending<tensor<8x4xf32>>
  %1 = spmd.start all_gather %c from #rows to #whole of tensor<8x4xf32> : tensor<2x4xf32> -> !spmd.pending<tensor<8x4xf32>>
  %2 = spmd.done %0 : !spmd.pending<tensor<8x4xf32>> -> tensor<8x4xf32>
  %3 = spmd.done %1 : !spmd.pending<tensor<8x4xf32>> -> tensor<8x4xf32>
  return %2, %3 : tensor<8x4xf32>, tensor<8x4xf32>
}

// What is gathered once, around a loop, is not moved from where it came in each turn.
// CHECK-LABEL: func.func @gathered_around_a_loop
// CHECK:         %[[ALL:.*]] = spmd.all_gather
// CHECK:         scf.for
// CHECK-NEXT:      spmd.slice %[[ALL]]
func.func @gathered_around_a_loop(%a: tensor<2x4xf32> {spmd.sharding = #rows, spmd.global = tensor<8x4xf32>})
    -> (tensor<8x1xf32> {spmd.sharding = #columns, spmd.global = tensor<8x4xf32>}) {
  %0 = arith.constant 0 : index
  %1 = arith.constant 1 : index
  %3 = arith.constant 3 : index
  %zero = arith.constant dense<0.0> : tensor<8x1xf32>
  %all = spmd.all_gather %a from #rows to #whole of tensor<8x4xf32> : tensor<2x4xf32> -> tensor<8x4xf32>
  %last = scf.for %i = %0 to %3 step %1 iter_args(%carried = %zero) -> tensor<8x1xf32> {
    %mine = spmd.slice %all from #whole to #columns of tensor<8x4xf32> : tensor<8x4xf32> -> tensor<8x1xf32>
    %next = arith.addf %carried, %mine : tensor<8x1xf32>
    scf.yield %next : tensor<8x1xf32>
  }
  return %last : tensor<8x1xf32>
}
