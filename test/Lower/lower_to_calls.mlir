// RUN: moe-opt %s --moe-lower-to-calls --canonicalize --cse --moe-verify-lowered --split-input-file | FileCheck %s

// A product with a weight goes to the runtime; what follows it is one kernel, which
// overwrites the product.
// CHECK-LABEL: func.func @moe_entry_mlp(
// CHECK-SAME:    %[[CONTEXT:.*]]: !llvm.ptr, %[[ARENA:.*]]: !llvm.ptr, %[[ARGUMENTS:.*]]: !llvm.ptr, %[[RESULTS:.*]]: !llvm.ptr)
// CHECK-DAG:     %[[SITE0:.*]] = arith.constant 0 : i32
// CHECK-DAG:     %[[SITE1:.*]] = arith.constant 1 : i32
// CHECK:         call @moert_matmul(%[[CONTEXT]], %[[SITE0]], %{{.*}}, %{{.*}}, %[[ARENA]])
// CHECK:         call @moe_kernel_0(%[[ARENA]], %{{.*}}) : (!llvm.ptr, !llvm.ptr)
// CHECK:         call @moert_matmul(%[[CONTEXT]], %[[SITE1]], %[[ARENA]], %{{.*}}, %{{.*}})
// CHECK-NEXT:    return
func.func @mlp(%x: tensor<4x8xf32>, %w1: tensor<8x16xf32> {moe.parameter}, %b: tensor<16xf32>,
               %w2: tensor<16x8xf32> {moe.parameter}) -> tensor<4x8xf32> {
  %0 = moe.einsum "sm,mh->sh" %x, %w1 : tensor<4x8xf32>, tensor<8x16xf32> -> tensor<4x16xf32>
  %1 = moe.broadcast %b dims [1] : tensor<16xf32> -> tensor<4x16xf32>
  %2 = arith.addf %0, %1 : tensor<4x16xf32>
  %3 = math.tanh %2 : tensor<4x16xf32>
  %4 = moe.einsum "sh,hm->sm" %3, %w2 : tensor<4x16xf32>, tensor<16x8xf32> -> tensor<4x8xf32>
  return %4 : tensor<4x8xf32>
}

// -----

// A weight is the operand that the runtime packs, wherever it stands; here it is the
// function's first argument.
// CHECK:       moe.manifest = "{{.*}}\22b_argument\22:0,
// CHECK-LABEL: func.func @moe_entry_weight_first(
func.func @weight_first(%w: tensor<16x8xf32> {moe.parameter}, %x: tensor<4x8xf32>) -> tensor<4x16xf32> {
  %0 = moe.einsum "hm,sm->sh" %w, %x : tensor<16x8xf32>, tensor<4x8xf32> -> tensor<4x16xf32>
  return %0 : tensor<4x16xf32>
}

// -----

// A product of three, in bf16 too, is two products of the runtime; the second one is of
// f32, to which its other operand is widened.
// CHECK-LABEL: func.func @moe_entry_three_factors(
// CHECK:         call @moert_matmul(
// CHECK:         call @moe_kernel_0(
// CHECK:         call @moert_matmul(
// CHECK:         call @moe_kernel_1(
// CHECK:         return
func.func @three_factors(%x: tensor<4x8xbf16>, %w1: tensor<8x16xbf16>, %w2: tensor<16x4xbf16>) -> tensor<4x4xbf16> {
  %0 = moe.einsum "sm,mh,hk->sk" %x, %w1, %w2 : tensor<4x8xbf16>, tensor<8x16xbf16>, tensor<16x4xbf16> -> tensor<4x4xbf16>
  return %0 : tensor<4x4xbf16>
}

// -----

