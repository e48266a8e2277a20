// What arguments get when no file is given.
// RUN: moe-interpret %s --entry=generated --print --seed=5 | FileCheck %s --check-prefix=GENERATED
// RUN: moe-interpret %s --entry=generated --print --exact | FileCheck %s --check-prefix=EXACT
// RUN: moe-interpret %s --print --seed=9 | FileCheck %s --check-prefix=INIT
// RUN: moe-interpret %s --print --seed=9 --no-init | FileCheck %s --check-prefix=NOINIT
// RUN: moe-interpret %s | FileCheck %s --check-prefix=RAN

// The argument called seed is the seed; integers keep to their bound.
// GENERATED: seed : tensor<i32> = 5
// GENERATED: floats : tensor<2xf32> = [{{-?0.[0-9]+}}, {{-?0.[0-9]+}}]
// GENERATED: bounded : tensor<4xi32> = [{{[01]}}, {{[01]}}, {{[01]}}, {{[01]}}]
// GENERATED: small : tensor<4xi32> = [{{[0-7]}}, {{[0-7]}}, {{[0-7]}}, {{[0-7]}}]
// GENERATED: flags : tensor<4xi1> = [{{[01]}}, {{[01]}}, {{[01]}}, {{[01]}}]
// EXACT: floats : tensor<2xf32> = [{{-?[0-9]+}}, {{-?[0-9]+}}]
func.func @generated(%seed: tensor<i32> {moe.name = "seed"}, %f: tensor<2xf32>,
                     %b: tensor<4xi32> {moe.bound = 2 : i64}, %i: tensor<4xi32>, %c: tensor<4xi1>)
    -> (tensor<i32> {moe.name = "seed"}, tensor<2xf32> {moe.name = "floats"}, tensor<4xi32> {moe.name = "bounded"},
        tensor<4xi32> {moe.name = "small"}, tensor<4xi1> {moe.name = "flags"}) {
  return %seed, %f, %b, %i, %c : tensor<i32>, tensor<2xf32>, tensor<4xi32>, tensor<4xi32>, tensor<4xi1>
}

// @forward's w is what @init makes of seed 9; another type under the same name is
// not taken.
func.func @init(%seed: tensor<i32> {moe.name = "seed"})
    -> (tensor<2xf32> {moe.name = "w"}, tensor<3xf32> {moe.name = "v"}) {
  %f = arith.sitofp %seed : tensor<i32> to tensor<f32>
  %w = moe.broadcast %f dims [] : tensor<f32> -> tensor<2xf32>
  %v = moe.broadcast %f dims [] : tensor<f32> -> tensor<3xf32>
  return %w, %v : tensor<2xf32>, tensor<3xf32>
}
// INIT: result0 : tensor<2xf32> = [9, 9]
// INIT-NOT: [9, 9]
// NOINIT-NOT: [9, 9]
// RAN: ran 'forward' on 1 rank
func.func @forward(%w: tensor<2xf32> {moe.name = "w"}, %v: tensor<2xf32> {moe.name = "v"})
    -> (tensor<2xf32>, tensor<2xf32>) {
  return %w, %v : tensor<2xf32>, tensor<2xf32>
}
