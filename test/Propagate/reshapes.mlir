// A dimension that merges others is cut by the axes of all of them, and one that splits hands its
// axes on; nothing is gathered.
// RUN: moe-opt %s --spmd-propagate --spmd-verify-propagated --spmd-partition --spmd-verify-partitioned | FileCheck %s --implicit-check-not=all_gather

spmd.mesh @mesh ["x"=2, "y"=2, "z"=4]

// The first is cut to its elements, so blocks of the second are the same elements.
// CHECK-LABEL: func.func @both_are_cut
// CHECK-SAME:    -> (tensor<8x3xf32> {{{.*}}spmd.sharding = #spmd.sharding<@mesh, [{"x", "y"}, {}]>})
// CHECK:         moe.reshape %{{.*}} : tensor<1x8x3xf32> -> tensor<8x3xf32>
func.func @both_are_cut(%a: tensor<2x16x3xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {"y"}, {}]>}) -> tensor<32x3xf32> {
  %0 = moe.reshape %a : tensor<2x16x3xf32> -> tensor<32x3xf32>
  return %0 : tensor<32x3xf32>
}

// One axis of four cuts a dimension of two and the one behind it.
// CHECK-LABEL: func.func @an_axis_is_split
// CHECK-SAME:    -> (tensor<1x8x3xf32> {{{.*}}spmd.sharding = #spmd.sharding<@mesh, [{"z":(1)2}, {"z":(2)2}, {}]>})
// CHECK:         moe.reshape %{{.*}} : tensor<8x3xf32> -> tensor<1x8x3xf32>
func.func @an_axis_is_split(%a: tensor<32x3xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"z"}, {}]>}) -> tensor<2x16x3xf32> {
  %0 = moe.reshape %a : tensor<32x3xf32> -> tensor<2x16x3xf32>
  return %0 : tensor<2x16x3xf32>
}

// CHECK-LABEL: func.func @elements_are_grouped_anew
// CHECK-SAME:    -> (tensor<1x3xf32> {{{.*}}spmd.sharding = #spmd.sharding<@mesh, [{"z", "x"}, {}]>})
// CHECK:         moe.reshape
func.func @elements_are_grouped_anew(%a: tensor<4x6xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"z"}, {"x"}]>}) -> tensor<8x3xf32> {
  %0 = moe.reshape %a : tensor<4x6xf32> -> tensor<8x3xf32>
  return %0 : tensor<8x3xf32>
}

// Rows are cut in columns: one exchange makes blocks of rows of them.
// CHECK-LABEL: func.func @the_minor_one_is_cut
// CHECK-SAME:    -> (tensor<64xf32> {{{.*}}spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>})
// CHECK:         spmd.reindex
// CHECK-NOT:     spmd.reindex
func.func @the_minor_one_is_cut(%a: tensor<8x16xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"x"}]>}) -> tensor<128xf32> {
  %0 = moe.reshape %a : tensor<8x16xf32> -> tensor<128xf32>
  return %0 : tensor<128xf32>
}

// What is merged and split again comes back as it was: the axes remember whose they are.
// CHECK-LABEL: func.func @there_and_back
// CHECK-SAME:    -> (tensor<4x8x16xf32> {{{.*}}spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {}, {"z"}]>})
// CHECK:         moe.reshape
// CHECK:         moe.reshape
func.func @there_and_back(%a: tensor<8x8x64xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {}, {"z"}]>}) -> tensor<8x8x64xf32> {
  %0 = moe.reshape %a : tensor<8x8x64xf32> -> tensor<64x64xf32>
  %1 = math.tanh %0 : tensor<64x64xf32>
  %2 = moe.reshape %1 : tensor<64x64xf32> -> tensor<8x8x64xf32>
  return %2 : tensor<8x8x64xf32>
}

// Sizes that do not divide: blocks begin at whole rows or not, and the elements between go over.
// CHECK-LABEL: func.func @uneven
// CHECK-SAME:    [{"z", "x"}]
// CHECK:         spmd.reindex
// CHECK-NOT:     spmd.reindex
func.func @uneven(%a: tensor<5x7xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"z"}, {"x"}]>}) -> tensor<35xf32> {
  %0 = moe.reshape %a : tensor<5x7xf32> -> tensor<35xf32>
  return %0 : tensor<35xf32>
}