// Pointwise chains run over one row-major index, whatever their rank; the host
// passes its size, so that one kernel serves all shapes.
// CHECK-LABEL: func.func private @moe_kernel_0
// CHECK-SAME:    %[[N:[a-z0-9]*]]: i64)
// CHECK:         scf.for %[[I:.*]] = %{{.*}} to %[[N]]
// CHECK-NOT:     scf.for
// CHECK:         return
// CHECK-NOT:   func.func private @moe_kernel_1
// CHECK-LABEL: func.func @moe_entry_flat
// CHECK:         call @moe_kernel_0({{.*}}, %c24_i64)
// CHECK:         call @moe_kernel_0({{.*}}, %c35_i64)
func.func @flat(%x: tensor<2x3x4xf32>, %y: tensor<5x7xf32>) -> (tensor<2x3x4xf32>, tensor<5x7xf32>) {
  %0 = arith.mulf %x, %x : tensor<2x3x4xf32>
  %1 = arith.negf %0 : tensor<2x3x4xf32>
  %2 = arith.mulf %y, %y : tensor<5x7xf32>
  %3 = arith.negf %2 : tensor<5x7xf32>
  return %1, %3 : tensor<2x3x4xf32>, tensor<5x7xf32>
}

// -----

// Random numbers that differ in shape and stream are one kernel too.
// CHECK:       func.func private @moe_kernel_0
// CHECK-NOT:   func.func private @moe_kernel_1
// CHECK-LABEL: func.func @moe_entry_init
func.func @init(%seed: tensor<i32>, %scale: tensor<f32>) -> (tensor<4x8xf32>, tensor<2x3x4xf32>) {
  %0 = moe.random normal %seed stream 0 : tensor<i32> -> tensor<4x8xf32>
  %1 = moe.broadcast %scale dims [] : tensor<f32> -> tensor<4x8xf32>
  %2 = arith.mulf %0, %1 : tensor<4x8xf32>
  %3 = moe.random normal %seed stream 1 : tensor<i32> -> tensor<2x3x4xf32>
  %4 = moe.broadcast %scale dims [] : tensor<f32> -> tensor<2x3x4xf32>
  %5 = arith.mulf %3, %4 : tensor<2x3x4xf32>
  return %2, %5 : tensor<4x8xf32>, tensor<2x3x4xf32>
}

// -----

// Equal kernels are one function, also across entries.
// CHECK:       func.func private @moe_kernel_0
// CHECK-NOT:   func.func private @moe_kernel_1
// CHECK-LABEL: func.func @moe_entry_twice
// CHECK:         call @moe_kernel_0
// CHECK:         call @moe_kernel_0
// CHECK-LABEL: func.func @moe_entry_once
// CHECK:         call @moe_kernel_0
func.func @twice(%x: tensor<6xi32>) -> tensor<6xi32> {
  %0 = moe.cumsum %x dim 0 : tensor<6xi32>
  %1 = moe.cumsum %0 dim 0 : tensor<6xi32>
  return %1 : tensor<6xi32>
}
func.func @once(%x: tensor<6xi32>) -> tensor<6xi32> {
  %0 = moe.cumsum %x dim 0 : tensor<6xi32>
  return %0 : tensor<6xi32>
}

// -----

// A one-hot mask is computed where it is read and never lies in memory.
// CHECK:       moe.manifest = "{{.*}}arena_bytes\22:0,
// CHECK-LABEL: func.func @moe_entry_mask_stays_index
func.func @mask_stays_index(%e: tensor<4xi32>, %x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = moe.one_hot %e : tensor<4xi32> -> tensor<4x8xf32>
  %1 = arith.mulf %0, %x : tensor<4x8xf32>
  %2 = arith.addf %1, %0 : tensor<4x8xf32>
  return %2 : tensor<4x8xf32>
}

// -----

// A value that one kernel reads twice is computed in it, also where a longer
// way leads to one of the readers.
// CHECK:       moe.manifest = "{{.*}}arena_bytes\22:0,
// CHECK-NOT:   func.func private @moe_kernel_1
// CHECK-LABEL: func.func @moe_entry_silu
func.func @silu(%narrow: tensor<4x8xbf16>) -> tensor<4x8xbf16> {
  %one = arith.constant dense<1.0> : tensor<4x8xf32>
  %bias = arith.constant dense<0.5> : tensor<4x8xf32>
  %wide = arith.extf %narrow : tensor<4x8xbf16> to tensor<4x8xf32>
  %x = arith.addf %wide, %bias : tensor<4x8xf32>
  %minus = arith.negf %x : tensor<4x8xf32>
  %power = math.exp %minus : tensor<4x8xf32>
  %sum = arith.addf %power, %one : tensor<4x8xf32>
  %wide_result = arith.divf %x, %sum : tensor<4x8xf32>
  %result = arith.truncf %wide_result : tensor<4x8xf32> to tensor<4x8xbf16>
  return %result : tensor<4x8xbf16>
}

