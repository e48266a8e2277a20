// RUN: split-file %s %t
// RUN: moe-interpret %t/runs.mlir --all --print | FileCheck %t/runs.mlir
// RUN: moe-interpret %t/runs.mlir --all --print --exact | FileCheck %t/runs.mlir
// RUN: not moe-interpret %t/endless.mlir 2>&1 | FileCheck %s --check-prefix=ENDLESS
// RUN: not moe-interpret %t/step.mlir 2>&1 | FileCheck %s --check-prefix=STEP
// RUN: not moe-interpret %t/ways.mlir 2>&1 | FileCheck %s --check-prefix=WAYS
// RUN: not moe-interpret %t/outside.mlir 2>&1 | FileCheck %s --check-prefix=OUTSIDE
// RUN: not moe-interpret %t/copies.mlir 2>&1 | FileCheck %s --check-prefix=COPIES
// RUN: not moe-interpret %t/left.mlir 2>&1 | FileCheck %s --check-prefix=LEFT

//--- runs.mlir
// Two values go around and change places; the weight of a turn is taken by its number.
// CHECK-LABEL: @loop_carries_values_and_counts
// CHECK-NEXT: = [41, 42]
// CHECK-NEXT: = [31, 32]
func.func @loop_carries_values_and_counts() -> (tensor<2xi32>, tensor<2xi32>) {
  %first = arith.constant 0 : index
  %end = arith.constant 5 : index
  %step = arith.constant 2 : index
  %a = arith.constant dense<[1, 2]> : tensor<2xi32>
  %b = arith.constant dense<[11, 12]> : tensor<2xi32>
  %w = arith.constant dense<[10, 100, 20, 100, 30, 100]> : tensor<6xi32>
  %r:2 = scf.for %i = %first to %end step %step iter_args(%x = %a, %y = %b) -> (tensor<2xi32>, tensor<2xi32>) {
    %number = arith.index_cast %i : index to i32
    %n = tensor.from_elements %number : tensor<i32>
    %wi = moe.gather %w[%n] batch_dims 0 : tensor<6xi32>, tensor<i32> -> tensor<i32>
    %all = moe.broadcast %wi dims [] : tensor<i32> -> tensor<2xi32>
    %more = arith.addi %x, %all : tensor<2xi32>
    scf.yield %y, %more : tensor<2xi32>, tensor<2xi32>
  }
  return %r#1, %r#0 : tensor<2xi32>, tensor<2xi32>
}

// CHECK-LABEL: @loop_of_no_turns_hands_on
// CHECK-NEXT: = 7
func.func @loop_of_no_turns_hands_on() -> tensor<i32> {
  %first = arith.constant 3 : index
  %step = arith.constant 1 : index
  %a = arith.constant dense<7> : tensor<i32>
  %r = scf.for %i = %first to %first step %step iter_args(%x = %a) -> tensor<i32> {
    %more = arith.addi %x, %x : tensor<i32>
    scf.yield %more : tensor<i32>
  }
  return %r : tensor<i32>
}

// CHECK-LABEL: @if_takes_one_way
// CHECK-NEXT: = 3
// CHECK-NEXT: = 4
func.func @if_takes_one_way() -> (tensor<i32>, tensor<i32>) {
  %a = arith.constant dense<3> : tensor<i32>
  %b = arith.constant dense<4> : tensor<i32>
  %less = arith.cmpi slt, %a, %b : tensor<i32>
  %c = tensor.extract %less[] : tensor<i1>
  %r:2 = scf.if %c -> (tensor<i32>, tensor<i32>) {
    scf.yield %a, %b : tensor<i32>, tensor<i32>
  } else {
    scf.yield %b, %a : tensor<i32>, tensor<i32>
  }
  return %r#0, %r#1 : tensor<i32>, tensor<i32>
}

