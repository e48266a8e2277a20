// A branch that only hands on values became a select of tensors by a scalar, which had
// no lowering.
// RUN: moe-run %s --check --seed=1 | FileCheck %s
// RUN: moe-run %s --check --seed=3 | FileCheck %s
// CHECK: checked against
spmd.mesh @mesh ["x"=2]
func.func @forward(%seed: tensor<i32> {moe.name = "seed"}) -> (tensor<3xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>}) {
  %two = arith.constant dense<2> : tensor<i32>
  %a = moe.random uniform %seed stream 0 : tensor<i32> -> tensor<3xf32>
  %b = moe.random normal %seed stream 1 : tensor<i32> -> tensor<3xf32>
  %less = arith.cmpi slt, %seed, %two : tensor<i32>
  %condition = tensor.extract %less[] : tensor<i1>
  %0 = scf.if %condition -> tensor<3xf32> {
    scf.yield %a : tensor<3xf32>
  } else {
    scf.yield %b : tensor<3xf32>
  }
  return %0 : tensor<3xf32>
}
