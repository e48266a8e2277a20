// Every way to fail, and what it says.
// RUN: split-file %s %t
// RUN: not moe-interpret %t/holders.mlir 2>&1 | FileCheck %s --check-prefix=HOLDERS
// RUN: not moe-interpret %t/results.mlir 2>&1 | FileCheck %s --check-prefix=RESULTS
// RUN: not moe-interpret %t/global.mlir 2>&1 | FileCheck %s --check-prefix=GLOBAL
// RUN: not moe-interpret %t/reshard.mlir 2>&1 | FileCheck %s --check-prefix=RESHARD
// RUN: not moe-interpret %t/unknown.mlir 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not moe-interpret %t/recursion.mlir --entry=f 2>&1 | FileCheck %s --check-prefix=RECURSION
// RUN: not moe-interpret %t/recursion.mlir --entry=h 2>&1 | FileCheck %s --check-prefix=ENTRY
// RUN: not moe-interpret %t/recursion.mlir 2>&1 | FileCheck %s --check-prefix=NOENTRY
// RUN: not moe-interpret %t/extern.mlir 2>&1 | FileCheck %s --check-prefix=EXTERN
// RUN: not moe-interpret %t/missing.mlir 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: not moe-interpret %t/huge_argument.mlir 2>&1 | FileCheck %s --check-prefix=HUGEARGUMENT
// RUN: not moe-interpret %t/huge_result.mlir 2>&1 | FileCheck %s --check-prefix=HUGERESULT
// RUN: not moe-interpret %t/elements.mlir 2>&1 | FileCheck %s --check-prefix=ELEMENTS
// RUN: not moe-interpret %t/dynamic.mlir 2>&1 | FileCheck %s --check-prefix=DYNAMIC
// RUN: not moe-interpret %t/one.mlir --compare=%t/two.mlir 2>&1 | FileCheck %s --check-prefix=TYPES
// RUN: not moe-interpret %t/one.mlir --compare=%t/three.mlir 2>&1 | FileCheck %s --check-prefix=COUNT
// RUN: not moe-interpret %t/structured.mlir --entry=beyond 2>&1 | FileCheck %s --check-prefix=BEYOND
// RUN: not moe-interpret %t/structured.mlir --entry=lookup 2>&1 | FileCheck %s --check-prefix=LOOKUP
// RUN: not moe-interpret %t/structured.mlir --entry=slice 2>&1 | FileCheck %s --check-prefix=SLICE
// RUN: not moe-interpret %t/structured.mlir --entry=body 2>&1 | FileCheck %s --check-prefix=BODY

