// RUN: moe-opt %s -split-input-file -verify-diagnostics

// In the order of the Constraints of #spmd.sharding.

// expected-error @+1 {{argument 0: sharding names mesh @mesh, which the module does not declare; add spmd.mesh @mesh ["axis"=size, ...]}}
func.func @mesh_is_not_declared(%a: tensor<8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>}) { return }

// -----

spmd.mesh @mesh ["x"=4]
// expected-error @+1 {{argument 0: sharding has 1 dimensions, 'tensor<8x8xf32>' has 2}}
func.func @one_entry_for_each_dimension(%a: tensor<8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>}) { return }

// -----

// expected-note @+1 {{the mesh has "x"=4}}
spmd.mesh @mesh ["x"=4]
// expected-error @+1 {{argument 0: axis "expert" in dimension 0 is not an axis of mesh @mesh}}
func.func @axis_exists(%a: tensor<8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"expert"}]>}) { return }

// -----

// expected-note @+1 {{the mesh is declared here}}
spmd.mesh @mesh ["x"=6]
// expected-error @+1 {{argument 0: sub-axis "x":(2)2 in dimension 0 does not divide axis "x" of size 6 (2 * 2 must divide it, and 2 be smaller)}}
func.func @sub_axis_divides(%a: tensor<8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x":(2)2}]>}) { return }

// -----

// expected-note @+1 {{axis "ep" of size 4 declared here}}
spmd.mesh @mesh ["ep"=4]
// expected-error @+1 {{argument 0: axis "ep" in dimension 2 is used again, it stands in dimension 0 already; an axis can be used once only}}
func.func @axis_is_used_once(%a: tensor<8x8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"ep"}, {}, {"ep"}]>}) { return }

// -----

// expected-note @+1 {{axis "x" of size 8 declared here}}
spmd.mesh @mesh ["x"=8]
// expected-error @+1 {{argument 0: axis "x":(2)4 in the replicated axes is used again, it stands in dimension 0 already; an axis can be used once only}}
func.func @overlapping_sub_axes_are_one_axis(%a: tensor<8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x":(1)4}], replicated = {"x":(2)4}>}) { return }

// -----

spmd.mesh @mesh ["x"=4]
// expected-error @+1 {{argument 0: unreduced or needs integer elements, got 'tensor<8xf32>'}}
func.func @bitwise_reductions_take_integers(%a: tensor<8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}], unreduced = or{"x"}>}) { return }

// -----

spmd.mesh @mesh ["x"=4]
// expected-error @+1 {{argument 0: expected #spmd.sharding, got 3 : i64}}
func.func @attribute_is_a_sharding(%a: tensor<8xf32> {spmd.sharding = 3}) { return }

// -----

spmd.mesh @mesh ["x"=4]
// expected-error @+1 {{argument 0: only tensors have shardings, got 'f32'}}
func.func @only_tensors(%a: f32 {spmd.sharding = #spmd.sharding<@mesh, []>}) { return }

// -----

// expected-error @+1 {{unknown argument attribute "spmd.shading"}}
func.func @unknown_argument_attribute(%a: f32 {spmd.shading = 1}) { return }

// -----

// expected-error @+1 {{unknown result attribute "spmd.shading"}}
func.func private @unknown_result_attribute() -> (f32 {spmd.shading = 1})

// -----

// expected-error @+1 {{spmd.global must be a ranked tensor type, got f32}}
func.func @global_is_a_tensor_type(%a: tensor<8xf32> {spmd.global = f32}) { return }

// -----

spmd.mesh @mesh ["x"=4]
func.func @one_sharding_for_each_result() {
  // expected-error @+1 {{spmd.shardings needs one sharding for each of the 1 results}}
  %0 = moe.iota dim 0 {spmd.shardings = []} : tensor<4xi32>
  return
}

// -----

func.func @unknown_op_attribute() {
  // expected-error @+1 {{unknown attribute "spmd.shading"}}
  %0 = moe.iota dim 0 {spmd.shading = []} : tensor<4xi32>
  return
}

// -----

// expected-error @+1 {{axis "x" is declared twice}}
spmd.mesh @mesh ["x"=4, "x"=2]

// -----

// expected-error @+1 {{size of axis "x" must be positive, got 0}}
spmd.mesh @mesh ["x"=0]

// -----

// expected-error @+1 {{order has 1 axes, the mesh has 2}}
spmd.mesh @mesh ["x"=4, "y"=2] order ["x"]

// -----

// expected-error @+1 {{order must name each axis once; "x" is repeated or not an axis}}
spmd.mesh @mesh ["x"=4, "y"=2] order ["x", "x"]

// -----

spmd.mesh @mesh ["x"=4]
func.func @split_dim_in_range(%a: tensor<8xf32>) {
  // expected-error @+1 {{dim must be in [0, 1), got 3}}
  %0 = spmd.split %a dim 3 over @mesh {"x"} : tensor<8xf32>
  return
}

// -----

// expected-error @+1 {{sub-axis (0)2 of axis "x" needs a leading size of at least 1 and a size of at least 2}}
func.func @sub_axis_sizes(%a: tensor<8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x":(0)2}]>}) { return }

// -----

// expected-error @+1 {{'?' must be the last entry of a dimension}}
func.func @question_mark_is_last(%a: tensor<8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{?, "x"}]>}) { return }

// -----

// expected-error @+1 {{expected a priority such as p1 behind the axes of a dimension}}
func.func @priority(%a: tensor<8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}q1]>}) { return }

