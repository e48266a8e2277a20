// RUN: moe-opt %s -split-input-file -verify-diagnostics

// File by file of dialects/Moe, and within an op in the order of its Constraints.

func.func @cumprod_dim_is_in_range(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{dim must be in [0, 2), got 2}}
  %0 = moe.cumprod %x dim 2 : tensor<4x8xf32>
  return
}

// -----

func.func @cummax_dim_is_in_range(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{dim must be in [0, 2), got 2}}
  %0 = moe.cummax %x dim 2 : tensor<4x8xf32>
  return
}

// -----

func.func @cummin_dim_is_in_range(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{dim must be in [0, 2), got 2}}
  %0 = moe.cummin %x dim 2 : tensor<4x8xf32>
  return
}

// -----

func.func @arg_reduce_chooses_by_order(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{kind must be max or min, got sum}}
  %v, %i = moe.arg_reduce sum %x dim 1 : tensor<4x8xf32> -> tensor<4xf32>, tensor<4xi32>
  return
}

// -----

func.func @arg_reduce_dim_is_in_range(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{dim must be in [0, 2), got -1}}
  %v, %i = moe.arg_reduce max %x dim -1 : tensor<4x8xf32> -> tensor<4xf32>, tensor<4xi32>
  return
}

// -----

func.func @arg_reduce_needs_an_element(%x: tensor<4x0xf32>) {
  // expected-error @+1 {{dimension 1 of 'tensor<4x0xf32>' is empty; there is no element to choose}}
  %v, %i = moe.arg_reduce max %x dim 1 : tensor<4x0xf32> -> tensor<4xf32>, tensor<4xi32>
  return
}

// -----

func.func @arg_reduce_values_have_the_other_dimensions(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{values must be 'tensor<4xf32>', got 'tensor<8xf32>'}}
  %v, %i = moe.arg_reduce max %x dim 1 : tensor<4x8xf32> -> tensor<8xf32>, tensor<4xi32>
  return
}

// -----

func.func @arg_reduce_indices_have_the_other_dimensions(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{indices must be 'tensor<4xi32>', got 'tensor<8xi32>'}}
  %v, %i = moe.arg_reduce max %x dim 1 : tensor<4x8xf32> -> tensor<4xf32>, tensor<8xi32>
  return
}

// -----

func.func @arg_reduce_indices_hold_the_dimension(%x: tensor<200xf32>) {
  // expected-error @+1 {{indices must hold indices up to 199, 'i8' holds at most 127}}
  %v, %i = moe.arg_reduce max %x dim 0 : tensor<200xf32> -> tensor<f32>, tensor<i8>
  return
}

// -----

func.func @sort_needs_keys() {
  // expected-error @+1 {{needs at least one operand, the keys}}
  "moe.sort"() <{dim = 0 : i64}> : () -> ()
  return
}

// -----

func.func @sort_dim_is_in_range(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{dim must be in [0, 2), got 2}}
  %0 = moe.sort %x dim 2 : tensor<4x8xf32>
  return
}

// -----

func.func @sort_moves_equal_shapes(%x: tensor<4x8xf32>, %i: tensor<8xi32>) {
  // expected-error @+1 {{operand 1 must be 'tensor<4x8xi32>', got 'tensor<8xi32>'}}
  %0:2 = moe.sort %x, %i dim 0 : tensor<4x8xf32>, tensor<8xi32>
  return
}

// -----

func.func @reversed_dims_are_in_range(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{dim must be in [0, 2), got 2}}
  %0 = moe.reverse %x dims [2] : tensor<4x8xf32>
  return
}

// -----

func.func @reversed_dims_ascend(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{dims must ascend, got 0 after 1}}
  %0 = moe.reverse %x dims [1, 0] : tensor<4x8xf32>
  return
}

// -----