// HOLDERS: error: 'spmd.all_gather' op holders of one element differ: rank 1 has 1 at global index [0], rank 0 has 0
//--- holders.mlir
spmd.mesh @mesh ["x"=2, "y"=2]
#y = #spmd.sharding<@mesh, [{"y"}]>
#x = #spmd.sharding<@mesh, [{"x"}]>
#whole = #spmd.sharding<@mesh, [{}]>
func.func @f() -> (tensor<4xi32> {spmd.sharding = #whole, spmd.global = tensor<4xi32>}) {
  // Holds [0 1] plus 0 or 1 by y, so ranks 0 and 1 are no replicas.
  %i = moe.iota dim 0 : tensor<2xi32>
  %x = spmd.block_offset dim 0 of #x global tensor<4xi32> : tensor<i32>
  %y = spmd.block_offset dim 0 of #y global tensor<2xi32> : tensor<i32>
  %s = arith.addi %x, %y : tensor<i32>
  %b = moe.broadcast %s dims [] : tensor<i32> -> tensor<2xi32>
  %0 = arith.addi %i, %b : tensor<2xi32>
  %1 = spmd.all_gather %0 from #x to #whole of tensor<4xi32> : tensor<2xi32> -> tensor<4xi32>
  return %1 : tensor<4xi32>
}

// RESULTS: error: result 'offset': holders of one element differ: rank 1 has 2 at global index [], rank 0 has 0
//--- results.mlir
spmd.mesh @mesh ["x"=2]
func.func @f() -> (tensor<i32> {moe.name = "offset", spmd.sharding = #spmd.sharding<@mesh, []>, spmd.global = tensor<i32>}) {
  %0 = spmd.block_offset dim 0 of #spmd.sharding<@mesh, [{"x"}]> global tensor<4xi32> : tensor<i32>
  return %0 : tensor<i32>
}

// GLOBAL: error: 'spmd.slice' op needs a partitioned function, whose arguments or results carry spmd.global
//--- global.mlir
spmd.mesh @mesh ["x"=2]
func.func @f(%x: tensor<4xi32>) -> tensor<2xi32> {
  %0 = spmd.slice %x from #spmd.sharding<@mesh, [{}]> to #spmd.sharding<@mesh, [{"x"}]> of tensor<4xi32> : tensor<4xi32> -> tensor<2xi32>
  return %0 : tensor<2xi32>
}

// RESHARD: error: 'spmd.reshard' op stands in a partitioned function; spmd-partition turns it into collectives
//--- reshard.mlir
spmd.mesh @mesh ["x"=2]
#whole = #spmd.sharding<@mesh, [{}]>
#x = #spmd.sharding<@mesh, [{"x"}]>
func.func @f(%x: tensor<4xi32> {spmd.sharding = #whole, spmd.global = tensor<4xi32>}) -> tensor<4xi32> {
  %0 = spmd.reshard %x to #x : tensor<4xi32>
  return %0 : tensor<4xi32>
}

// UNKNOWN: error: 'arith.bitcast' op cannot be interpreted: it has no evaluation
//--- unknown.mlir
func.func @f(%x: tensor<4xi32>) -> tensor<4xf32> {
  %0 = arith.bitcast %x : tensor<4xi32> to tensor<4xf32>
  return %0 : tensor<4xf32>
}

// RECURSION: error: 'func.call' op is nested 100 calls deep; functions must not recur
// ENTRY: error: no function 'h'; the module has f, g
// NOENTRY: error: no entry chosen; the module has f, g
//--- recursion.mlir
func.func @f() {
  call @f() : () -> ()
  return
}
func.func @g() {
  return
}

// EXTERN: error: function 'g' cannot be interpreted: it needs a body of one block
//--- extern.mlir
func.func private @g()
func.func @f() {
  call @g() : () -> ()
  return
}

// HUGEARGUMENT: error: argument 'arg0': 'tensor<4294967296x4294967296xf32>' takes at least 18446744073709551615 bytes, the machine has {{[0-9]+$}}
//--- huge_argument.mlir
func.func @f(%x: tensor<4294967296x4294967296xf32>) -> tensor<4294967296x4294967296xf32> {
  return %x : tensor<4294967296x4294967296xf32>
}

// HUGERESULT: error: 'moe.random' op result 0: 'tensor<42949672960x1000xf32>' takes 343597383680000 bytes, the machine has {{[0-9]+$}}
//--- huge_result.mlir
func.func @f(%seed: tensor<i32>) -> tensor<f32> {
  %0 = moe.random normal %seed stream 0 : tensor<i32> -> tensor<42949672960x1000xf32>
  %1 = moe.reduce sum %0 dims [0, 1] : tensor<42949672960x1000xf32> -> tensor<f32>
  return %1 : tensor<f32>
}

// ELEMENTS: error: argument 'arg0': elements must be f32, bf16, f64, i1, i8, i32 or i64, got 'tensor<4xf16>'
//--- elements.mlir
func.func @f(%x: tensor<4xf16>) -> tensor<4xf16> {
  %0 = arith.addf %x, %x : tensor<4xf16>
  return %0 : tensor<4xf16>
}

// DYNAMIC: error: argument 'arg0': shape must be static, got 'tensor<?xf32>'
//--- dynamic.mlir
func.func @f(%x: tensor<?xf32>) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}

// MISSING: error: {{.*}}No such file or directory

// TYPES: error: result 'result0' is 'tensor<2xf32>', in the reference it is 'tensor<1xf32>'
// COUNT: error: returns 0 results, the reference returns 1
//--- one.mlir
func.func @f(%x: tensor<1xf32>) -> tensor<1xf32> {
  return %x : tensor<1xf32>
}
//--- two.mlir
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
//--- three.mlir
func.func @f(%x: tensor<1xf32>) {
  return
}

// BEYOND: error: 'linalg.conv_1d' op reads operand 0 at 0, outside of [0, 0)
// LOOKUP: error: 'tensor.extract' op index 3 of dimension 0 is outside of [0, 3)
// SLICE: error: 'tensor.extract_slice' op cannot be interpreted: its offsets, sizes and strides must be constants
// BODY: error: 'arith.fptoui' op cannot be interpreted: it has no evaluation
//--- structured.mlir
func.func @beyond(%a: tensor<0xf32>, %f: tensor<4xf32>, %init: tensor<6xf32>) -> tensor<6xf32> {
  %0 = linalg.conv_1d ins(%a, %f : tensor<0xf32>, tensor<4xf32>) outs(%init : tensor<6xf32>) -> tensor<6xf32>
  return %0 : tensor<6xf32>
}
func.func @lookup() -> tensor<3xf32> {
  %table = arith.constant dense<1.0> : tensor<3xf32>
  %at = arith.constant dense<3> : tensor<3xi32>
  %0 = linalg.map ins(%at : tensor<3xi32>) outs(%table : tensor<3xf32>) (%i: i32, %out: f32) {
    %index = arith.index_cast %i : i32 to index
    %x = tensor.extract %table[%index] : tensor<3xf32>
    linalg.yield %x : f32
  }
  return %0 : tensor<3xf32>
}
func.func @slice(%a: tensor<8xf32>) -> tensor<2xf32> {
  %one = arith.constant 1 : index
  %two = arith.addi %one, %one : index
  %0 = tensor.extract_slice %a[%two] [2] [1] : tensor<8xf32> to tensor<2xf32>
  return %0 : tensor<2xf32>
}
func.func @body(%a: tensor<3xf32>, %init: tensor<3xi32>) -> tensor<3xi32> {
  %0 = linalg.map {arith.fptoui} ins(%a : tensor<3xf32>) outs(%init : tensor<3xi32>)
  return %0 : tensor<3xi32>
}
