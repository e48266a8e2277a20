// A block of random numbers was partitioned as if it were the whole tensor.
// RUN: moe-interpret %s --all --exact --partitioned

spmd.mesh @mesh ["x"=2]
func.func @whole_block(%seed: tensor<i32>, %row: tensor<i32>) -> tensor<3x2xf32> {
  %0 = moe.random uniform %seed stream 0 at %row, %row of [16, 12] : tensor<i32>, tensor<i32>, tensor<i32> -> tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}
func.func @cut_block(%seed: tensor<i32>, %row: tensor<i32>)
    -> (tensor<3x2xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {}]>}) {
  %0 = moe.random uniform %seed stream 0 at %row, %row of [16, 12] : tensor<i32>, tensor<i32>, tensor<i32> -> tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}
