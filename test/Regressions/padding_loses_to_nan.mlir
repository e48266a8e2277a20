// A choice along a cut dimension took padding instead of NaN, which comes after all
// numbers, and with it an index of another rank's block.
// RUN: moe-interpret %s --partitioned
// RUN: moe-interpret %s --partitioned --exact
#cut = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=3]
func.func @f() -> (tensor<1xf32> {moe.name = "value"}, tensor<1xi32> {moe.name = "index"},
                   tensor<f32> {moe.name = "least"}, tensor<i32> {moe.name = "at"}) {
  %x = arith.constant dense<[0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000]> : tensor<4xf32>
  %y = arith.constant dense<[0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7F800000]> : tensor<4xf32>
  %a = spmd.annotate %x : tensor<4xf32> as #cut
  %b = spmd.annotate %y : tensor<4xf32> as #cut
  %v, %i = moe.top_k %a k 1 dim 0 : tensor<4xf32> -> tensor<1xf32>, tensor<1xi32>
  %w, %j = moe.arg_reduce min %b dim 0 : tensor<4xf32> -> tensor<f32>, tensor<i32>
  return %v, %i, %w, %j : tensor<1xf32>, tensor<1xi32>, tensor<f32>, tensor<i32>
}
