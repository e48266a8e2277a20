// The weighted sum of integers was made in parts, each rounded to an integer.
// RUN: moe-opt %s --stop-after=partition -o %t
// RUN: moe-interpret %s --exact --compare=%t --seed=1
spmd.mesh @mesh ["x"=4]
func.func @forward(%slots: tensor<4x4x4x4xi1> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {}, {}, {}]>},
    %expert: tensor<4x4x2xi32> {moe.bound = 5 : i64}, %slot: tensor<4x4x2xi32> {moe.bound = 5 : i64},
    %weight: tensor<4x4x2xf32>) -> tensor<4x4x4xi1> {
  %0 = moe.combine %slots from %expert, %slot weights %weight
      : tensor<4x4x4x4xi1>, tensor<4x4x2xi32>, tensor<4x4x2xi32>, tensor<4x4x2xf32> -> tensor<4x4x4xi1>
  return %0 : tensor<4x4x4xi1>
}
