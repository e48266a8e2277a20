// A sum over uneven blocks of one operand multiplied its padding, zero, with an infinity of the
// other: the rank gave NaN for elements that are not there.
// RUN: moe-interpret %s --all --partitioned
// RUN: moe-interpret %s --all --partitioned --exact
// RUN: moe-opt %s --spmd-propagate --spmd-partition | FileCheck %s
spmd.mesh @mesh ["x"=2]

// CHECK-LABEL: func.func @one_element_on_two_ranks
func.func @one_element_on_two_ranks() -> (tensor<f32> {moe.name = "sum"}) {
  %a = arith.constant dense<2.0> : tensor<1xf32>
  %b = arith.constant dense<0xFF800000> : tensor<3xf32>
  %0 = spmd.annotate %a : tensor<1xf32> as <@mesh, [{"x"}]>
  %1 = moe.einsum "a,b->" %0, %b : tensor<1xf32>, tensor<3xf32> -> tensor<f32>
  return %1 : tensor<f32>
}

// CHECK-LABEL: func.func @padding_of_two_letters
func.func @padding_of_two_letters() -> (tensor<2xf32> {moe.name = "sum"}) {
  %a = arith.constant dense<1.0> : tensor<3x5x2xf32>
  %b = arith.constant dense<[0x7F800000, 1.0]> : tensor<2xf32>
  %0 = spmd.annotate %a : tensor<3x5x2xf32> as <@mesh, [{"x"}, {}, {}]>
  %1 = moe.einsum "abc,c->c" %0, %b : tensor<3x5x2xf32>, tensor<2xf32> -> tensor<2xf32>
  return %1 : tensor<2xf32>
}

// What has no padding, and what both operands have, is not repeated.
// CHECK-LABEL: func.func @products_stay_as_they_are
// CHECK-NOT:     moe.broadcast
// CHECK:         return
func.func @products_stay_as_they_are(%a: tensor<3x4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {}]>}, %b: tensor<3x5xf32>,
    %c: tensor<4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>}, %d: tensor<5xf32>) -> (tensor<4x5xf32>, tensor<5xf32>) {
  %0 = moe.einsum "ka,kb->ab" %a, %b : tensor<3x4xf32>, tensor<3x5xf32> -> tensor<4x5xf32>
  %1 = moe.einsum "k,b->b" %c, %d : tensor<4xf32>, tensor<5xf32> -> tensor<5xf32>
  return %0, %1 : tensor<4x5xf32>, tensor<5xf32>
}
