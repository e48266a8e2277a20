// Reshardings at which other planners stop or gather everything, each under the name
// of the failure; docs/public-failures.md has the sources.
// RUN: moe-interpret %s --all --exact --partitioned
// RUN: moe-opt %s --stop-after=optimize -o %t
// RUN: FileCheck %s --input-file=%t

spmd.mesh @mesh ["x"=2, "y"=2, "z"=2]

// xla#15207: [2,1,4]<=[4,2]T(1,0) to [1,8,1]<=[8], "involuntary full rematerialization".
// CHECK-LABEL: func.func @transposed_devices_rematerialize
// CHECK-NOT:     spmd.all_gather
// CHECK:         spmd.{{exchange|all_to_all|permute}}
// CHECK-NOT:     spmd.all_gather
// CHECK:         return
func.func @transposed_devices_rematerialize(
    %a: tensor<4x16x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"z"}, {}, {"x", "y"}]>})
    -> (tensor<4x16x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"x", "y", "z"}, {}]>}) {
  return %a : tensor<4x16x8xf32>
}

// GSPMD's TiledToTiledUneven pads 7x31 to 8x16 a rank.
// CHECK-LABEL: func.func @uneven_tiles_are_padded
// CHECK-NOT:     spmd.all_gather
// CHECK:         return
func.func @uneven_tiles_are_padded(
    %a: tensor<7x31xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x", "y"}, {}]>})
    -> (tensor<7x31xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"x", "y"}]>}) {
  return %a : tensor<7x31xf32>
}

// JAX's worst pair on 2x2x2: two all-gathers, 21 times the floor.
// CHECK-LABEL: func.func @two_gathers_for_a_move
// CHECK-NOT:     spmd.all_gather
// CHECK:         return
func.func @two_gathers_for_a_move(
    %a: tensor<8x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {"z"}]>})
    -> (tensor<8x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x", "z", "y"}, {}]>}) {
  return %a : tensor<8x16xf32>
}

// [][x] -> [y][], 4 times the floor in JAX.
// CHECK-LABEL: func.func @gather_then_slice
// CHECK-NOT:     spmd.all_gather
// CHECK:         return
func.func @gather_then_slice(
    %a: tensor<8x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"x"}]>})
    -> (tensor<8x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y", "x"}, {}]>}) {
  return %a : tensor<8x16xf32>
}

// DTensor's strided shards go through Replicate (pytorch#179059, #172266).
// CHECK-LABEL: func.func @strided_shards_go_through_replicate
// CHECK-NOT:     spmd.all_gather
// CHECK:         spmd.{{permute|exchange}}
// CHECK-NOT:     spmd.all_gather
// CHECK:         return
func.func @strided_shards_go_through_replicate(
    %a: tensor<16x4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x", "y", "z"}, {}]>})
    -> (tensor<16x4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"z", "y", "x"}, {}]>}) {
  return %a : tensor<16x4xf32>
}

// xla#40034: partial sums to a mixed layout give wrong numbers.
// CHECK-LABEL: func.func @partial_sums_to_a_mixed_layout
// CHECK:         spmd.reduce_scatter
func.func @partial_sums_to_a_mixed_layout(
    %a: tensor<6x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {"y", "z"}]>},
    %b: tensor<8x10xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y", "z"}, {}]>})
    -> (tensor<6x10xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {"x", "z"}]>}) {
  %0 = moe.einsum "mk,kn->mn" %a, %b : tensor<6x8xf32>, tensor<8x10xf32> -> tensor<6x10xf32>
  return %0 : tensor<6x10xf32>
}