// -----

// Two kernels read it: it lies in memory.
// CHECK:       moe.manifest = "{{.*}}arena_bytes\22:128,
// CHECK-LABEL: func.func @moe_entry_centred
func.func @centred(%x: tensor<4x8xf32>, %mean: tensor<4x8xf32>) -> (tensor<4xf32>, tensor<4x8xf32>) {
  %centred = arith.subf %x, %mean : tensor<4x8xf32>
  %sum = moe.reduce sum %centred dims [1] : tensor<4x8xf32> -> tensor<4xf32>
  %double = arith.addf %centred, %x : tensor<4x8xf32>
  return %sum, %double : tensor<4xf32>, tensor<4x8xf32>
}

// -----

// What nothing reads reads nothing: the softmax lies where the sums did.
// CHECK:       moe.manifest = "{{.*}}arena_bytes\22:128,
// CHECK-LABEL: func.func @moe_entry_dead
func.func @dead(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %sums = moe.cumsum %x dim 0 : tensor<4x8xf32>
  %parts = moe.softmax %sums dim 1 : tensor<4x8xf32>
  %dead = arith.negf %sums : tensor<4x8xf32>
  %result = moe.cumsum %parts dim 0 : tensor<4x8xf32>
  return %result : tensor<4x8xf32>
}

// -----

// What is masked lies where it did before.
// CHECK:       moe.manifest = "{{.*}}arena_bytes\22:64,
// CHECK-LABEL: func.func @moe_entry_masked
spmd.mesh @mesh ["x"=4]
func.func @masked(%a: tensor<2x8xf32>) -> (tensor<2x8xf32>, tensor<2x8xf32>) {
  %0 = moe.cumsum %a dim 1 : tensor<2x8xf32>
  %1 = spmd.mask %0 max dims [0] of #spmd.sharding<@mesh, [{"x"}, {}]> global tensor<7x8xf32> : tensor<2x8xf32>
  %2 = moe.cumsum %1 dim 0 : tensor<2x8xf32>
  %3 = moe.cumsum %1 dim 1 : tensor<2x8xf32>
  return %2, %3 : tensor<2x8xf32>, tensor<2x8xf32>
}

// -----

