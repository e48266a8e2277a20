// RUN: moe-opt %s -split-input-file -verify-diagnostics

// Op by op in the order of MoeOps.td, and within an op in the order of its Constraints.

func.func @no_complex_elements(%a: tensor<4xcomplex<f32>>) {
  // expected-error @+1 {{operand #0 must be tensor of f32, bf16, f64, i1, i8, i32 or i64, but got 'tensor<4xcomplex<f32>>'}}
  %0 = moe.reduce max %a dims [0] : tensor<4xcomplex<f32>> -> tensor<complex<f32>>
  return
}

// -----

func.func @no_index_elements(%a: tensor<4xindex>) {
  // expected-error @+1 {{operand #0 must be tensor of f32, bf16, f64, i1, i8, i32 or i64, but got 'tensor<4xindex>'}}
  %0 = moe.reduce max %a dims [0] : tensor<4xindex> -> tensor<index>
  return
}

// -----

func.func @no_half_elements(%a: tensor<4xf16>) {
  // expected-error @+1 {{operand #0 must be tensor of f32, bf16, f64, i1, i8, i32 or i64, but got 'tensor<4xf16>'}}
  %0 = moe.reduce max %a dims [0] : tensor<4xf16> -> tensor<f16>
  return
}

// -----

func.func @no_eight_bit_float_elements(%a: tensor<4xf8E4M3FN>) {
  // expected-error @+1 {{operand #0 must be tensor of f32, bf16, f64, i1, i8, i32 or i64, but got 'tensor<4xf8E4M3FN>'}}
  %0 = moe.reduce max %a dims [0] : tensor<4xf8E4M3FN> -> tensor<f8E4M3FN>
  return
}

// -----

func.func @no_unsigned_elements(%a: tensor<4xui8>) {
  // expected-error @+1 {{operand #0 must be tensor of f32, bf16, f64, i1, i8, i32 or i64, but got 'tensor<4xui8>'}}
  %0 = moe.reduce max %a dims [0] : tensor<4xui8> -> tensor<ui8>
  return
}

// -----

func.func @no_short_elements(%a: tensor<4xi16>) {
  // expected-error @+1 {{operand #0 must be tensor of f32, bf16, f64, i1, i8, i32 or i64, but got 'tensor<4xi16>'}}
  %0 = moe.reduce max %a dims [0] : tensor<4xi16> -> tensor<i16>
  return
}

// -----

func.func @no_wide_elements(%a: tensor<4xi128>) {
  // expected-error @+1 {{operand #0 must be tensor of f32, bf16, f64, i1, i8, i32 or i64, but got 'tensor<4xi128>'}}
  %0 = moe.reduce max %a dims [0] : tensor<4xi128> -> tensor<i128>
  return
}

// -----

func.func @equation_needs_a_result(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{equation needs one term for each operand and a result, such as "gsm,me->gse", got "ij"}}
  %0 = moe.einsum "ij" %a : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @one_term_for_each_operand(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{equation "ij->ij" has 1 terms for 2 operands}}
  %0 = moe.einsum "ij->ij" %a, %a : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @one_letter_for_each_dimension(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{operand 0 has term "ijk" of 3 letters, but type 'tensor<4x8xf32>' of rank 2}}
  %0 = moe.einsum "ijk->ij" %a : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @dimensions_are_letters(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{operand 0 has '1' in its term; dimensions are named by letters}}
  %0 = moe.einsum "i1->i" %a : tensor<4x8xf32> -> tensor<4xf32>
  return
}

// -----

func.func @no_letter_twice_in_a_term(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{letter 'i' is twice in the term of operand 0}}
  %0 = moe.einsum "ii->i" %a : tensor<4x8xf32> -> tensor<4xf32>
  return
}

// -----

func.func @result_letters_occur(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{letter 'k' of the result is in no operand}}
  %0 = moe.einsum "ij->ik" %a : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @a_letter_has_one_size(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{letter 'i' has size 8 in operand 1, but 4 in operand 0}}
  %0 = moe.einsum "ij,ki->jk" %a, %a : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<8x4xf32>
  return
}

