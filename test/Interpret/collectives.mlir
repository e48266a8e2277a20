// Collectives by definition, on 4 ranks. Elements are their own indices, so that
// every wrong place shows. Blocks of 5 over 4 are [0 1] [2] [3] [4].
// RUN: moe-interpret %s --all --print | FileCheck %s
// RUN: moe-interpret %s --all --print --exact | FileCheck %s
spmd.mesh @mesh ["x"=2, "y"=2]

#whole1 = #spmd.sharding<@mesh, [{}]>
#xy = #spmd.sharding<@mesh, [{"x", "y"}]>
#yx = #spmd.sharding<@mesh, [{"y", "x"}]>
#x = #spmd.sharding<@mesh, [{"x"}]>
#y = #spmd.sharding<@mesh, [{"y"}]>

// Uneven blocks are gathered without their padding.
// CHECK-LABEL: @all_gather
// CHECK-NEXT: tensor<5xi32> = [0, 1, 2, 3, 4]
func.func @all_gather() -> (tensor<5xi32> {spmd.sharding = #whole1, spmd.global = tensor<5xi32>}) {
  %i = moe.iota dim 0 : tensor<5xi32>
  %0 = spmd.slice %i from #whole1 to #xy of tensor<5xi32> : tensor<5xi32> -> tensor<2xi32>
  %1 = spmd.all_gather %0 from #xy to #x of tensor<5xi32> : tensor<2xi32> -> tensor<3xi32>
  %2 = spmd.all_gather %1 from #x to #whole1 of tensor<5xi32> : tensor<3xi32> -> tensor<5xi32>
  return %2 : tensor<5xi32>
}

// Three elements over four ranks: block 3 is empty.
// CHECK-LABEL: @empty_blocks
// CHECK-NEXT: tensor<3xi32> = [0, 1, 2]
func.func @empty_blocks() -> (tensor<1xi32> {spmd.sharding = #yx, spmd.global = tensor<3xi32>}) {
  %i = moe.iota dim 0 : tensor<3xi32>
  %0 = spmd.slice %i from #whole1 to #xy of tensor<3xi32> : tensor<3xi32> -> tensor<1xi32>
  %1 = spmd.permute %0 from #xy to #yx of tensor<3xi32> : tensor<1xi32> -> tensor<1xi32>
  return %1 : tensor<1xi32>
}

// Any layout to any other: from halves over x to halves over y.
// CHECK-LABEL: @exchange
// CHECK-NEXT: tensor<5xi32> = [0, 1, 2, 3, 4]
func.func @exchange() -> (tensor<3xi32> {spmd.sharding = #y, spmd.global = tensor<5xi32>}) {
  %i = moe.iota dim 0 : tensor<5xi32>
  %0 = spmd.slice %i from #whole1 to #x of tensor<5xi32> : tensor<5xi32> -> tensor<3xi32>
  %1 = spmd.exchange %0 from #x to #y of tensor<5xi32> : tensor<3xi32> -> tensor<3xi32>
  return %1 : tensor<3xi32>
}

// An axis moves from rows to columns; start and done are the same op in two.
#rows = #spmd.sharding<@mesh, [{"x"}, {}]>
#columns = #spmd.sharding<@mesh, [{}, {"x"}]>
// CHECK-LABEL: @all_to_all
// CHECK-NEXT: tensor<3x3xi32> = {{\[}}[0, 1, 2], [3, 4, 5], [6, 7, 8]]
// CHECK-NEXT: tensor<3x3xi32> = {{\[}}[0, 1, 2], [3, 4, 5], [6, 7, 8]]
func.func @all_to_all() -> (tensor<3x2xi32> {spmd.sharding = #columns, spmd.global = tensor<3x3xi32>},
                            tensor<3x2xi32> {spmd.sharding = #columns, spmd.global = tensor<3x3xi32>}) {
  %c = arith.constant dense<[[0, 1, 2], [3, 4, 5], [6, 7, 8]]> : tensor<3x3xi32>
  %0 = spmd.slice %c from #spmd.sharding<@mesh, [{}, {}]> to #rows of tensor<3x3xi32> : tensor<3x3xi32> -> tensor<2x3xi32>
  %1 = spmd.all_to_all %0 from #rows to #columns of tensor<3x3xi32> : tensor<2x3xi32> -> tensor<3x2xi32>
  %p = spmd.start all_to_all %0 from #rows to #columns of tensor<3x3xi32> : tensor<2x3xi32> -> !spmd.pending<tensor<3x2xi32>>
  %2 = spmd.done %p : !spmd.pending<tensor<3x2xi32>> -> tensor<3x2xi32>
  return %1, %2 : tensor<3x2xi32>, tensor<3x2xi32>
}

// Partial values i + offset, with offsets 0 and 3 along x: their sum is 2 i + 3.
// The offsets over both axes are 0, 2, 3 and 4: the maximum is i + 4.
#partial = #spmd.sharding<@mesh, [{}], unreduced = sum{"x"}>
#partial_max = #spmd.sharding<@mesh, [{}], unreduced = max{"x", "y"}>
// CHECK-LABEL: @reductions
// CHECK-NEXT: tensor<3xi32> = [3, 5, 7]
// CHECK-NEXT: tensor<3xi32> = [3, 5, 7]
// CHECK-NEXT: tensor<3xi32> = [4, 5, 6]
func.func @reductions() -> (tensor<3xi32> {spmd.sharding = #whole1, spmd.global = tensor<3xi32>},
                            tensor<2xi32> {spmd.sharding = #x, spmd.global = tensor<3xi32>},
                            tensor<3xi32> {spmd.sharding = #whole1, spmd.global = tensor<3xi32>}) {
  %i = moe.iota dim 0 : tensor<3xi32>
  %o = spmd.block_offset dim 0 of #x global tensor<5xi32> : tensor<i32>
  %b = moe.broadcast %o dims [] : tensor<i32> -> tensor<3xi32>
  %0 = arith.addi %i, %b : tensor<3xi32>
  %1 = spmd.all_reduce %0 from #partial to #whole1 of tensor<3xi32> : tensor<3xi32> -> tensor<3xi32>
  %2 = spmd.reduce_scatter %0 from #partial to #x of tensor<3xi32> : tensor<3xi32> -> tensor<2xi32>
  %p = spmd.block_offset dim 0 of #xy global tensor<5xi32> : tensor<i32>
  %q = moe.broadcast %p dims [] : tensor<i32> -> tensor<3xi32>
  %3 = arith.addi %i, %q : tensor<3xi32>
  %4 = spmd.all_reduce %3 from #partial_max to #whole1 of tensor<3xi32> : tensor<3xi32> -> tensor<3xi32>
  return %1, %2, %4 : tensor<3xi32>, tensor<2xi32>, tensor<3xi32>
}

// Partial values 0 2 | 3 4: reduced over y they are 2 and 7, still partial over
// x; what is partial in a result is reduced when it is gathered.
#both = #spmd.sharding<@mesh, [], unreduced = sum{"x", "y"}>
#left = #spmd.sharding<@mesh, [], unreduced = sum{"x"}>
// CHECK-LABEL: @partial_reduction
// CHECK-NEXT: tensor<i32> = 9
func.func @partial_reduction() -> (tensor<i32> {spmd.sharding = #left, spmd.global = tensor<i32>}) {
  %0 = spmd.block_offset dim 0 of #xy global tensor<5xi32> : tensor<i32>
  %1 = spmd.all_reduce %0 from #both to #left of tensor<i32> : tensor<i32> -> tensor<i32>
  return %1 : tensor<i32>
}