// Data moves by site number; the manifest says how.
// CHECK:       moe.manifest = "{{.*}}\22kind\22:\22all_gather\22{{.*}}\22primitive\22:\22exchange\22
// CHECK-LABEL: func.func @moe_entry_gather
// CHECK:         call @moert_collective(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}})
spmd.mesh @mesh ["x"=4]
func.func @gather(%a: tensor<2xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>, spmd.global = tensor<7xf32>})
    -> (tensor<7xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}]>, spmd.global = tensor<7xf32>}) {
  %0 = spmd.all_gather %a from #spmd.sharding<@mesh, [{"x"}]> to #spmd.sharding<@mesh, [{}]> of tensor<7xf32>
    : tensor<2xf32> -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

// -----

// Where a block begins is computed from the rank, with no table of ranks.
// CHECK-LABEL: func.func @moe_entry_offset
// CHECK:         call @moert_rank
// CHECK:         arith.remui
// CHECK:         arith.divui
// CHECK:         call @moe_kernel_0(%{{.*}}, %{{.*}}) : (!llvm.ptr, i64) -> ()
spmd.mesh @mesh ["x"=2, "y"=2]
func.func @offset() -> tensor<i32> {
  %0 = spmd.block_offset dim 0 of #spmd.sharding<@mesh, [{"x", "y"}]> global tensor<9xf32> : tensor<i32>
  return %0 : tensor<i32>
}

// -----

// Windows that lie inside of the operand look for no padding.
// CHECK-LABEL: func.func private @moe_kernel_0
// CHECK-NOT:     arith.select
// CHECK-LABEL: func.func private @moe_kernel_1
// CHECK:         arith.select
// CHECK-LABEL: func.func @moe_entry_windows
func.func @windows(%a: tensor<8xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = moe.reduce_window sum %a window [2] strides [2] dilation [1] low [0] high [0] : tensor<8xf32> -> tensor<4xf32>
  %1 = moe.reduce_window sum %a window [2] strides [2] dilation [1] low [1] high [0] : tensor<8xf32> -> tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// -----

// Slices are made again where they are read, and have no buffer.
// CHECK-LABEL: func.func @moe_entry_sliced_twice
// CHECK-COUNT-4: call @moe_kernel_
// CHECK-NOT:     call @moe_kernel_
func.func @sliced_twice(%a: tensor<9x8xf32>, %i: tensor<i32>)
    -> (tensor<8xf32>, tensor<4x8xf32>, tensor<8xf32>, tensor<4x8xf32>) {
  %0 = moe.slice %a offsets [1, 0] strides [2, 1] : tensor<9x8xf32> -> tensor<4x8xf32>
  %1 = moe.reduce sum %0 dims [0] : tensor<4x8xf32> -> tensor<8xf32>
  %2 = moe.cumsum %0 dim 1 : tensor<4x8xf32>
  %3 = moe.dynamic_slice %a[%i, %i] : tensor<9x8xf32> -> tensor<4x8xf32>
  %4 = moe.reduce sum %3 dims [0] : tensor<4x8xf32> -> tensor<8xf32>
  %5 = moe.cumsum %3 dim 1 : tensor<4x8xf32>
  return %1, %2, %4, %5 : tensor<8xf32>, tensor<4x8xf32>, tensor<8xf32>, tensor<4x8xf32>
}

// -----

// So are wide numbers that a narrow one is quicker to load than, constants and indices;
// an exponential is computed once.
// CHECK-LABEL: func.func @moe_entry_read_twice
// CHECK-COUNT-9: call @moe_kernel_
// CHECK-NOT:     call @moe_kernel_
func.func @read_twice(%a: tensor<4x8xbf16>, %b: tensor<4x8xf32>)
    -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) {
  %0 = arith.extf %a : tensor<4x8xbf16> to tensor<4x8xf32>
  %1 = moe.cumsum %0 dim 0 : tensor<4x8xf32>
  %2 = moe.cumsum %0 dim 1 : tensor<4x8xf32>
  %3 = arith.constant dense<2.0> : tensor<4x8xf32>
  %4 = moe.cumsum %3 dim 0 : tensor<4x8xf32>
  %5 = moe.cumsum %3 dim 1 : tensor<4x8xf32>
  %6 = math.exp %b : tensor<4x8xf32>
  %7 = moe.cumsum %6 dim 0 : tensor<4x8xf32>
  %8 = moe.cumsum %6 dim 1 : tensor<4x8xf32>
  %9 = moe.iota dim 1 : tensor<4x8xf32>
  %10 = moe.cumsum %9 dim 0 : tensor<4x8xf32>
  %11 = moe.cumsum %9 dim 1 : tensor<4x8xf32>
  return %1, %2, %4, %5, %7, %8, %10, %11
      : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>
}

// -----

// The table of a gather is computed where rows of it are read; so are indices that are
// in no memory.
// CHECK-LABEL: func.func @moe_entry_gathered
// CHECK:         call @moe_kernel_
// CHECK-NOT:     call @moe_kernel_
func.func @gathered(%t: tensor<9x8xf32>) -> tensor<4x8xf32> {
  %0 = math.exp %t : tensor<9x8xf32>
  %1 = moe.iota dim 0 : tensor<4xi32>
  %2 = moe.gather %0[%1] batch_dims 0 : tensor<9x8xf32>, tensor<4xi32> -> tensor<4x8xf32>
  return %2 : tensor<4x8xf32>
}

// -----

// What a broadcast repeats is computed once, in a kernel of its own.
// CHECK-LABEL: func.func @moe_entry_repeated
// CHECK-COUNT-2: call @moe_kernel_
// CHECK-NOT:     call @moe_kernel_
func.func @repeated(%a: tensor<8xf32>, %b: tensor<8x9xf32>) -> tensor<8x9xf32> {
  %0 = math.exp %a : tensor<8xf32>
  %1 = moe.broadcast %0 dims [0] : tensor<8xf32> -> tensor<8x9xf32>
  %2 = arith.addf %1, %b : tensor<8x9xf32>
  return %2 : tensor<8x9xf32>
}

// -----

// What many elements of the result read is computed once: where a block begins, the index
// that a one-hot row compares with, what windows overlap on, factors of sums and what is
// put in order.
// CHECK-LABEL: func.func @moe_entry_read_by_many
// CHECK-COUNT-13: call @moe_kernel_
// CHECK-NOT:     call @moe_kernel_
func.func @read_by_many(%a: tensor<9x8xf32>, %w: tensor<2x8x6xf32>, %i: tensor<i32>, %e: tensor<9xi32>, %sizes: tensor<2xi32>)
    -> (tensor<4x8xf32>, tensor<9x7xf32>, tensor<8x8xf32>, tensor<9x6xf32>, tensor<9x8xf32>, tensor<9x2xf32>, tensor<9x2xi32>) {
  %0 = arith.muli %i, %i : tensor<i32>
  %1 = moe.dynamic_slice %a[%0, %i] : tensor<9x8xf32> -> tensor<4x8xf32>
  %2 = arith.muli %e, %e : tensor<9xi32>
  %3 = moe.one_hot %2 : tensor<9xi32> -> tensor<9x7xf32>
  %4 = math.exp %a : tensor<9x8xf32>
  %5 = moe.reduce_window sum %4 window [2, 1] strides [1, 1] dilation [1, 1] low [0, 0] high [0, 0] : tensor<9x8xf32> -> tensor<8x8xf32>
  %6 = math.tanh %a : tensor<9x8xf32>
  %7 = math.exp %w : tensor<2x8x6xf32>
  %8 = moe.grouped_einsum %6, %7 sizes %sizes : tensor<9x8xf32>, tensor<2x8x6xf32>, tensor<2xi32> -> tensor<9x6xf32>
  %9 = math.sin %a : tensor<9x8xf32>
  %10 = moe.sort %9 dim 0 : tensor<9x8xf32>
  %11 = math.cos %a : tensor<9x8xf32>
  %12, %13 = moe.top_k %11 k 2 dim 1 : tensor<9x8xf32> -> tensor<9x2xf32>, tensor<9x2xi32>
  return %1, %3, %5, %8, %10, %12, %13
      : tensor<4x8xf32>, tensor<9x7xf32>, tensor<8x8xf32>, tensor<9x6xf32>, tensor<9x8xf32>, tensor<9x2xf32>, tensor<9x2xi32>
}

// -----

// Of a table without rows none is read, nor one of no slots.
// CHECK-LABEL: func.func private @moe_kernel_0(
// CHECK-NOT:     llvm.load
// CHECK-LABEL: func.func @moe_entry_no_rows
func.func @no_rows(%t: tensor<0x8xf32>, %i: tensor<4xi32>, %slots: tensor<0x2x4x8xf32>, %e: tensor<2x3x1xi32>, %w: tensor<2x3x1xf32>)
    -> (tensor<4x8xf32>, tensor<2x3x8xf32>) {
  %0 = moe.gather %t[%i] batch_dims 0 : tensor<0x8xf32>, tensor<4xi32> -> tensor<4x8xf32>
  %1 = moe.combine %slots from %e, %e weights %w : tensor<0x2x4x8xf32>, tensor<2x3x1xi32>, tensor<2x3x1xi32>, tensor<2x3x1xf32> -> tensor<2x3x8xf32>
  return %0, %1 : tensor<4x8xf32>, tensor<2x3x8xf32>
}

// -----

// Where a dimension is taken whole, it is not asked where that begins.
// CHECK-LABEL: func.func @moe_entry_whole_rows
// CHECK:         call @moe_kernel_0({{.*}}) : (!llvm.ptr, !llvm.ptr, !llvm.ptr) -> ()
func.func @whole_rows(%a: tensor<9x8xf32>, %i: tensor<i32>, %j: tensor<i32>) -> tensor<9x4xf32> {
  %0 = moe.dynamic_slice %a[%i, %j] : tensor<9x8xf32> -> tensor<9x4xf32>
  return %0 : tensor<9x4xf32>
}

// -----

// Only sums of bf16 lie beside the result until they are whole.
// CHECK-LABEL: func.func private @moe_kernel_0(
// CHECK-NOT:     llvm.alloca
// CHECK-LABEL: func.func private @moe_kernel_1(
// CHECK-NOT:     llvm.alloca
// CHECK-LABEL: func.func private @moe_kernel_2(
// CHECK:         llvm.alloca %c32_i64 x f32
// CHECK-LABEL: func.func @moe_entry_scattered
func.func @scattered(%a: tensor<4x8xf32>, %u: tensor<9x8xf32>, %b: tensor<4x8xbf16>, %v: tensor<9x8xbf16>, %i: tensor<9xi32>)
    -> (tensor<4x8xf32>, tensor<4x8xbf16>, tensor<4x8xbf16>) {
  %0 = moe.scatter add %u into %a[%i] batch_dims 0 : tensor<9x8xf32>, tensor<4x8xf32>, tensor<9xi32>
  %1 = moe.scatter max %v into %b[%i] batch_dims 0 : tensor<9x8xbf16>, tensor<4x8xbf16>, tensor<9xi32>
  %2 = moe.scatter add %v into %b[%i] batch_dims 0 : tensor<9x8xbf16>, tensor<4x8xbf16>, tensor<9xi32>
  return %0, %1, %2 : tensor<4x8xf32>, tensor<4x8xbf16>, tensor<4x8xbf16>
}

// -----

// What is a bf16 already is not rounded to one.
// CHECK-LABEL: func.func private @moe_kernel_0(
// CHECK:         arith.negf
// CHECK-NOT:     arith.addi
// CHECK:         llvm.store
// CHECK-LABEL: func.func @moe_entry_signs
func.func @signs(%a: tensor<4x8xbf16>) -> tensor<4x8xbf16> {
  %0 = arith.negf %a : tensor<4x8xbf16>
  return %0 : tensor<4x8xbf16>
}

// -----

// Each row is gone through once.
// CHECK-LABEL: func.func private @moe_kernel_0(
// CHECK-COUNT-2: scf.for
// CHECK-NOT:     scf.for
// CHECK-LABEL: func.func @moe_entry_largest
func.func @largest(%a: tensor<4x8xf32>) -> (tensor<4xf32>, tensor<4xi32>) {
  %0, %1 = moe.arg_reduce max %a dim 1 : tensor<4x8xf32> -> tensor<4xf32>, tensor<4xi32>
  return %0, %1 : tensor<4xf32>, tensor<4xi32>
}

// -----

// Each slot has a flag that says whether it has a token. A choice out of range reads the
// first slot and throws it away.
// CHECK-LABEL: func.func private @moe_kernel_0(
// CHECK:         llvm.alloca %c20_i64 x i8
// CHECK-LABEL: func.func private @moe_kernel_1(
// CHECK:         %[[VALID:.*]] = arith.andi
// CHECK:         arith.select %[[VALID]], %{{.*}}, %c0_i64
// CHECK:         arith.select %[[VALID]], %{{.*}}, %c0_i64
// CHECK-LABEL: func.func @moe_entry_routed
func.func @routed(%x: tensor<1x6x8xf32>, %e: tensor<1x6x1xi32>, %s: tensor<1x6x1xi32>, %w: tensor<1x6x1xf32>) -> (tensor<4x1x5x8xf32>, tensor<1x6x8xf32>) {
  %0 = moe.dispatch %x to %e, %s : tensor<1x6x8xf32>, tensor<1x6x1xi32>, tensor<1x6x1xi32> -> tensor<4x1x5x8xf32>
  %1 = moe.combine %0 from %e, %s weights %w : tensor<4x1x5x8xf32>, tensor<1x6x1xi32>, tensor<1x6x1xi32>, tensor<1x6x1xf32> -> tensor<1x6x8xf32>
  return %0, %1 : tensor<4x1x5x8xf32>, tensor<1x6x8xf32>
}

// -----

// A convolution rounds each product once, with its sum.
// CHECK-LABEL: func.func private @moe_kernel_0(
// CHECK:         math.fma
// CHECK-LABEL: func.func @moe_entry_convolved(
func.func @convolved(%a: tensor<2x5x3xf32>, %w: tensor<2x3x4xf32>) -> tensor<2x4x4xf32> {
  %0 = moe.convolution %a, %w strides [1] low [0] high [0] input_dilation [1] kernel_dilation [1] groups 1 : tensor<2x5x3xf32>, tensor<2x3x4xf32> -> tensor<2x4x4xf32>
  return %0 : tensor<2x4x4xf32>
}
