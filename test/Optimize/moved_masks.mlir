// Masks on local shapes: what moves between ranks is indices, and padding stays
// out of sums.
// RUN: moe-opt %s --moe-index-dispatch -o %t
// RUN: FileCheck %s --input-file=%t
// RUN: moe-interpret %s --all --exact --seed=1 --compare=%t
// RUN: moe-interpret %s --all --exact --seed=2 --compare=%t

#ids = #spmd.sharding<@mesh, [{"x"}, {}]>
#whole_ids = #spmd.sharding<@mesh, [{}, {}]>
#by_group = #spmd.sharding<@mesh, [{"x"}, {}, {}]>
#by_expert = #spmd.sharding<@mesh, [{}, {}, {"x"}]>
#tokens = #spmd.sharding<@mesh, [{}, {"x"}, {}]>
#choices = #spmd.sharding<@mesh, [{}, {"x"}]>
#mask = #spmd.sharding<@mesh, [{}, {"x"}, {}, {}]>
#slots = #spmd.sharding<@mesh, [{}, {}, {}, {}]>
#partial = #spmd.sharding<@mesh, [{}, {}, {}, {}], unreduced = sum{"x"}>
spmd.mesh @mesh ["x"=2]

// A mask of 5 experts goes from groups to experts: 4 bytes a token move instead
// of 5, and each rank makes its experts' part.
// CHECK-LABEL: func.func @mask_moves_as_indices
// CHECK-SAME:    %[[I:.*]]: tensor<2x4xi32>
// CHECK-NOT:     spmd.all_to_all
// CHECK-DAG:     %[[ALL:.*]] = spmd.all_gather %[[I]] from <@mesh, [{"x"}, {}]> to <@mesh, [{}, {}]> of tensor<4x4xi32>
// CHECK-DAG:     %[[O:.*]] = spmd.block_offset dim 2
// CHECK:         %[[SHIFT:.*]] = moe.broadcast %[[O]]
// CHECK:         %[[MINE:.*]] = arith.subi %[[ALL]], %[[SHIFT]] : tensor<4x4xi32>
// CHECK:         arith.cmpi eq
func.func @mask_moves_as_indices(%i: tensor<2x4xi32> {spmd.sharding = #ids, spmd.global = tensor<4x4xi32>})
    -> (tensor<4x4x3xf32> {spmd.sharding = #by_expert, spmd.global = tensor<4x4x5xf32>}) {
  %0 = moe.one_hot %i : tensor<2x4xi32> -> tensor<2x4x5xf32>
  %1 = spmd.all_to_all %0 from #by_group to #by_expert of tensor<4x4x5xf32> : tensor<2x4x5xf32> -> tensor<4x4x3xf32>
  return %1 : tensor<4x4x3xf32>
}

// With one expert a rank an index is as large as its row of the mask, which moves as it is.
// CHECK-LABEL: func.func @mask_as_small_as_its_indices_moves
// CHECK:         spmd.all_to_all
func.func @mask_as_small_as_its_indices_moves(%i: tensor<2x4xi32> {spmd.sharding = #ids, spmd.global = tensor<4x4xi32>})
    -> (tensor<4x4x1xf32> {spmd.sharding = #by_expert, spmd.global = tensor<4x4x2xf32>}) {
  %0 = moe.one_hot %i : tensor<2x4xi32> -> tensor<2x4x2xf32>
  %1 = spmd.all_to_all %0 from #by_group to #by_expert of tensor<4x4x2xf32> : tensor<2x4x2xf32> -> tensor<4x4x1xf32>
  return %1 : tensor<4x4x1xf32>
}

// So does one of truth values for four experts.
// CHECK-LABEL: func.func @mask_of_bytes_moves
// CHECK:         spmd.all_to_all {{.*}} : tensor<2x4x4xi1> -> tensor<4x2x4xi1>
func.func @mask_of_bytes_moves(%i: tensor<2x4xi32> {spmd.sharding = #ids, spmd.global = tensor<4x4xi32>})
    -> (tensor<4x2x4xi1> {spmd.sharding = #tokens, spmd.global = tensor<4x4x4xi1>}) {
  %0 = moe.one_hot %i : tensor<2x4xi32> -> tensor<2x4x4xi1>
  %1 = spmd.all_to_all %0 from #by_group to #tokens of tensor<4x4x4xi1> : tensor<2x4x4xi1> -> tensor<4x2x4xi1>
  return %1 : tensor<4x2x4xi1>
}

// One for five experts is larger than its indices.
// CHECK-LABEL: func.func @mask_of_more_bytes_moves_as_indices
// CHECK-NOT:     xi1> -> tensor<4x2x5xi1>
// CHECK:         spmd.all_to_all {{.*}} : tensor<2x4xi32> -> tensor<4x2xi32>
func.func @mask_of_more_bytes_moves_as_indices(%i: tensor<2x4xi32> {spmd.sharding = #ids, spmd.global = tensor<4x4xi32>})
    -> (tensor<4x2x5xi1> {spmd.sharding = #tokens, spmd.global = tensor<4x4x5xi1>}) {
  %0 = moe.one_hot %i : tensor<2x4xi32> -> tensor<2x4x5xi1>
  %1 = spmd.all_to_all %0 from #by_group to #tokens of tensor<4x4x5xi1> : tensor<2x4x5xi1> -> tensor<4x2x5xi1>
  return %1 : tensor<4x2x5xi1>
}

// A position is looked up where the positions are, and moves then.
// CHECK-LABEL: func.func @lookup_before_a_move
// CHECK-SAME:    %[[P:.*]]: tensor<2x4x5xi32> {{.*}}, %[[I:.*]]: tensor<2x4xi32> {
// CHECK-NOT:     spmd.all_to_all
// CHECK:         %[[AT:.*]] = moe.gather %[[P]][%[[I]]] batch_dims 2
// CHECK:         spmd.all_gather %[[AT]]
func.func @lookup_before_a_move(%p: tensor<2x4x5xi32> {spmd.sharding = #by_group, spmd.global = tensor<4x4x5xi32>},
                                %i: tensor<2x4xi32> {spmd.sharding = #ids, spmd.global = tensor<4x4xi32>})
    -> (tensor<4x4xi32> {spmd.sharding = #whole_ids, spmd.global = tensor<4x4xi32>}) {
  %0 = moe.one_hot %i : tensor<2x4xi32> -> tensor<2x4x5xi32>
  %1 = spmd.all_to_all %0 from #by_group to #by_expert of tensor<4x4x5xi32> : tensor<2x4x5xi32> -> tensor<4x4x3xi32>
  %2 = spmd.all_to_all %p from #by_group to #by_expert of tensor<4x4x5xi32> : tensor<2x4x5xi32> -> tensor<4x4x3xi32>
  %3 = arith.muli %1, %2 : tensor<4x4x3xi32>
  %4 = spmd.mask %3 sum dims [2] of #by_expert global tensor<4x4x5xi32> : tensor<4x4x3xi32>
  %5 = moe.reduce sum %4 dims [2] : tensor<4x4x3xi32> -> tensor<4x4xi32>
  %6 = spmd.all_reduce %5 from #spmd.sharding<@mesh, [{}, {}], unreduced = sum{"x"}> to #whole_ids of tensor<4x4xi32> : tensor<4x4xi32> -> tensor<4x4xi32>
  return %6 : tensor<4x4xi32>
}

// 5 tokens over 2 ranks: the last row of rank 1 is padding, and takes no slot.
// CHECK-LABEL: func.func @padding_takes_no_slot
// CHECK-NOT:     2x3x3x4x
// CHECK:         %[[ONES:.*]] = arith.constant dense<true> : tensor<3xi1>
// CHECK:         %[[REAL:.*]] = spmd.mask %[[ONES]] or dims [0] of <@mesh, [{"x"}]> global tensor<5xi1>
// CHECK:         %[[ROWS:.*]] = moe.broadcast %[[REAL]] dims [1] : tensor<3xi1> -> tensor<2x3xi1>
// CHECK:         %[[KEPT:.*]] = arith.select %[[ROWS]], %{{.*}} : tensor<2x3xi1>, tensor<2x3xi32>
// CHECK:         %[[SLOT:.*]] = moe.reshape %[[KEPT]]
// CHECK:         moe.dispatch %{{.*}} to %{{.*}}, %[[SLOT]]
func.func @padding_takes_no_slot(%e: tensor<2x3xi32> {spmd.sharding = #choices, spmd.global = tensor<2x5xi32>},
                                 %c: tensor<2x3xi32> {spmd.sharding = #choices, spmd.global = tensor<2x5xi32>},
                                 %x: tensor<2x3x8xf32> {spmd.sharding = #tokens, spmd.global = tensor<2x5x8xf32>})
    -> (tensor<3x2x4x8xf32> {spmd.sharding = #slots, spmd.global = tensor<3x2x4x8xf32>}) {
  %0 = moe.one_hot %e : tensor<2x3xi32> -> tensor<2x3x3xf32>
  %1 = moe.one_hot %c : tensor<2x3xi32> -> tensor<2x3x4xf32>
  %2 = moe.einsum "gse,gsc->gsec" %0, %1 : tensor<2x3x3xf32>, tensor<2x3x4xf32> -> tensor<2x3x3x4xf32>
  %3 = spmd.mask %2 sum dims [1] of #mask global tensor<2x5x3x4xf32> : tensor<2x3x3x4xf32>
  %4 = spmd.mask %x sum dims [1] of #tokens global tensor<2x5x8xf32> : tensor<2x3x8xf32>
  %5 = moe.einsum "gsec,gsm->egcm" %3, %4 : tensor<2x3x3x4xf32>, tensor<2x3x8xf32> -> tensor<3x2x4x8xf32>
  %6 = spmd.all_reduce %5 from #partial to #slots of tensor<3x2x4x8xf32> : tensor<3x2x4x8xf32> -> tensor<3x2x4x8xf32>
  return %6 : tensor<3x2x4x8xf32>
}