func.func @one_start_for_each_dimension(%x: tensor<4x8xf32>, %i: tensor<i32>) {
  // expected-error @+1 {{needs one start for each of the 2 dimensions, got 1}}
  %0 = moe.dynamic_slice %x[%i] : tensor<4x8xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @dynamic_slice_keeps_dimensions(%x: tensor<4x8xf32>, %i: tensor<i32>) {
  // expected-error @+1 {{result must have rank 2, got 'tensor<2xf32>'}}
  %0 = moe.dynamic_slice %x[%i, %i] : tensor<4x8xf32> -> tensor<2xf32>
  return
}

// -----

func.func @dynamic_slice_is_no_larger(%x: tensor<4x8xf32>, %i: tensor<i32>) {
  // expected-error @+1 {{result has 9 elements in dimension 1, the operand only 8}}
  %0 = moe.dynamic_slice %x[%i, %i] : tensor<4x8xf32> -> tensor<2x9xf32>
  return
}

// -----

func.func @dynamic_slice_keeps_the_type(%x: tensor<4x8xf32>, %i: tensor<i32>) {
  // expected-error @+1 {{result must be 'tensor<2x3xf32>', got 'tensor<2x3xi32>'}}
  %0 = moe.dynamic_slice %x[%i, %i] : tensor<4x8xf32> -> tensor<2x3xi32>
  return
}

// -----

func.func @one_start_for_each_dimension_of_an_update(%x: tensor<4x8xf32>, %i: tensor<i32>, %u: tensor<1x8xf32>) {
  // expected-error @+1 {{needs one start for each of the 2 dimensions, got 1}}
  %0 = moe.dynamic_update_slice %u into %x[%i] : tensor<1x8xf32>, tensor<4x8xf32>
  return
}

// -----

func.func @update_keeps_dimensions(%x: tensor<4x8xf32>, %i: tensor<i32>, %u: tensor<8xf32>) {
  // expected-error @+1 {{update must have rank 2, got 'tensor<8xf32>'}}
  %0 = moe.dynamic_update_slice %u into %x[%i, %i] : tensor<8xf32>, tensor<4x8xf32>
  return
}

// -----

func.func @update_is_no_larger(%x: tensor<4x8xf32>, %i: tensor<i32>, %u: tensor<5x8xf32>) {
  // expected-error @+1 {{update has 5 elements in dimension 0, the operand only 4}}
  %0 = moe.dynamic_update_slice %u into %x[%i, %i] : tensor<5x8xf32>, tensor<4x8xf32>
  return
}

// -----

func.func @update_keeps_the_type(%x: tensor<4x8xf32>, %i: tensor<i32>, %u: tensor<1x8xi32>) {
  // expected-error @+1 {{update must be 'tensor<1x8xf32>', got 'tensor<1x8xi32>'}}
  %0 = moe.dynamic_update_slice %u into %x[%i, %i] : tensor<1x8xi32>, tensor<4x8xf32>
  return
}

// -----

func.func @scatter_kinds(%x: tensor<4x8xf32>, %u: tensor<3x8xf32>, %i: tensor<3xi32>) {
  // expected-error @+1 {{unknown scatter kind 'sum'}}
  %0 = moe.scatter sum %u into %x[%i] batch_dims 0 : tensor<3x8xf32>, tensor<4x8xf32>, tensor<3xi32>
  return
}

// -----

func.func @scatter_batch_dims_are_in_range(%x: tensor<4x8xf32>, %u: tensor<3x8xf32>, %i: tensor<3xi32>) {
  // expected-error @+1 {{batch_dims must be in [0, 1], got 2}}
  %0 = moe.scatter add %u into %x[%i] batch_dims 2 : tensor<3x8xf32>, tensor<4x8xf32>, tensor<3xi32>
  return
}

// -----

func.func @scatter_leaves_a_dimension_to_index(%x: tensor<4xf32>, %u: tensor<4x3xf32>, %i: tensor<4x3xi32>) {
  // expected-error @+1 {{batch_dims must be in [0, 0], got 1}}
  %0 = moe.scatter add %u into %x[%i] batch_dims 1 : tensor<4x3xf32>, tensor<4xf32>, tensor<4x3xi32>
  return
}

// -----

func.func @scatter_batches_agree(%x: tensor<4x8xf32>, %u: tensor<3x8xf32>, %i: tensor<3xi32>) {
  // expected-error @+1 {{the first 1 dimensions of 'tensor<4x8xf32>' and 'tensor<3xi32>' must agree}}
  %0 = moe.scatter add %u into %x[%i] batch_dims 1 : tensor<3x8xf32>, tensor<4x8xf32>, tensor<3xi32>
  return
}

// -----

func.func @scatter_updates_fit(%x: tensor<4x8xf32>, %u: tensor<3x7xf32>, %i: tensor<3xi32>) {
  // expected-error @+1 {{updates must be 'tensor<3x8xf32>', got 'tensor<3x7xf32>'}}
  %0 = moe.scatter add %u into %x[%i] batch_dims 0 : tensor<3x7xf32>, tensor<4x8xf32>, tensor<3xi32>
  return
}

// -----

func.func @scatter_updates_have_the_type(%x: tensor<4x8xf32>, %u: tensor<3x8xi32>, %i: tensor<3xi32>) {
  // expected-error @+1 {{updates must be 'tensor<3x8xf32>', got 'tensor<3x8xi32>'}}
  %0 = moe.scatter add %u into %x[%i] batch_dims 0 : tensor<3x8xi32>, tensor<4x8xf32>, tensor<3xi32>
  return
}

// -----

func.func @window_shapes_are_static(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{shapes must be static, got 'tensor<?x8xf32>'}}
  %0 = moe.reduce_window sum %x window [1, 3] strides [1, 1] dilation [1, 1] low [0, 0] high [0, 0] : tensor<?x8xf32> -> tensor<4x6xf32>
  return
}

