// Ops without a rule of their own are distributed by the one that is written at them: on blocks
// where letters say so, whole where a dot does.
// RUN: moe-opt %s --stop-after=partition -o %t
// RUN: moe-interpret %s --all --exact --compare=%t
// RUN: FileCheck %s --input-file=%t
#rows = #spmd.sharding<@mesh, [{"x"}, {}]>
spmd.mesh @mesh ["x"=3]

// CHECK-LABEL: func.func @letters_are_cut
// CHECK:         arith.remf %{{[^ ]*}}, %{{[^ ]*}} : tensor<3x6xf32>
// CHECK-NEXT:    return
func.func @letters_are_cut(%a: tensor<7x6xf32> {spmd.sharding = #rows}, %b: tensor<7x6xf32>) -> tensor<7x6xf32> {
  %0 = arith.remf %a, %b {spmd.rule = "ij,ij->ij"} : tensor<7x6xf32>
  return %0 : tensor<7x6xf32>
}

// CHECK-LABEL: func.func @dots_are_whole
// CHECK:         %[[A:.*]] = spmd.all_gather
// CHECK:         arith.remf %[[A]], %{{.*}} : tensor<7x6xf32>
func.func @dots_are_whole(%a: tensor<7x6xf32> {spmd.sharding = #rows}, %b: tensor<7x6xf32>) -> tensor<7x6xf32> {
  %0 = arith.remf %a, %b {spmd.rule = ".j,.j->.j"} : tensor<7x6xf32>
  return %0 : tensor<7x6xf32>
}
