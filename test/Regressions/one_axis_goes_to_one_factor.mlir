// One axis was given to two factors of the scatter, whose claims met only after all was decided.
// RUN: moe-interpret %s --partitioned --exact --all
spmd.mesh @mesh ["x"=2, "y"=8]
func.func @forward(%a0: tensor<1xf32> {moe.name = "a0"}, %a1: tensor<1x1xf32> {moe.name = "a1"}, %a2: tensor<1xi32> {moe.name = "a2", moe.bound = 2 : i64, spmd.sharding = #spmd.sharding<@mesh, [{"y":(1)4, "y":(4)2, "x"}]>}, %a3: tensor<1x1xf32> {moe.name = "a3", spmd.sharding = #spmd.sharding<@mesh, [{"y":(4)2}, {}]>}, %a4: tensor<1x1x1xf32> {moe.name = "a4"}, %a5: tensor<1x1x1xi32> {moe.name = "a5", moe.bound = 2 : i64}) -> (tensor<1x1x1x1xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}p0, {}, {}, {}]>}, tensor<1xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>}, tensor<1x1xi1> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"x"}]>}, tensor<1x1xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x", "y":(1)4}, {}]>}, tensor<1x1xf32>) {
  %0 = moe.cumsum %a0 dim 0 : tensor<1xf32>
  %1 = moe.einsum "ab,ab->ab" %a1, %a1 : tensor<1x1xf32>, tensor<1x1xf32> -> tensor<1x1xf32>
  %2 = spmd.annotate %1 : tensor<1x1xf32> as #spmd.sharding<@mesh, [{"x", "y":(1)4}, {}]>
  %3 = moe.scatter add %a3 into %a1[%a2] batch_dims 0 : tensor<1x1xf32>, tensor<1x1xf32>, tensor<1xi32>
  %4 = arith.cmpf oeq, %a3, %a3 : tensor<1x1xf32>
  %5 = arith.addf %0, %0 : tensor<1xf32>
  %6 = moe.dispatch %a4 to %a5, %a5 : tensor<1x1x1xf32>, tensor<1x1x1xi32>, tensor<1x1x1xi32> -> tensor<1x1x1x1xf32>
  return %6, %5, %4, %3, %2 : tensor<1x1x1x1xf32>, tensor<1xf32>, tensor<1x1xi1>, tensor<1x1xf32>, tensor<1x1xf32>
}