// -----

func.func @one_window_for_each_dimension(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{window needs one entry for each of the 2 dimensions, got 1}}
  %0 = moe.reduce_window sum %x window [3] strides [1, 1] dilation [1, 1] low [0, 0] high [0, 0] : tensor<4x8xf32> -> tensor<4x6xf32>
  return
}

// -----

func.func @windows_are_positive(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{window must be at least 1, got 0 in dimension 1}}
  %0 = moe.reduce_window sum %x window [1, 0] strides [1, 1] dilation [1, 1] low [0, 0] high [0, 0] : tensor<4x8xf32> -> tensor<4x6xf32>
  return
}

// -----

func.func @window_strides_are_positive(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{strides must be at least 1, got -1 in dimension 0}}
  %0 = moe.reduce_window sum %x window [1, 3] strides [-1, 1] dilation [1, 1] low [0, 0] high [0, 0] : tensor<4x8xf32> -> tensor<4x6xf32>
  return
}

// -----

func.func @window_padding_is_not_negative(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{low must be at least 0, got -1 in dimension 1}}
  %0 = moe.reduce_window sum %x window [1, 3] strides [1, 1] dilation [1, 1] low [0, -1] high [0, 0] : tensor<4x8xf32> -> tensor<4x6xf32>
  return
}

// -----

func.func @windows_end_in_range(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{dimension 1 ends beyond 9223372036854775807}}
  %0 = moe.reduce_window sum %x window [1, 3] strides [1, 1] dilation [1, 1] low [0, 0] high [0, 9223372036854775807] : tensor<4x8xf32> -> tensor<4x6xf32>
  return
}

// -----

func.func @windows_are_counted(%x: tensor<4x8xf32>, %three: tensor<3xf32>, %two: tensor<2xf32>) {
  %just = moe.reduce_window sum %three window [3] strides [2] dilation [1] low [0] high [0] : tensor<3xf32> -> tensor<1xf32>
  %none = moe.reduce_window sum %two window [3] strides [2] dilation [1] low [0] high [0] : tensor<2xf32> -> tensor<0xf32>
  // expected-error @+1 {{result must be 'tensor<4x6xf32>', got 'tensor<4x7xf32>'}}
  %0 = moe.reduce_window sum %x window [1, 3] strides [1, 1] dilation [1, 1] low [0, 0] high [0, 0] : tensor<4x8xf32> -> tensor<4x7xf32>
  return
}

// -----

func.func @windows_of_bits_are_integers(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{operand must hold integers, got 'tensor<4x8xf32>'}}
  %0 = moe.reduce_window and %x window [1, 3] strides [1, 1] dilation [1, 1] low [0, 0] high [0, 0] : tensor<4x8xf32> -> tensor<4x6xf32>
  return
}

// -----

func.func @convolution_shapes_are_static(%x: tensor<2x9x4xf32>, %w: tensor<3x4x6xf32>) {
  // expected-error @+1 {{shapes must be static, got 'tensor<2x?x6xf32>'}}
  %0 = moe.convolution %x, %w strides [1] low [0] high [0] input_dilation [1] kernel_dilation [1] groups 1 : tensor<2x9x4xf32>, tensor<3x4x6xf32> -> tensor<2x?x6xf32>
  return
}

// -----

