// Ops and control flow that other systems refuse, gather for, or get wrong, each under the name of
// the failure; docs/public-failures.md has the sources.
// RUN: moe-interpret %s --all --exact --partitioned
// RUN: moe-interpret %s --all --exact --partitioned --mesh=x=3,y=2
// RUN: moe-interpret %s --all --exact --partitioned --mesh=x=1,y=5
// RUN: moe-opt %s --stop-after=optimize -o %t && FileCheck %s --input-file=%t

spmd.mesh @mesh ["x"=2, "y"=2]

// xla#42481: rows of a table that is cut by rows.
// CHECK-LABEL: func.func @gather_over_cut_rows_is_wrong
// CHECK-NOT:     spmd.all_gather
// CHECK:         return
func.func @gather_over_cut_rows_is_wrong(
    %table: tensor<11x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {}]>},
    %rows: tensor<6xi32> {moe.bound = 11 : i64, spmd.sharding = #spmd.sharding<@mesh, [{"y"}]>})
    -> (tensor<6x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {}]>}) {
  %0 = moe.gather %table[%rows] batch_dims 0 : tensor<11x8xf32>, tensor<6xi32> -> tensor<6x8xf32>
  return %0 : tensor<6x8xf32>
}

// Rows are added on the ranks that have them, and the sums meet.
func.func @scatter_over_cut_updates_is_wrong(
    %updates: tensor<6x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {"y"}]>},
    %into: tensor<11x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"y"}]>},
    %rows: tensor<6xi32> {moe.bound = 11 : i64}) -> (tensor<11x8xf32>, tensor<11x8xf32>, tensor<11x8xf32>) {
  %0 = moe.scatter add %updates into %into[%rows] batch_dims 0 : tensor<6x8xf32>, tensor<11x8xf32>, tensor<6xi32>
  %1 = moe.scatter max %updates into %into[%rows] batch_dims 0 : tensor<6x8xf32>, tensor<11x8xf32>, tensor<6xi32>
  %2 = moe.scatter set %updates into %into[%rows] batch_dims 0 : tensor<6x8xf32>, tensor<11x8xf32>, tensor<6xi32>
  return %0, %1, %2 : tensor<11x8xf32>, tensor<11x8xf32>, tensor<11x8xf32>
}

// xla#49122: a slice that begins where a value says, across blocks.
func.func @dynamic_slice_of_a_cut_dimension_is_wrong(
    %a: tensor<9x5xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {"y"}]>}, %u: tensor<3x5xf32>,
    %i: tensor<i32> {moe.bound = 7 : i64}) -> (tensor<3x5xf32>, tensor<9x5xf32>) {
  %0 = moe.dynamic_slice %a[%i, %i] : tensor<9x5xf32> -> tensor<3x5xf32>
  %1 = moe.dynamic_update_slice %u into %a[%i, %i] : tensor<3x5xf32>, tensor<9x5xf32>
  return %0, %1 : tensor<3x5xf32>, tensor<9x5xf32>
}

// Enzyme-JAX#687, #731, #2122: rotation, extension and wrapping of cut dimensions need hand-made passes.
// CHECK-LABEL: func.func @rotation_gathers
// CHECK-NOT:     spmd.all_gather
// CHECK:         return
func.func @rotation_gathers(
    %a: tensor<12x4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {}]>})
    -> (tensor<12x4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {}]>}) {
  %tail = moe.slice %a offsets [10, 0] strides [1, 1] : tensor<12x4xf32> -> tensor<2x4xf32>
  %head = moe.slice %a offsets [0, 0] strides [1, 1] : tensor<12x4xf32> -> tensor<10x4xf32>
  %0 = moe.concatenate dim 0 %tail, %head : tensor<2x4xf32>, tensor<10x4xf32> -> tensor<12x4xf32>
  return %0 : tensor<12x4xf32>
}

// CHECK-LABEL: func.func @extension_gathers
// CHECK-NOT:     spmd.all_gather
// CHECK:         return
func.func @extension_gathers(
    %a: tensor<12x4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {}]>})
    -> (tensor<15x4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {}]>}) {
  %0 = moe.pad %a with 1.0 : f32 low [2, 0] high [1, 0] interior [0, 0] : tensor<12x4xf32> -> tensor<15x4xf32>
  return %0 : tensor<15x4xf32>
}

