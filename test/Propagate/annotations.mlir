// What an annotation fixes, and what it leaves to others.
// RUN: moe-opt %s --spmd-expand-annotations --spmd-propagate --spmd-verify-propagated | FileCheck %s

#rows = #spmd.sharding<@mesh, [{"x"}, {}]>
#columns = #spmd.sharding<@mesh, [{}, {"x"}]>
spmd.mesh @mesh ["x"=2, "y"=4]

// The dimension that split leaves open takes y from the argument.
// CHECK-LABEL: func.func @split_leaves_other_dimensions_open
// CHECK-SAME:    -> (tensor<8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {"x"}]>})
func.func @split_leaves_other_dimensions_open(%a: tensor<8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {}]>}) -> tensor<8x8xf32> {
  %0 = math.tanh %a : tensor<8x8xf32>
  %1 = spmd.split %0 dim 1 over @mesh {"x"} : tensor<8x8xf32>
  return %1 : tensor<8x8xf32>
}

// The value is replicated; how it is computed is not constrained.
// CHECK-LABEL: func.func @replicate_constrains_the_value_not_its_producer
// CHECK:         math.tanh %{{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{"x"}, {}]>]}
// CHECK:         spmd.reshard %{{.*}} to <@mesh, [{}, {}]>
func.func @replicate_constrains_the_value_not_its_producer(%a: tensor<8x8xf32> {spmd.sharding = #rows}) -> tensor<8x8xf32> {
  %0 = math.tanh %a : tensor<8x8xf32>
  %1 = spmd.replicate %0 on @mesh : tensor<8x8xf32>
  return %1 : tensor<8x8xf32>
}

// The annotated value has its own users; the others still see what the producer made.
// CHECK-LABEL: func.func @annotated_and_plain_uses_differ
// CHECK:         %[[V:.*]] = math.tanh
// CHECK-NEXT:    %[[W:.*]] = spmd.reshard %[[V]] to <@mesh, [{}, {}]>
// CHECK-NEXT:    %{{[^ ]*}} = math.exp %[[W]] {spmd.shardings = [#spmd.sharding<@mesh, [{}, {}]>]}
// CHECK-NEXT:    %{{[^ ]*}} = math.absf %[[W]] {spmd.shardings = [#spmd.sharding<@mesh, [{}, {}]>]}
// CHECK-NEXT:    return %{{.*}}, %{{.*}}, %[[V]]
func.func @annotated_and_plain_uses_differ(%a: tensor<8x8xf32> {spmd.sharding = #rows}) -> (tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>) {
  %0 = math.tanh %a : tensor<8x8xf32>
  %1 = spmd.replicate %0 on @mesh : tensor<8x8xf32>
  %2 = math.exp %1 : tensor<8x8xf32>
  %3 = math.absf %1 : tensor<8x8xf32>
  return %2, %3, %0 : tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>
}

// y is cut in two where the argument uses only its major half; whole again in the result.
// CHECK-LABEL: func.func @parts_of_axes_extend_to_the_whole
// CHECK-SAME:    %[[A:.*]]: tensor<8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y":(1)2}, {}]>}
// CHECK:         spmd.reshard %[[A]] to <@mesh, [{"y"}, {}]>
// CHECK-NEXT:    %{{[^ ]*}} = math.tanh
// CHECK-NEXT:    return
func.func @parts_of_axes_extend_to_the_whole(%a: tensor<8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y":(1)2}, {}]>}) -> (tensor<8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {}]>}) {
  %0 = math.tanh %a : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}

// An open dimension continues behind what is written.
// CHECK-LABEL: func.func @open_dimension_is_extended
// CHECK-SAME:    %[[A:.*]]: tensor<8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x", "y"}, {}]>}
// CHECK-NOT:     spmd.reshard
func.func @open_dimension_is_extended(%a: tensor<8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x", ?}, {}]>}) -> (tensor<8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x", "y"}, {}]>}) {
  %0 = math.tanh %a : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}

// p1 yields to p0, in whichever place it stands.
// CHECK-LABEL: func.func @lower_priority_yields
// CHECK:         arith.addf %{{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{}, {"x"}]>]}
// CHECK:         arith.addf %{{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{}, {"x"}]>]}
func.func @lower_priority_yields(%a: tensor<8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}p1, {}]>}, %b: tensor<8x8xf32> {spmd.sharding = #columns}) -> (tensor<8x8xf32>, tensor<8x8xf32>) {
  %0 = arith.addf %a, %b : tensor<8x8xf32>
  %1 = arith.addf %b, %a : tensor<8x8xf32>
  return %0, %1 : tensor<8x8xf32>, tensor<8x8xf32>
}

// Axes named as replicated may not be taken by an open dimension.
// CHECK-LABEL: func.func @replicated_axes_stay_free
// CHECK:         spmd.reshard %{{.*}} to <@mesh, [{"x"}, {}]>
func.func @replicated_axes_stay_free(%a: tensor<8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {"y"}]>}) -> tensor<8x8xf32> {
  %0 = spmd.annotate %a : tensor<8x8xf32> as #spmd.sharding<@mesh, [{?}, {?}], replicated = {"y"}>
  %1 = math.exp %0 : tensor<8x8xf32>
  return %1 : tensor<8x8xf32>
}

// CHECK-LABEL: func.func @unreduced_argument_is_reduced_before_use
// CHECK-SAME:    %[[A:.*]]: tensor<8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {}], unreduced = sum{"x"}>}
// CHECK:         spmd.reshard %[[A]] to <@mesh, [{}, {}]>
// CHECK-NEXT:    %{{[^ ]*}} = math.exp
func.func @unreduced_argument_is_reduced_before_use(%a: tensor<8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {}], unreduced = sum{"x"}>}) -> tensor<8x8xf32> {
  %0 = math.exp %a : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}

// CHECK-LABEL: func.func @unreduced_result_is_returned_as_it_is
// CHECK-NOT:     spmd.reshard
// CHECK:         return
func.func @unreduced_result_is_returned_as_it_is(%a: tensor<8x8xf32> {spmd.sharding = #rows}) -> (tensor<8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}], unreduced = sum{"x"}>}) {
  %0 = moe.reduce sum %a dims [0] : tensor<8x8xf32> -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// Users agree on columns, so the argument is cut by columns; they disagree on the other one.
// CHECK-LABEL: func.func @arguments_take_what_all_users_need
// CHECK-SAME:    tensor<8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"x"}]>}, %{{[^:]*}}: tensor<8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {}]>}
func.func @arguments_take_what_all_users_need(%agreed: tensor<8x8xf32>, %disputed: tensor<8x8xf32>, %a: tensor<8x8xf32> {spmd.sharding = #columns}) -> (tensor<8x8xf32>, tensor<8x8xf32>) {
  %0 = arith.addf %a, %agreed : tensor<8x8xf32>
  %1 = arith.addf %0, %disputed : tensor<8x8xf32>
  %2 = spmd.replicate %disputed on @mesh : tensor<8x8xf32>
  return %1, %2 : tensor<8x8xf32>, tensor<8x8xf32>
}

// Axes of size 1 cut nothing and are left out.
// CHECK-LABEL: func.func @nothing_is_annotated
// CHECK-SAME:    %{{.*}}: tensor<8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}]>}
func.func @nothing_is_annotated(%a: tensor<8xf32>, %unused: tensor<8xf32>) -> tensor<8xf32> {
  %0 = math.exp %a : tensor<8xf32>
  return %0 : tensor<8xf32>
}
