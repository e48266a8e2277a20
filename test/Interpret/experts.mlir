// RUN: moe-interpret %s --all --print | FileCheck %s

// All tokens want expert 0 first and expert 1 second. Capacity 2: the third
// token's first choice is dropped; weights were normalised before.
// CHECK-LABEL: @gating_drops_behind_capacity
// CHECK-NEXT: = {{\[\[}}[0, 1], [0, 1], [0, 1]]]
// CHECK-NEXT: = {{\[\[}}[0, 0], [1, 1], [-1, -1]]]
// CHECK-NEXT: = {{\[\[}}[0.75, 0.25], [0.75, 0.25], [0, 0]]]
func.func @gating_drops_behind_capacity() -> (tensor<1x3x2xi32>, tensor<1x3x2xi32>, tensor<1x3x2xf32>) {
  %gates = arith.constant dense<[[[0.75, 0.25], [0.75, 0.25], [0.75, 0.25]]]> : tensor<1x3x2xf32>
  %e, %s, %w = moe.gating %gates k 2 capacity 2 : tensor<1x3x2xf32> -> tensor<1x3x2xi32>, tensor<1x3x2xi32>, tensor<1x3x2xf32>
  return %e, %s, %w : tensor<1x3x2xi32>, tensor<1x3x2xi32>, tensor<1x3x2xf32>
}

// Token 1's first choice takes a slot of expert 1 before token 0's second.
// CHECK-LABEL: @gating_serves_first_choices_first
// CHECK-NEXT: = {{\[\[}}[0, 1], [1, 0]]]
// CHECK-NEXT: = {{\[\[}}[0, 1], [0, 1]]]
func.func @gating_serves_first_choices_first() -> (tensor<1x2x2xi32>, tensor<1x2x2xi32>, tensor<1x2x2xf32>) {
  %gates = arith.constant dense<[[[0.75, 0.25], [0.25, 0.75]]]> : tensor<1x2x2xf32>
  %e, %s, %w = moe.gating %gates k 2 capacity 4 : tensor<1x2x2xf32> -> tensor<1x2x2xi32>, tensor<1x2x2xi32>, tensor<1x2x2xf32>
  return %e, %s, %w : tensor<1x2x2xi32>, tensor<1x2x2xi32>, tensor<1x2x2xf32>
}

// Second choices have weight 0.25: kept where random < 0.5. The one not kept
// takes no slot, so that the next gets slot 0.
// CHECK-LABEL: @gating_keeps_second_choices_at_random
// CHECK-NEXT: = {{\[\[}}[0, 1], [0, 1]]]
// CHECK-NEXT: = {{\[\[}}[0, -1], [1, 0]]]
// CHECK-NEXT: = {{\[\[}}[0.75, 0], [0.75, 0.25]]]
func.func @gating_keeps_second_choices_at_random() -> (tensor<1x2x2xi32>, tensor<1x2x2xi32>, tensor<1x2x2xf32>) {
  %gates = arith.constant dense<[[[0.75, 0.25], [0.75, 0.25]]]> : tensor<1x2x2xf32>
  %u = arith.constant dense<[[0.5, 0.4]]> : tensor<1x2xf32>
  %e, %s, %w = moe.gating %gates random %u k 2 capacity 4 : tensor<1x2x2xf32>, tensor<1x2xf32> -> tensor<1x2x2xi32>, tensor<1x2x2xi32>, tensor<1x2x2xf32>
  return %e, %s, %w : tensor<1x2x2xi32>, tensor<1x2x2xi32>, tensor<1x2x2xf32>
}

// Equal gates: the lowest index; every group fills slots of its own.
// CHECK-LABEL: @gating_breaks_ties_by_index
// CHECK-NEXT: = {{\[\[}}[0]], {{\[}}[0]]]
// CHECK-NEXT: = {{\[\[}}[0]], {{\[}}[0]]]
func.func @gating_breaks_ties_by_index() -> (tensor<2x1x1xi32>, tensor<2x1x1xi32>, tensor<2x1x1xf32>) {
  %gates = arith.constant dense<0.5> : tensor<2x1x2xf32>
  %e, %s, %w = moe.gating %gates k 1 capacity 1 : tensor<2x1x2xf32> -> tensor<2x1x1xi32>, tensor<2x1x1xi32>, tensor<2x1x1xf32>
  return %e, %s, %w : tensor<2x1x1xi32>, tensor<2x1x1xi32>, tensor<2x1x1xf32>
}

// The example of the op's description; the last token's slot is out of range.
// CHECK-LABEL: @dispatch
// CHECK-NEXT: = {{\[\[\[}}[1], [3], [0]]], {{\[\[}}[2], [0], [0]]]]
func.func @dispatch() -> tensor<2x1x3x1xf32> {
  %t = arith.constant dense<[[[1.0], [2.0], [3.0], [4.0]]]> : tensor<1x4x1xf32>
  %e = arith.constant dense<[[[0], [1], [0], [0]]]> : tensor<1x4x1xi32>
  %s = arith.constant dense<[[[0], [0], [1], [3]]]> : tensor<1x4x1xi32>
  %0 = moe.dispatch %t to %e, %s : tensor<1x4x1xf32>, tensor<1x4x1xi32>, tensor<1x4x1xi32> -> tensor<2x1x3x1xf32>
  return %0 : tensor<2x1x3x1xf32>
}

