// The erf of an f64 was left to LLVM, which has no such instruction.
// RUN: moe-run %s --check --seed=1 | FileCheck %s
// CHECK: checked against
func.func @forward(%seed: tensor<i32> {moe.name = "seed"}) -> tensor<7xf64> {
  %0 = moe.random normal %seed stream 0 : tensor<i32> -> tensor<7xf64>
  %1 = math.erf %0 : tensor<7xf64>
  return %1 : tensor<7xf64>
}
