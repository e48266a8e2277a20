// Structured ops end where the graph ops that they mean do.
// RUN: moe-opt %s --mesh=rank=1 --stop-after=lower | FileCheck %s

// A product with a weight goes to the runtime; the bias, the maximum and the sum of
// exponentials of each row are one kernel.
// CHECK:       moe.manifest = "{{.*}}location\22:\22linalg.mlir:[[#@LINE+8]]
// CHECK-LABEL: func.func @moe_entry_layer(
// CHECK:         call @moert_matmul(
// CHECK:         call @moe_kernel_0(
// CHECK-NEXT:    return
func.func @layer(%x: tensor<4x8xf32>, %w: tensor<8x16xf32> {moe.parameter}, %b: tensor<16xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %zeros = arith.constant dense<0.0> : tensor<4x16xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%zeros : tensor<4x16xf32>) -> tensor<4x16xf32>
  %none = arith.constant dense<0.0> : tensor<4xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
      ins(%0, %b : tensor<4x16xf32>, tensor<16xf32>) outs(%none : tensor<4xf32>) {
  ^bb0(%a: f32, %c: f32, %out: f32):
    %sum = arith.addf %a, %c : f32
    %positive = arith.maximumf %sum, %zero : f32
    %e = math.exp %positive : f32
    %all = arith.addf %out, %e : f32
    linalg.yield %all : f32
  } -> tensor<4xf32>
  return %1 : tensor<4xf32>
}