func.func @convolution_is_over_at_most_three_dimensions(%x: tensor<2x9x1x1x1x4xf32>, %w: tensor<3x1x1x1x4x6xf32>) {
  // expected-error @+1 {{input must have rank 3 to 5 (one to three spatial dimensions), got 'tensor<2x9x1x1x1x4xf32>'}}
  %0 = moe.convolution %x, %w strides [1, 1, 1, 1] low [0, 0, 0, 0] high [0, 0, 0, 0] input_dilation [1, 1, 1, 1] kernel_dilation [1, 1, 1, 1] groups 1 : tensor<2x9x1x1x1x4xf32>, tensor<3x1x1x1x4x6xf32> -> tensor<2x7x1x1x1x6xf32>
  return
}

// -----

func.func @convolution_is_over_at_least_one_dimension(%x: tensor<2x4xf32>, %w: tensor<3x4x6xf32>) {
  // expected-error @+1 {{input must have rank 3 to 5 (one to three spatial dimensions), got 'tensor<2x4xf32>'}}
  %0 = moe.convolution %x, %w strides [1] low [0] high [0] input_dilation [1] kernel_dilation [1] groups 1 : tensor<2x4xf32>, tensor<3x4x6xf32> -> tensor<2x7x6xf32>
  return
}

// -----

func.func @kernel_has_the_rank(%x: tensor<2x9x4xf32>, %w: tensor<4x6xf32>) {
  // expected-error @+1 {{kernel must have rank 3, got 'tensor<4x6xf32>'}}
  %0 = moe.convolution %x, %w strides [1] low [0] high [0] input_dilation [1] kernel_dilation [1] groups 1 : tensor<2x9x4xf32>, tensor<4x6xf32> -> tensor<2x7x6xf32>
  return
}

// -----

func.func @convolution_result_has_the_rank(%x: tensor<2x9x4xf32>, %w: tensor<3x4x6xf32>) {
  // expected-error @+1 {{result must have rank 3, got 'tensor<2x6xf32>'}}
  %0 = moe.convolution %x, %w strides [1] low [0] high [0] input_dilation [1] kernel_dilation [1] groups 1 : tensor<2x9x4xf32>, tensor<3x4x6xf32> -> tensor<2x6xf32>
  return
}

// -----

func.func @one_stride_for_each_spatial_dimension(%x: tensor<2x9x4xf32>, %w: tensor<3x4x6xf32>) {
  // expected-error @+1 {{strides needs one entry for each of the 1 spatial dimensions, got 2}}
  %0 = moe.convolution %x, %w strides [1, 1] low [0] high [0] input_dilation [1] kernel_dilation [1] groups 1 : tensor<2x9x4xf32>, tensor<3x4x6xf32> -> tensor<2x7x6xf32>
  return
}

// -----

func.func @input_dilation_is_positive(%x: tensor<2x9x4xf32>, %w: tensor<3x4x6xf32>) {
  // expected-error @+1 {{input_dilation must be at least 1, got 0 in dimension 0}}
  %0 = moe.convolution %x, %w strides [1] low [0] high [0] input_dilation [0] kernel_dilation [1] groups 1 : tensor<2x9x4xf32>, tensor<3x4x6xf32> -> tensor<2x7x6xf32>
  return
}

// -----

func.func @groups_divide_features(%x: tensor<2x9x4xf32>, %w: tensor<3x4x6xf32>) {
  // expected-error @+1 {{groups must be positive and divide the 4 input and 6 output features, got 4}}
  %0 = moe.convolution %x, %w strides [1] low [0] high [0] input_dilation [1] kernel_dilation [1] groups 4 : tensor<2x9x4xf32>, tensor<3x4x6xf32> -> tensor<2x7x6xf32>
  return
}

// -----

func.func @groups_are_positive(%x: tensor<2x9x4xf32>, %w: tensor<3x4x6xf32>) {
  // expected-error @+1 {{groups must be positive and divide the 4 input and 6 output features, got 0}}
  %0 = moe.convolution %x, %w strides [1] low [0] high [0] input_dilation [1] kernel_dilation [1] groups 0 : tensor<2x9x4xf32>, tensor<3x4x6xf32> -> tensor<2x7x6xf32>
  return
}

// -----

