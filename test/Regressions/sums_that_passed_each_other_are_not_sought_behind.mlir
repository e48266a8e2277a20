// Three sums of which two were brought together behind the third: the search for it ran off the block.
// RUN: moe-opt %s --stop-after=optimize -o %t
// RUN: moe-interpret %s --exact --compare=%t --seed=1
#map = affine_map<(d0, d1, d2) -> (d0, d1)>
#map1 = affine_map<(d0, d1, d2) -> (d1, d2)>
#map2 = affine_map<(d0, d1, d2) -> (d2)>
module {
  spmd.mesh @mesh ["x"=2, "y"=2, "z"=3]
  func.func @forward(%arg0: tensor<1x1xf32>, %arg1: tensor<1x1xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x", "y", "z"}, {}]>}, %arg2: tensor<1x1xf32>, %arg3: tensor<1xf32>, %arg4: tensor<i32>, %arg5: tensor<1x1xf32>) -> (tensor<1xf32>, tensor<1xf32>) {
    %0 = moe.einsum "ab,bc->ac" %arg0, %arg1 : tensor<1x1xf32>, tensor<1x1xf32> -> tensor<1x1xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map1, #map2], iterator_types = ["reduction", "reduction", "parallel"]} ins(%0, %arg2 : tensor<1x1xf32>, tensor<1x1xf32>) outs(%arg3 : tensor<1xf32>) {
    ^bb0(%in: f32, %in_0: f32, %out: f32):
      %7 = arith.mulf %in, %in_0 : f32
      %8 = arith.addf %out, %7 : f32
      linalg.yield %8 : f32
    } -> tensor<1xf32>
    %2 = spmd.shard %arg2 over @mesh [{"z"}, {}] : tensor<1x1xf32>
    %3 = moe.gather %2[%arg4] batch_dims 0 : tensor<1x1xf32>, tensor<i32> -> tensor<1xf32>
    %4 = arith.addf %3, %1 : tensor<1xf32>
    %5 = arith.addf %arg1, %arg5 : tensor<1x1xf32>
    %6 = moe.gather %5[%arg4] batch_dims 0 : tensor<1x1xf32>, tensor<i32> -> tensor<1xf32>
    return %6, %4 : tensor<1xf32>, tensor<1xf32>
  }
}

