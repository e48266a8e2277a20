// RUN: moe-interpret %s --all --print | FileCheck %s --check-prefixes=CHECK,FLOAT
// RUN: moe-interpret %s --all --print --exact | FileCheck %s --check-prefixes=CHECK,EXACT

// Two batch letters stay, one letter is summed.
// CHECK-LABEL: @matmul
// CHECK: tensor<2x2xf32> = {{\[}}[22, 28], [49, 64]]
func.func @matmul() -> tensor<2x2xf32> {
  %a = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %b = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
  %0 = moe.einsum "ij,jk->ik" %a, %b : tensor<2x3xf32>, tensor<3x2xf32> -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// GShard's dispatch: s is summed, e and c come from the mask, m from the tokens.
// CHECK-LABEL: @dispatch_by_mask
// CHECK: tensor<2x1x1x2xf32> = {{\[\[\[}}[3, 4]]], {{\[\[}}[1, 2]]]]
func.func @dispatch_by_mask() -> tensor<2x1x1x2xf32> {
  %mask = arith.constant dense<[[[[0.0], [1.0]], [[1.0], [0.0]]]]> : tensor<1x2x2x1xf32>
  %tokens = arith.constant dense<[[[1.0, 2.0], [3.0, 4.0]]]> : tensor<1x2x2xf32>
  %0 = moe.einsum "gsec,gsm->egcm" %mask, %tokens : tensor<1x2x2x1xf32>, tensor<1x2x2xf32> -> tensor<2x1x1x2xf32>
  return %0 : tensor<2x1x1x2xf32>
}

// A letter of one operand only is summed before the product: (1+2) * (3+4+5).
// CHECK-LABEL: @letters_of_one_operand
// CHECK: tensor<f32> = 36
func.func @letters_of_one_operand() -> tensor<f32> {
  %a = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %b = arith.constant dense<[3.0, 4.0, 5.0]> : tensor<3xf32>
  %0 = moe.einsum "i,j->" %a, %b : tensor<2xf32>, tensor<3xf32> -> tensor<f32>
  return %0 : tensor<f32>
}

// Three operands; i is summed over all of them at once: 1*3*5 + 2*4*6.
// CHECK-LABEL: @three_operands
// CHECK: tensor<f32> = 63
func.func @three_operands() -> tensor<f32> {
  %a = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %b = arith.constant dense<[3.0, 4.0]> : tensor<2xf32>
  %c = arith.constant dense<[5.0, 6.0]> : tensor<2xf32>
  %0 = moe.einsum "i,i,i->" %a, %b, %c : tensor<2xf32>, tensor<2xf32>, tensor<2xf32> -> tensor<f32>
  return %0 : tensor<f32>
}

// One operand: the sum of columns, transposed order of letters is free.
// CHECK-LABEL: @one_operand
// CHECK: tensor<2xf32> = [4, 6]
func.func @one_operand() -> tensor<2xf32> {
  %a = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %0 = moe.einsum "ij->j" %a : tensor<2x2xf32> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// A sum over nothing is zero.
// CHECK-LABEL: @empty_sum
// CHECK: tensor<2x1xf32> = {{\[}}[0], [0]]
func.func @empty_sum() -> tensor<2x1xf32> {
  %a = arith.constant dense<1.0> : tensor<2x0xf32>
  %b = arith.constant dense<1.0> : tensor<0x1xf32>
  %0 = moe.einsum "ij,jk->ik" %a, %b : tensor<2x0xf32>, tensor<0x1xf32> -> tensor<2x1xf32>
  return %0 : tensor<2x1xf32>
}

// Integers wrap to their width: 100 * 2 in i8.
// CHECK-LABEL: @integers_wrap
// CHECK: tensor<i8> = -56
func.func @integers_wrap() -> tensor<i8> {
  %a = arith.constant dense<[100]> : tensor<1xi8>
  %b = arith.constant dense<[2]> : tensor<1xi8>
  %0 = moe.einsum "i,i->" %a, %b : tensor<1xi8>, tensor<1xi8> -> tensor<i8>
  return %0 : tensor<i8>
}

// bf16 keeps 8 bits of 257; the f32 result of bf16 operands keeps all. In exact
// mode there is nothing to round.
// CHECK-LABEL: @rounding
// FLOAT-NEXT: tensor<bf16> = 256
// EXACT-NEXT: tensor<bf16> = 257
// CHECK-NEXT: tensor<f32> = 257
func.func @rounding() -> (tensor<bf16>, tensor<f32>) {
  %a = arith.constant dense<[256.0, 1.0]> : tensor<2xbf16>
  %b = arith.constant dense<[1.0, 1.0]> : tensor<2xbf16>
  %0 = moe.einsum "i,i->" %a, %b : tensor<2xbf16>, tensor<2xbf16> -> tensor<bf16>
  %1 = moe.einsum "i,i->" %a, %b : tensor<2xbf16>, tensor<2xbf16> -> tensor<f32>
  return %0, %1 : tensor<bf16>, tensor<f32>
}
