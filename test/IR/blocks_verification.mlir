// RUN: moe-opt %s -split-input-file -verify-diagnostics

#x = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=2]
func.func @offset_of_a_dimension() {
  // expected-error @+1 {{'spmd.block_offset' op dimension must be in [0, 1), got 5}}
  %0 = spmd.block_offset dim 5 of #x global tensor<4xi32> : tensor<i32>
  return
}

// -----

#x = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=2]
func.func @offset_of_a_layout() {
  // expected-error @+1 {{'spmd.block_offset' op block}}
  %0 = spmd.block_offset dim 0 of #x global tensor<4x4xi32> : tensor<i32>
  return
}

// -----

#x = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=2]
func.func @offset_of_a_tensor() {
  // expected-error @+1 {{'spmd.block_offset' op global type must be a tensor of static shape, got 'tensor<?xi32>'}}
  %0 = spmd.block_offset dim 0 of #x global tensor<?xi32> : tensor<i32>
  return
}

// -----

#x = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=2]
func.func @mask_of_a_dimension(%a: tensor<3xf32>) {
  // expected-error @+1 {{'spmd.mask' op dimension must be in [0, 1), got -1}}
  %0 = spmd.mask %a sum dims [-1] of #x global tensor<5xf32> : tensor<3xf32>
  return
}

// -----

#x = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=2]
func.func @mask_once(%a: tensor<3xf32>) {
  // expected-error @+1 {{'spmd.mask' op names dimension 0 twice}}
  %0 = spmd.mask %a sum dims [0, 0] of #x global tensor<5xf32> : tensor<3xf32>
  return
}

// -----

#x = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=2]
func.func @mask_of_a_block(%a: tensor<2xf32>) {
  // expected-error @+1 {{'spmd.mask' op operand has type 'tensor<2xf32>', its sharding of 'tensor<5xf32>' gives 'tensor<3xf32>'}}
  %0 = spmd.mask %a sum dims [0] of #x global tensor<5xf32> : tensor<2xf32>
  return
}
