// RUN: moe-opt %s --moe-expand-gating -verify-diagnostics

func.func @wide_indices(%p: tensor<2x6x3xf32>) -> tensor<2x6x1xi64> {
  // expected-error @+1 {{'moe.gating' op can only be expanded with i32 indices, got 'tensor<2x6x1xi64>'}}
  %e, %s, %w = moe.gating %p k 1 capacity 2 : tensor<2x6x3xf32> -> tensor<2x6x1xi64>, tensor<2x6x1xi64>, tensor<2x6x1xf32>
  return %e : tensor<2x6x1xi64>
}