// -----

// expected-error @+1 {{unknown reduction 'mean', expected sum, prod, max, min, and or or}}
func.func @reduction_kind(%a: tensor<8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}], unreduced = mean{"x"}>}) { return }

// -----

// expected-error @+1 {{unknown part 'partial' of a sharding, expected replicated or unreduced}}
func.func @part_of_a_sharding(%a: tensor<8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}], partial = {"x"}>}) { return }

// -----

spmd.mesh @mesh ["x"=4]
func.func @global_type_of_a_collective(%a: tensor<2xf32>) {
  // expected-error @+1 {{global type must be a ranked tensor, got 'tensor<*xf32>'}}
  %0 = spmd.all_gather %a from #spmd.sharding<@mesh, [{"x"}]> to #spmd.sharding<@mesh, [{}]> of tensor<*xf32> : tensor<2xf32> -> tensor<8xf32>
  return
}

// -----

spmd.mesh @mesh ["x"=4]
func.func @global_type_of_a_started_collective(%a: tensor<2xf32>) {
  // expected-error @+1 {{global type must be a ranked tensor, got 'f32'}}
  %0 = spmd.start all_gather %a from #spmd.sharding<@mesh, [{"x"}]> to #spmd.sharding<@mesh, [{}]> of f32 : tensor<2xf32> -> !spmd.pending<tensor<8xf32>>
  return
}

// -----

spmd.mesh @mesh ["x"=4]
func.func @local_type_of_a_collective(%a: tensor<3x8xf32>) {
  // expected-error @+1 {{input has type 'tensor<3x8xf32>', its sharding of 'tensor<8x8xf32>' gives 'tensor<2x8xf32>'}}
  %0 = spmd.all_gather %a from #spmd.sharding<@mesh, [{"x"}, {}]> to #spmd.sharding<@mesh, [{}, {}]> of tensor<8x8xf32> : tensor<3x8xf32> -> tensor<8x8xf32>
  return
}

// -----

spmd.mesh @mesh ["x"=4]
func.func @claim_of_an_all_gather(%a: tensor<2x8xf32>) {
  // expected-error @+1 {{needs each dimension of the target to be a prefix of the source's}}
  %0 = spmd.all_gather %a from #spmd.sharding<@mesh, [{"x"}, {}]> to #spmd.sharding<@mesh, [{}, {"x"}]> of tensor<8x8xf32> : tensor<2x8xf32> -> tensor<8x2xf32>
  return
}

// -----

spmd.mesh @mesh ["x"=4, "y"=2]
func.func @claim_of_a_slice(%a: tensor<2x8xf32>) {
  // expected-error @+1 {{needs each dimension of the source to be a prefix of the target's}}
  %0 = spmd.slice %a from #spmd.sharding<@mesh, [{"x"}, {}]> to #spmd.sharding<@mesh, [{}, {"x"}]> of tensor<8x8xf32> : tensor<2x8xf32> -> tensor<8x2xf32>
  return
}

// -----

spmd.mesh @mesh ["x"=4, "y"=2]
func.func @claim_of_an_all_to_all(%a: tensor<2x8xf32>) {
  // expected-error @+1 {{needs the axes removed from dimensions to be those added to others}}
  %0 = spmd.all_to_all %a from #spmd.sharding<@mesh, [{"x"}, {}]> to #spmd.sharding<@mesh, [{}, {"y"}]> of tensor<8x8xf32> : tensor<2x8xf32> -> tensor<8x4xf32>
  return
}

// -----

spmd.mesh @mesh ["x"=4, "y"=2]
func.func @claim_of_a_permute(%a: tensor<2x8xf32>) {
  // expected-error @+1 {{needs every dimension to keep its number of blocks}}
  %0 = spmd.permute %a from #spmd.sharding<@mesh, [{"x"}, {}]> to #spmd.sharding<@mesh, [{}, {"x"}]> of tensor<8x8xf32> : tensor<2x8xf32> -> tensor<8x2xf32>
  return
}

// -----

spmd.mesh @mesh ["x"=4, "y"=2]
func.func @claim_of_an_exchange(%a: tensor<8x8xf32>) {
  // expected-error @+1 {{needs unreduced axes to stay}}
  %0 = spmd.exchange %a from #spmd.sharding<@mesh, [{}, {}], unreduced = sum{"x"}> to #spmd.sharding<@mesh, [{"x"}, {}]> of tensor<8x8xf32> : tensor<8x8xf32> -> tensor<2x8xf32>
  return
}

// -----

