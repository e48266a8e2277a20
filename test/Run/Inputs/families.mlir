// One program with an op of every family that only tests use, on sizes that do not
// divide: compiled on any mesh it gives the numbers of one device.
spmd.mesh @mesh ["x"=2, "y"=2]

#rows = #spmd.sharding<@mesh, [{"x"}, {?}, {?}]>
#batch = #spmd.sharding<@mesh, [{"x"}, {?}]>
#columns = #spmd.sharding<@mesh, [{?}, {"y"}]>
#weights = #spmd.sharding<@mesh, [{"y"}, {}, {}]>

func.func @order(%x: tensor<7x5xf32> {moe.name = "x", spmd.sharding = #batch},
                 %tag: tensor<7x5xi32> {moe.name = "tag", spmd.sharding = #batch})
    -> (tensor<7x5xf32> {moe.name = "product"}, tensor<7x5xf32> {moe.name = "most"}, tensor<7x5xf32> {moe.name = "least"},
        tensor<7xf32> {moe.name = "value"}, tensor<7xi32> {moe.name = "index"},
        tensor<7x5xf32> {moe.name = "keys"}, tensor<7x5xi32> {moe.name = "tags"}, tensor<7x5xf32> {moe.name = "reversed"}) {
  %product = moe.cumprod %x dim 1 : tensor<7x5xf32>
  %most = moe.cummax %x dim 1 : tensor<7x5xf32>
  %least = moe.cummin %x dim 1 exclusive : tensor<7x5xf32>
  %value, %index = moe.arg_reduce max %x dim 1 : tensor<7x5xf32> -> tensor<7xf32>, tensor<7xi32>
  %sorted:2 = moe.sort %x, %tag dim 1 descending : tensor<7x5xf32>, tensor<7x5xi32>
  %reversed = moe.reverse %x dims [1] : tensor<7x5xf32>
  return %product, %most, %least, %value, %index, %sorted#0, %sorted#1, %reversed
      : tensor<7x5xf32>, tensor<7x5xf32>, tensor<7x5xf32>, tensor<7xf32>, tensor<7xi32>, tensor<7x5xf32>, tensor<7x5xi32>, tensor<7x5xf32>
}

func.func @slices(%x: tensor<9x5xf32> {moe.name = "x", spmd.sharding = #batch},
                  %u: tensor<3x5xf32> {moe.name = "u"},
                  %i: tensor<i32> {moe.name = "i", moe.bound = 9 : i64},
                  %rows: tensor<3xi32> {moe.name = "rows", moe.bound = 11 : i64})
    -> (tensor<3x5xf32> {moe.name = "block"}, tensor<9x5xf32> {moe.name = "updated"},
        tensor<9x5xf32> {moe.name = "added"}, tensor<9x5xf32> {moe.name = "greatest"}, tensor<9x5xf32> {moe.name = "replaced"}) {
  %block = moe.dynamic_slice %x[%i, %i] : tensor<9x5xf32> -> tensor<3x5xf32>
  %updated = moe.dynamic_update_slice %u into %x[%i, %i] : tensor<3x5xf32>, tensor<9x5xf32>
  %added = moe.scatter add %u into %x[%rows] batch_dims 0 : tensor<3x5xf32>, tensor<9x5xf32>, tensor<3xi32>
  %greatest = moe.scatter max %u into %x[%rows] batch_dims 0 : tensor<3x5xf32>, tensor<9x5xf32>, tensor<3xi32>
  %replaced = moe.scatter set %u into %x[%rows] batch_dims 0 : tensor<3x5xf32>, tensor<9x5xf32>, tensor<3xi32>
  return %block, %updated, %added, %greatest, %replaced
      : tensor<3x5xf32>, tensor<9x5xf32>, tensor<9x5xf32>, tensor<9x5xf32>, tensor<9x5xf32>
}

func.func @windows(%x: tensor<3x11x6xf32> {moe.name = "x", spmd.sharding = #rows},
                   %w: tensor<3x6x70xf32> {moe.name = "w", moe.parameter},
                   %d: tensor<4x1x6xf32> {moe.name = "d", moe.parameter})
    -> (tensor<3x5x6xf32> {moe.name = "pooled"}, tensor<3x6x70xf32> {moe.name = "convolved"}, tensor<3x11x6xf32> {moe.name = "depthwise"}) {
  %pooled = moe.reduce_window sum %x window [1, 3, 1] strides [1, 2, 1] dilation [1, 1, 1] low [0, 0, 0] high [0, 0, 0] : tensor<3x11x6xf32> -> tensor<3x5x6xf32>
  %convolved = moe.convolution %x, %w strides [2] low [1] high [1] input_dilation [1] kernel_dilation [1] groups 1 : tensor<3x11x6xf32>, tensor<3x6x70xf32> -> tensor<3x6x70xf32>
  %depthwise = moe.convolution %x, %d strides [1] low [3] high [0] input_dilation [1] kernel_dilation [1] groups 6 : tensor<3x11x6xf32>, tensor<4x1x6xf32> -> tensor<3x11x6xf32>
  return %pooled, %convolved, %depthwise : tensor<3x5x6xf32>, tensor<3x6x70xf32>, tensor<3x11x6xf32>
}

func.func @experts(%scores: tensor<3x37x4xf32> {moe.name = "scores", spmd.sharding = #rows},
                   %x: tensor<29x9xf32> {moe.name = "x", spmd.sharding = #batch},
                   %w: tensor<5x9x70xf32> {moe.name = "w", moe.parameter, spmd.sharding = #weights},
                   %sizes: tensor<5xi32> {moe.name = "sizes", moe.bound = 8 : i64})
    -> (tensor<3x37x1xi32> {moe.name = "expert"}, tensor<3x37x1xi32> {moe.name = "slot"}, tensor<29x70xf32> {moe.name = "y"}) {
  %expert, %slot = moe.balanced_assignment %scores : tensor<3x37x4xf32> -> tensor<3x37x1xi32>, tensor<3x37x1xi32>
  %y = moe.grouped_einsum %x, %w sizes %sizes : tensor<29x9xf32>, tensor<5x9x70xf32>, tensor<5xi32> -> tensor<29x70xf32>
  return %expert, %slot, %y : tensor<3x37x1xi32>, tensor<3x37x1xi32>, tensor<29x70xf32>
}
