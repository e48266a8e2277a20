// A program as it comes from elsewhere: linalg and tensor ops, of which a few
// values are cut. No size divides.
spmd.mesh @mesh ["data"=2, "model"=2]

#ij = affine_map<(i, j) -> (i, j)>
#i = affine_map<(i, j) -> (i)>
#j = affine_map<(i, j) -> (j)>
#rows = #spmd.sharding<@mesh, [{"data"}, {?}]>
#columns = #spmd.sharding<@mesh, [{?}, {"model"}]>

// Two layers with a bias and a nonlinear function between, then a softmax written
// out by linalg.
func.func @network(%x: tensor<13x9xf32> {moe.name = "x", spmd.sharding = #rows}, %wi: tensor<9x11xf32> {moe.name = "wi", spmd.sharding = #columns},
                   %bias: tensor<11xf32> {moe.name = "bias"}, %wo: tensor<11x7xf32> {moe.name = "wo", spmd.sharding = #spmd.sharding<@mesh, [{"model"}, {}]>},
                   %init: tensor<13x7xf32> {moe.name = "init"}) -> (tensor<13x7xf32> {moe.name = "y"}) {
  %zero = arith.constant 0.0 : f32
  %least = arith.constant 0xFF800000 : f32
  %e0 = tensor.empty() : tensor<13x11xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%e0 : tensor<13x11xf32>) -> tensor<13x11xf32>
  %0 = linalg.matmul ins(%x, %wi : tensor<13x9xf32>, tensor<9x11xf32>) outs(%zeros : tensor<13x11xf32>) -> tensor<13x11xf32>
  %1 = linalg.generic {indexing_maps = [#ij, #j, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%0, %bias : tensor<13x11xf32>, tensor<11xf32>) outs(%e0 : tensor<13x11xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %sum = arith.addf %a, %b : f32
    %positive = arith.maximumf %sum, %zero : f32
    linalg.yield %positive : f32
  } -> tensor<13x11xf32>
  %2 = linalg.matmul ins(%1, %wo : tensor<13x11xf32>, tensor<11x7xf32>) outs(%init : tensor<13x7xf32>) -> tensor<13x7xf32>
  %e1 = tensor.empty() : tensor<13xf32>
  %lowest = linalg.fill ins(%least : f32) outs(%e1 : tensor<13xf32>) -> tensor<13xf32>
  %most = linalg.reduce {arith.maximumf} ins(%2 : tensor<13x7xf32>) outs(%lowest : tensor<13xf32>) dimensions = [1]
  %none = linalg.fill ins(%zero : f32) outs(%e1 : tensor<13xf32>) -> tensor<13xf32>
  %total = linalg.generic {indexing_maps = [#ij, #i, #i], iterator_types = ["parallel", "reduction"]}
      ins(%2, %most : tensor<13x7xf32>, tensor<13xf32>) outs(%none : tensor<13xf32>) {
  ^bb0(%a: f32, %m: f32, %out: f32):
    %shifted = arith.subf %a, %m : f32
    %power = math.exp %shifted : f32
    %sum = arith.addf %out, %power : f32
    linalg.yield %sum : f32
  } -> tensor<13xf32>
  %e2 = tensor.empty() : tensor<13x7xf32>
  %p = linalg.generic {indexing_maps = [#ij, #i, #i, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%2, %most, %total : tensor<13x7xf32>, tensor<13xf32>, tensor<13xf32>) outs(%e2 : tensor<13x7xf32>) {
  ^bb0(%a: f32, %m: f32, %t: f32, %out: f32):
    %shifted = arith.subf %a, %m : f32
    %power = math.exp %shifted : f32
    %share = arith.divf %power, %t : f32
    linalg.yield %share : f32
  } -> tensor<13x7xf32>
  return %p : tensor<13x7xf32>
}

// The sum of exp(x) and the count of what is positive, over a dimension that is
// cut: padding must not count, and the init must count once.
func.func @reductions(%x: tensor<13x9xf32> {moe.name = "x", spmd.sharding = #columns}, %most: tensor<9xf32> {moe.name = "most"})
    -> (tensor<13xf32>, tensor<13xi32>, tensor<9xf32>) {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1 : i32
  %none = arith.constant 0 : i32
  %init = arith.constant dense<3.0> : tensor<13xf32>
  %n = arith.constant dense<5> : tensor<13xi32>
  %0:2 = linalg.generic {indexing_maps = [#ij, #i, #i], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<13x9xf32>) outs(%init, %n : tensor<13xf32>, tensor<13xi32>) {
  ^bb0(%a: f32, %sum: f32, %count: i32):
    %power = math.exp %a : f32
    %0 = arith.addf %sum, %power : f32
    %above = arith.cmpf ogt, %a, %zero : f32
    %number = arith.select %above, %one, %none : i32
    %1 = arith.addi %count, %number : i32
    linalg.yield %0, %1 : f32, i32
  } -> (tensor<13xf32>, tensor<13xi32>)
  %2 = linalg.reduce {arith.maximumf} ins(%x : tensor<13x9xf32>) outs(%most : tensor<9xf32>) dimensions = [0]
  return %0#0, %0#1, %2 : tensor<13xf32>, tensor<13xi32>, tensor<9xf32>
}

// A recurrence along a dimension that is cut, and one along one that is not.
func.func @recurrences(%x: tensor<13x9xf32> {moe.name = "x", spmd.sharding = #rows}, %h: tensor<9xf32> {moe.name = "h"}, %g: tensor<13xf32> {moe.name = "g"})
    -> (tensor<9xf32>, tensor<13xf32>) {
  %half = arith.constant 0.5 : f32
  %0 = linalg.generic {indexing_maps = [#ij, #j], iterator_types = ["reduction", "parallel"]}
      ins(%x : tensor<13x9xf32>) outs(%h : tensor<9xf32>) {
  ^bb0(%a: f32, %out: f32):
    %kept = arith.mulf %out, %half : f32
    %next = arith.addf %kept, %a : f32
    linalg.yield %next : f32
  } -> tensor<9xf32>
  %1 = linalg.generic {indexing_maps = [#ij, #i], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<13x9xf32>) outs(%g : tensor<13xf32>) {
  ^bb0(%a: f32, %out: f32):
    %kept = arith.mulf %out, %half : f32
    %next = arith.subf %kept, %a : f32
    linalg.yield %next : f32
  } -> tensor<13xf32>
  return %0, %1 : tensor<9xf32>, tensor<13xf32>
}

// An image whose rows are cut: windows reach into the next block.
func.func @image(%x: tensor<2x9x11x3xf32> {moe.name = "x", spmd.sharding = #spmd.sharding<@mesh, [{?}, {"data"}, {"model"}, {?}]>},
                 %filter: tensor<3x3x3x5xf32> {moe.name = "filter"}, %init: tensor<2x7x9x5xf32> {moe.name = "init"}) -> (tensor<2x3x4x5xf32> {moe.name = "y"}) {
  %least = arith.constant 0xFF800000 : f32
  %0 = linalg.conv_2d_nhwc_hwcf {strides = dense<1> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
      ins(%x, %filter : tensor<2x9x11x3xf32>, tensor<3x3x3x5xf32>) outs(%init : tensor<2x7x9x5xf32>) -> tensor<2x7x9x5xf32>
  %e = tensor.empty() : tensor<2x3x4x5xf32>
  %lowest = linalg.fill ins(%least : f32) outs(%e : tensor<2x3x4x5xf32>) -> tensor<2x3x4x5xf32>
  %shape = tensor.empty() : tensor<3x2xf32>
  %1 = linalg.pooling_nhwc_max {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
      ins(%0, %shape : tensor<2x7x9x5xf32>, tensor<3x2xf32>) outs(%lowest : tensor<2x3x4x5xf32>) -> tensor<2x3x4x5xf32>
  return %1 : tensor<2x3x4x5xf32>
}

// Blocks, reshapes and lookups of the tensor dialect.
func.func @tensors(%x: tensor<13x6xf32> {moe.name = "x", spmd.sharding = #rows}, %u: tensor<4x3xf32> {moe.name = "u"})
    -> (tensor<5x4xf32>, tensor<13x6xf32>, tensor<16x7xf32>, tensor<26x3xf32>, tensor<8x6xf32>, tensor<17x6xf32>) {
  %c = arith.constant 2.5 : f32
  %i = arith.constant dense<[[12], [0], [7], [7], [3], [6], [1], [9]]> : tensor<8x1xi32>
  %0 = tensor.extract_slice %x[3, 1] [5, 4] [2, 1] : tensor<13x6xf32> to tensor<5x4xf32>
  %1 = tensor.insert_slice %u into %x[5, 2] [4, 3] [1, 1] : tensor<4x3xf32> into tensor<13x6xf32>
  %2 = tensor.pad %x low[2, 1] high[1, 0] {
  ^bb0(%k: index, %l: index):
    tensor.yield %c : f32
  } : tensor<13x6xf32> to tensor<16x7xf32>
  %3 = tensor.expand_shape %x [[0], [1, 2]] output_shape [13, 2, 3] : tensor<13x6xf32> into tensor<13x2x3xf32>
  %4 = tensor.collapse_shape %3 [[0, 1], [2]] : tensor<13x2x3xf32> into tensor<26x3xf32>
  %5 = tensor.gather %x[%i] gather_dims([0]) : (tensor<13x6xf32>, tensor<8x1xi32>) -> tensor<8x6xf32>
  %6 = tensor.extract_slice %x[0, 0] [4, 6] [1, 1] : tensor<13x6xf32> to tensor<4x6xf32>
  %7 = tensor.concat dim(0) %x, %6 : (tensor<13x6xf32>, tensor<4x6xf32>) -> tensor<17x6xf32>
  return %0, %1, %2, %4, %5, %7 : tensor<5x4xf32>, tensor<13x6xf32>, tensor<16x7xf32>, tensor<26x3xf32>, tensor<8x6xf32>, tensor<17x6xf32>
}