// -----

func.func @operands_have_one_type(%a: tensor<4x8xf32>, %h: tensor<4x8xbf16>) {
  // expected-error @+1 {{operands must have one element type, got 'f32' and 'bf16'}}
  %0 = moe.einsum "ij,ij->ij" %a, %h : tensor<4x8xf32>, tensor<4x8xbf16> -> tensor<4x8xf32>
  return
}

// -----

func.func @result_type_of_an_einsum(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{result elements must be those of the operands (or f32 of bf16), got 'bf16' of 'f32'}}
  %0 = moe.einsum "ij->ij" %a : tensor<4x8xf32> -> tensor<4x8xbf16>
  return
}

// -----

func.func @reduce_dims_in_range(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{dim must be in [0, 2), got 2}}
  %0 = moe.reduce sum %a dims [2] : tensor<4x8xf32> -> tensor<4xf32>
  return
}

// -----

func.func @reduce_dims_ascend(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{dims must ascend, got 0 after 1}}
  %0 = moe.reduce sum %a dims [1, 0] : tensor<4x8xf32> -> tensor<f32>
  return
}

// -----

func.func @reduce_result(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{result must be 'tensor<4xf32>', got 'tensor<8xf32>'}}
  %0 = moe.reduce sum %a dims [1] : tensor<4x8xf32> -> tensor<8xf32>
  return
}

// -----

func.func @bitwise_reductions_take_integers(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{operand must hold integers, got 'tensor<4x8xf32>'}}
  %0 = moe.reduce and %a dims [1] : tensor<4x8xf32> -> tensor<4xf32>
  return
}

// -----

func.func @cumsum_dim(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{dim must be in [0, 2), got -1}}
  %0 = moe.cumsum %a dim -1 : tensor<4x8xf32>
  return
}

// -----

func.func @softmax_dim(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{dim must be in [0, 2), got 5}}
  %0 = moe.softmax %a dim 5 : tensor<4x8xf32>
  return
}

// -----

func.func @softmax_takes_floats(%i: tensor<4x8xi32>) {
  // expected-error @+1 {{operand #0 must be tensor of f32, bf16 or f64, but got 'tensor<4x8xi32>'}}
  %0 = moe.softmax %i dim 1 : tensor<4x8xi32>
  return
}

// -----

func.func @log_softmax_dim(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{dim must be in [0, 2), got 2}}
  %0 = moe.log_softmax %a dim 2 : tensor<4x8xf32>
  return
}

// -----

func.func @top_k_of_no_dimension(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{dim must be in [0, 2), got 2}}
  %0, %1 = moe.top_k %a k 1 dim 2 : tensor<4x8xf32> -> tensor<4x1xf32>, tensor<4x1xi32>
  return
}

// -----

func.func @k_out_of_range(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{k must be in [1, 8], got 9}}
  %0:2 = moe.top_k %a k 9 dim 1 : tensor<4x8xf32> -> tensor<4x9xf32>, tensor<4x9xi32>
  return
}

// -----

func.func @k_of_the_results(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{values must be 'tensor<4x2xf32>', got 'tensor<4x3xf32>'}}
  %0:2 = moe.top_k %a k 2 dim 1 : tensor<4x8xf32> -> tensor<4x3xf32>, tensor<4x3xi32>
  return
}

// -----

func.func @top_k_indices(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{result #1 must be tensor of i1, i8, i32 or i64, but got 'tensor<4x2xf32>'}}
  %0:2 = moe.top_k %a k 2 dim 1 : tensor<4x8xf32> -> tensor<4x2xf32>, tensor<4x2xf32>
  return
}

// -----

func.func @top_k_index_width(%a: tensor<4x200xf32>) {
  // expected-error @+1 {{indices must hold indices up to 199, 'i8' holds at most 127}}
  %0:2 = moe.top_k %a k 2 dim 1 : tensor<4x200xf32> -> tensor<4x2xf32>, tensor<4x2xi8>
  return
}

// -----

func.func @broadcast_dims(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{dims needs one entry for each of the 2 dimensions, got 1}}
  %0 = moe.broadcast %a dims [0] : tensor<4x8xf32> -> tensor<4x8x2xf32>
  return
}

