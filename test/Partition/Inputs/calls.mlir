// A layer that is not inlined, called three times: twice on rows over data, once on rows over
// expert, which makes another function of it. It calls a function itself.
#rows = #spmd.sharding<@mesh, [{"data"}, {?}]>
#others = #spmd.sharding<@mesh, [{"expert"}, {}]>
spmd.mesh @mesh ["data"=2, "expert"=2]

func.func private @scaled(%x: tensor<7x5xf32>) -> tensor<7x5xf32> attributes {no_inline} {
  %sum = moe.reduce sum %x dims [0] : tensor<7x5xf32> -> tensor<5xf32>
  %all = moe.broadcast %sum dims [1] : tensor<5xf32> -> tensor<7x5xf32>
  %y = arith.mulf %x, %all : tensor<7x5xf32>
  return %y : tensor<7x5xf32>
}

func.func private @layer(%x: tensor<7x5xf32>, %w: tensor<5x5xf32>) -> tensor<7x5xf32> attributes {no_inline} {
  %0 = moe.einsum "ik,kj->ij" %x, %w : tensor<7x5xf32>, tensor<5x5xf32> -> tensor<7x5xf32>
  %1 = func.call @scaled(%0) : (tensor<7x5xf32>) -> tensor<7x5xf32>
  %2 = arith.addf %x, %1 : tensor<7x5xf32>
  return %2 : tensor<7x5xf32>
}

func.func @layers(%x: tensor<7x5xf32> {moe.name = "p", spmd.sharding = #rows}, %w: tensor<5x5xf32> {moe.name = "v"}) -> tensor<7x5xf32> {
  %0 = func.call @layer(%x, %w) : (tensor<7x5xf32>, tensor<5x5xf32>) -> tensor<7x5xf32>
  %1 = func.call @layer(%0, %w) : (tensor<7x5xf32>, tensor<5x5xf32>) -> tensor<7x5xf32>
  %2 = spmd.annotate %1 : tensor<7x5xf32> as #rows
  %3 = spmd.annotate %2 : tensor<7x5xf32> as #others
  %4 = func.call @layer(%3, %w) : (tensor<7x5xf32>, tensor<5x5xf32>) -> tensor<7x5xf32>
  return %4 : tensor<7x5xf32>
}

// A call in a loop, and a function that is an entry too.
func.func @turns(%x: tensor<7x5xf32> {moe.name = "p", spmd.sharding = #rows}, %w: tensor<5x5xf32> {moe.name = "v"}) -> tensor<7x5xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %two = arith.constant 2 : index
  %0 = func.call @layers(%x, %w) : (tensor<7x5xf32>, tensor<5x5xf32>) -> tensor<7x5xf32>
  %r = scf.for %i = %zero to %two step %one iter_args(%a = %0) -> tensor<7x5xf32> {
    %1 = func.call @layer(%a, %w) : (tensor<7x5xf32>, tensor<5x5xf32>) -> tensor<7x5xf32>
    scf.yield %1 : tensor<7x5xf32>
  }
  return %r : tensor<7x5xf32>
}
