// Results go to files and come back as inputs, in every format.
// RUN: rm -rf %t && mkdir %t
// RUN: moe-interpret %s --entry=make --output=%t/all.npz
// RUN: moe-interpret %s --entry=make --output=%t/all.safetensors
// RUN: moe-interpret %s --entry=one --output=%t/x.npy
// RUN: moe-interpret %s --entry=use --params=%t/all.npz --print | FileCheck %s
// RUN: moe-interpret %s --entry=use --params=%t/all.safetensors --print | FileCheck %s
// RUN: moe-interpret %s --entry=use --params=%t/all.npz --input=x=%t/x.npy --print | FileCheck %s --check-prefix=INPUT
// RUN: moe-interpret %s --entry=use --params=%t/all.npz --exact --print | FileCheck %s --check-prefix=EXACT
// RUN: not moe-interpret %s --entry=use --input=y=%t/x.npy 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: not moe-interpret %s --entry=use --input=i=%t/x.npy 2>&1 | FileCheck %s --check-prefix=TYPE
// RUN: not moe-interpret %s --entry=use --input=x 2>&1 | FileCheck %s --check-prefix=USAGE
// RUN: not moe-interpret %s --entry=use --params=%t/none.npz 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not moe-interpret %s --entry=make --output=%t/all.npy 2>&1 | FileCheck %s --check-prefix=WRITE
// CHECK: = [0.5, -inf]
// CHECK: = [-3, 7]
// CHECK: = [1, 0]
// INPUT: = [2, 3]
// INPUT: = [-3, 7]
// EXACT: = [-1152921504606846975, -inf]
// NAME: error: 'use' has no argument 'y' to read '{{.*}}x.npy' into
// TYPE: error: argument 'i' is 'tensor<2xi32>', '{{.*}}x.npy' has {{.*}}[2]
// USAGE: error: --input needs NAME=FILE, got 'x'
// NONE: error: {{.*}}none.npz
// WRITE: error: {{.*}}all.npy
func.func @make() -> (tensor<2xf32> {moe.name = "x"}, tensor<2xi32> {moe.name = "i"}, tensor<2xi1> {moe.name = "c"}) {
  %x = arith.constant dense<[0.5, 0xFF800000]> : tensor<2xf32>
  %i = arith.constant dense<[-3, 7]> : tensor<2xi32>
  %c = arith.constant dense<[true, false]> : tensor<2xi1>
  return %x, %i, %c : tensor<2xf32>, tensor<2xi32>, tensor<2xi1>
}
func.func @one() -> (tensor<2xf32> {moe.name = "x"}) {
  %x = arith.constant dense<[2.0, 3.0]> : tensor<2xf32>
  return %x : tensor<2xf32>
}
func.func @use(%x: tensor<2xf32> {moe.name = "x"}, %i: tensor<2xi32> {moe.name = "i"}, %c: tensor<2xi1> {moe.name = "c"})
    -> (tensor<2xf32>, tensor<2xi32>, tensor<2xi1>) {
  return %x, %i, %c : tensor<2xf32>, tensor<2xi32>, tensor<2xi1>
}
