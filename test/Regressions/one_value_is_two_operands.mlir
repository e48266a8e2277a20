// A value that an op takes twice was masked for one of them only, and stayed masked for its other
// users, among them some that the mask did not come before.
// RUN: moe-interpret %s --all --partitioned --exact
// RUN: moe-interpret %s --all --partitioned
spmd.mesh @mesh ["x"=2, "y"=2]

func.func @in_a_branch(%a: tensor<f32> {moe.name = "a"}, %b: tensor<3xf32> {moe.name = "b", spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>},
                       %c: tensor<i1> {moe.name = "c"}) -> (tensor<3xf32>, tensor<f32>) {
  %is = tensor.extract %c[] : tensor<i1>
  %0 = scf.if %is -> (tensor<f32>) {
    scf.yield %a : tensor<f32>
  } else {
    %1 = moe.einsum "a,a->" %b, %b : tensor<3xf32>, tensor<3xf32> -> tensor<f32>
    scf.yield %1 : tensor<f32>
  }
  return %b, %0 : tensor<3xf32>, tensor<f32>
}

// Summed along rows as one operand, along columns as the other, with infinities beside padding.
func.func @each_with_another_sum() -> tensor<3x3xf32> {
  %m = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 0x7F800000, 6.0], [7.0, 8.0, 9.0]]> : tensor<3x3xf32>
  %a = spmd.annotate %m : tensor<3x3xf32> as <@mesh, [{"x"}, {"y"}]>
  %0 = moe.einsum "ab,bc->ac" %a, %a : tensor<3x3xf32>, tensor<3x3xf32> -> tensor<3x3xf32>
  return %0 : tensor<3x3xf32>
}

func.func @updates_are_the_input(%a: tensor<3x2xf32> {moe.name = "a", spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {}]>},
                                 %i: tensor<3xi32> {moe.name = "i", moe.bound = 3 : i64, spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>}) -> tensor<3x2xf32> {
  %0 = moe.scatter add %a into %a[%i] batch_dims 0 : tensor<3x2xf32>, tensor<3x2xf32>, tensor<3xi32>
  return %0 : tensor<3x2xf32>
}
