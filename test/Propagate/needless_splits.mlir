// A sum is not split for a later user's sake where all that it is made of is there whole.
// RUN: moe-opt %s --spmd-expand-annotations --spmd-propagate --spmd-verify-propagated | FileCheck %s
// RUN: moe-opt %s --spmd-expand-annotations --spmd-propagate --spmd-verify-propagated --spmd-partition -o %t
// RUN: moe-interpret %s --all --exact --compare=%t

#tokens = #spmd.sharding<@mesh, [{"data"}, {}]>
#experts = #spmd.sharding<@mesh, [{"data"}, {}, {"expert"}]>
spmd.mesh @mesh ["data"=2, "expert"=2]

// Slots need their experts' part of the positions, a sum over experts needs them all. Every rank has
// the choices: it counts all positions (216 elements more) and receives nothing for the sum, which
// took 96 bytes.
// CHECK-LABEL: func.func @positions_are_counted_whole
// CHECK:         moe.cumsum {{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{"data"}, {}, {}]>]}
// CHECK-NOT:     unreduced
// CHECK:         moe.reduce sum
// CHECK-NOT:     unreduced
// CHECK:         return
func.func @positions_are_counted_whole(%expert: tensor<4x12xi32> {moe.bound = 6, spmd.sharding = #tokens})
    -> (tensor<4x12x6xi32> {spmd.sharding = #experts}, tensor<4x12xi32> {spmd.sharding = #tokens}) {
  %mask = moe.one_hot %expert : tensor<4x12xi32> -> tensor<4x12x6xi32>
  %position = moe.cumsum %mask dim 1 : tensor<4x12x6xi32>
  %at = arith.muli %position, %mask : tensor<4x12x6xi32>
  %slot = moe.reduce sum %at dims [2] : tensor<4x12x6xi32> -> tensor<4x12xi32>
  return %at, %slot : tensor<4x12x6xi32>, tensor<4x12xi32>
}

// What else is made of the positions has them whole too: it would be cut only because they were.
// CHECK-LABEL: func.func @others_are_whole_with_them
// CHECK:         %[[POSITION:.*]] = moe.cumsum
// CHECK:         moe.cumsum %[[POSITION]] dim 1 exclusive {spmd.shardings = [#spmd.sharding<@mesh, [{"data"}, {}, {}]>]}
func.func @others_are_whole_with_them(%expert: tensor<4x12xi32> {moe.bound = 6 : i64, spmd.sharding = #tokens})
    -> (tensor<4x12x6xi32> {spmd.sharding = #experts}, tensor<4x12xi32> {spmd.sharding = #tokens}, tensor<4x12x6xi32>) {
  %mask = moe.one_hot %expert : tensor<4x12xi32> -> tensor<4x12x6xi32>
  %position = moe.cumsum %mask dim 1 : tensor<4x12x6xi32>
  %at = arith.muli %position, %mask : tensor<4x12x6xi32>
  %slot = moe.reduce sum %at dims [2] : tensor<4x12x6xi32> -> tensor<4x12xi32>
  %other = moe.cumsum %position dim 1 exclusive : tensor<4x12x6xi32>
  return %at, %slot, %other : tensor<4x12x6xi32>, tensor<4x12xi32>, tensor<4x12x6xi32>
}

// 600 experts: counting them all is more work than the sum is bytes.
// CHECK-LABEL: func.func @many_positions_are_shared
// CHECK:         moe.cumsum {{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{"data"}, {}, {"expert"}]>]}
// CHECK:         moe.reduce sum {{.*}} unreduced = sum{"expert"}
func.func @many_positions_are_shared(%expert: tensor<4x12xi32> {moe.bound = 600, spmd.sharding = #tokens})
    -> (tensor<4x12x600xi32> {spmd.sharding = #experts}, tensor<4x12xi32> {spmd.sharding = #tokens}) {
  %mask = moe.one_hot %expert : tensor<4x12xi32> -> tensor<4x12x600xi32>
  %position = moe.cumsum %mask dim 1 : tensor<4x12x600xi32>
  %at = arith.muli %position, %mask : tensor<4x12x600xi32>
  %slot = moe.reduce sum %at dims [2] : tensor<4x12x600xi32> -> tensor<4x12xi32>
  return %at, %slot : tensor<4x12x600xi32>, tensor<4x12xi32>
}

// What is summed arrives in parts: gathering it would cost more than the sum.
// CHECK-LABEL: func.func @parts_are_summed_where_they_are
// CHECK:         moe.cumsum {{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{"data"}, {}, {"expert"}]>]}
// CHECK:         moe.reduce sum {{.*}} unreduced = sum{"expert"}
func.func @parts_are_summed_where_they_are(%mask: tensor<4x12x6xi32> {spmd.sharding = #experts}) -> (tensor<4x12xi32> {spmd.sharding = #tokens}) {
  %position = moe.cumsum %mask dim 1 : tensor<4x12x6xi32>
  %slot = moe.reduce sum %position dims [2] : tensor<4x12x6xi32> -> tensor<4x12xi32>
  return %slot : tensor<4x12xi32>
}

// The weights of the second product are cut: they stay, and its sum is reduced. That the hidden values could
// be whole changes nothing.
// CHECK-LABEL: func.func @cut_weights_stay
// CHECK:         moe.einsum "bh,hm->bm" {{.*}} unreduced = sum{"expert"}
func.func @cut_weights_stay(%x: tensor<4x8xf32>, %wi: tensor<8x16xf32>,
    %wo: tensor<16x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"expert"}, {}]>}) -> (tensor<4x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {}]>}) {
  %h = moe.einsum "bm,mh->bh" %x, %wi : tensor<4x8xf32>, tensor<8x16xf32> -> tensor<4x16xf32>
  %y = moe.einsum "bh,hm->bm" %h, %wo : tensor<4x16xf32>, tensor<16x8xf32> -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
