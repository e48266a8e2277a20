// What has no form on distributed tensors is an error at its place.
// RUN: moe-opt %s -split-input-file -verify-diagnostics --pass-pipeline="builtin.module(func.func(moe-import-linalg))"

func.func @shapes_are_static(%a: tensor<?x5xf32>, %init: tensor<?xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{'linalg.reduce' op shape must be static, got 'tensor<?x5xf32>'}}
  %0 = linalg.reduce {arith.addf} ins(%a : tensor<?x5xf32>) outs(%init : tensor<?xf32>) dimensions = [1]
  return %0 : tensor<?xf32>
}

// -----

func.func @values_are_tensors(%a: memref<4xf32>) {
  %zero = arith.constant 0.0 : f32
  // expected-error @+1 {{'linalg.fill' op must work on tensors, got 'memref<4xf32>'; distribute the program before it is bufferized}}
  linalg.fill ins(%zero : f32) outs(%a : memref<4xf32>)
  return
}

// -----

func.func @body_ops_are_known(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-note @+1 {{in the body of linalg.map; known there are the arith and math ops that a model may have}}
  %0 = linalg.map ins(%a : tensor<4xf32>) outs(%a : tensor<4xf32>) (%x: f32, %out: f32) {
    // expected-error @+1 {{'math.tan' op has no form on tensors, so the op around it cannot be distributed}}
    %1 = math.tan %x : f32
    linalg.yield %1 : f32
  }
  return %0 : tensor<4xf32>
}

// -----

