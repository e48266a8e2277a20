// Values cheaper to make than to move are made by each user in the layout that it needs.
// RUN: moe-opt %s --spmd-expand-annotations --spmd-propagate --spmd-verify-propagated | FileCheck %s

#cut = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=4]

// CHECK-LABEL: func.func @constants_take_any_layout
// CHECK-DAG:     %[[CUT:.*]] = arith.constant {spmd.shardings = [#spmd.sharding<@mesh, [{"x"}]>]}
// CHECK-DAG:     %[[WHOLE:.*]] = arith.constant {spmd.shardings = [#spmd.sharding<@mesh, [{}]>]}
// CHECK:         return %[[CUT]], %[[WHOLE]]
func.func @constants_take_any_layout() -> (tensor<8xf32> {spmd.sharding = #cut}, tensor<8xf32>) {
  %0 = arith.constant dense<1.0> : tensor<8xf32>
  return %0, %0 : tensor<8xf32>, tensor<8xf32>
}

// CHECK-LABEL: func.func @iotas_and_random_numbers_take_any_layout
// CHECK:         moe.iota dim 0 {spmd.shardings = [#spmd.sharding<@mesh, [{"x"}]>]}
// CHECK:         moe.random uniform {{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{"x"}]>]}
// CHECK-NOT:     spmd.reshard
// CHECK:         return
func.func @iotas_and_random_numbers_take_any_layout(%seed: tensor<i32>) -> (tensor<8xi32> {spmd.sharding = #cut}, tensor<8xf32> {spmd.sharding = #cut}) {
  %0 = moe.iota dim 0 : tensor<8xi32>
  %1 = moe.random uniform %seed stream 0 : tensor<i32> -> tensor<8xf32>
  return %0, %1 : tensor<8xi32>, tensor<8xf32>
}

// The mask is needed whole and cut by columns. Its indices are gathered and both masks made from
// them; neither mask is moved.
// CHECK-LABEL: func.func @masks_are_made_again
// CHECK-SAME:    %[[I:[^:]*]]: tensor<8xi32>
// CHECK:         %[[WHOLE:.*]] = spmd.reshard %[[I]] to <@mesh, [{}]>
// CHECK-NOT:     spmd.reshard
// CHECK-DAG:     moe.one_hot %[[WHOLE]] {spmd.shardings = [#spmd.sharding<@mesh, [{}, {}]>]}
// CHECK-DAG:     moe.one_hot %[[WHOLE]] {spmd.shardings = [#spmd.sharding<@mesh, [{}, {"x"}]>]}
// CHECK:         return
func.func @masks_are_made_again(%index: tensor<8xi32> {spmd.sharding = #cut}) -> (tensor<8x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {}]>}, tensor<8x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"x"}]>}) {
  %mask = moe.one_hot %index : tensor<8xi32> -> tensor<8x16xf32>
  return %mask, %mask : tensor<8x16xf32>, tensor<8x16xf32>
}

// A comparison of two iotas is a causal mask: each rank makes its rows.
// CHECK-LABEL: func.func @causal_mask_is_made_in_place
// CHECK-NOT:     spmd.reshard
// CHECK:         arith.select {{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{"x"}, {}]>]}
// CHECK-NOT:     spmd.reshard
// CHECK:         return
func.func @causal_mask_is_made_in_place(%scores: tensor<8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {}]>}) -> tensor<8x8xf32> {
  %query = moe.iota dim 0 : tensor<8x8xi32>
  %key = moe.iota dim 1 : tensor<8x8xi32>
  %visible = arith.cmpi sle, %key, %query : tensor<8x8xi32>
  %never = arith.constant dense<0xFF800000> : tensor<8x8xf32>
  %masked = arith.select %visible, %scores, %never : tensor<8x8xi1>, tensor<8x8xf32>
  return %masked : tensor<8x8xf32>
}

// Half the bytes: the narrow value is gathered and widened then.
// CHECK-LABEL: func.func @narrow_values_are_moved
// CHECK-SAME:    %[[A:[^:]*]]: tensor<8xbf16>
// CHECK:         %[[G:.*]] = spmd.reshard %[[A]] to <@mesh, [{}]>
// CHECK-NEXT:    %{{[^ ]*}} = arith.extf %[[G]]
func.func @narrow_values_are_moved(%a: tensor<8xbf16> {spmd.sharding = #cut}) -> (tensor<8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}]>}) {
  %0 = arith.extf %a : tensor<8xbf16> to tensor<8xf32>
  return %0 : tensor<8xf32>
}

// A running sum is not made of indices, even of a constant.
// CHECK-LABEL: func.func @sums_of_constants_are_values
// CHECK:         moe.cumsum {{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{"x"}]>]}
func.func @sums_of_constants_are_values() -> (tensor<8xi32> {spmd.sharding = #cut}) {
  %0 = arith.constant dense<1> : tensor<8xi32>
  %1 = moe.cumsum %0 dim 0 : tensor<8xi32>
  return %1 : tensor<8xi32>
}