func.func @kernel_has_features_of_a_group(%x: tensor<2x9x4xf32>, %w: tensor<3x4x6xf32>) {
  // expected-error @+1 {{kernel must be 'tensor<3x2x6xf32>', got 'tensor<3x4x6xf32>'}}
  %0 = moe.convolution %x, %w strides [1] low [0] high [0] input_dilation [1] kernel_dilation [1] groups 2 : tensor<2x9x4xf32>, tensor<3x4x6xf32> -> tensor<2x7x6xf32>
  return
}

// -----

func.func @kernel_is_not_empty(%x: tensor<2x9x4xf32>, %w: tensor<0x4x6xf32>) {
  // expected-error @+1 {{kernel is empty in spatial dimension 0}}
  %0 = moe.convolution %x, %w strides [1] low [0] high [0] input_dilation [1] kernel_dilation [1] groups 1 : tensor<2x9x4xf32>, tensor<0x4x6xf32> -> tensor<2x7x6xf32>
  return
}

// -----

func.func @convolution_ends_in_range(%x: tensor<2x9x4xf32>, %w: tensor<3x4x6xf32>) {
  // expected-error @+1 {{dimension 0 ends beyond 9223372036854775807}}
  %0 = moe.convolution %x, %w strides [1] low [0] high [0] input_dilation [9223372036854775807] kernel_dilation [1] groups 1 : tensor<2x9x4xf32>, tensor<3x4x6xf32> -> tensor<2x7x6xf32>
  return
}

// -----

func.func @convolution_places_are_counted(%x: tensor<2x9x4xf32>, %w: tensor<3x4x6xf32>) {
  // expected-error @+1 {{result must be 'tensor<2x4x6xf32>', got 'tensor<2x7x6xf32>'}}
  %0 = moe.convolution %x, %w strides [2] low [0] high [0] input_dilation [1] kernel_dilation [1] groups 1 : tensor<2x9x4xf32>, tensor<3x4x6xf32> -> tensor<2x7x6xf32>
  return
}

// -----

func.func @convolution_operands_have_one_type(%x: tensor<2x9x4xf32>, %w: tensor<3x4x6xbf16>) {
  // expected-error @+1 {{operands must have one element type, got 'f32' and 'bf16'}}
  %0 = moe.convolution %x, %w strides [1] low [0] high [0] input_dilation [1] kernel_dilation [1] groups 1 : tensor<2x9x4xf32>, tensor<3x4x6xbf16> -> tensor<2x7x6xf32>
  return
}

// -----

func.func @convolution_result_has_the_type(%x: tensor<2x9x4xf32>, %w: tensor<3x4x6xf32>) {
  // expected-error @+1 {{result elements must be those of the operands (or f32 of bf16), got 'f64' of 'f32'}}
  %0 = moe.convolution %x, %w strides [1] low [0] high [0] input_dilation [1] kernel_dilation [1] groups 1 : tensor<2x9x4xf32>, tensor<3x4x6xf32> -> tensor<2x7x6xf64>
  return
}

// -----

func.func @scores_have_rank_three(%x: tensor<4x2xf32>) {
  // expected-error @+1 {{scores must have rank 3, got 'tensor<4x2xf32>'}}
  %e, %s = moe.balanced_assignment %x : tensor<4x2xf32> -> tensor<2x4x1xi32>, tensor<2x4x1xi32>
  return
}

// -----

func.func @assignment_needs_an_expert(%x: tensor<2x4x0xf32>) {
  // expected-error @+1 {{needs at least one expert, got 'tensor<2x4x0xf32>'}}
  %e, %s = moe.balanced_assignment %x : tensor<2x4x0xf32> -> tensor<2x4x1xi32>, tensor<2x4x1xi32>
  return
}

// -----

func.func @assigned_experts_are_one_a_token(%x: tensor<2x4x2xf32>) {
  // expected-error @+1 {{expert must be 'tensor<2x4x1xi32>', got 'tensor<2x4xi32>'}}
  %e, %s = moe.balanced_assignment %x : tensor<2x4x2xf32> -> tensor<2x4xi32>, tensor<2x4x1xi32>
  return
}

// -----

func.func @assigned_slots_are_one_a_token(%x: tensor<2x4x2xf32>) {
  // expected-error @+1 {{slot must be 'tensor<2x4x1xi32>', got 'tensor<2x4xi32>'}}
  %e, %s = moe.balanced_assignment %x : tensor<2x4x2xf32> -> tensor<2x4x1xi32>, tensor<2x4xi32>
  return
}

