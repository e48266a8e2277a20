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

// -----

// A causal mask: four blocks of 64 queries, the last one first; each computes
// the scores of the keys up to its last query. The others read the panels that
// the first one packed, and their sums are cut as that over all keys.
// CHECK:       moe.manifest = "{{.*}}\22k\22:16,{{.*}}\22m\22:64,\22n\22:256,
// CHECK-SAME:    \22k\22:256,{{[^}]*}}\22m\22:64,\22n\22:16,{{[^}]*}}\22whole_k\22:256}
// CHECK-SAME:    \22k\22:16,{{[^}]*}}\22m\22:64,\22n\22:192,{{[^}]*}}\22panels_of\22:0,\22site\22:2}
// CHECK-SAME:    \22k\22:192,{{[^}]*}}\22m\22:64,\22n\22:16,{{[^}]*}}\22panels_of\22:1,\22site\22:3,\22whole_k\22:256}
// CHECK-LABEL: func.func @moe_entry_causal(
// CHECK:         scf.for %[[I:.*]] = %c0_i64 to %c8_i64
// CHECK-COUNT-8:   call @moert_matmul_slice(%{{.*}}, %{{.*}}, %[[I]],
// CHECK:         }
// CHECK-NEXT:    return
func.func @causal(%q: tensor<8x256x16xf32>, %k: tensor<8x256x16xf32>, %v: tensor<8x256x16xf32>) -> tensor<8x256x16xf32> {
  %s = moe.einsum "gqd,gkd->gqk" %q, %k : tensor<8x256x16xf32>, tensor<8x256x16xf32> -> tensor<8x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<8x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %past = arith.cmpi sle, %column, %row : tensor<256x256xi32>
  %visible = moe.broadcast %past dims [1, 2] : tensor<256x256xi1> -> tensor<8x256x256xi1>
  %masked = arith.select %visible, %s, %never : tensor<8x256x256xi1>, tensor<8x256x256xf32>
  %w = moe.softmax %masked dim 2 : tensor<8x256x256xf32>
  %o = moe.einsum "gqk,gkd->gqd" %w, %v : tensor<8x256x256xf32>, tensor<8x256x16xf32> -> tensor<8x256x16xf32>
  return %o : tensor<8x256x16xf32>
}

// -----

// The same said otherwise: the row first, the arms the other way round.
// CHECK-LABEL: func.func @moe_entry_later_is_never(
// CHECK-COUNT-8: call @moert_matmul_slice
func.func @later_is_never(%q: tensor<8x256x16xf32>, %k: tensor<8x256x16xf32>, %v: tensor<8x256x16xf32>) -> tensor<8x256x16xf32> {
  %s = moe.einsum "gqd,gkd->gqk" %q, %k : tensor<8x256x16xf32>, tensor<8x256x16xf32> -> tensor<8x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<8x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %past = arith.cmpi slt, %row, %column : tensor<256x256xi32>
  %visible = moe.broadcast %past dims [1, 2] : tensor<256x256xi1> -> tensor<8x256x256xi1>
  %masked = arith.select %visible, %never, %s : tensor<8x256x256xi1>, tensor<8x256x256xf32>
  %w = moe.softmax %masked dim 2 : tensor<8x256x256xf32>
  %o = moe.einsum "gqk,gkd->gqd" %w, %v : tensor<8x256x256xf32>, tensor<8x256x16xf32> -> tensor<8x256x16xf32>
  return %o : tensor<8x256x16xf32>
}

// -----

// Earlier keys are hidden, later ones seen.
// CHECK-LABEL: func.func @moe_entry_later_is_seen(
// CHECK-COUNT-2: call @moert_matmul_slice
// CHECK-NOT:     call @moert_matmul_slice
// CHECK:         return
func.func @later_is_seen(%q: tensor<8x256x16xf32>, %k: tensor<8x256x16xf32>, %v: tensor<8x256x16xf32>) -> tensor<8x256x16xf32> {
  %s = moe.einsum "gqd,gkd->gqk" %q, %k : tensor<8x256x16xf32>, tensor<8x256x16xf32> -> tensor<8x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<8x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %past = arith.cmpi sge, %column, %row : tensor<256x256xi32>
  %visible = moe.broadcast %past dims [1, 2] : tensor<256x256xi1> -> tensor<8x256x256xi1>
  %masked = arith.select %visible, %s, %never : tensor<8x256x256xi1>, tensor<8x256x256xf32>
  %w = moe.softmax %masked dim 2 : tensor<8x256x256xf32>
  %o = moe.einsum "gqk,gkd->gqd" %w, %v : tensor<8x256x256xf32>, tensor<8x256x16xf32> -> tensor<8x256x16xf32>
  return %o : tensor<8x256x16xf32>
}

// -----