// -----

func.func @broadcast_sizes(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{operand must be 'tensor<8x2xf32>', got 'tensor<4x8xf32>'}}
  %0 = moe.broadcast %a dims [1, 2] : tensor<4x8xf32> -> tensor<4x8x2xf32>
  return
}

// -----

func.func @permutation(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{permutation has dimension 1 twice}}
  %0 = moe.transpose %a permutation [1, 1] : tensor<4x8xf32> -> tensor<8x8xf32>
  return
}

// -----

func.func @transpose_sizes(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{result must be 'tensor<8x4xf32>', got 'tensor<4x8xf32>'}}
  %0 = moe.transpose %a permutation [1, 0] : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @reshape_of_static_shapes(%a: tensor<?x8xf32>) {
  // expected-error @+1 {{'moe.reshape' op shapes must be static, got 'tensor<?x8xf32>' and 'tensor<8xf32>'}}
  %0 = moe.reshape %a : tensor<?x8xf32> -> tensor<8xf32>
  return
}

// -----

func.func @reshape_keeps_elements(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{'tensor<4x8xf32>' has 32 elements, 'tensor<5x8xf32>' has 40}}
  %0 = moe.reshape %a : tensor<4x8xf32> -> tensor<5x8xf32>
  return
}

// -----

func.func @reshape_of_too_many(%a: tensor<4294967296x4294967296xf32>) {
  // expected-error @+1 {{'tensor<4294967296x4294967296xf32>' has more than 9223372036854775807 elements}}
  %0 = moe.reshape %a : tensor<4294967296x4294967296xf32> -> tensor<0xf32>
  return
}

// -----

func.func @slice_offset_and_stride(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{dimension 1 needs an offset of at least 0 and a stride of at least 1, got 0 and 0}}
  %0 = moe.slice %a offsets [0, 0] strides [1, 0] : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @slice_in_range(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{dimension 1 ends at 9, the operand has 8}}
  %0 = moe.slice %a offsets [0, 2] strides [1, 2] : tensor<4x8xf32> -> tensor<4x4xf32>
  return
}

// -----

func.func @slice_end_overflows(%a: tensor<4xf32>) {
  // expected-error @+1 {{dimension 0 ends beyond 9223372036854775807, the operand has 4}}
  %0 = moe.slice %a offsets [1] strides [9223372036854775807] : tensor<4xf32> -> tensor<3xf32>
  return
}

// -----

func.func @padding_is_not_negative(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{padding of dimension 0 must not be negative, got low -1, high 0, interior 0}}
  %0 = moe.pad %a with 0.0 : f32 low [-1, 0] high [0, 0] interior [0, 0] : tensor<4x8xf32> -> tensor<3x8xf32>
  return
}

// -----

func.func @padding_overflows(%a: tensor<4xf32>) {
  // expected-error @+1 {{dimension 0 ends beyond 9223372036854775807, got low 9223372036854775807, high 9223372036854775807, interior 0}}
  %0 = moe.pad %a with 0.0 : f32 low [9223372036854775807] high [9223372036854775807] interior [0] : tensor<4xf32> -> tensor<2xf32>
  return
}

// -----

func.func @padded_sizes(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{result must be 'tensor<5x8xf32>', got 'tensor<4x8xf32>'}}
  %0 = moe.pad %a with 0.0 : f32 low [1, 0] high [0, 0] interior [0, 0] : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @padding_type(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{padding value has type 'f64', the elements are 'f32'}}
  %0 = moe.pad %a with 0.0 : f64 low [1, 0] high [0, 0] interior [0, 0] : tensor<4x8xf32> -> tensor<5x8xf32>
  return
}

// -----

