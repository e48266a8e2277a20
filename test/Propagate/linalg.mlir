// Annotations spread through linalg and tensor ops as through the graph ops that they
// mean.
// RUN: moe-opt %s --stop-after=propagate | FileCheck %s

#ij = affine_map<(i, j) -> (i, j)>
#i = affine_map<(i, j) -> (i)>
#j = affine_map<(i, j) -> (j)>
#rows = #spmd.sharding<@mesh, [{"x"}, {?}]>
spmd.mesh @mesh ["x"=4]

// From an operand to the result, through a transpose, a bias and a nonlinear function.
// CHECK-LABEL: func.func @loops_pass_through
// CHECK-SAME:    -> (tensor<5x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"x"}]>})
// CHECK-NOT:     spmd.reshard
// CHECK:         return
func.func @loops_pass_through(%a: tensor<8x5xf32> {spmd.sharding = #rows}, %b: tensor<5xf32>) -> tensor<5x8xf32> {
  %e = tensor.empty() : tensor<5x8xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, #i, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%a, %b : tensor<8x5xf32>, tensor<5xf32>) outs(%e : tensor<5x8xf32>) {
  ^bb0(%x: f32, %y: f32, %out: f32):
    %sum = arith.addf %x, %y : f32
    %1 = math.tanh %sum : f32
    linalg.yield %1 : f32
  } -> tensor<5x8xf32>
  return %0 : tensor<5x8xf32>
}

// A sum over the cut loop is partial; what the result began with is added to the whole
// sum, once.
// CHECK-LABEL: func.func @reduced_loops_are_partial
// CHECK-SAME:    %{{.*}}: tensor<8x5xf32> {{.*}}, %[[INIT:.*]]: tensor<5xf32>
// CHECK:         %[[SUM:.*]] = moe.reduce sum {{.*}} {spmd.shardings = [#spmd.sharding<@mesh, [{}], unreduced = sum{"x"}>]}
// CHECK:         %[[WHOLE:.*]] = spmd.reshard %[[SUM]] to <@mesh, [{}]> because "linalg.reduce at linalg.mlir:[[#@LINE+4]]:8 yields partial over {\22x\22}
// CHECK:         arith.addf %[[INIT]], %[[WHOLE]]
// CHECK:         return
func.func @reduced_loops_are_partial(%a: tensor<8x5xf32> {spmd.sharding = #rows}, %init: tensor<5xf32>) -> tensor<5xf32> {
  %0 = linalg.reduce {arith.addf} ins(%a : tensor<8x5xf32>) outs(%init : tensor<5xf32>) dimensions = [0]
  return %0 : tensor<5xf32>
}

// Where the body combines in an order, the loop is whole and the other one stays cut.
// CHECK-LABEL: func.func @ordered_loops_are_whole
// CHECK-SAME:    [{}, {"x"}]{{.*}}, %[[INIT:[^:]*]]: tensor<8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>}
// CHECK:         scf.for {{.*}} iter_args(%{{.*}} = %[[INIT]])
// CHECK-NOT:     spmd.reshard
// CHECK:         return
func.func @ordered_loops_are_whole(%a: tensor<5x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{?}, {"x"}]>}, %init: tensor<8xf32>) -> tensor<8xf32> {
  %0 = linalg.generic {indexing_maps = [#ij, #j], iterator_types = ["reduction", "parallel"]}
      ins(%a : tensor<5x8xf32>) outs(%init : tensor<8xf32>) {
  ^bb0(%x: f32, %out: f32):
    %1 = arith.mulf %out, %x : f32
    %2 = arith.addf %1, %x : f32
    linalg.yield %2 : f32
  } -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
