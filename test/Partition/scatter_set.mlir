// Updates that are cut set slices in parts: ranks agree which update is the last of each slice, and
// the one that has it gives it.
// RUN: moe-opt %s --spmd-propagate --spmd-partition --spmd-verify-partitioned | FileCheck %s
// RUN: moe-interpret %s --partitioned --exact
// RUN: moe-interpret %s --partitioned

spmd.mesh @mesh ["x"=4]

// CHECK-LABEL: func.func @f
// CHECK-NOT:     all_gather
// CHECK:         %[[MINE:.*]] = moe.scatter max %{{.*}} into {{.*}} : tensor<16xi32>, tensor<3xi32>, tensor<16xi32>
// CHECK:         spmd.all_reduce %[[MINE]] from <@mesh, [{}], unreduced = max{"x"}>
// CHECK:         %[[GIVEN:.*]] = moe.scatter add %{{.*}} into {{.*}} : tensor<16x8xf32>, tensor<3x8xf32>, tensor<16xi32>
// CHECK:         spmd.all_reduce %[[GIVEN]] from <@mesh, [{}, {}], unreduced = sum{"x"}>
// CHECK-NOT:     all_gather
func.func @f(%updates: tensor<64x8xf32> {moe.name = "updates", spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {}]>},
             %into: tensor<3x8xf32> {moe.name = "into"},
             %rows: tensor<64xi32> {moe.name = "rows", moe.bound = 3 : i64, spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>})
    -> (tensor<3x8xf32> {moe.name = "r"}) {
  %0 = moe.scatter set %updates into %into[%rows] batch_dims 0 : tensor<64x8xf32>, tensor<3x8xf32>, tensor<64xi32>
  return %0 : tensor<3x8xf32>
}
