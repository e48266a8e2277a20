// One program with an op of every family that only tests use, on sizes that do not
// divide: compiled on any mesh it gives the numbers of one device.
spmd.mesh @mesh ["x"=2, "y"=2]

#rows = #spmd.sharding<@mesh, [{"x"}, {?}, {?}]>
#batch = #spmd.sharding<@mesh, [{"x"}, {?}]>
#columns = #spmd.sharding<@mesh, [{?}, {"y"}]>
#places = #spmd.sharding<@mesh, [{?}, {"x", "y"}, {?}]>
#weights = #spmd.sharding<@mesh, [{"y"}, {}, {}]>

func.func @order(%x: tensor<7x5xf32> {moe.name = "order_x", spmd.sharding = #batch},
                 %tag: tensor<7x5xi32> {moe.name = "order_tag", spmd.sharding = #batch})
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

func.func @slices(%x: tensor<9x5xf32> {moe.name = "slices_x", spmd.sharding = #batch},
                  %u: tensor<3x5xf32> {moe.name = "slices_u"},
                  %i: tensor<i32> {moe.name = "slices_i", moe.bound = 9 : i64},
                  %rows: tensor<3xi32> {moe.name = "slices_rows", moe.bound = 11 : i64})
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

func.func @windows(%x: tensor<3x11x6xf32> {moe.name = "windows_x", spmd.sharding = #rows},
                   %w: tensor<3x6x70xf32> {moe.name = "windows_w", moe.parameter},
                   %d: tensor<4x1x6xf32> {moe.name = "windows_d", moe.parameter})
    -> (tensor<3x5x6xf32> {moe.name = "pooled"}, tensor<3x6x70xf32> {moe.name = "convolved"}, tensor<3x11x6xf32> {moe.name = "depthwise"}) {
  %pooled = moe.reduce_window sum %x window [1, 3, 1] strides [1, 2, 1] dilation [1, 1, 1] low [0, 0, 0] high [0, 0, 0] : tensor<3x11x6xf32> -> tensor<3x5x6xf32>
  %convolved = moe.convolution %x, %w strides [2] low [1] high [1] input_dilation [1] kernel_dilation [1] groups 1 : tensor<3x11x6xf32>, tensor<3x6x70xf32> -> tensor<3x6x70xf32>
  %depthwise = moe.convolution %x, %d strides [1] low [3] high [0] input_dilation [1] kernel_dilation [1] groups 6 : tensor<3x11x6xf32>, tensor<4x1x6xf32> -> tensor<3x11x6xf32>
  return %pooled, %convolved, %depthwise : tensor<3x5x6xf32>, tensor<3x6x70xf32>, tensor<3x11x6xf32>
}

func.func @experts(%scores: tensor<3x37x4xf32> {moe.name = "experts_scores", spmd.sharding = #rows},
                   %x: tensor<29x9xf32> {moe.name = "experts_x", spmd.sharding = #batch},
                   %w: tensor<5x9x70xf32> {moe.name = "experts_w", moe.parameter, spmd.sharding = #weights},
                   %sizes: tensor<5xi32> {moe.name = "experts_sizes", moe.bound = 8 : i64})
    -> (tensor<3x37x1xi32> {moe.name = "expert"}, tensor<3x37x1xi32> {moe.name = "slot"}, tensor<29x70xf32> {moe.name = "y"}) {
  %expert, %slot = moe.balanced_assignment %scores : tensor<3x37x4xf32> -> tensor<3x37x1xi32>, tensor<3x37x1xi32>
  %y = moe.grouped_einsum %x, %w sizes %sizes : tensor<29x9xf32>, tensor<5x9x70xf32>, tensor<5xi32> -> tensor<29x70xf32>
  return %expert, %slot, %y : tensor<3x37x1xi32>, tensor<3x37x1xi32>, tensor<29x70xf32>
}

// Along cut dimensions ranks exchange what their blocks need of each other.
func.func @cut(%x: tensor<7x11xf32> {moe.name = "cut_x", spmd.sharding = #columns})
    -> (tensor<7x11xf32> {moe.name = "product", spmd.sharding = #columns}, tensor<7x11xf32> {moe.name = "most", spmd.sharding = #columns},
        tensor<7xf32> {moe.name = "value"}, tensor<7xi32> {moe.name = "index"},
        tensor<7x11xf32> {moe.name = "keys"}, tensor<7x11xf32> {moe.name = "reversed", spmd.sharding = #columns}) {
  %product = moe.cumprod %x dim 1 exclusive : tensor<7x11xf32>
  %most = moe.cummax %x dim 1 : tensor<7x11xf32>
  %value, %index = moe.arg_reduce min %x dim 1 : tensor<7x11xf32> -> tensor<7xf32>, tensor<7xi32>
  %keys = moe.sort %x dim 1 : tensor<7x11xf32>
  %reversed = moe.reverse %x dims [1] : tensor<7x11xf32>
  return %product, %most, %value, %index, %keys, %reversed
      : tensor<7x11xf32>, tensor<7x11xf32>, tensor<7xf32>, tensor<7xi32>, tensor<7x11xf32>, tensor<7x11xf32>
}

func.func @halo(%x: tensor<2x21x6xf32> {moe.name = "halo_x", spmd.sharding = #places},
                %w: tensor<5x6x8xf32> {moe.name = "halo_w", moe.parameter},
                %d: tensor<4x1x6xf32> {moe.name = "halo_d", moe.parameter})
    -> (tensor<2x10x6xf32> {moe.name = "pooled", spmd.sharding = #places}, tensor<2x21x8xf32> {moe.name = "convolved", spmd.sharding = #places},
        tensor<2x21x6xf32> {moe.name = "depthwise", spmd.sharding = #places}) {
  %pooled = moe.reduce_window max %x window [1, 3, 1] strides [1, 2, 1] dilation [1, 1, 1] low [0, 0, 0] high [0, 0, 0] : tensor<2x21x6xf32> -> tensor<2x10x6xf32>
  %convolved = moe.convolution %x, %w strides [1] low [2] high [2] input_dilation [1] kernel_dilation [1] groups 1 : tensor<2x21x6xf32>, tensor<5x6x8xf32> -> tensor<2x21x8xf32>
  %depthwise = moe.convolution %x, %d strides [1] low [3] high [0] input_dilation [1] kernel_dilation [1] groups 6 : tensor<2x21x6xf32>, tensor<4x1x6xf32> -> tensor<2x21x6xf32>
  return %pooled, %convolved, %depthwise : tensor<2x10x6xf32>, tensor<2x21x8xf32>, tensor<2x21x6xf32>
}

func.func @init(%seed: tensor<i32> {moe.name = "seed"})
    -> (tensor<7x5xf32> {moe.name = "order_x"},
        tensor<7x5xi32> {moe.name = "order_tag"},
        tensor<9x5xf32> {moe.name = "slices_x"},
        tensor<3x5xf32> {moe.name = "slices_u"},
        tensor<i32> {moe.name = "slices_i"},
        tensor<3xi32> {moe.name = "slices_rows"},
        tensor<3x11x6xf32> {moe.name = "windows_x"},
        tensor<3x6x70xf32> {moe.name = "windows_w"},
        tensor<4x1x6xf32> {moe.name = "windows_d"},
        tensor<3x37x4xf32> {moe.name = "experts_scores"},
        tensor<29x9xf32> {moe.name = "experts_x"},
        tensor<5x9x70xf32> {moe.name = "experts_w"},
        tensor<5xi32> {moe.name = "experts_sizes"},
        tensor<7x11xf32> {moe.name = "cut_x"},
        tensor<2x21x6xf32> {moe.name = "halo_x"},
        tensor<5x6x8xf32> {moe.name = "halo_w"},
        tensor<4x1x6xf32> {moe.name = "halo_d"}) {
  %order_x = moe.random normal %seed stream 0 : tensor<i32> -> tensor<7x5xf32>
  %order_tag_u = moe.random uniform %seed stream 1 : tensor<i32> -> tensor<7x5xf32>
  %order_tag_n = arith.constant dense<100.0> : tensor<7x5xf32>
  %order_tag_x = arith.mulf %order_tag_u, %order_tag_n : tensor<7x5xf32>
  %order_tag = arith.fptosi %order_tag_x : tensor<7x5xf32> to tensor<7x5xi32>
  %slices_x = moe.random normal %seed stream 2 : tensor<i32> -> tensor<9x5xf32>
  %slices_u = moe.random normal %seed stream 3 : tensor<i32> -> tensor<3x5xf32>
  %slices_i_u = moe.random uniform %seed stream 4 : tensor<i32> -> tensor<f32>
  %slices_i_n = arith.constant dense<9.0> : tensor<f32>
  %slices_i_x = arith.mulf %slices_i_u, %slices_i_n : tensor<f32>
  %slices_i = arith.fptosi %slices_i_x : tensor<f32> to tensor<i32>
  %slices_rows_u = moe.random uniform %seed stream 5 : tensor<i32> -> tensor<3xf32>
  %slices_rows_n = arith.constant dense<11.0> : tensor<3xf32>
  %slices_rows_x = arith.mulf %slices_rows_u, %slices_rows_n : tensor<3xf32>
  %slices_rows = arith.fptosi %slices_rows_x : tensor<3xf32> to tensor<3xi32>
  %windows_x = moe.random normal %seed stream 6 : tensor<i32> -> tensor<3x11x6xf32>
  %windows_w = moe.random normal %seed stream 7 : tensor<i32> -> tensor<3x6x70xf32>
  %windows_d = moe.random normal %seed stream 8 : tensor<i32> -> tensor<4x1x6xf32>
  %experts_scores = moe.random normal %seed stream 9 : tensor<i32> -> tensor<3x37x4xf32>
  %experts_x = moe.random normal %seed stream 10 : tensor<i32> -> tensor<29x9xf32>
  %experts_w = moe.random normal %seed stream 11 : tensor<i32> -> tensor<5x9x70xf32>
  %experts_sizes_u = moe.random uniform %seed stream 12 : tensor<i32> -> tensor<5xf32>
  %experts_sizes_n = arith.constant dense<8.0> : tensor<5xf32>
  %experts_sizes_x = arith.mulf %experts_sizes_u, %experts_sizes_n : tensor<5xf32>
  %experts_sizes = arith.fptosi %experts_sizes_x : tensor<5xf32> to tensor<5xi32>
  %cut_x = moe.random normal %seed stream 13 : tensor<i32> -> tensor<7x11xf32>
  %halo_x = moe.random normal %seed stream 14 : tensor<i32> -> tensor<2x21x6xf32>
  %halo_w = moe.random normal %seed stream 15 : tensor<i32> -> tensor<5x6x8xf32>
  %halo_d = moe.random normal %seed stream 16 : tensor<i32> -> tensor<4x1x6xf32>
  return %order_x, %order_tag, %slices_x, %slices_u, %slices_i, %slices_rows, %windows_x, %windows_w, %windows_d, %experts_scores, %experts_x, %experts_w, %experts_sizes, %cut_x, %halo_x, %halo_w, %halo_d
      : tensor<7x5xf32>, tensor<7x5xi32>, tensor<9x5xf32>, tensor<3x5xf32>, tensor<i32>, tensor<3xi32>, tensor<3x11x6xf32>, tensor<3x6x70xf32>, tensor<4x1x6xf32>, tensor<3x37x4xf32>, tensor<29x9xf32>, tensor<5x9x70xf32>, tensor<5xi32>, tensor<7x11xf32>, tensor<2x21x6xf32>, tensor<5x6x8xf32>, tensor<4x1x6xf32>
}
