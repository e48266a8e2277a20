// RUN: moe-opt %s --spmd-expand-annotations | FileCheck %s

spmd.mesh @mesh ["x"=2, "y"=2]

// CHECK-LABEL: func.func @split_fixes_one_dimension
// CHECK:         spmd.annotate %{{.*}} as <@mesh, [{?}, {"x"}]>
func.func @split_fixes_one_dimension(%a: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = spmd.split %a dim 1 over @mesh {"x"} : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}

// CHECK-LABEL: func.func @replicate_closes_all_dimensions
// CHECK:         spmd.annotate %{{.*}} as <@mesh, [{}, {}]>
func.func @replicate_closes_all_dimensions(%a: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = spmd.replicate %a on @mesh : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}

// CHECK-LABEL: func.func @shard_says_each_dimension
// CHECK:         spmd.annotate %{{.*}} as <@mesh, [{"y"}, {"x", ?}p1]>
func.func @shard_says_each_dimension(%a: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = spmd.shard %a over @mesh [{"y"}, {"x", ?}p1] : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}
