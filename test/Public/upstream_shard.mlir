// What the `shard` dialect of LLVM 22.1.8 gets wrong, each under the name of the
// failure; docs/public-failures.md says what happens there.
// RUN: moe-interpret %s --all --exact --partitioned
// RUN: moe-opt %s --stop-after=optimize -o %t && FileCheck %s --input-file=%t

spmd.mesh @mesh ["x"=2, "y"=4]

// Users annotate only where the slots shall be: tokens travel, weights do not.
// CHECK-LABEL: func.func @weights_are_gathered_from_minimal_annotations
// CHECK-NOT:     spmd.all_gather
// CHECK-COUNT-2: spmd.all_to_all
// CHECK-NOT:     spmd.all_
func.func @weights_are_gathered_from_minimal_annotations(
    %mask: tensor<8x6x4x5xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {}, {}, {}]>},
    %tokens: tensor<8x6x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {}, {}]>},
    %wi: tensor<4x16x32xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {}, {}]>},
    %wo: tensor<4x32x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {}, {}]>})
    -> tensor<8x6x16xf32> {
  %0 = moe.einsum "gsec,gsm->egcm" %mask, %tokens : tensor<8x6x4x5xf32>, tensor<8x6x16xf32> -> tensor<4x8x5x16xf32>
  %1 = spmd.split %0 dim 0 over @mesh {"y"} : tensor<4x8x5x16xf32>
  %2 = moe.einsum "egcm,emh->egch" %1, %wi : tensor<4x8x5x16xf32>, tensor<4x16x32xf32> -> tensor<4x8x5x32xf32>
  %3 = moe.einsum "egch,ehm->egcm" %2, %wo : tensor<4x8x5x32xf32>, tensor<4x32x16xf32> -> tensor<4x8x5x16xf32>
  %4 = moe.einsum "gsec,egcm->gsm" %mask, %3 : tensor<8x6x4x5xf32>, tensor<4x8x5x16xf32> -> tensor<8x6x16xf32>
  return %4 : tensor<8x6x16xf32>
}

// Both axes change places in one step; upstream emits one slice of a wrong shape.
// CHECK-LABEL: func.func @both_axes_change_dimension
func.func @both_axes_change_dimension(
    %a: tensor<8x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"x", "y"}]>})
    -> (tensor<8x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {"x"}]>}) {
  return %a : tensor<8x16xf32>
}

// CHECK-LABEL: func.func @both_dimensions_are_gathered
func.func @both_dimensions_are_gathered(
    %a: tensor<8x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {"y"}]>})
    -> (tensor<8x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {}]>}) {
  return %a : tensor<8x16xf32>
}

// CHECK-LABEL: func.func @axes_are_exchanged
func.func @axes_are_exchanged(
    %a: tensor<8x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {"y"}]>})
    -> (tensor<8x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {"x"}]>}) {
  return %a : tensor<8x16xf32>
}

// CHECK-LABEL: func.func @rows_are_dropped_when_uneven
func.func @rows_are_dropped_when_uneven(
    %a: tensor<7x5xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {}]>}, %b: tensor<5x3xf32>)
    -> tensor<7x3xf32> {
  %0 = moe.einsum "mk,kn->mn" %a, %b : tensor<7x5xf32>, tensor<5x3xf32> -> tensor<7x3xf32>
  return %0 : tensor<7x3xf32>
}

// CHECK-LABEL: func.func @terms_are_missed_when_uneven
// CHECK:         spmd.mask
// CHECK:         spmd.all_reduce
func.func @terms_are_missed_when_uneven(
    %a: tensor<5x7xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"y"}]>},
    %b: tensor<7x3xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {}]>}) -> (tensor<5x3xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {}]>}) {
  %0 = moe.einsum "mk,kn->mn" %a, %b : tensor<5x7xf32>, tensor<7x3xf32> -> tensor<5x3xf32>
  return %0 : tensor<5x3xf32>
}

// CHECK-LABEL: func.func @uneven_reshard_is_refused
func.func @uneven_reshard_is_refused(
    %a: tensor<7x5xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {"x"}]>})
    -> (tensor<7x5xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"y"}]>}) {
  return %a : tensor<7x5xf32>
}

// CHECK-LABEL: func.func @maximum_of_uneven_rows
// CHECK:         spmd.mask
func.func @maximum_of_uneven_rows(
    %a: tensor<7x5xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {}]>}) -> tensor<5xf32> {
  %0 = moe.reduce max %a dims [0] : tensor<7x5xf32> -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

// CHECK-LABEL: func.func @no_reduce_scatter_is_formed
// CHECK:         spmd.reduce_scatter
// CHECK-NOT:     spmd.all_reduce
func.func @no_reduce_scatter_is_formed(
    %a: tensor<8x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"y"}]>},
    %b: tensor<16x4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {}]>})
    -> (tensor<8x4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {}]>}) {
  %0 = moe.einsum "mk,kn->mn" %a, %b : tensor<8x16xf32>, tensor<16x4xf32> -> tensor<8x4xf32>
  return %0 : tensor<8x4xf32>
}

// CHECK-LABEL: func.func @index_on_a_cut_dimension_is_local
func.func @index_on_a_cut_dimension_is_local(
    %a: tensor<7x5xi32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {"x"}]>}) -> tensor<7x5xi32> {
  %0 = moe.iota dim 0 : tensor<7x5xi32>
  %1 = arith.addi %a, %0 : tensor<7x5xi32>
  return %1 : tensor<7x5xi32>
}

// CHECK-LABEL: func.func @argmax_over_a_cut_dimension_crashes
func.func @argmax_over_a_cut_dimension_crashes(
    %a: tensor<6x9xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"y"}]>}) -> (tensor<6x1xf32>, tensor<6x1xi32>) {
  %v, %i = moe.top_k %a k 1 dim 1 : tensor<6x9xf32> -> tensor<6x1xf32>, tensor<6x1xi32>
  return %v, %i : tensor<6x1xf32>, tensor<6x1xi32>
}

// CHECK-LABEL: func.func @unused_argument_crashes
func.func @unused_argument_crashes(
    %a: tensor<8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}]>}, %unused: tensor<3xf32>) -> tensor<8xf32> {
  return %a : tensor<8xf32>
}

// A declaration is no body to partition; nobody calls it, so it goes.
// CHECK-NOT: @declaration_crashes
func.func private @declaration_crashes(tensor<4xf32>) -> tensor<4xf32>

// Each user has what it asks for; upstream lets the last one win.
// CHECK-LABEL: func.func @last_of_two_users_wins
func.func @last_of_two_users_wins(%a: tensor<8x8xf32>) -> (tensor<8x8xf32>, tensor<8x8xf32>) {
  %0 = math.tanh %a : tensor<8x8xf32>
  %1 = spmd.split %0 dim 0 over @mesh {"y"} : tensor<8x8xf32>
  %2 = spmd.split %0 dim 1 over @mesh {"y"} : tensor<8x8xf32>
  return %1, %2 : tensor<8x8xf32>, tensor<8x8xf32>
}