func.func @concatenated_sizes(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{result must be 'tensor<8x8xf32>', got 'tensor<4x8xf32>'}}
  %0 = moe.concatenate dim 0 %a, %a : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @concatenation_overflows(%a: tensor<9223372036854775807xf32>) {
  // expected-error @+1 {{dimension 0 ends beyond 9223372036854775807}}
  %0 = moe.concatenate dim 0 %a, %a : tensor<9223372036854775807xf32>, tensor<9223372036854775807xf32> -> tensor<2xf32>
  return
}

// -----

func.func @concatenate_needs_an_operand() {
  // expected-error @+1 {{needs at least one operand}}
  %0 = "moe.concatenate"() <{dim = 0 : i64}> : () -> tensor<4x8xf32>
  return
}

// -----

func.func @iota_dim() {
  // expected-error @+1 {{dim must be in [0, 1), got 1}}
  %0 = moe.iota dim 1 : tensor<4xi32>
  return
}

// -----

func.func @iota_index_width() {
  %less = moe.iota dim 0 : tensor<127xi8>
  %fits = moe.iota dim 0 : tensor<128xi8>
  // expected-error @+1 {{result must hold indices up to 128, 'i8' holds at most 127}}
  %0 = moe.iota dim 0 : tensor<129xi8>
  return
}

// -----