// 0.5 * 10 + 0.25 * 20; an expert out of range adds nothing.
// CHECK-LABEL: @combine
// CHECK-NEXT: = {{\[\[}}[10], [5]]]
func.func @combine() -> tensor<1x2x1xf32> {
  %y = arith.constant dense<[[[[10.0]]], [[[20.0]]]]> : tensor<2x1x1x1xf32>
  %e = arith.constant dense<[[[0, 1], [2, 1]]]> : tensor<1x2x2xi32>
  %s = arith.constant dense<0> : tensor<1x2x2xi32>
  %w = arith.constant dense<[[[0.5, 0.25], [0.5, 0.25]]]> : tensor<1x2x2xf32>
  %0 = moe.combine %y from %e, %s weights %w : tensor<2x1x1x1xf32>, tensor<1x2x2xi32>, tensor<1x2x2xi32>, tensor<1x2x2xf32> -> tensor<1x2x1xf32>
  return %0 : tensor<1x2x1xf32>
}

// Both tokens prefer expert 0: the first gives it up, which loses less. Where all
// scores are equal, tokens take the lowest expert that is free.
// CHECK-LABEL: @balanced_assignment
// CHECK-NEXT: = {{\[}}{{\[}}[1], [0]], {{\[}}[0], [1]]]
// CHECK-NEXT: = {{\[}}{{\[}}[0], [0]], {{\[}}[0], [0]]]
func.func @balanced_assignment() -> (tensor<2x2x1xi32>, tensor<2x2x1xi32>) {
  %s = arith.constant dense<[[[5.0, 4.0], [3.0, 0.0]], [[1.0, 1.0], [1.0, 1.0]]]> : tensor<2x2x2xf32>
  %e, %slot = moe.balanced_assignment %s : tensor<2x2x2xf32> -> tensor<2x2x1xi32>, tensor<2x2x1xi32>
  return %e, %slot : tensor<2x2x1xi32>, tensor<2x2x1xi32>
}

// Five tokens of two experts: at most three each. The token that loses least,
// number 3, goes to the other; NaN counts as the least score.
// CHECK-LABEL: @unequal_assignment
// CHECK-NEXT: = {{\[}}{{\[}}[0], [0], [0], [1], [1]]]
// CHECK-NEXT: = {{\[}}{{\[}}[0], [1], [2], [0], [1]]]
func.func @unequal_assignment() -> (tensor<1x5x1xi32>, tensor<1x5x1xi32>) {
  %s = arith.constant dense<[[[5.0, 1.0], [5.0, 1.0], [5.0, 1.0], [5.0, 2.0], [0x7FC00000, 0xFF800000]]]> : tensor<1x5x2xf32>
  %e, %slot = moe.balanced_assignment %s : tensor<1x5x2xf32> -> tensor<1x5x1xi32>, tensor<1x5x1xi32>
  return %e, %slot : tensor<1x5x1xi32>, tensor<1x5x1xi32>
}

// Rows of group e times e + 1; the last row is of no group. Negative sizes are
// none; groups that begin before the rows lose some.
// CHECK-LABEL: @grouped_einsum
// CHECK-NEXT: = {{\[}}[1], [4], [6], [0]]
// CHECK-NEXT: = {{\[}}[3], [6], [0], [0]]
// CHECK-NEXT: = {{\[}}[2], [6], [9], [0]]
// CHECK-NEXT: = {{\[}}[0], [0], [3], [8]]
func.func @grouped_einsum() -> (tensor<4x1xf32>, tensor<4x1xf32>, tensor<4x1xf32>, tensor<4x1xf32>) {
  %x = arith.constant dense<[[1.0], [2.0], [3.0], [4.0]]> : tensor<4x1xf32>
  %w = arith.constant dense<[[[1.0]], [[2.0]], [[3.0]]]> : tensor<3x1x1xf32>
  %n = arith.constant dense<[1, 2, 0]> : tensor<3xi32>
  %m = arith.constant dense<[-1, 0, 2]> : tensor<3xi32>
  %h = arith.constant dense<[1, 2, 2]> : tensor<3xi32>
  %before = arith.constant dense<-2> : tensor<i32>
  %behind = arith.constant dense<2> : tensor<i64>
  %0 = moe.grouped_einsum %x, %w sizes %n : tensor<4x1xf32>, tensor<3x1x1xf32>, tensor<3xi32> -> tensor<4x1xf32>
  %1 = moe.grouped_einsum %x, %w sizes %m : tensor<4x1xf32>, tensor<3x1x1xf32>, tensor<3xi32> -> tensor<4x1xf32>
  %2 = moe.grouped_einsum %x, %w sizes %h first %before : tensor<4x1xf32>, tensor<3x1x1xf32>, tensor<3xi32>, tensor<i32> -> tensor<4x1xf32>
  %3 = moe.grouped_einsum %x, %w sizes %h first %behind : tensor<4x1xf32>, tensor<3x1x1xf32>, tensor<3xi32>, tensor<i64> -> tensor<4x1xf32>
  return %0, %1, %2, %3 : tensor<4x1xf32>, tensor<4x1xf32>, tensor<4x1xf32>, tensor<4x1xf32>
}
