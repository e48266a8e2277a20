// An all_reduce over a part of an axis left zeros, greater than what was negative, in the
// interpreter, which took the whole axis or none of it.
// RUN: moe-opt %s --stop-after=partition -o %t
// RUN: FileCheck %s < %t
// RUN: moe-interpret %s --exact --compare=%t --seed=7
// CHECK: spmd.all_reduce {{.*}}unreduced = max{"y"}> to {{.*}}unreduced = max{"y":(1)2}>
spmd.mesh @mesh ["x"=3, "y"=4]
func.func @forward(%a: tensor<1x1x1xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y":(1)2, "y":(2)2}, {}, {}]>}, %i: tensor<i32> {moe.bound = 1 : i64})
    -> (tensor<1xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y":(1)2}p1]>}) {
  %0 = moe.reduce max %a dims [0] : tensor<1x1x1xf32> -> tensor<1x1xf32>
  %1 = moe.gather %0[%i] batch_dims 0 : tensor<1x1xf32>, tensor<i32> -> tensor<1xf32>
  return %1 : tensor<1xf32>
}
