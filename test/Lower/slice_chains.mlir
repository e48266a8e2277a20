// RUN: moe-opt %s --moe-lower-to-calls --canonicalize --cse --moe-verify-lowered --split-input-file | FileCheck %s

// Scores of one group and head at a time: the products are called slice by slice, and
// what lies between is a kernel on one slice, which overwrites the scores.
// CHECK-LABEL: func.func @moe_entry_attention(
// CHECK-SAME:    %{{[a-z0-9]*}}: !llvm.ptr, %[[ARENA:[a-z0-9]*]]: !llvm.ptr,
// CHECK:         scf.for %[[I:.*]] = %c0_i64 to %c8_i64
// CHECK:           call @moert_matmul_slice(%{{.*}}, %c0_i32, %[[I]], %{{.*}}, %{{.*}}, %[[ARENA]])
// CHECK:           call @moe_kernel_0(%[[ARENA]]
// CHECK:           call @moert_matmul_slice(%{{.*}}, %c1_i32, %[[I]],
// CHECK:         }
// CHECK-NEXT:    return
func.func @attention(%q: tensor<2x256x4x16xf32>, %k: tensor<2x256x4x16xf32>, %v: tensor<2x256x4x16xf32>,
                     %bias: tensor<256x256xf32>) -> tensor<2x256x4x16xf32> {
  %s = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<2x256x4x16xf32>, tensor<2x256x4x16xf32> -> tensor<2x4x256x256xf32>
  %b = moe.broadcast %bias dims [2, 3] : tensor<256x256xf32> -> tensor<2x4x256x256xf32>
  %t = arith.addf %s, %b : tensor<2x4x256x256xf32>
  %u = math.tanh %t : tensor<2x4x256x256xf32>
  %w = moe.softmax %u dim 3 : tensor<2x4x256x256xf32>
  %e = arith.mulf %w, %t : tensor<2x4x256x256xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %e, %v : tensor<2x4x256x256xf32>, tensor<2x256x4x16xf32> -> tensor<2x256x4x16xf32>
  return %o : tensor<2x256x4x16xf32>
}

// -----

// Softmax over the batch mixes slices: the products stay whole.
// CHECK-LABEL: func.func @moe_entry_mixed(
// CHECK-NOT:     moert_matmul_slice
// CHECK:         return
func.func @mixed(%q: tensor<8x256x16xf32>, %k: tensor<8x256x16xf32>, %v: tensor<8x256x16xf32>) -> tensor<8x256x16xf32> {
  %s = moe.einsum "gqd,gkd->gqk" %q, %k : tensor<8x256x16xf32>, tensor<8x256x16xf32> -> tensor<8x256x256xf32>
  %w = moe.softmax %s dim 0 : tensor<8x256x256xf32>
  %o = moe.einsum "gqk,gkd->gqd" %w, %v : tensor<8x256x256xf32>, tensor<8x256x16xf32> -> tensor<8x256x16xf32>
  return %o : tensor<8x256x16xf32>
}

// -----

// What else reads the scores needs them whole; so does a second product.
// CHECK-LABEL: func.func @moe_entry_returned(
// CHECK-NOT:     moert_matmul_slice
// CHECK:         return
func.func @returned(%q: tensor<8x256x16xf32>, %k: tensor<8x256x16xf32>, %v: tensor<8x256x16xf32>) -> (tensor<8x256x16xf32>, tensor<8x256x256xf32>) {
  %s = moe.einsum "gqd,gkd->gqk" %q, %k : tensor<8x256x16xf32>, tensor<8x256x16xf32> -> tensor<8x256x256xf32>
  %w = moe.softmax %s dim 2 : tensor<8x256x256xf32>
  %o = moe.einsum "gqk,gkd->gqd" %w, %v : tensor<8x256x256xf32>, tensor<8x256x16xf32> -> tensor<8x256x16xf32>
  return %o, %w : tensor<8x256x16xf32>, tensor<8x256x256xf32>
}

// -----

// Small scores stay in the cache by themselves.
// CHECK-LABEL: func.func @moe_entry_small(
// CHECK-NOT:     moert_matmul_slice
// CHECK:         return
func.func @small(%q: tensor<2x8x4xf32>, %k: tensor<2x8x4xf32>, %v: tensor<2x8x4xf32>) -> tensor<2x8x4xf32> {
  %s = moe.einsum "gqd,gkd->gqk" %q, %k : tensor<2x8x4xf32>, tensor<2x8x4xf32> -> tensor<2x8x8xf32>
  %w = moe.softmax %s dim 2 : tensor<2x8x8xf32>
  %o = moe.einsum "gqk,gkd->gqd" %w, %v : tensor<2x8x8xf32>, tensor<2x8x4xf32> -> tensor<2x8x4xf32>
  return %o : tensor<2x8x4xf32>
}