// Enzyme-JAX#767, and `a(x + k)` in upstream `shard`: a stencil takes from its neighbours.
// CHECK-LABEL: func.func @stencil_gathers
// CHECK-NOT:     spmd.all_gather
// CHECK:         return
func.func @stencil_gathers(
    %a: tensor<2x12x3xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"x"}, {}]>}, %w: tensor<3x3x4xf32>)
    -> (tensor<2x12x4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"x"}, {}]>},
        tensor<2x12x3xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"x"}, {}]>}) {
  %0 = moe.convolution %a, %w strides [1] low [1] high [1] input_dilation [1] kernel_dilation [1] groups 1 : tensor<2x12x3xf32>, tensor<3x3x4xf32> -> tensor<2x12x4xf32>
  %1 = moe.reduce_window sum %a window [1, 3, 1] strides [1, 1, 1] dilation [1, 1, 1] low [0, 2, 0] high [0, 0, 0] : tensor<2x12x3xf32> -> tensor<2x12x3xf32>
  return %0, %1 : tensor<2x12x4xf32>, tensor<2x12x3xf32>
}

// xla#33386, #47283, marin#8077: groups whose sizes only the data know, cut by experts and by rows.
func.func @ragged_groups_are_corrupted(
    %rows: tensor<13x4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {}]>},
    %experts: tensor<5x4x6xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {}, {}]>},
    %sizes: tensor<5xi32> {moe.bound = 3 : i64}) -> tensor<13x6xf32> {
  %0 = moe.grouped_einsum %rows, %experts sizes %sizes : tensor<13x4xf32>, tensor<5x4x6xf32>, tensor<5xi32> -> tensor<13x6xf32>
  return %0 : tensor<13x6xf32>
}

// Upstream `shard`: loops, branches and calls have no sharding interface.
func.func @loop_is_refused(
    %x: tensor<6x5xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {}]>},
    %w: tensor<3x5x5xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {}, {"y"}]>}) -> tensor<6x5xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %three = arith.constant 3 : index
  %r = scf.for %i = %zero to %three step %one iter_args(%a = %x) -> tensor<6x5xf32> {
    %n = arith.index_cast %i : index to i32
    %layer = tensor.from_elements %n : tensor<i32>
    %m = moe.gather %w[%layer] batch_dims 0 : tensor<3x5x5xf32>, tensor<i32> -> tensor<5x5xf32>
    %0 = moe.einsum "ik,kj->ij" %a, %m : tensor<6x5xf32>, tensor<5x5xf32> -> tensor<6x5xf32>
    scf.yield %0 : tensor<6x5xf32>
  }
  return %r : tensor<6x5xf32>
}

func.func private @layer(%x: tensor<6x5xf32>, %w: tensor<5x5xf32>) -> tensor<6x5xf32> {
  %0 = moe.einsum "ik,kj->ij" %x, %w : tensor<6x5xf32>, tensor<5x5xf32> -> tensor<6x5xf32>
  return %0 : tensor<6x5xf32>
}
func.func @call_is_refused(
    %x: tensor<6x5xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {}]>},
    %w: tensor<5x5xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"y"}]>}) -> tensor<6x5xf32> {
  %0 = func.call @layer(%x, %w) : (tensor<6x5xf32>, tensor<5x5xf32>) -> tensor<6x5xf32>
  %1 = func.call @layer(%0, %w) : (tensor<6x5xf32>, tensor<5x5xf32>) -> tensor<6x5xf32>
  return %1 : tensor<6x5xf32>
}

// torchtune#2846, tt-mlir#3494: one op without a rule stops the model. Here its writer states one.
// CHECK-LABEL: func.func @op_without_a_rule_stops_the_model
// CHECK-NOT:     spmd.all_gather
// CHECK:         return
func.func @op_without_a_rule_stops_the_model(
    %a: tensor<9xi32> {moe.bound = 90 : i64, spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>})
    -> (tensor<9xi32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>}) {
  %seven = arith.constant dense<7> : tensor<9xi32>
  %0 = arith.ceildivsi %a, %seven {spmd.rule = "i,i->i"} : tensor<9xi32>
  return %0 : tensor<9xi32>
}

// tt-xla#3285: an axis of one element trips an assertion (with --mesh=x=1,y=5).
func.func @axis_of_one_asserts(
    %a: tensor<6x5xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x", "y"}, {}]>})
    -> (tensor<6x5xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {"x"}]>}) {
  return %a : tensor<6x5xf32>
}

// pytorch/xla#7049, and a layer whose tokens are sorted by experts.
func.func @sort_over_a_cut_dimension_does_not_compile(
    %keys: tensor<3x11xi32> {moe.bound = 5 : i64, spmd.sharding = #spmd.sharding<@mesh, [{}, {"x", "y"}]>})
    -> (tensor<3x11xi32>, tensor<3x11xi32>) {
  %place = moe.iota dim 1 : tensor<3x11xi32>
  %0:2 = moe.sort %keys, %place dim 1 : tensor<3x11xi32>, tensor<3x11xi32>
  return %0#0, %0#1 : tensor<3x11xi32>, tensor<3x11xi32>
}