func.func @one_hot_takes_integers(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{operand #0 must be tensor of i1, i8, i32 or i64, but got 'tensor<4x8xf32>'}}
  %0 = moe.one_hot %a : tensor<4x8xf32> -> tensor<4x8x3xf32>
  return
}

// -----

func.func @one_hot_has_a_dimension(%i: tensor<i32>) {
  // expected-error @+1 {{result needs a last dimension for the index}}
  %0 = moe.one_hot %i : tensor<i32> -> tensor<f32>
  return
}

// -----

func.func @one_hot_adds_a_dimension(%i: tensor<4x8xi32>) {
  // expected-error @+1 {{operand must be 'tensor<4xi32>', got 'tensor<4x8xi32>'}}
  %0 = moe.one_hot %i : tensor<4x8xi32> -> tensor<4x8xf32>
  return
}

// -----

func.func @one_hot_index_width(%i: tensor<4xi1>) {
  %fits = moe.one_hot %i : tensor<4xi1> -> tensor<4x2xf32>
  // expected-error @+1 {{operand must hold indices up to 2, 'i1' holds at most 1}}
  %0 = moe.one_hot %i : tensor<4xi1> -> tensor<4x3xf32>
  return
}

// -----

func.func @gather_batch_dims(%a: tensor<4x8xf32>, %i: tensor<4x8xi32>) {
  // expected-error @+1 {{batch_dims must be in [0, 1], got 2}}
  %0 = moe.gather %a[%i] batch_dims 2 : tensor<4x8xf32>, tensor<4x8xi32> -> tensor<4x8xf32>
  return
}

// -----

func.func @gather_indices(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{operand #1 must be tensor of i1, i8, i32 or i64, but got 'tensor<4x8xf32>'}}
  %0 = moe.gather %a[%a] batch_dims 0 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8x8xf32>
  return
}

// -----

func.func @gather_result(%a: tensor<4x8xf32>, %i: tensor<4x8xi32>) {
  // expected-error @+1 {{result must be 'tensor<4x8x8xf32>', got 'tensor<4x8xf32>'}}
  %0 = moe.gather %a[%i] batch_dims 0 : tensor<4x8xf32>, tensor<4x8xi32> -> tensor<4x8xf32>
  return
}

// -----

func.func @random_stream(%seed: tensor<i32>) {
  // expected-error @+1 {{stream must not be negative, got -1}}
  %0 = moe.random uniform %seed stream -1 : tensor<i32> -> tensor<4xf32>
  return
}

// -----

func.func @random_floats(%seed: tensor<i32>) {
  // expected-error @+1 {{result #0 must be tensor of f32, bf16 or f64, but got 'tensor<4xi32>'}}
  %0 = moe.random uniform %seed stream 0 : tensor<i32> -> tensor<4xi32>
  return
}

// -----

func.func @random_offsets(%seed: tensor<i32>) {
  // expected-error @+1 {{offsets and global shape need one entry for each of the 2 dimensions, got 1 and 2}}
  %0 = moe.random uniform %seed stream 0 at %seed of [4, 8] : tensor<i32>, tensor<i32> -> tensor<4x8xf32>
  return
}

// -----

func.func @gates_rank(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{gates must have rank 3, got 'tensor<4x8xf32>'}}
  %0:3 = moe.gating %a k 2 capacity 2 : tensor<4x8xf32> -> tensor<4x8x2xi32>, tensor<4x8x2xi32>, tensor<4x8x2xf32>
  return
}

// -----

func.func @gating_k(%g: tensor<2x4x8xf32>) {
  // expected-error @+1 {{k must be in [1, 8] (the number of experts), got 9}}
  %0:3 = moe.gating %g k 9 capacity 2 : tensor<2x4x8xf32> -> tensor<2x4x9xi32>, tensor<2x4x9xi32>, tensor<2x4x9xf32>
  return
}

// -----

func.func @capacity(%g: tensor<2x4x8xf32>) {
  // expected-error @+1 {{capacity must be in [1, 2147483647] (slots are i32), got 0}}
  %0:3 = moe.gating %g k 2 capacity 0 : tensor<2x4x8xf32> -> tensor<2x4x2xi32>, tensor<2x4x2xi32>, tensor<2x4x2xf32>
  return
}

// -----

func.func @capacity_that_no_slot_holds(%g: tensor<2x4x8xf32>) {
  // expected-error @+1 {{capacity must be in [1, 2147483647] (slots are i32), got 4294967297}}
  %0:3 = moe.gating %g k 2 capacity 4294967297 : tensor<2x4x8xf32> -> tensor<2x4x2xi32>, tensor<2x4x2xi32>, tensor<2x4x2xf32>
  return
}

// -----

func.func @gating_experts(%g: tensor<2x4x8xf32>) {
  // expected-error @+1 {{result #0 must be tensor of i32, but got 'tensor<2x4x2xi64>'}}
  %0:3 = moe.gating %g k 2 capacity 2 : tensor<2x4x8xf32> -> tensor<2x4x2xi64>, tensor<2x4x2xi32>, tensor<2x4x2xf32>
  return
}

// -----

func.func @gating_slots(%g: tensor<2x4x8xf32>) {
  // expected-error @+1 {{result #1 must be tensor of i32, but got 'tensor<2x4x2xi8>'}}
  %0:3 = moe.gating %g k 2 capacity 2 : tensor<2x4x8xf32> -> tensor<2x4x2xi32>, tensor<2x4x2xi8>, tensor<2x4x2xf32>
  return
}

// -----

func.func @random_choice_is_for_two(%g: tensor<2x4x8xf32>, %u: tensor<2x4xf32>) {
  // expected-error @+1 {{random choice is defined for k = 2, got 1}}
  %0:3 = moe.gating %g random %u k 1 capacity 2 : tensor<2x4x8xf32>, tensor<2x4xf32> -> tensor<2x4x1xi32>, tensor<2x4x1xi32>, tensor<2x4x1xf32>
  return
}

// -----

func.func @random_choice_shape(%g: tensor<2x4x8xf32>, %a: tensor<4x8xf32>) {
  // expected-error @+1 {{random must be 'tensor<2x4xf32>', got 'tensor<4x8xf32>'}}
  %0:3 = moe.gating %g random %a k 2 capacity 2 : tensor<2x4x8xf32>, tensor<4x8xf32> -> tensor<2x4x2xi32>, tensor<2x4x2xi32>, tensor<2x4x2xf32>
  return
}

// -----

func.func @gating_results(%g: tensor<2x4x8xf32>) {
  // expected-error @+1 {{slot must be 'tensor<2x4x2xi32>', got 'tensor<2x4x1xi32>'}}
  %0:3 = moe.gating %g k 2 capacity 2 : tensor<2x4x8xf32> -> tensor<2x4x2xi32>, tensor<2x4x1xi32>, tensor<2x4x2xf32>
  return
}

// -----

func.func @dispatch_result(%g: tensor<2x4x8xf32>, %c: tensor<2x4x2xi32>) {
  // expected-error @+1 {{result must be 'tensor<3x2x2x8xf32>', got 'tensor<3x2x2x4xf32>'}}
  %0 = moe.dispatch %g to %c, %c : tensor<2x4x8xf32>, tensor<2x4x2xi32>, tensor<2x4x2xi32> -> tensor<3x2x2x4xf32>
  return
}

// -----

func.func @dispatch_ranks(%a: tensor<4x8xf32>, %c: tensor<2x4x2xi32>) {
  // expected-error @+1 {{tokens must have rank 3, got 'tensor<4x8xf32>'}}
  %0 = moe.dispatch %a to %c, %c : tensor<4x8xf32>, tensor<2x4x2xi32>, tensor<2x4x2xi32> -> tensor<3x2x2x8xf32>
  return
}

// -----

func.func @dispatch_expert_width(%g: tensor<2x4x8xf32>, %c: tensor<2x4x2xi8>) {
  // expected-error @+1 {{expert must hold indices up to 199, 'i8' holds at most 127}}
  %0 = moe.dispatch %g to %c, %c : tensor<2x4x8xf32>, tensor<2x4x2xi8>, tensor<2x4x2xi8> -> tensor<200x2x2x8xf32>
  return
}

// -----

func.func @combine_result(%e: tensor<3x2x2x8xf32>, %c: tensor<2x4x2xi32>, %w: tensor<2x4x2xf32>) {
  // expected-error @+1 {{result must be 'tensor<2x4x8xf32>', got 'tensor<2x4x4xf32>'}}
  %0 = moe.combine %e from %c, %c weights %w : tensor<3x2x2x8xf32>, tensor<2x4x2xi32>, tensor<2x4x2xi32>, tensor<2x4x2xf32> -> tensor<2x4x4xf32>
  return
}

// -----

func.func @combine_integers(%e: tensor<3x2x2x8xi32>, %c: tensor<2x4x2xi32>, %w: tensor<2x4x2xf32>) {
  // expected-error @+1 {{'moe.combine' op operand #0 must be}}
  %0 = moe.combine %e from %c, %c weights %w : tensor<3x2x2x8xi32>, tensor<2x4x2xi32>, tensor<2x4x2xi32>, tensor<2x4x2xf32> -> tensor<2x4x8xi32>
  return
}

// -----

func.func @combine_slot_width(%e: tensor<3x2x300x8xf32>, %c: tensor<2x4x2xi8>, %w: tensor<2x4x2xf32>) {
  // expected-error @+1 {{slot must hold indices up to 299, 'i8' holds at most 127}}
  %0 = moe.combine %e from %c, %c weights %w : tensor<3x2x300x8xf32>, tensor<2x4x2xi8>, tensor<2x4x2xi8>, tensor<2x4x2xf32> -> tensor<2x4x8xf32>
  return
}

// -----

func.func @combine_weights(%e: tensor<3x2x2x8xf32>, %c: tensor<2x4x2xi32>) {
  // expected-error @+1 {{operand #3 must be tensor of f32, bf16 or f64, but got 'tensor<2x4x2xi32>'}}
  %0 = moe.combine %e from %c, %c weights %c : tensor<3x2x2x8xf32>, tensor<2x4x2xi32>, tensor<2x4x2xi32>, tensor<2x4x2xi32> -> tensor<2x4x8xf32>
  return
}

// -----

func.func @reduction_keyword(%a: tensor<4x8xf32>) {
  // expected-error @+1 {{unknown reduction 'mean'}}
  %0 = moe.reduce mean %a dims [1] : tensor<4x8xf32> -> tensor<4xf32>
  return
}
