// RUN: moe-opt %s -split-input-file -verify-diagnostics | moe-opt -split-input-file | FileCheck %s

#rows = #spmd.sharding<@mesh, [{"x"}, {}]>
spmd.mesh @mesh ["x"=4]
// CHECK-LABEL: func.func @slice_of_rows
// CHECK:         spmd.reindex %{{.*}} from <@mesh, [{"x"}, {}]> of tensor<8x4xf32> to <@mesh, [{"x"}, {}]> of tensor<7x4xf32> by [#spmd.dim_map<1 + 1 i to 0 + 1 i, 7>, #spmd.dim_map<0 + 1 i to 0 + 1 i, 4>] because "a slice" : tensor<2x4xf32> -> tensor<2x4xf32>
func.func @slice_of_rows(%a: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %0 = spmd.reindex %a from #rows of tensor<8x4xf32> to #rows of tensor<7x4xf32> by [#spmd.dim_map<1 + 1 i to 0 + 1 i, 7>, #spmd.dim_map<0 + 1 i to 0 + 1 i, 4>] because "a slice" : tensor<2x4xf32> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}
// CHECK-LABEL: func.func @mirrored_into
// CHECK:         spmd.reindex %{{.*}} into %{{.*}} from {{.*}} by [#spmd.dim_map<7 + -1 i to 0 + 1 i, 8>, #spmd.dim_map<0 + 1 i to 0 + 1 i, 4>] : tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
func.func @mirrored_into(%a: tensor<2x4xf32>, %b: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %0 = spmd.reindex %a into %b from #rows of tensor<8x4xf32> to #rows of tensor<8x4xf32> by [#spmd.dim_map<7 + -1 i to 0 + 1 i, 8>, #spmd.dim_map<0 + 1 i to 0 + 1 i, 4>] : tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}
// A halo of one row on both sides: 2 windows of 3 rows that begin one apart are 4 rows.
// CHECK-LABEL: func.func @halo
// CHECK:         #spmd.dim_map<0 + 1 i to 1 + 1 i, 8 windows 1 by 3>
func.func @halo(%a: tensor<2x4xf32>) -> tensor<4x4xf32> {
  %0 = spmd.reindex %a from #rows of tensor<8x4xf32> to #rows of tensor<8x4xf32> by [#spmd.dim_map<0 + 1 i to 1 + 1 i, 8 windows 1 by 3>, #spmd.dim_map<0 + 1 i to 0 + 1 i, 4>] : tensor<2x4xf32> -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}
// CHECK-LABEL: func.func @row_major
// CHECK:         spmd.reindex %{{.*}} from <@mesh, [{"x"}, {}]> of tensor<7x4xf32> to <@mesh, [{"x"}]> of tensor<28xf32> : tensor<2x4xf32> -> tensor<7xf32>
func.func @row_major(%a: tensor<2x4xf32>) -> tensor<7xf32> {
  %0 = spmd.reindex %a from #rows of tensor<7x4xf32> to #spmd.sharding<@mesh, [{"x"}]> of tensor<28xf32> : tensor<2x4xf32> -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=4]
func.func @global_types(%a: tensor<2xf32>) {
  // expected-error @+1 {{global types must be ranked tensors, got 'i32' and 'tensor<8xf32>'}}
  %0 = spmd.reindex %a from #rows of i32 to #rows of tensor<8xf32> : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=4]
func.func @result_type(%a: tensor<2xf32>) {
  // expected-error @+1 {{global types must be ranked tensors, got 'tensor<8xf32>' and 'i32'}}
  %0 = spmd.reindex %a from #rows of tensor<8xf32> to #rows of i32 : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=4]
func.func @shardings(%a: tensor<2xf32>) {
  // expected-error @+1 {{target: sharding has 1 dimensions, 'tensor<4x2xf32>' has 2}}
  %0 = spmd.reindex %a from #rows of tensor<8xf32> to #rows of tensor<4x2xf32> : tensor<2xf32> -> tensor<1x2xf32>
  return
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
#partial = #spmd.sharding<@mesh, [{}], unreduced = sum{"x"}>
spmd.mesh @mesh ["x"=4]
func.func @partial_values(%a: tensor<8xf32>) {
  // expected-error @+1 {{moves whole values, not partial ones; reduce the source first}}
  %0 = spmd.reindex %a from #partial of tensor<8xf32> to #rows of tensor<8xf32> : tensor<8xf32> -> tensor<2xf32>
  return
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
#partial = #spmd.sharding<@mesh, [{}], unreduced = sum{"x"}>
spmd.mesh @mesh ["x"=4]
func.func @partial_results(%a: tensor<2xf32>) {
  // expected-error @+1 {{moves whole values, not partial ones; reduce the target first}}
  %0 = spmd.reindex %a from #rows of tensor<8xf32> to #partial of tensor<8xf32> : tensor<2xf32> -> tensor<8xf32>
  return
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=4]
func.func @element_types(%a: tensor<2xf32>) {
  // expected-error @+1 {{changes elements from 'f32' to 'i32'}}
  %0 = spmd.reindex %a from #rows of tensor<8xf32> to #rows of tensor<8xi32> : tensor<2xf32> -> tensor<2xi32>
  return
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=4]
func.func @counts(%a: tensor<2xf32>) {
  // expected-error @+1 {{a row-major map takes 8 elements to 9}}
  %0 = spmd.reindex %a from #rows of tensor<8xf32> to #rows of tensor<9xf32> : tensor<2xf32> -> tensor<3xf32>
  return
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=4]
func.func @map_rank(%a: tensor<2xf32>) {
  // expected-error @+1 {{an index map of 2 dimensions takes 1 to 1}}
  %0 = spmd.reindex %a from #rows of tensor<8xf32> to #rows of tensor<8xf32> by [#spmd.dim_map<0 + 1 i to 0 + 1 i, 8>, #spmd.dim_map<0 + 1 i to 0 + 1 i, 1>] : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=4]
func.func @map_steps(%a: tensor<2xf32>) {
  // expected-error @+1 {{dimension 0 of the index map 0+0i -> 0+1i (8) has a negative size, or a step or window that is below 1 or too large}}
  %0 = spmd.reindex %a from #rows of tensor<8xf32> to #rows of tensor<8xf32> by [#spmd.dim_map<0 + 0 i to 0 + 1 i, 8>] : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=4]
func.func @map_range(%a: tensor<2xf32>) {
  // expected-error @+1 {{dimension 0 of the index map 2+1i -> 0+1i (7) leaves its 8 elements for 8}}
  %0 = spmd.reindex %a from #rows of tensor<8xf32> to #rows of tensor<8xf32> by [#spmd.dim_map<2 + 1 i to 0 + 1 i, 7>] : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=4]
func.func @local_types(%a: tensor<3xf32>) {
  // expected-error @+1 {{input has type 'tensor<3xf32>', its sharding gives 'tensor<2xf32>'}}
  %0 = spmd.reindex %a from #rows of tensor<8xf32> to #rows of tensor<8xf32> : tensor<3xf32> -> tensor<2xf32>
  return
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=4]
func.func @into(%a: tensor<2xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{the value to write into has type 'tensor<4xf32>', its sharding gives 'tensor<2xf32>'}}
  %0 = spmd.reindex %a into %b from #rows of tensor<8xf32> to #rows of tensor<8xf32> : tensor<2xf32>, tensor<4xf32> -> tensor<2xf32>
  return
}

// -----

// A number that no map can have is read and refused, not computed with.
#rows = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=4]
func.func @huge(%a: tensor<2xf32>) {
  // expected-error @+1 {{leaves its 8 elements for 8}}
  %0 = spmd.reindex %a from #rows of tensor<8xf32> to #rows of tensor<8xf32> by [#spmd.dim_map<0 + 9223372036854775807 i to 0 + 1 i, 8>] : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=4]
func.func @before_the_first(%a: tensor<2xf32>) {
  // expected-error @+1 {{dimension 0 of the index map -1+1i -> 0+1i (1) leaves its 8 elements for 8}}
  %0 = spmd.reindex %a from #rows of tensor<8xf32> to #rows of tensor<8xf32> by [#spmd.dim_map<-1 + 1 i to 0 + 1 i, 1>] : tensor<2xf32> -> tensor<2xf32>
  return
}