// CHECK-LABEL: @while_doubles_until_it_is_enough
// CHECK-NEXT: = 96
// CHECK-NEXT: = 5
func.func @while_doubles_until_it_is_enough() -> (tensor<i32>, tensor<i32>) {
  %a = arith.constant dense<3> : tensor<i32>
  %zero = arith.constant dense<0> : tensor<i32>
  %one = arith.constant dense<1> : tensor<i32>
  %most = arith.constant dense<50> : tensor<i32>
  %r:2 = scf.while (%x = %a, %n = %zero) : (tensor<i32>, tensor<i32>) -> (tensor<i32>, tensor<i32>) {
    %less = arith.cmpi slt, %x, %most : tensor<i32>
    %c = tensor.extract %less[] : tensor<i1>
    scf.condition(%c) %x, %n : tensor<i32>, tensor<i32>
  } do {
  ^bb0(%x: tensor<i32>, %n: tensor<i32>):
    %twice = arith.addi %x, %x : tensor<i32>
    %next = arith.addi %n, %one : tensor<i32>
    scf.yield %twice, %next : tensor<i32>, tensor<i32>
  }
  return %r#0, %r#1 : tensor<i32>, tensor<i32>
}

//--- endless.mlir
// ENDLESS: error: 'scf.while' op still goes on after 1000000 turns
func.func @f() {
  %true = arith.constant true
  scf.while : () -> () {
    scf.condition(%true)
  } do {
    scf.yield
  }
  return
}

//--- step.mlir
// STEP: error: 'scf.for' op step must be positive, got 0
func.func @f() {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  scf.for %i = %zero to %one step %zero {
  }
  return
}

//--- ways.mlir
// WAYS: error: 'scf.if' op condition is 1 on rank 0 and 0 on rank 1; all ranks must go the same way, so make it of values that all ranks hold
spmd.mesh @mesh ["x"=2]
#x = #spmd.sharding<@mesh, [{"x"}]>
#whole = #spmd.sharding<@mesh, []>
func.func @f() -> (tensor<i32> {spmd.sharding = #whole, spmd.global = tensor<i32>}) {
  %zero = arith.constant dense<0> : tensor<i32>
  %x = spmd.block_offset dim 0 of #x global tensor<4xi32> : tensor<i32>
  %is = arith.cmpi eq, %x, %zero : tensor<i32>
  %c = tensor.extract %is[] : tensor<i1>
  %r = scf.if %c -> tensor<i32> {
    scf.yield %x : tensor<i32>
  } else {
    scf.yield %zero : tensor<i32>
  }
  return %r : tensor<i32>
}

//--- outside.mlir
// OUTSIDE: error: 'tensor.extract' op index 4 of dimension 0 is outside of [0, 4)
func.func @f() -> tensor<i32> {
  %four = arith.constant 4 : index
  %a = arith.constant dense<[1, 2, 3, 4]> : tensor<4xi32>
  %e = tensor.extract %a[%four] : tensor<4xi32>
  %r = tensor.from_elements %e : tensor<i32>
  return %r : tensor<i32>
}

//--- copies.mlir
// COPIES: error: 'spmd.manual' op result 0: holders of one element differ: rank 1 has 2 at global index [], rank 0 has 0
spmd.mesh @mesh ["x"=2]
#x = #spmd.sharding<@mesh, [{"x"}]>
#whole = #spmd.sharding<@mesh, []>
func.func @f() -> tensor<i32> {
  %r = spmd.manual() in [] out [#whole] {
    %x = spmd.block_offset dim 0 of #x global tensor<4xi32> : tensor<i32>
    spmd.yield %x : tensor<i32>
  } : () -> tensor<i32>
  return %r : tensor<i32>
}

//--- left.mlir
// LEFT: error: 'spmd.manual' op stands in a partitioned function
spmd.mesh @mesh ["x"=2]
#whole = #spmd.sharding<@mesh, []>
func.func @f(%a: tensor<i32> {spmd.sharding = #whole, spmd.global = tensor<i32>}) -> (tensor<i32> {spmd.sharding = #whole, spmd.global = tensor<i32>}) {
  %r = spmd.manual(%a) in [#whole] out [#whole] {
  ^bb0(%b: tensor<i32>):
    spmd.yield %b : tensor<i32>
  } : (tensor<i32>) -> tensor<i32>
  return %r : tensor<i32>
}