// What the mask keeps is -inf.
// CHECK-LABEL: func.func @moe_entry_arms_swapped(
// CHECK-COUNT-2: call @moert_matmul_slice
// CHECK-NOT:     call @moert_matmul_slice
// CHECK:         return
func.func @arms_swapped(%q: tensor<8x256x16xf32>, %k: tensor<8x256x16xf32>, %v: tensor<8x256x16xf32>) -> tensor<8x256x16xf32> {
  %s = moe.einsum "gqd,gkd->gqk" %q, %k : tensor<8x256x16xf32>, tensor<8x256x16xf32> -> tensor<8x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<8x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %past = arith.cmpi sle, %column, %row : tensor<256x256xi32>
  %visible = moe.broadcast %past dims [1, 2] : tensor<256x256xi1> -> tensor<8x256x256xi1>
  %masked = arith.select %visible, %never, %s : tensor<8x256x256xi1>, tensor<8x256x256xf32>
  %w = moe.softmax %masked dim 2 : tensor<8x256x256xf32>
  %o = moe.einsum "gqk,gkd->gqd" %w, %v : tensor<8x256x256xf32>, tensor<8x256x16xf32> -> tensor<8x256x16xf32>
  return %o : tensor<8x256x16xf32>
}

// -----

// A mask that is no comparison of row and column (each sees one ahead).
// CHECK-LABEL: func.func @moe_entry_one_ahead(
// CHECK-COUNT-2: call @moert_matmul_slice
// CHECK-NOT:     call @moert_matmul_slice
// CHECK:         return
func.func @one_ahead(%q: tensor<8x256x16xf32>, %k: tensor<8x256x16xf32>, %v: tensor<8x256x16xf32>) -> tensor<8x256x16xf32> {
  %s = moe.einsum "gqd,gkd->gqk" %q, %k : tensor<8x256x16xf32>, tensor<8x256x16xf32> -> tensor<8x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<8x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %one = arith.constant dense<1> : tensor<256x256xi32>
  %before = arith.subi %column, %one : tensor<256x256xi32>
  %past = arith.cmpi sle, %before, %row : tensor<256x256xi32>
  %visible = moe.broadcast %past dims [1, 2] : tensor<256x256xi1> -> tensor<8x256x256xi1>
  %masked = arith.select %visible, %s, %never : tensor<8x256x256xi1>, tensor<8x256x256xf32>
  %w = moe.softmax %masked dim 2 : tensor<8x256x256xf32>
  %o = moe.einsum "gqk,gkd->gqd" %w, %v : tensor<8x256x256xf32>, tensor<8x256x16xf32> -> tensor<8x256x16xf32>
  return %o : tensor<8x256x16xf32>
}

// -----

// Softmax along the queries.
// CHECK-LABEL: func.func @moe_entry_other_dim(
// CHECK-COUNT-2: call @moert_matmul_slice
// CHECK-NOT:     call @moert_matmul_slice
// CHECK:         return
func.func @other_dim(%q: tensor<8x256x16xf32>, %k: tensor<8x256x16xf32>, %v: tensor<8x256x16xf32>) -> tensor<8x256x16xf32> {
  %s = moe.einsum "gqd,gkd->gqk" %q, %k : tensor<8x256x16xf32>, tensor<8x256x16xf32> -> tensor<8x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<8x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %past = arith.cmpi sle, %column, %row : tensor<256x256xi32>
  %visible = moe.broadcast %past dims [1, 2] : tensor<256x256xi1> -> tensor<8x256x256xi1>
  %masked = arith.select %visible, %s, %never : tensor<8x256x256xi1>, tensor<8x256x256xf32>
  %w = moe.softmax %masked dim 1 : tensor<8x256x256xf32>
  %o = moe.einsum "gqk,gkd->gqd" %w, %v : tensor<8x256x256xf32>, tensor<8x256x16xf32> -> tensor<8x256x16xf32>
  return %o : tensor<8x256x16xf32>
}

// -----

// What follows softmax is not zero behind the mask.
// CHECK-LABEL: func.func @moe_entry_after(
// CHECK-COUNT-2: call @moert_matmul_slice
// CHECK-NOT:     call @moert_matmul_slice
// CHECK:         return
func.func @after(%q: tensor<8x256x16xf32>, %k: tensor<8x256x16xf32>, %v: tensor<8x256x16xf32>) -> tensor<8x256x16xf32> {
  %s = moe.einsum "gqd,gkd->gqk" %q, %k : tensor<8x256x16xf32>, tensor<8x256x16xf32> -> tensor<8x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<8x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %past = arith.cmpi sle, %column, %row : tensor<256x256xi32>
  %visible = moe.broadcast %past dims [1, 2] : tensor<256x256xi1> -> tensor<8x256x256xi1>
  %masked = arith.select %visible, %s, %never : tensor<8x256x256xi1>, tensor<8x256x256xf32>
  %w = moe.softmax %masked dim 2 : tensor<8x256x256xf32>
  %x = arith.addf %w, %s : tensor<8x256x256xf32>
  %o = moe.einsum "gqk,gkd->gqd" %x, %v : tensor<8x256x256xf32>, tensor<8x256x16xf32> -> tensor<8x256x16xf32>
  return %o : tensor<8x256x16xf32>
}
