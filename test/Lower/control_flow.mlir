// What goes around a loop has one buffer, and what a turn reads of outside is there to the end.
// RUN: moe-opt %s --moe-lower-to-calls --canonicalize --cse --moe-verify-lowered --split-input-file | FileCheck %s

// The sum is written over what it adds to: no copy but into the buffer and out of it. The row of
// the turn is read where it lies.
// CHECK-LABEL: func.func @moe_entry_layers
// CHECK:         %[[X:.*]] = llvm.load
// CHECK:         "llvm.intr.memcpy"(%arg1, %[[X]],
// CHECK:         scf.for %[[I:.*]] = %{{.*}} to %c3_i64
// CHECK:           arith.muli %[[I]], %c1024_i64
// CHECK:           call @moert_matmul
// CHECK-NEXT:      call @moe_kernel
// CHECK-NEXT:    }
// CHECK-NOT:     memcpy
// CHECK:         call @moe_kernel
// CHECK-NEXT:    return
func.func @layers(%x: tensor<16x16xf32>, %w: tensor<3x16x16xf32>) -> tensor<16x16xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %three = arith.constant 3 : index
  %r = scf.for %i = %zero to %three step %one iter_args(%a = %x) -> tensor<16x16xf32> {
    %n = arith.index_cast %i : index to i32
    %layer = tensor.from_elements %n : tensor<i32>
    %m = moe.gather %w[%layer] batch_dims 0 : tensor<3x16x16xf32>, tensor<i32> -> tensor<16x16xf32>
    %0 = moe.einsum "ik,kj->ij" %a, %m : tensor<16x16xf32>, tensor<16x16xf32> -> tensor<16x16xf32>
    %1 = arith.addf %a, %0 : tensor<16x16xf32>
    scf.yield %1 : tensor<16x16xf32>
  }
  return %r : tensor<16x16xf32>
}

// -----

// A loop without a number of turns ends when the runtime has failed, for its condition may never
// change then.
// CHECK-LABEL: func.func @moe_entry_until
// CHECK:         scf.while
// CHECK:           call @moert_failed
// CHECK:           scf.condition
// CHECK:         } do {
func.func @until(%x: tensor<4xf32>) -> tensor<4xf32> {
  %most = arith.constant dense<100.0> : tensor<f32>
  %r = scf.while (%a = %x) : (tensor<4xf32>) -> tensor<4xf32> {
    %s = moe.reduce sum %a dims [0] : tensor<4xf32> -> tensor<f32>
    %less = arith.cmpf olt, %s, %most : tensor<f32>
    %c = tensor.extract %less[] : tensor<i1>
    scf.condition(%c) %a : tensor<4xf32>
  } do {
  ^bb0(%a: tensor<4xf32>):
    %b = arith.addf %a, %a : tensor<4xf32>
    scf.yield %b : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// -----

// What an exchange writes into comes from before the loop, so that every turn needs it as it was.
// CHECK-LABEL: func.func @moe_entry_kept
// CHECK:         call @moe_kernel_{{[0-9]+}}(%{{[^,]*}}, %arg1,
// CHECK:         scf.for
// CHECK-NEXT:      %[[MADE:.*]] = llvm.getelementptr %arg1
// CHECK-NEXT:      func.call @moe_kernel_{{[0-9]+}}(%[[MADE]], %arg1)
// CHECK:           func.call @moert_collective(%arg0, %{{[^,]*}}, %{{[^,]*}}, %[[MADE]])
#x = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=2]
func.func @kept(%a: tensor<4xf32> {spmd.global = tensor<8xf32>, spmd.sharding = #x},
                %b: tensor<5xf32> {spmd.global = tensor<10xf32>, spmd.sharding = #x})
    -> (tensor<5xf32> {spmd.global = tensor<10xf32>, spmd.sharding = #x}) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %three = arith.constant 3 : index
  %c = arith.addf %b, %b : tensor<5xf32>
  %r = scf.for %i = %zero to %three step %one iter_args(%s = %b) -> tensor<5xf32> {
    %0 = spmd.reindex %a into %c from #x of tensor<8xf32> to #x of tensor<10xf32> by [#spmd.dim_map<0 + 1 i to 1 + 1 i, 8>] : tensor<4xf32>, tensor<5xf32> -> tensor<5xf32>
    %1 = arith.addf %0, %s : tensor<5xf32>
    scf.yield %1 : tensor<5xf32>
  }
  return %r : tensor<5xf32>
}