// -----

func.func @weights_have_rank_three(%x: tensor<2x5x8xf32>, %w: tensor<8x6xf32>, %n: tensor<2x3xi32>) {
  // expected-error @+1 {{weights must have rank 3, got 'tensor<8x6xf32>'}}
  %0 = moe.grouped_einsum %x, %w sizes %n : tensor<2x5x8xf32>, tensor<8x6xf32>, tensor<2x3xi32> -> tensor<2x5x6xf32>
  return
}

// -----

func.func @rows_have_two_dimensions(%x: tensor<8xf32>, %w: tensor<3x8x6xf32>, %n: tensor<2x3xi32>) {
  // expected-error @+1 {{rows must have at least two dimensions, got 'tensor<8xf32>'}}
  %0 = moe.grouped_einsum %x, %w sizes %n : tensor<8xf32>, tensor<3x8x6xf32>, tensor<2x3xi32> -> tensor<2x5x6xf32>
  return
}

// -----

func.func @rows_fit_the_weights(%x: tensor<2x5x7xf32>, %w: tensor<3x8x6xf32>, %n: tensor<2x3xi32>) {
  // expected-error @+1 {{rows have 7 elements, the weights take 8}}
  %0 = moe.grouped_einsum %x, %w sizes %n : tensor<2x5x7xf32>, tensor<3x8x6xf32>, tensor<2x3xi32> -> tensor<2x5x6xf32>
  return
}

// -----

func.func @one_size_for_each_group(%x: tensor<2x5x8xf32>, %w: tensor<3x8x6xf32>, %n: tensor<3xi32>) {
  // expected-error @+1 {{sizes must be 'tensor<2x3xi32>', got 'tensor<3xi32>'}}
  %0 = moe.grouped_einsum %x, %w sizes %n : tensor<2x5x8xf32>, tensor<3x8x6xf32>, tensor<3xi32> -> tensor<2x5x6xf32>
  return
}

// -----

func.func @one_first_row_for_each_batch(%x: tensor<2x5x8xf32>, %w: tensor<3x8x6xf32>, %n: tensor<2x3xi32>, %f: tensor<i64>) {
  // expected-error @+1 {{first must be 'tensor<2xi64>', got 'tensor<i64>'}}
  %0 = moe.grouped_einsum %x, %w sizes %n first %f : tensor<2x5x8xf32>, tensor<3x8x6xf32>, tensor<2x3xi32>, tensor<i64> -> tensor<2x5x6xf32>
  return
}

// -----

func.func @grouped_operands_have_one_type(%x: tensor<2x5x8xf32>, %w: tensor<3x8x6xf64>, %n: tensor<2x3xi32>) {
  // expected-error @+1 {{operands must have one element type, got 'f32' and 'f64'}}
  %0 = moe.grouped_einsum %x, %w sizes %n : tensor<2x5x8xf32>, tensor<3x8x6xf64>, tensor<2x3xi32> -> tensor<2x5x6xf32>
  return
}

// -----

func.func @grouped_result_has_the_type(%x: tensor<2x5x8xf32>, %w: tensor<3x8x6xf32>, %n: tensor<2x3xi32>) {
  // expected-error @+1 {{result elements must be those of the operands (or f32 of bf16), got 'f64' of 'f32'}}
  %0 = moe.grouped_einsum %x, %w sizes %n : tensor<2x5x8xf32>, tensor<3x8x6xf32>, tensor<2x3xi32> -> tensor<2x5x6xf64>
  return
}

// -----

func.func @grouped_result_has_the_shape(%x: tensor<2x5x8xf32>, %w: tensor<3x8x6xf32>, %n: tensor<2x3xi32>) {
  // expected-error @+1 {{result must be 'tensor<2x5x6xf32>', got 'tensor<2x5x8xf32>'}}
  %0 = moe.grouped_einsum %x, %w sizes %n : tensor<2x5x8xf32>, tensor<3x8x6xf32>, tensor<2x3xi32> -> tensor<2x5x8xf32>
  return
}

// -----

// Floats round where integers of as many bits would end.
func.func @long_iota_of_floats() -> tensor<40000xbf16> {
  %0 = moe.iota dim 0 : tensor<40000xbf16>
  return %0 : tensor<40000xbf16>
}
