// What users of other systems reported, each under the name of the failure;
// docs/public-failures.md has the sources.
// RUN: moe-interpret %s --all --exact --partitioned
// RUN: moe-interpret %s --all --exact --partitioned --mesh=x=3,y=2
// RUN: moe-opt %s --stop-after=optimize -o %t && FileCheck %s --input-file=%t

spmd.mesh @mesh ["x"=2, "y"=2]

// xla#4062: a dot of two-dimensional shardings is replicated for nothing.
// CHECK-LABEL: func.func @dot_of_two_dimensional_shardings_replicates
// CHECK-NOT:     spmd.all_
// CHECK:         spmd.reduce_scatter
// CHECK-NOT:     spmd.all_
// CHECK:         return
func.func @dot_of_two_dimensional_shardings_replicates(
    %a: tensor<16x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {"y"}]>},
    %b: tensor<8x12xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {}]>})
    -> (tensor<16x12xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {"y"}]>}) {
  %0 = moe.einsum "mk,kn->mn" %a, %b : tensor<16x8xf32>, tensor<8x12xf32> -> tensor<16x12xf32>
  return %0 : tensor<16x12xf32>
}

// xla#45717: the router's top-k leaves its sharding on values of another rank.
func.func @router_top_k_does_not_compile(
    %tokens: tensor<6x10x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {"y"}, {}]>}, %router: tensor<8x5xf32>)
    -> (tensor<6x10x2xf32>, tensor<6x10x2xi32>) {
  %logits = moe.einsum "gsm,me->gse" %tokens, %router : tensor<6x10x8xf32>, tensor<8x5xf32> -> tensor<6x10x5xf32>
  %gates = moe.softmax %logits dim 2 : tensor<6x10x5xf32>
  %v, %i = moe.top_k %gates k 2 dim 2 : tensor<6x10x5xf32> -> tensor<6x10x2xf32>, tensor<6x10x2xi32>
  return %v, %i : tensor<6x10x2xf32>, tensor<6x10x2xi32>
}

// jax#19271: top-k over a cut dimension gives wrong numbers.
func.func @top_k_over_a_cut_dimension_is_wrong(
    %a: tensor<3x11xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {"x", "y"}]>}) -> (tensor<3x4xf32>, tensor<3x4xi32>) {
  %v, %i = moe.top_k %a k 4 dim 1 : tensor<3x11xf32> -> tensor<3x4xf32>, tensor<3x4xi32>
  return %v, %i : tensor<3x4xf32>, tensor<3x4xi32>
}

// tt-xla#2601, jax#39301: concatenation of expert-sharded values is wrong.
func.func @concatenated_experts_are_wrong(
    %a: tensor<4x6xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {"y"}]>},
    %b: tensor<4x5xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {"y"}]>}) -> tensor<4x11xf32> {
  %0 = moe.concatenate dim 1 %a, %b : tensor<4x6xf32>, tensor<4x5xf32> -> tensor<4x11xf32>
  return %0 : tensor<4x11xf32>
}

// tt-xla#3643, tt-mlir#8492: a cut goes lost where dimensions are merged.
// CHECK-LABEL: func.func @merged_dimensions_lose_the_cut
// CHECK-SAME:    -> (tensor<12x4xf32>
// CHECK-NEXT:    moe.reshape
// CHECK-NEXT:    return
func.func @merged_dimensions_lose_the_cut(
    %a: tensor<4x6x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {}, {"y"}]>}) -> tensor<24x8xf32> {
  %0 = moe.reshape %a : tensor<4x6x8xf32> -> tensor<24x8xf32>
  return %0 : tensor<24x8xf32>
}

// jax#27808 and others: sizes that the mesh does not divide are refused.
func.func @uneven_inputs_are_refused(
    %a: tensor<7x5xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {"y"}]>},
    %b: tensor<1x5xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {}]>})
    -> (tensor<7x1xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"y"}, {"x"}]>}) {
  %0 = moe.einsum "mk,nk->mn" %a, %b : tensor<7x5xf32>, tensor<1x5xf32> -> tensor<7x1xf32>
  return %0 : tensor<7x1xf32>
}

// Positions of tokens in their experts: a scan, and masks of it.
func.func @positions_gather_the_tokens(
    %expert: tensor<4x9xi32> {moe.bound = 3 : i64, spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {"y"}]>}) -> tensor<4x9x3xi32> {
  %mask = moe.one_hot %expert : tensor<4x9xi32> -> tensor<4x9x3xi32>
  %position = moe.cumsum %mask dim 1 exclusive : tensor<4x9x3xi32>
  return %position : tensor<4x9x3xi32>
}