spmd.mesh @mesh ["x"=4, "y"=2]
func.func @claim_of_an_all_reduce(%a: tensor<8x8xf32>) {
  // expected-error @+1 {{needs the target to be the source with fewer unreduced axes}}
  %0 = spmd.all_reduce %a from #spmd.sharding<@mesh, [{}, {}], unreduced = sum{"x"}> to #spmd.sharding<@mesh, [{"x"}, {}]> of tensor<8x8xf32> : tensor<8x8xf32> -> tensor<2x8xf32>
  return
}

// -----

spmd.mesh @mesh ["x"=4, "y"=2]
func.func @claim_of_a_reduce_scatter(%a: tensor<8x8xf32>) {
  // expected-error @+1 {{needs the unreduced axes removed to be among the axes added to dimensions}}
  %0 = spmd.reduce_scatter %a from #spmd.sharding<@mesh, [{}, {}], unreduced = sum{"x"}> to #spmd.sharding<@mesh, [{"y"}, {}]> of tensor<8x8xf32> : tensor<8x8xf32> -> tensor<4x8xf32>
  return
}

// -----

spmd.mesh @mesh ["x"=4]
func.func @done_yields_what_was_started(%a: !spmd.pending<tensor<2xf32>>) {
  // expected-error @+1 {{result has type 'tensor<3xf32>', the pending collective yields 'tensor<2xf32>'}}
  %0 = spmd.done %a : !spmd.pending<tensor<2xf32>> -> tensor<3xf32>
  return
}

// -----

spmd.mesh @mesh ["x"=4]
// expected-error @+1 {{argument 0: elements must be f32, bf16, f64, i1, i8, i32 or i64, got 'tensor<4xf16>'}}
func.func @elements_of_an_argument(%a: tensor<4xf16> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>}) {
  return
}

// -----

spmd.mesh @mesh ["x"=4]
func.func @elements_of_a_foreign_op(%a: tensor<4xf8E4M3FN>) {
  // expected-error @+1 {{'arith.addf' op result 0: elements must be f32, bf16, f64, i1, i8, i32 or i64, got 'tensor<4xf8E4M3FN>'}}
  %0 = arith.addf %a, %a {spmd.shardings = [#spmd.sharding<@mesh, [{"x"}]>]} : tensor<4xf8E4M3FN>
  return
}

// -----

// expected-note @+1 {{the mesh is declared here}}
spmd.mesh @mesh ["x"=8]
// expected-error @+1 {{argument 0: sub-axis "x":(4294967296)4294967296 in dimension 0 does not divide axis "x" of size 8}}
func.func @a_product_that_overflows(%a: tensor<2xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x":(4294967296)4294967296}]>}) {
  return
}

// -----

// expected-error @+1 {{has more than 2147483647 ranks, the axes are "x"=9223372036854775807, "y"=16}}
spmd.mesh @mesh ["x"=9223372036854775807, "y"=16]

// -----

// As many as there may be, and one more.
spmd.mesh @most ["x"=1, "y"=2147483647]
// expected-error @+1 {{has more than 2147483647 ranks, the axes are "x"=65536, "y"=32768}}
spmd.mesh @mesh ["x"=65536, "y"=32768]

// -----

// Sizes that are counted beyond 64 bits once they are multiplied by ranks.
spmd.mesh @mesh ["x"=2]
// expected-error @+1 {{'func.func' op argument 0: at most 2^46 elements can be distributed, 'tensor<9223372036854775807xf32>' has more}}
func.func @too_many_elements(%a: tensor<9223372036854775807xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>}) {
  return
}

// -----

spmd.mesh @mesh ["x"=2]
// expected-error @+1 {{'func.func' op argument 0: at most 2^46 elements can be distributed, 'tensor<8388608x16777216xf32>' has more}}
func.func @too_many_elements_together(%a: tensor<8388608x16777216xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {}]>}) {
  return
}

// -----

spmd.mesh @mesh ["x"=2]
func.func @one_for_each_value_of_a_loop(%a: tensor<8xi1>) -> tensor<8xi1> {
  // expected-error @+1 {{spmd.shardings needs one sharding for each of the 1 results and of the 1 operands}}
  %r = scf.while (%x = %a) : (tensor<8xi1>) -> tensor<8xi1> {
    %any = moe.reduce or %x dims [0] : tensor<8xi1> -> tensor<i1>
    %c = tensor.extract %any[] : tensor<i1>
    scf.condition(%c) %x : tensor<8xi1>
  } do {
  ^bb0(%y: tensor<8xi1>):
    scf.yield %y : tensor<8xi1>
  } attributes {spmd.shardings = [#spmd.sharding<@mesh, [{"x"}]>]}
  return %r : tensor<8xi1>
}

// -----

spmd.mesh @mesh ["x"=2]
func.func @split_behind_the_last_dimension(%a: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{dim must be in [0, 1), got 1}}
  %0 = spmd.split %a dim 1 over @mesh {"x"} : tensor<8xf32>
  return %0 : tensor<8xf32>
}
