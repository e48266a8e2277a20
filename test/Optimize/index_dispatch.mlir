// RUN: moe-opt %s -split-input-file --moe-index-dispatch | FileCheck %s

// The paper's einsums: one choice with a slot, a combine weight and `!= 0`. No
// tensor over all of g, s, e and c is left.
// CHECK-LABEL: func.func @mask_of_one_choice
// CHECK-SAME:    %[[X:.*]]: tensor<2x4x8xf32>, %[[E:.*]]: tensor<2x4xi32>, %[[P:.*]]: tensor<2x4xi32>, %[[W:.*]]: tensor<2x4xf32>
// CHECK-NOT:     2x4x3x5
// CHECK-DAG:     %[[EXPERT:.*]] = moe.reshape %[[E]] : tensor<2x4xi32> -> tensor<2x4x1xi32>
// CHECK-DAG:     %[[WEIGHT:.*]] = moe.reshape %[[W]]
// CHECK-DAG:     %[[NONZERO:.*]] = arith.cmpf une, %[[W]], %{{.*}}
// CHECK:         %[[KEPT:.*]] = arith.select %[[NONZERO]], %[[P]], %{{.*}}
// CHECK:         %[[SLOT:.*]] = moe.reshape %[[KEPT]] : tensor<2x4xi32> -> tensor<2x4x1xi32>
// CHECK:         %[[SENT:.*]] = moe.dispatch %[[X]] to %[[EXPERT]], %[[SLOT]]
// CHECK:         %[[MADE:.*]] = math.exp %[[SENT]]
// CHECK:         moe.combine %[[MADE]] from %[[EXPERT]], %[[SLOT]] weights %[[WEIGHT]]
func.func @mask_of_one_choice(%x: tensor<2x4x8xf32>, %expert: tensor<2x4xi32>, %slot: tensor<2x4xi32>,
                              %weight: tensor<2x4xf32>) -> tensor<2x4x8xf32> {
  %e = moe.one_hot %expert : tensor<2x4xi32> -> tensor<2x4x3xf32>
  %c = moe.one_hot %slot : tensor<2x4xi32> -> tensor<2x4x5xf32>
  %combine = moe.einsum "gs,gse,gsc->gsec" %weight, %e, %c : tensor<2x4xf32>, tensor<2x4x3xf32>, tensor<2x4x5xf32> -> tensor<2x4x3x5xf32>
  %zero = arith.constant dense<0.0> : tensor<2x4x3x5xf32>
  %taken = arith.cmpf une, %combine, %zero : tensor<2x4x3x5xf32>
  %mask = arith.uitofp %taken : tensor<2x4x3x5xi1> to tensor<2x4x3x5xf32>
  %sent = moe.einsum "gsec,gsm->egcm" %mask, %x : tensor<2x4x3x5xf32>, tensor<2x4x8xf32> -> tensor<3x2x5x8xf32>
  %made = math.exp %sent : tensor<3x2x5x8xf32>
  %y = moe.einsum "gsec,egcm->gsm" %combine, %made : tensor<2x4x3x5xf32>, tensor<3x2x5x8xf32> -> tensor<2x4x8xf32>
  return %y : tensor<2x4x8xf32>
}

// -----

// A sum of zeros has no one-hot operand, and stays.
// CHECK-LABEL: func.func @sum_of_zeros
// CHECK:         moe.reduce sum %{{.*}} dims [0]
func.func @sum_of_zeros() -> tensor<3xf32> {
  %zeros = arith.constant dense<0.0> : tensor<2x3xf32>
  %0 = moe.reduce sum %zeros dims [0] : tensor<2x3xf32> -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

// What is made again in another shape has no sharding of the old one.
// CHECK-LABEL: func.func @quotient_with_a_sharding
// CHECK:         arith.divf %{{.*}}, %{{.*}} : tensor<6xf32>
#whole = #spmd.sharding<@mesh, [{}, {}]>
spmd.mesh @mesh ["x"=2]
func.func @quotient_with_a_sharding(%i: tensor<6xi32>, %w: tensor<6xf32>, %t: tensor<5x8xf32>) -> tensor<6x8xf32> {
  %mask = moe.one_hot %i : tensor<6xi32> -> tensor<6x5xf32>
  %wide = moe.broadcast %w dims [0] : tensor<6xf32> -> tensor<6x5xf32>
  %share = arith.divf %mask, %wide {spmd.shardings = [#whole]} : tensor<6x5xf32>
  %y = moe.einsum "se,ed->sd" %share, %t : tensor<6x5xf32>, tensor<5x8xf32> -> tensor<6x8xf32>
  return %y : tensor<6x8xf32>
}

// -----

// Slots in another layout are transposed and no more; choices without weights weigh 1.
// CHECK-LABEL: func.func @slots_in_another_layout
// CHECK-NOT:     moe.broadcast
// CHECK-DAG:     %[[ONES:.*]] = arith.constant dense<1.000000e+00> : tensor<2x6xf32>
// CHECK-DAG:     %[[W:.*]] = moe.reshape %[[ONES]]
// CHECK-DAG:     %[[M:.*]] = moe.transpose %{{.*}} permutation [1, 0, 2, 3]
// CHECK:         moe.combine %[[M]] from %{{.*}} weights %[[W]]
func.func @slots_in_another_layout(%made: tensor<2x5x3x8xf32>, %e: tensor<2x6xi32>, %s: tensor<2x6xi32>) -> tensor<2x6x8xf32> {
  %me = moe.one_hot %e : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %ms = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %y = moe.einsum "gse,gsc,gecm->gsm" %me, %ms, %made : tensor<2x6x5xf32>, tensor<2x6x3xf32>, tensor<2x5x3x8xf32> -> tensor<2x6x8xf32>
  return %y : tensor<2x6x8xf32>
}

// -----

// Numbers that nobody uses go, tensors or not.
// CHECK-LABEL: func.func @numbers_that_nobody_uses
// CHECK-NEXT:    return
func.func @numbers_that_nobody_uses() {
  %0 = arith.constant 3 : index
  %1 = arith.addi %0, %0 : index
  return
}

// -----

// A sum over tokens is a true one: the mask is summed as it was made.
// CHECK-LABEL: func.func @tokens_of_each_expert
// CHECK-NEXT:    %[[MASK:.*]] = moe.one_hot
// CHECK-NEXT:    moe.reduce sum %[[MASK]] dims [1]
func.func @tokens_of_each_expert(%e: tensor<2x6xi32>) -> tensor<2x5xf32> {
  %mask = moe.one_hot %e : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %0 = moe.reduce sum %mask dims [1] : tensor<2x6x5xf32> -> tensor<2x5xf32>
  return %0 : tensor<2x5xf32>
}
