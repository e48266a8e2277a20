// A gate is made of index primitives, with the same choices, slots and weights.
// RUN: moe-opt %s --moe-expand-gating -o %t
// RUN: FileCheck %s --input-file=%t
// RUN: moe-interpret %s --entry=one_choice --compare=%t
// RUN: moe-interpret %s --entry=one_choice --exact --compare=%t
// RUN: moe-interpret %s --entry=two_choices_one_random --compare=%t
// RUN: moe-interpret %s --entry=two_choices_one_random --exact --compare=%t
// RUN: moe-interpret %s --entry=three_choices --exact --compare=%t
// RUN: moe-interpret %s --entry=all_experts --exact --compare=%t

// CHECK-LABEL: func.func @one_choice
// CHECK-SAME:    %[[P:.*]]: tensor<2x6x3xf32>
// CHECK:         %[[V:.*]], %[[I:.*]] = moe.top_k %[[P]] k 1 dim 2
// CHECK:         %[[E:.*]] = moe.reshape %[[I]] : tensor<2x6x1xi32> -> tensor<2x6xi32>
// CHECK:         %[[MASK:.*]] = moe.one_hot %[[E]]
// CHECK:         %[[BEFORE:.*]] = moe.cumsum %[[MASK]] dim 1 exclusive
// CHECK:         %[[AT:.*]] = moe.gather %[[BEFORE]][%[[E]]] batch_dims 2
// CHECK:         %[[FITS:.*]] = arith.cmpi slt, %[[AT]]
// CHECK-DAG:     arith.select %[[FITS]], %[[AT]], %{{.*}} : tensor<2x6xi1>, tensor<2x6xi32>
// CHECK-DAG:     arith.select %[[FITS]], %{{.*}} : tensor<2x6xi1>, tensor<2x6xf32>
// CHECK-NOT:     moe.gating
// CHECK-NOT:     moe.reduce
// CHECK-NOT:     moe.concatenate
// CHECK:         return
func.func @one_choice(%p: tensor<2x6x3xf32>) -> (tensor<2x6x1xi32>, tensor<2x6x1xi32>, tensor<2x6x1xf32>) {
  %e, %s, %w = moe.gating %p k 1 capacity 2 : tensor<2x6x3xf32> -> tensor<2x6x1xi32>, tensor<2x6x1xi32>, tensor<2x6x1xf32>
  return %e, %s, %w : tensor<2x6x1xi32>, tensor<2x6x1xi32>, tensor<2x6x1xf32>
}

// A second choice that its random number rejects takes no slot.
// CHECK-LABEL: func.func @two_choices_one_random
// CHECK-SAME:    %[[U:[^ ]*]]: tensor<2x6xf32>)
// CHECK:         %[[KEEP:.*]] = arith.cmpf olt, %[[U]]
// CHECK:         %[[KEEPS:.*]] = moe.broadcast %[[KEEP]]
// CHECK:         %[[MASK2:.*]] = arith.select %[[KEEPS]]
// CHECK:         moe.cumsum %[[MASK2]] dim 1 exclusive
func.func @two_choices_one_random(%p: tensor<2x6x3xf32>, %u: tensor<2x6xf32>) -> (tensor<2x6x2xi32>, tensor<2x6x2xi32>, tensor<2x6x2xf32>) {
  %e, %s, %w = moe.gating %p random %u k 2 capacity 3 : tensor<2x6x3xf32>, tensor<2x6xf32> -> tensor<2x6x2xi32>, tensor<2x6x2xi32>, tensor<2x6x2xf32>
  return %e, %s, %w : tensor<2x6x2xi32>, tensor<2x6x2xi32>, tensor<2x6x2xf32>
}

// CHECK-LABEL: func.func @three_choices
// CHECK-COUNT-3: moe.cumsum
// CHECK-NOT:     moe.cumsum
func.func @three_choices(%p: tensor<2x6x5xf32>) -> (tensor<2x6x3xi32>, tensor<2x6x3xi32>, tensor<2x6x3xf32>) {
  %e, %s, %w = moe.gating %p k 3 capacity 2 : tensor<2x6x5xf32> -> tensor<2x6x3xi32>, tensor<2x6x3xi32>, tensor<2x6x3xf32>
  return %e, %s, %w : tensor<2x6x3xi32>, tensor<2x6x3xi32>, tensor<2x6x3xf32>
}

// CHECK-LABEL: func.func @all_experts
// CHECK-NOT:     moe.gating
func.func @all_experts(%p: tensor<1x4x2xf32>) -> (tensor<1x4x2xi32>, tensor<1x4x2xi32>, tensor<1x4x2xf32>) {
  %e, %s, %w = moe.gating %p k 2 capacity 1 : tensor<1x4x2xf32> -> tensor<1x4x2xi32>, tensor<1x4x2xi32>, tensor<1x4x2xf32>
  return %e, %s, %w : tensor<1x4x2xi32>, tensor<1x4x2xi32>, tensor<1x4x2xf32>
}
