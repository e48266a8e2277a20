// Regions written for one rank, on mesh ["data"=2, "expert"=2].
#rows = #spmd.sharding<@mesh, [{"data"}, {}]>
#columns = #spmd.sharding<@mesh, [{}, {"expert"}]>
#both = #spmd.sharding<@mesh, [{"data"}, {"expert"}]>
#whole = #spmd.sharding<@mesh, [{}, {}]>
#vector = #spmd.sharding<@mesh, [{}]>
#partial = #spmd.sharding<@mesh, [{}], unreduced = sum{"data"}>
#vectors = #spmd.sharding<@mesh, [{"expert"}]>
#partials = #spmd.sharding<@mesh, [{"expert"}], unreduced = sum{"data"}>
spmd.mesh @mesh ["data"=2, "expert"=2]

// Over one axis of two: ranks that differ in the other one do the same. The operand comes in
// another layout, the result is used in one.
func.func @sum_of_rows(%a: tensor<8x6xf32> {moe.name = "a", spmd.sharding = #columns}) -> tensor<8x6xf32> {
  %b = math.tanh %a : tensor<8x6xf32>
  %s = spmd.manual(%b) in [#rows] out [#vector] {
  ^bb0(%block: tensor<4x6xf32>):
    %0 = moe.reduce sum %block dims [0] : tensor<4x6xf32> -> tensor<6xf32>
    %1 = spmd.all_reduce %0 from #partial to #vector of tensor<6xf32> : tensor<6xf32> -> tensor<6xf32>
    spmd.yield %1 : tensor<6xf32>
  } : (tensor<8x6xf32>) -> tensor<6xf32>
  %all = moe.broadcast %s dims [1] : tensor<6xf32> -> tensor<8x6xf32>
  %r = arith.addf %a, %all : tensor<8x6xf32>
  return %r : tensor<8x6xf32>
}

// Over both axes, in a loop, with two results and rows that do not divide: the padding of the
// last block is masked by hand.
func.func @all_axes_in_turns(%a: tensor<7x6xf32> {moe.name = "b", spmd.sharding = #rows}, %w: tensor<6x6xf32> {moe.name = "c"}) -> (tensor<7x6xf32>, tensor<6xf32>) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %three = arith.constant 3 : index
  %none = arith.constant dense<0.0> : tensor<6xf32>
  %r:2 = scf.for %i = %zero to %three step %one iter_args(%x = %a, %t = %none) -> (tensor<7x6xf32>, tensor<6xf32>) {
    %y = moe.einsum "ik,kj->ij" %x, %w : tensor<7x6xf32>, tensor<6x6xf32> -> tensor<7x6xf32>
    %m:2 = spmd.manual(%y, %x) in [#both, #both] out [#both, #vectors] {
    ^bb0(%p: tensor<4x3xf32>, %q: tensor<4x3xf32>):
      %0 = arith.mulf %p, %q : tensor<4x3xf32>
      %1 = spmd.mask %0 sum dims [0] of #both global tensor<7x6xf32> : tensor<4x3xf32>
      %2 = moe.reduce sum %1 dims [0] : tensor<4x3xf32> -> tensor<3xf32>
      %3 = spmd.all_reduce %2 from #partials to #vectors of tensor<6xf32> : tensor<3xf32> -> tensor<3xf32>
      spmd.yield %0, %3 : tensor<4x3xf32>, tensor<3xf32>
    } : (tensor<7x6xf32>, tensor<7x6xf32>) -> (tensor<7x6xf32>, tensor<6xf32>)
    %sum = arith.addf %t, %m#1 : tensor<6xf32>
    scf.yield %m#0, %sum : tensor<7x6xf32>, tensor<6xf32>
  }
  return %r#0, %r#1 : tensor<7x6xf32>, tensor<6xf32>
}