#window = affine_map<(i, k) -> (i + k)>
func.func @windows_are_of_the_first_operand(%a: tensor<4xf32>, %b: tensor<6xf32>, %k: tensor<3xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'linalg.generic' op must index operand 1 by loops, got affine_map<(d0, d1) -> (d0 + d1)>; only the first operand may be read in windows}}
  %0 = linalg.generic {indexing_maps = [affine_map<(i, k) -> (i)>, #window, affine_map<(i, k) -> (k)>, affine_map<(i, k) -> (i)>], iterator_types = ["parallel", "reduction"]}
      ins(%a, %b, %k : tensor<4xf32>, tensor<6xf32>, tensor<3xf32>) outs(%a : tensor<4xf32>) {
  ^bb0(%x: f32, %y: f32, %z: f32, %out: f32):
    %1 = arith.addf %out, %y : f32
    linalg.yield %1 : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

#image = affine_map<(i, k) -> (i + k)>
func.func @windows_know_no_index(%a: tensor<6xf32>, %k: tensor<3xf32>, %init: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+2 {{'linalg.generic' op cannot be distributed: neither moe.convolution nor moe.reduce_window computes it}}
  // expected-note @+1 {{known are sums of products of a window with a filter}}
  %0 = linalg.generic {indexing_maps = [#image, affine_map<(i, k) -> (k)>, affine_map<(i, k) -> (i)>], iterator_types = ["parallel", "reduction"]}
      ins(%a, %k : tensor<6xf32>, tensor<3xf32>) outs(%init : tensor<4xf32>) {
  ^bb0(%x: f32, %shape: f32, %out: f32):
    %i = linalg.index 0 : index
    %n = arith.index_cast %i : index to i32
    %f = arith.sitofp %n : i32 to f32
    %y = arith.mulf %x, %f : f32
    %sum = arith.addf %out, %y : f32
    linalg.yield %sum : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

#image = affine_map<(i, k) -> (i + k)>
func.func @only_the_image_moves(%a: tensor<6xf32>, %f: tensor<4x3xf32>, %init: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+2 {{'linalg.generic' op cannot be distributed: neither moe.convolution nor moe.reduce_window computes it}}
  // expected-note @+1 {{known are sums of products of a window with a filter}}
  %0 = linalg.generic {indexing_maps = [#image, affine_map<(i, k) -> (i, k)>, affine_map<(i, k) -> (i)>], iterator_types = ["parallel", "reduction"]}
      ins(%a, %f : tensor<6xf32>, tensor<4x3xf32>) outs(%init : tensor<4xf32>) {
  ^bb0(%x: f32, %y: f32, %out: f32):
    %z = arith.mulf %x, %y : f32
    %sum = arith.addf %out, %z : f32
    linalg.yield %sum : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @results_are_indexed_by_loops(%a: tensor<4xf32>, %b: tensor<4x1xf32>) -> tensor<4x1xf32> {
  // expected-error @+1 {{'linalg.generic' op must index its result by loops, got affine_map<(d0) -> (d0, 0)>}}
  %0 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i, 0)>], iterator_types = ["parallel"]}
      ins(%a : tensor<4xf32>) outs(%b : tensor<4x1xf32>) {
  ^bb0(%x: f32, %out: f32):
    linalg.yield %x : f32
  } -> tensor<4x1xf32>
  return %0 : tensor<4x1xf32>
}

// -----

func.func @no_diagonals(%a: tensor<4x4xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+2 {{'linalg.generic' op cannot be distributed: neither moe.convolution nor moe.reduce_window computes it}}
  // expected-note @+1 {{known are sums of products of a window with a filter, and sums, products, maxima and minima of a window, which is read at output * stride + inside * dilation}}
  %0 = linalg.generic {indexing_maps = [affine_map<(i) -> (i, i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%a : tensor<4x4xf32>) outs(%b : tensor<4xf32>) {
  ^bb0(%x: f32, %out: f32):
    linalg.yield %x : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @results_have_one_set_of_turns(%a: tensor<4x5xf32>, %b: tensor<4xf32>) -> (tensor<4xf32>, tensor<4x5xf32>) {
  // expected-error @+1 {{'linalg.generic' op result 1 has loop 1, which another result has not, and the body is no reduction of each; make one op for each result}}
  %0:2 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "reduction"]}
      ins(%a : tensor<4x5xf32>) outs(%b, %a : tensor<4xf32>, tensor<4x5xf32>) {
  ^bb0(%x: f32, %out: f32, %all: f32):
    %1 = arith.subf %out, %x : f32
    linalg.yield %1, %1 : f32, f32
  } -> (tensor<4xf32>, tensor<4x5xf32>)
  return %0#0, %0#1 : tensor<4xf32>, tensor<4x5xf32>
}

// -----

func.func @slices_lie_at_constants(%a: tensor<8xf32>, %i: index) -> tensor<2xf32> {
  // expected-error @+1 {{'tensor.extract_slice' op must have constant offsets, sizes and strides; moe.dynamic_slice and moe.dynamic_update_slice begin where numbers say}}
  %0 = tensor.extract_slice %a[%i] [2] [1] : tensor<8xf32> to tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @inserted_blocks_have_no_gaps(%a: tensor<8xf32>, %b: tensor<2xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{'tensor.insert_slice' op must have strides of 1: what lies between the elements would be kept; moe.scatter sets elements that lie apart}}
  %0 = tensor.insert_slice %b into %a[0] [2] [3] : tensor<2xf32> into tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

func.func @padding_is_constant(%a: tensor<8xf32>, %b: tensor<f32>) -> tensor<9xf32> {
  %x = tensor.extract %b[] : tensor<f32>
  // expected-error @+1 {{'tensor.pad' op must pad with a constant, by constant sizes; moe.concatenate puts other elements around a tensor}}
  %0 = tensor.pad %a low[1] high[0] {
  ^bb0(%i: index):
    tensor.yield %x : f32
  } : tensor<8xf32> to tensor<9xf32>
  return %0 : tensor<9xf32>
}

// -----

func.func @other_ops_have_no_meaning_here(%a: tensor<8x8xf32>, %b: tensor<2x2x4x4xf32>) -> tensor<2x2x4x4xf32> {
  // expected-error @+1 {{'linalg.pack' op cannot be distributed: no graph op has its meaning}}
  %0 = linalg.pack %a inner_dims_pos = [0, 1] inner_tiles = [4, 4] into %b : tensor<8x8xf32> -> tensor<2x2x4x4xf32>
  return %0 : tensor<2x2x4x4xf32>
}
