// RUN: moe-opt %s --spmd-expand-annotations --spmd-propagate --spmd-verify-propagated | FileCheck %s

#rows = #spmd.sharding<@mesh, [{"x"}, {}]>
spmd.mesh @mesh ["x"=2, "y"=4]

// What stands in a loop about the value that goes around says how the loop has it, and nothing about others.
// CHECK-LABEL: func.func @annotations_in_a_loop_are_the_loops
// CHECK-SAME:    %{{.*}}: tensor<8x8xi32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {}]>}
// CHECK-SAME:    %{{.*}}: tensor<8x8xi32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {}]>}
// CHECK:         } attributes {spmd.shardings = [#spmd.sharding<@mesh, [{"x"}, {}]>, #spmd.sharding<@mesh, [{"x"}, {}]>]}
func.func @annotations_in_a_loop_are_the_loops(%other: tensor<8x8xi32>, %a: tensor<8x8xi32>) -> tensor<8x8xi32> {
  %most = arith.constant dense<9> : tensor<i32>
  %r = scf.while (%x = %a) : (tensor<8x8xi32>) -> tensor<8x8xi32> {
    %greatest = moe.reduce max %x dims [0, 1] : tensor<8x8xi32> -> tensor<i32>
    %more = arith.cmpi slt, %greatest, %most : tensor<i32>
    %c = tensor.extract %more[] : tensor<i1>
    %square = arith.muli %x, %x : tensor<8x8xi32>
    scf.condition(%c) %square : tensor<8x8xi32>
  } do {
  ^bb0(%y: tensor<8x8xi32>):
    %cut = spmd.annotate %y : tensor<8x8xi32> as #rows
    %double = arith.addi %cut, %cut : tensor<8x8xi32>
    scf.yield %double : tensor<8x8xi32>
  }
  return %r : tensor<8x8xi32>
}
