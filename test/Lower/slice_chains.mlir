// RUN: moe-opt %s --moe-lower-to-calls --canonicalize --cse --moe-verify-lowered --split-input-file | FileCheck %s

// Scores of one group and head at a time: the products are called slice by slice, and
// what lies between is a kernel on one slice, which overwrites the scores. A row of
// softmax is one of the slice's.
// CHECK-LABEL: func.func private @moe_kernel_1(
// CHECK:         llvm.alloca %c256_i64 x f32
// CHECK-LABEL: func.func @moe_entry_attention(
// CHECK-SAME:    %{{[a-z0-9]*}}: !llvm.ptr, %[[ARENA:[a-z0-9]*]]: !llvm.ptr,
// CHECK:         scf.for %[[I:.*]] = %c0_i64 to %c8_i64
// CHECK:           call @moert_matmul_slice(%{{.*}}, %c0_i32, %[[I]], %{{.*}}, %{{.*}}, %[[ARENA]], %c256_i64, %c16_i64)
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

// The scores may be the second factor as well.
// CHECK-LABEL: func.func @moe_entry_second_factor(
// CHECK-SAME:    %{{[a-z0-9]*}}: !llvm.ptr, %[[ARENA:[a-z0-9]*]]: !llvm.ptr,
// CHECK:         scf.for %[[I:.*]] = %c0_i64 to %c8_i64
// CHECK:           call @moert_matmul_slice(%{{.*}}, %c0_i32, %[[I]], %{{.*}}, %{{.*}}, %[[ARENA]],
// CHECK:           call @moert_matmul_slice(%{{.*}}, %c1_i32, %[[I]], %{{.*}}, %[[ARENA]], %{{.*}},
func.func @second_factor(%q: tensor<8x256x16xf32>, %k: tensor<8x256x16xf32>, %v: tensor<8x256x16xf32>) -> tensor<8x256x16xf32> {
  %s = moe.einsum "gqd,gkd->gqk" %q, %k : tensor<8x256x16xf32>, tensor<8x256x16xf32> -> tensor<8x256x256xf32>
  %w = moe.softmax %s dim 2 : tensor<8x256x256xf32>
  %o = moe.einsum "gkd,gqk->gqd" %v, %w : tensor<8x256x16xf32>, tensor<8x256x256xf32> -> tensor<8x256x16xf32>
  return %o : tensor<8x256x16xf32>
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

// Without a batch, rows are cut: 2000 rows of 1 KB into 4 blocks of 500. The kernel
// reads the block's rows of what has rows, here a scale, and all of what has columns.
// CHECK-LABEL: func.func private @moe_kernel_0(
// CHECK-SAME:    %[[ROW:[a-z0-9]*]]: i64)
// CHECK:         scf.for %[[R:.*]] = %c0_i64 to %c500_i64
// CHECK:           arith.addi %[[R]], %[[ROW]]
// CHECK-LABEL: func.func private @moe_kernel_1(
// CHECK-SAME:    %[[H:[a-z0-9]*]]: !llvm.ptr {llvm.noalias}, %[[BIAS:[a-z0-9]*]]: !llvm.ptr {llvm.noalias}, %[[SCALE:[a-z0-9]*]]: !llvm.ptr {llvm.noalias})
// CHECK:         scf.for %[[R:.*]] = %c0_i64 to %c500_i64
// CHECK:           scf.for %[[C:.*]] = %c0_i64 to %c256_i64
// CHECK:             llvm.getelementptr inbounds %[[BIAS]][%[[C]]]
// CHECK:             llvm.getelementptr inbounds %[[SCALE]][%[[R]]]
// CHECK-LABEL: func.func @moe_entry_dense(
// CHECK:         scf.for %[[I:.*]] = %c0_i64 to %c4_i64
// CHECK:           call @moert_matmul_slice(%{{.*}}, %c0_i32, %[[I]], {{.*}}, %c256_i64, %c16_i64)
// CHECK:           %[[BLOCK:.*]] = arith.remui %[[I]], %c4_i64
// CHECK:           %[[BEGIN:.*]] = arith.muli %[[BLOCK]], %c500_i64
// CHECK:           %[[FIRST:.*]] = arith.minui %[[BEGIN]], %c1500_i64
// CHECK:           call @moe_kernel_0({{.*}}, %[[FIRST]])
// CHECK:           call @moert_matmul_slice(%{{.*}}, %c1_i32, %[[I]], {{.*}}, %c16_i64, %c256_i64)
func.func @dense(%x: tensor<2x1000x16xf32>, %scale: tensor<2x1000xf32>, %bias: tensor<256xf32>,
                 %wi: tensor<16x256xf32> {moe.parameter}, %wo: tensor<256x16xf32> {moe.parameter}) -> tensor<2x1000x16xf32> {
  %h = moe.einsum "gsm,mh->gsh" %x, %wi : tensor<2x1000x16xf32>, tensor<16x256xf32> -> tensor<2x1000x256xf32>
  %b = moe.broadcast %bias dims [2] : tensor<256xf32> -> tensor<2x1000x256xf32>
  %s = moe.broadcast %scale dims [0, 1] : tensor<2x1000xf32> -> tensor<2x1000x256xf32>
  %0 = arith.addf %h, %b : tensor<2x1000x256xf32>
  %1 = arith.mulf %0, %s : tensor<2x1000x256xf32>
  %o = moe.einsum "gsh,hm->gsm" %1, %wo : tensor<2x1000x256xf32>, tensor<256x16xf32> -> tensor<2x1000x16xf32>
  return %o : tensor<2x1000x16xf32>
}

// -----

// What has half of the rows' dimensions is not cut with them.
// CHECK-LABEL: func.func @moe_entry_half(
// CHECK-NOT:     moert_matmul_slice
// CHECK:         return
func.func @half(%x: tensor<2x1000x16xf32>, %scale: tensor<1000xf32>, %wi: tensor<16x256xf32>, %wo: tensor<256x16xf32>) -> tensor<2x1000x16xf32> {
  %h = moe.einsum "gsm,mh->gsh" %x, %wi : tensor<2x1000x16xf32>, tensor<16x256xf32> -> tensor<2x1000x256xf32>
  %s = moe.broadcast %scale dims [1] : tensor<1000xf32> -> tensor<2x1000x256xf32>
  %0 = arith.mulf %h, %s : tensor<2x1000x256xf32>
  %o = moe.einsum "gsh,hm->gsm" %0, %wo : tensor<2x1000x256xf32>, tensor<256x16xf32> -> tensor<2x1000x16xf32>
  return %o : tensor<2x1000x16xf32>
}

// -----

// Softmax over rows needs them all; so does a product that sums over them.
// CHECK-LABEL: func.func @moe_entry_down(
// CHECK-NOT:     moert_matmul_slice
// CHECK:         return
func.func @down(%x: tensor<2000x16xf32>, %wi: tensor<16x256xf32>, %wo: tensor<256x16xf32>) -> tensor<2000x16xf32> {
  %h = moe.einsum "sm,mh->sh" %x, %wi : tensor<2000x16xf32>, tensor<16x256xf32> -> tensor<2000x256xf32>
  %w = moe.softmax %h dim 0 : tensor<2000x256xf32>
  %o = moe.einsum "sh,hm->sm" %w, %wo : tensor<2000x256xf32>, tensor<256x16xf32> -> tensor<2000x16xf32>
  return %o : tensor<2000x16xf32>
}

// -----

// CHECK-LABEL: func.func @moe_entry_across(
// CHECK-NOT:     moert_matmul_slice
// CHECK:         return
func.func @across(%x: tensor<2000x16xf32>, %wi: tensor<16x256xf32>, %y: tensor<2000x16xf32>) -> tensor<256x16xf32> {
  %h = moe.einsum "sm,mh->sh" %x, %wi : tensor<2000x16xf32>, tensor<16x256xf32> -> tensor<2000x256xf32>
  %t = math.tanh %h : tensor<2000x256xf32>
  %o = moe.einsum "sh,sm->hm" %t, %y : tensor<2000x256xf32>, tensor<2000x16xf32> -> tensor<256x16xf32>
  return %o : tensor<256x16xf32>
}

// -----

// Causal attention: 64 rows at a time, and of them the columns up to the diagonal, to
// whole lanes. Both products and the kernel get their number.
// CHECK-LABEL: func.func private @moe_kernel_1(
// CHECK-SAME:    %[[WIDTH:[a-z0-9]*]]: i64, %[[ROW:[a-z0-9]*]]: i64)
// CHECK:         scf.for %{{.*}} = %c0_i64 to %c64_i64
// CHECK:           scf.for %{{.*}} = %c0_i64 to %[[WIDTH]]
// CHECK:           arith.divui %[[WIDTH]], %c16_i64
// CHECK-LABEL: func.func @moe_entry_causal(
// CHECK:         scf.for %[[I:.*]] = %c0_i64 to %c32_i64
// CHECK:           %[[BLOCK:.*]] = arith.remui %[[I]], %c4_i64
// CHECK:           %[[BEGIN:.*]] = arith.muli %[[BLOCK]], %c64_i64
// CHECK:           %[[FIRST:.*]] = arith.minui %[[BEGIN]], %c192_i64
// CHECK:           %[[END:.*]] = arith.addi %[[FIRST]], %c79_i64
// CHECK:           %[[LANES:.*]] = arith.divui %[[END]], %c16_i64
// CHECK:           %[[WHOLE:.*]] = arith.muli %[[LANES]], %c16_i64
// CHECK:           %[[COLUMNS:.*]] = arith.minui %[[WHOLE]], %c256_i64
// CHECK:           call @moert_matmul_slice({{.*}}, %[[COLUMNS]], %c16_i64)
// CHECK:           call @moe_kernel_1({{.*}}, %[[COLUMNS]], %[[FIRST]])
// CHECK:           call @moert_matmul_slice({{.*}}, %c16_i64, %[[COLUMNS]])
func.func @causal(%q: tensor<2x256x4x16xf32>, %k: tensor<2x256x4x16xf32>, %v: tensor<2x256x4x16xf32>) -> tensor<2x256x4x16xf32> {
  %s = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<2x256x4x16xf32>, tensor<2x256x4x16xf32> -> tensor<2x4x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<2x4x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %mask = arith.cmpi sle, %column, %row : tensor<256x256xi32>
  %visible = moe.broadcast %mask dims [2, 3] : tensor<256x256xi1> -> tensor<2x4x256x256xi1>
  %masked = arith.select %visible, %s, %never : tensor<2x4x256x256xi1>, tensor<2x4x256x256xf32>
  %weights = moe.softmax %masked dim 3 : tensor<2x4x256x256xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %weights, %v : tensor<2x4x256x256xf32>, tensor<2x256x4x16xf32> -> tensor<2x256x4x16xf32>
  return %o : tensor<2x256x4x16xf32>
}

// -----

// The same mask, written the other way round.
// CHECK-LABEL: func.func @moe_entry_turned(
// CHECK:         scf.for %{{.*}} = %c0_i64 to %c32_i64
// CHECK:           arith.minui %{{.*}}, %c256_i64
func.func @turned(%q: tensor<2x256x4x16xf32>, %k: tensor<2x256x4x16xf32>, %v: tensor<2x256x4x16xf32>) -> tensor<2x256x4x16xf32> {
  %s = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<2x256x4x16xf32>, tensor<2x256x4x16xf32> -> tensor<2x4x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<2x4x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %mask = arith.cmpi sge, %row, %column : tensor<256x256xi32>
  %visible = moe.broadcast %mask dims [2, 3] : tensor<256x256xi1> -> tensor<2x4x256x256xi1>
  %masked = arith.select %visible, %s, %never : tensor<2x4x256x256xi1>, tensor<2x4x256x256xf32>
  %weights = moe.softmax %masked dim 3 : tensor<2x4x256x256xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %weights, %v : tensor<2x4x256x256xf32>, tensor<2x256x4x16xf32> -> tensor<2x256x4x16xf32>
  return %o : tensor<2x256x4x16xf32>
}

// -----

// The future hidden, not the past shown.
// CHECK-LABEL: func.func @moe_entry_future(
// CHECK:         scf.for %{{.*}} = %c0_i64 to %c32_i64
// CHECK:           arith.minui %{{.*}}, %c256_i64
func.func @future(%q: tensor<2x256x4x16xf32>, %k: tensor<2x256x4x16xf32>, %v: tensor<2x256x4x16xf32>) -> tensor<2x256x4x16xf32> {
  %s = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<2x256x4x16xf32>, tensor<2x256x4x16xf32> -> tensor<2x4x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<2x4x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %mask = arith.cmpi ugt, %column, %row : tensor<256x256xi32>
  %visible = moe.broadcast %mask dims [2, 3] : tensor<256x256xi1> -> tensor<2x4x256x256xi1>
  %masked = arith.select %visible, %never, %s : tensor<2x4x256x256xi1>, tensor<2x4x256x256xf32>
  %weights = moe.softmax %masked dim 3 : tensor<2x4x256x256xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %weights, %v : tensor<2x4x256x256xf32>, tensor<2x256x4x16xf32> -> tensor<2x256x4x16xf32>
  return %o : tensor<2x256x4x16xf32>
}

// -----

// CHECK-LABEL: func.func @moe_entry_before(
// CHECK:         scf.for %{{.*}} = %c0_i64 to %c32_i64
// CHECK:           arith.minui %{{.*}}, %c256_i64
func.func @before(%q: tensor<2x256x4x16xf32>, %k: tensor<2x256x4x16xf32>, %v: tensor<2x256x4x16xf32>) -> tensor<2x256x4x16xf32> {
  %s = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<2x256x4x16xf32>, tensor<2x256x4x16xf32> -> tensor<2x4x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<2x4x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %mask = arith.cmpi ult, %row, %column : tensor<256x256xi32>
  %visible = moe.broadcast %mask dims [2, 3] : tensor<256x256xi1> -> tensor<2x4x256x256xi1>
  %masked = arith.select %visible, %never, %s : tensor<2x4x256x256xi1>, tensor<2x4x256x256xf32>
  %weights = moe.softmax %masked dim 3 : tensor<2x4x256x256xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %weights, %v : tensor<2x4x256x256xf32>, tensor<2x256x4x16xf32> -> tensor<2x256x4x16xf32>
  return %o : tensor<2x256x4x16xf32>
}

// -----

// What is computed before the mask does not matter.
// CHECK-LABEL: func.func @moe_entry_scaled(
// CHECK:         scf.for %{{.*}} = %c0_i64 to %c32_i64
// CHECK:           arith.minui %{{.*}}, %c256_i64
func.func @scaled(%q: tensor<2x256x4x16xf32>, %k: tensor<2x256x4x16xf32>, %v: tensor<2x256x4x16xf32>) -> tensor<2x256x4x16xf32> {
  %s = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<2x256x4x16xf32>, tensor<2x256x4x16xf32> -> tensor<2x4x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<2x4x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %t = math.tanh %s : tensor<2x4x256x256xf32>
  %mask = arith.cmpi sle, %column, %row : tensor<256x256xi32>
  %visible = moe.broadcast %mask dims [2, 3] : tensor<256x256xi1> -> tensor<2x4x256x256xi1>
  %masked = arith.select %visible, %t, %never : tensor<2x4x256x256xi1>, tensor<2x4x256x256xf32>
  %weights = moe.softmax %masked dim 3 : tensor<2x4x256x256xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %weights, %v : tensor<2x4x256x256xf32>, tensor<2x256x4x16xf32> -> tensor<2x256x4x16xf32>
  return %o : tensor<2x256x4x16xf32>
}

// -----

// One column more than the past.
// CHECK-LABEL: func.func @moe_entry_next(
// CHECK-NOT:     arith.minui
// CHECK:         return
func.func @next(%q: tensor<2x256x4x16xf32>, %k: tensor<2x256x4x16xf32>, %v: tensor<2x256x4x16xf32>) -> tensor<2x256x4x16xf32> {
  %s = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<2x256x4x16xf32>, tensor<2x256x4x16xf32> -> tensor<2x4x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<2x4x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %one = arith.constant dense<1> : tensor<256x256xi32>
  %next = arith.addi %row, %one : tensor<256x256xi32>
  %mask = arith.cmpi sle, %column, %next : tensor<256x256xi32>
  %visible = moe.broadcast %mask dims [2, 3] : tensor<256x256xi1> -> tensor<2x4x256x256xi1>
  %masked = arith.select %visible, %s, %never : tensor<2x4x256x256xi1>, tensor<2x4x256x256xf32>
  %weights = moe.softmax %masked dim 3 : tensor<2x4x256x256xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %weights, %v : tensor<2x4x256x256xf32>, tensor<2x256x4x16xf32> -> tensor<2x256x4x16xf32>
  return %o : tensor<2x256x4x16xf32>
}

// -----

// A mask that is an argument.
// CHECK-LABEL: func.func @moe_entry_given(
// CHECK-NOT:     arith.minui
// CHECK:         return
func.func @given(%q: tensor<2x256x4x16xf32>, %k: tensor<2x256x4x16xf32>, %v: tensor<2x256x4x16xf32>, %mask: tensor<256x256xi1>) -> tensor<2x256x4x16xf32> {
  %s = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<2x256x4x16xf32>, tensor<2x256x4x16xf32> -> tensor<2x4x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<2x4x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %visible = moe.broadcast %mask dims [2, 3] : tensor<256x256xi1> -> tensor<2x4x256x256xi1>
  %masked = arith.select %visible, %s, %never : tensor<2x4x256x256xi1>, tensor<2x4x256x256xf32>
  %weights = moe.softmax %masked dim 3 : tensor<2x4x256x256xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %weights, %v : tensor<2x4x256x256xf32>, tensor<2x256x4x16xf32> -> tensor<2x256x4x16xf32>
  return %o : tensor<2x256x4x16xf32>
}

// -----

// Arms swapped: the past is hidden.
// CHECK-LABEL: func.func @moe_entry_swapped(
// CHECK-NOT:     arith.minui
// CHECK:         return
func.func @swapped(%q: tensor<2x256x4x16xf32>, %k: tensor<2x256x4x16xf32>, %v: tensor<2x256x4x16xf32>) -> tensor<2x256x4x16xf32> {
  %s = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<2x256x4x16xf32>, tensor<2x256x4x16xf32> -> tensor<2x4x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<2x4x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %mask = arith.cmpi sle, %column, %row : tensor<256x256xi32>
  %visible = moe.broadcast %mask dims [2, 3] : tensor<256x256xi1> -> tensor<2x4x256x256xi1>
  %masked = arith.select %visible, %never, %s : tensor<2x4x256x256xi1>, tensor<2x4x256x256xf32>
  %weights = moe.softmax %masked dim 3 : tensor<2x4x256x256xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %weights, %v : tensor<2x4x256x256xf32>, tensor<2x256x4x16xf32> -> tensor<2x256x4x16xf32>
  return %o : tensor<2x256x4x16xf32>
}

// -----

// The future shown.
// CHECK-LABEL: func.func @moe_entry_transposed(
// CHECK-NOT:     arith.minui
// CHECK:         return
func.func @transposed(%q: tensor<2x256x4x16xf32>, %k: tensor<2x256x4x16xf32>, %v: tensor<2x256x4x16xf32>) -> tensor<2x256x4x16xf32> {
  %s = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<2x256x4x16xf32>, tensor<2x256x4x16xf32> -> tensor<2x4x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<2x4x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %mask = arith.cmpi sle, %row, %column : tensor<256x256xi32>
  %visible = moe.broadcast %mask dims [2, 3] : tensor<256x256xi1> -> tensor<2x4x256x256xi1>
  %masked = arith.select %visible, %s, %never : tensor<2x4x256x256xi1>, tensor<2x4x256x256xf32>
  %weights = moe.softmax %masked dim 3 : tensor<2x4x256x256xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %weights, %v : tensor<2x4x256x256xf32>, tensor<2x256x4x16xf32> -> tensor<2x256x4x16xf32>
  return %o : tensor<2x256x4x16xf32>
}

// -----

// Less than the past; row 0, which sees nothing, is NaN either way.
// CHECK-LABEL: func.func @moe_entry_strict(
// CHECK:         scf.for %{{.*}} = %c0_i64 to %c32_i64
// CHECK:           arith.minui %{{.*}}, %c256_i64
func.func @strict(%q: tensor<2x256x4x16xf32>, %k: tensor<2x256x4x16xf32>, %v: tensor<2x256x4x16xf32>) -> tensor<2x256x4x16xf32> {
  %s = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<2x256x4x16xf32>, tensor<2x256x4x16xf32> -> tensor<2x4x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<2x4x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %mask = arith.cmpi slt, %column, %row : tensor<256x256xi32>
  %visible = moe.broadcast %mask dims [2, 3] : tensor<256x256xi1> -> tensor<2x4x256x256xi1>
  %masked = arith.select %visible, %s, %never : tensor<2x4x256x256xi1>, tensor<2x4x256x256xf32>
  %weights = moe.softmax %masked dim 3 : tensor<2x4x256x256xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %weights, %v : tensor<2x4x256x256xf32>, tensor<2x256x4x16xf32> -> tensor<2x256x4x16xf32>
  return %o : tensor<2x256x4x16xf32>
}

// -----

// Softmax along the rows.
// CHECK-LABEL: func.func @moe_entry_along(
// CHECK-NOT:     arith.minui
// CHECK:         return
func.func @along(%q: tensor<2x256x4x16xf32>, %k: tensor<2x256x4x16xf32>, %v: tensor<2x256x4x16xf32>) -> tensor<2x256x4x16xf32> {
  %s = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<2x256x4x16xf32>, tensor<2x256x4x16xf32> -> tensor<2x4x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<2x4x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %mask = arith.cmpi sle, %column, %row : tensor<256x256xi32>
  %visible = moe.broadcast %mask dims [2, 3] : tensor<256x256xi1> -> tensor<2x4x256x256xi1>
  %masked = arith.select %visible, %s, %never : tensor<2x4x256x256xi1>, tensor<2x4x256x256xf32>
  %weights = moe.softmax %masked dim 2 : tensor<2x4x256x256xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %weights, %v : tensor<2x4x256x256xf32>, tensor<2x256x4x16xf32> -> tensor<2x256x4x16xf32>
  return %o : tensor<2x256x4x16xf32>
}

// -----

// exp of a finite number is no zero by proof.
// CHECK-LABEL: func.func @moe_entry_finite(
// CHECK-NOT:     arith.minui
// CHECK:         return
func.func @finite(%q: tensor<2x256x4x16xf32>, %k: tensor<2x256x4x16xf32>, %v: tensor<2x256x4x16xf32>) -> tensor<2x256x4x16xf32> {
  %s = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<2x256x4x16xf32>, tensor<2x256x4x16xf32> -> tensor<2x4x256x256xf32>
  %never = arith.constant dense<-1.0e30> : tensor<2x4x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %mask = arith.cmpi sle, %column, %row : tensor<256x256xi32>
  %visible = moe.broadcast %mask dims [2, 3] : tensor<256x256xi1> -> tensor<2x4x256x256xi1>
  %masked = arith.select %visible, %s, %never : tensor<2x4x256x256xi1>, tensor<2x4x256x256xf32>
  %weights = moe.softmax %masked dim 3 : tensor<2x4x256x256xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %weights, %v : tensor<2x4x256x256xf32>, tensor<2x256x4x16xf32> -> tensor<2x256x4x16xf32>
  return %o : tensor<2x256x4x16xf32>
}

// -----

// The logarithm of zero is no zero.
// CHECK-LABEL: func.func @moe_entry_logs(
// CHECK-NOT:     arith.minui
// CHECK:         return
func.func @logs(%q: tensor<2x256x4x16xf32>, %k: tensor<2x256x4x16xf32>, %v: tensor<2x256x4x16xf32>) -> tensor<2x256x4x16xf32> {
  %s = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<2x256x4x16xf32>, tensor<2x256x4x16xf32> -> tensor<2x4x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<2x4x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %mask = arith.cmpi sle, %column, %row : tensor<256x256xi32>
  %visible = moe.broadcast %mask dims [2, 3] : tensor<256x256xi1> -> tensor<2x4x256x256xi1>
  %masked = arith.select %visible, %s, %never : tensor<2x4x256x256xi1>, tensor<2x4x256x256xf32>
  %weights = moe.log_softmax %masked dim 3 : tensor<2x4x256x256xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %weights, %v : tensor<2x4x256x256xf32>, tensor<2x256x4x16xf32> -> tensor<2x256x4x16xf32>
  return %o : tensor<2x256x4x16xf32>
}

// -----

// Zero times what is behind the mask may be NaN.
// CHECK-LABEL: func.func @moe_entry_again(
// CHECK-NOT:     arith.minui
// CHECK:         return
func.func @again(%q: tensor<2x256x4x16xf32>, %k: tensor<2x256x4x16xf32>, %v: tensor<2x256x4x16xf32>) -> tensor<2x256x4x16xf32> {
  %s = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<2x256x4x16xf32>, tensor<2x256x4x16xf32> -> tensor<2x4x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<2x4x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %mask = arith.cmpi sle, %column, %row : tensor<256x256xi32>
  %visible = moe.broadcast %mask dims [2, 3] : tensor<256x256xi1> -> tensor<2x4x256x256xi1>
  %masked = arith.select %visible, %s, %never : tensor<2x4x256x256xi1>, tensor<2x4x256x256xf32>
  %weights = moe.softmax %masked dim 3 : tensor<2x4x256x256xf32>
  %again = arith.mulf %weights, %s : tensor<2x4x256x256xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %again, %v : tensor<2x4x256x256xf32>, tensor<2x256x4x16xf32> -> tensor<2x256x4x16xf32>
  return %o : tensor<2x256x4x16xf32>
}

// -----

// A softmax before the mask sees all columns.
// CHECK-LABEL: func.func @moe_entry_twice(
// CHECK-NOT:     arith.minui
// CHECK:         return
func.func @twice(%q: tensor<2x256x4x16xf32>, %k: tensor<2x256x4x16xf32>, %v: tensor<2x256x4x16xf32>) -> tensor<2x256x4x16xf32> {
  %s = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<2x256x4x16xf32>, tensor<2x256x4x16xf32> -> tensor<2x4x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<2x4x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %t = moe.softmax %s dim 3 : tensor<2x4x256x256xf32>
  %mask = arith.cmpi sle, %column, %row : tensor<256x256xi32>
  %visible = moe.broadcast %mask dims [2, 3] : tensor<256x256xi1> -> tensor<2x4x256x256xi1>
  %masked = arith.select %visible, %t, %never : tensor<2x4x256x256xi1>, tensor<2x4x256x256xf32>
  %weights = moe.softmax %masked dim 3 : tensor<2x4x256x256xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %weights, %v : tensor<2x4x256x256xf32>, tensor<2x256x4x16xf32> -> tensor<2x256x4x16xf32>
  return %o : tensor<2x256x4x16xf32>
}

// -----

// What else a mask may compare hides other columns than the later ones.
// CHECK-LABEL: func.func @moe_entry_rows_against_others(
// CHECK-NOT:     arith.minui %{{.*}}, %c256_i64
// CHECK:         return
func.func @rows_against_others(%q: tensor<2x256x4x16xf32>, %k: tensor<2x256x4x16xf32>, %v: tensor<2x256x4x16xf32>, %other: tensor<256x256xi32>) -> tensor<2x256x4x16xf32> {
  %s = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<2x256x4x16xf32>, tensor<2x256x4x16xf32> -> tensor<2x4x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<2x4x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %mask = arith.cmpi sge, %row, %other : tensor<256x256xi32>
  %visible = moe.broadcast %mask dims [2, 3] : tensor<256x256xi1> -> tensor<2x4x256x256xi1>
  %masked = arith.select %visible, %s, %never : tensor<2x4x256x256xi1>, tensor<2x4x256x256xf32>
  %weights = moe.softmax %masked dim 3 : tensor<2x4x256x256xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %weights, %v : tensor<2x4x256x256xf32>, tensor<2x256x4x16xf32> -> tensor<2x256x4x16xf32>
  return %o : tensor<2x256x4x16xf32>
}

// -----

// CHECK-LABEL: func.func @moe_entry_others_against_columns(
// CHECK-NOT:     arith.minui %{{.*}}, %c256_i64
// CHECK:         return
func.func @others_against_columns(%q: tensor<2x256x4x16xf32>, %k: tensor<2x256x4x16xf32>, %v: tensor<2x256x4x16xf32>, %other: tensor<256x256xi32>) -> tensor<2x256x4x16xf32> {
  %s = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<2x256x4x16xf32>, tensor<2x256x4x16xf32> -> tensor<2x4x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<2x4x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %mask = arith.cmpi sge, %other, %column : tensor<256x256xi32>
  %visible = moe.broadcast %mask dims [2, 3] : tensor<256x256xi1> -> tensor<2x4x256x256xi1>
  %masked = arith.select %visible, %s, %never : tensor<2x4x256x256xi1>, tensor<2x4x256x256xf32>
  %weights = moe.softmax %masked dim 3 : tensor<2x4x256x256xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %weights, %v : tensor<2x4x256x256xf32>, tensor<2x256x4x16xf32> -> tensor<2x256x4x16xf32>
  return %o : tensor<2x256x4x16xf32>
}

// -----

// CHECK-LABEL: func.func @moe_entry_columns_against_others(
// CHECK-NOT:     arith.minui %{{.*}}, %c256_i64
// CHECK:         return
func.func @columns_against_others(%q: tensor<2x256x4x16xf32>, %k: tensor<2x256x4x16xf32>, %v: tensor<2x256x4x16xf32>, %other: tensor<256x256xi32>) -> tensor<2x256x4x16xf32> {
  %s = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<2x256x4x16xf32>, tensor<2x256x4x16xf32> -> tensor<2x4x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<2x4x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %mask = arith.cmpi sle, %column, %other : tensor<256x256xi32>
  %visible = moe.broadcast %mask dims [2, 3] : tensor<256x256xi1> -> tensor<2x4x256x256xi1>
  %masked = arith.select %visible, %s, %never : tensor<2x4x256x256xi1>, tensor<2x4x256x256xf32>
  %weights = moe.softmax %masked dim 3 : tensor<2x4x256x256xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %weights, %v : tensor<2x4x256x256xf32>, tensor<2x256x4x16xf32> -> tensor<2x256x4x16xf32>
  return %o : tensor<2x256x4x16xf32>
}

// -----

// CHECK-LABEL: func.func @moe_entry_others_against_rows(
// CHECK-NOT:     arith.minui %{{.*}}, %c256_i64
// CHECK:         return
func.func @others_against_rows(%q: tensor<2x256x4x16xf32>, %k: tensor<2x256x4x16xf32>, %v: tensor<2x256x4x16xf32>, %other: tensor<256x256xi32>) -> tensor<2x256x4x16xf32> {
  %s = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<2x256x4x16xf32>, tensor<2x256x4x16xf32> -> tensor<2x4x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<2x4x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %mask = arith.cmpi sle, %other, %row : tensor<256x256xi32>
  %visible = moe.broadcast %mask dims [2, 3] : tensor<256x256xi1> -> tensor<2x4x256x256xi1>
  %masked = arith.select %visible, %s, %never : tensor<2x4x256x256xi1>, tensor<2x4x256x256xf32>
  %weights = moe.softmax %masked dim 3 : tensor<2x4x256x256xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %weights, %v : tensor<2x4x256x256xf32>, tensor<2x256x4x16xf32> -> tensor<2x256x4x16xf32>
  return %o : tensor<2x256x4x16xf32>
}

// -----

// CHECK-LABEL: func.func @moe_entry_rows_behind(
// CHECK-NOT:     arith.minui %{{.*}}, %c256_i64
// CHECK:         return
func.func @rows_behind(%q: tensor<2x256x4x16xf32>, %k: tensor<2x256x4x16xf32>, %v: tensor<2x256x4x16xf32>, %other: tensor<256x256xi32>) -> tensor<2x256x4x16xf32> {
  %s = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<2x256x4x16xf32>, tensor<2x256x4x16xf32> -> tensor<2x4x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<2x4x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %mask = arith.cmpi slt, %row, %column : tensor<256x256xi32>
  %visible = moe.broadcast %mask dims [2, 3] : tensor<256x256xi1> -> tensor<2x4x256x256xi1>
  %masked = arith.select %visible, %s, %never : tensor<2x4x256x256xi1>, tensor<2x4x256x256xf32>
  %weights = moe.softmax %masked dim 3 : tensor<2x4x256x256xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %weights, %v : tensor<2x4x256x256xf32>, tensor<2x256x4x16xf32> -> tensor<2x256x4x16xf32>
  return %o : tensor<2x256x4x16xf32>
}

// -----

// CHECK-LABEL: func.func @moe_entry_all_but_the_diagonal(
// CHECK-NOT:     arith.minui %{{.*}}, %c256_i64
// CHECK:         return
func.func @all_but_the_diagonal(%q: tensor<2x256x4x16xf32>, %k: tensor<2x256x4x16xf32>, %v: tensor<2x256x4x16xf32>, %other: tensor<256x256xi32>) -> tensor<2x256x4x16xf32> {
  %s = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<2x256x4x16xf32>, tensor<2x256x4x16xf32> -> tensor<2x4x256x256xf32>
  %never = arith.constant dense<0xFF800000> : tensor<2x4x256x256xf32>
  %row = moe.iota dim 0 : tensor<256x256xi32>
  %column = moe.iota dim 1 : tensor<256x256xi32>
  %mask = arith.cmpi ne, %row, %column : tensor<256x256xi32>
  %visible = moe.broadcast %mask dims [2, 3] : tensor<256x256xi1> -> tensor<2x4x256x256xi1>
  %masked = arith.select %visible, %s, %never : tensor<2x4x256x256xi1>, tensor<2x4x256x256xf32>
  %weights = moe.softmax %masked dim 3 : tensor<2x4x256x256xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %weights, %v : tensor<2x4x256x256xf32>, tensor<2x256x4x16xf32> -> tensor<2x256x4x16xf32>
  return %o : tensor<2x256x4x16xf32>
}

// -----

// What makes an operand is looked at once, however often it is used.
// CHECK-LABEL: func.func @moe_entry_doubled(
// CHECK:         call @moert_matmul
func.func @doubled(%q: tensor<8x256x16xf32>, %k: tensor<8x256x16xf32>, %v: tensor<8x256x16xf32>, %z: tensor<8x256x256xf32>) -> tensor<8x256x16xf32> {
  %s = moe.einsum "gqd,gkd->gqk" %q, %k : tensor<8x256x16xf32>, tensor<8x256x16xf32> -> tensor<8x256x256xf32>
  %d0 = arith.addf %z, %z : tensor<8x256x256xf32>
  %d1 = arith.addf %d0, %d0 : tensor<8x256x256xf32>
  %d2 = arith.addf %d1, %d1 : tensor<8x256x256xf32>
  %d3 = arith.addf %d2, %d2 : tensor<8x256x256xf32>
  %d4 = arith.addf %d3, %d3 : tensor<8x256x256xf32>
  %d5 = arith.addf %d4, %d4 : tensor<8x256x256xf32>
  %d6 = arith.addf %d5, %d5 : tensor<8x256x256xf32>
  %d7 = arith.addf %d6, %d6 : tensor<8x256x256xf32>
  %d8 = arith.addf %d7, %d7 : tensor<8x256x256xf32>
  %d9 = arith.addf %d8, %d8 : tensor<8x256x256xf32>
  %d10 = arith.addf %d9, %d9 : tensor<8x256x256xf32>
  %d11 = arith.addf %d10, %d10 : tensor<8x256x256xf32>
  %d12 = arith.addf %d11, %d11 : tensor<8x256x256xf32>
  %d13 = arith.addf %d12, %d12 : tensor<8x256x256xf32>
  %d14 = arith.addf %d13, %d13 : tensor<8x256x256xf32>
  %d15 = arith.addf %d14, %d14 : tensor<8x256x256xf32>
  %d16 = arith.addf %d15, %d15 : tensor<8x256x256xf32>
  %d17 = arith.addf %d16, %d16 : tensor<8x256x256xf32>
  %d18 = arith.addf %d17, %d17 : tensor<8x256x256xf32>
  %d19 = arith.addf %d18, %d18 : tensor<8x256x256xf32>
  %d20 = arith.addf %d19, %d19 : tensor<8x256x256xf32>
  %d21 = arith.addf %d20, %d20 : tensor<8x256x256xf32>
  %d22 = arith.addf %d21, %d21 : tensor<8x256x256xf32>
  %d23 = arith.addf %d22, %d22 : tensor<8x256x256xf32>
  %d24 = arith.addf %d23, %d23 : tensor<8x256x256xf32>
  %d25 = arith.addf %d24, %d24 : tensor<8x256x256xf32>
  %d26 = arith.addf %d25, %d25 : tensor<8x256x256xf32>
  %d27 = arith.addf %d26, %d26 : tensor<8x256x256xf32>
  %d28 = arith.addf %d27, %d27 : tensor<8x256x256xf32>
  %d29 = arith.addf %d28, %d28 : tensor<8x256x256xf32>
  %d30 = arith.addf %d29, %d29 : tensor<8x256x256xf32>
  %d31 = arith.addf %d30, %d30 : tensor<8x256x256xf32>
  %d32 = arith.addf %d31, %d31 : tensor<8x256x256xf32>
  %d33 = arith.addf %d32, %d32 : tensor<8x256x256xf32>
  %w = arith.addf %s, %d33 : tensor<8x256x256xf32>
  %o = moe.einsum "gqk,gkd->gqd" %w, %v : tensor<8x256x256xf32>, tensor<8x256x16xf32> -> tensor<8x256x16xf32>
  return %o : tensor<8x256x16xf32>
}
