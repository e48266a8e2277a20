// RUN: moe-opt %s -split-input-file -verify-diagnostics --spmd-expand-annotations --spmd-propagate

spmd.mesh @mesh ["x"=2]
func.func private @g(tensor<8xf32>) -> tensor<8xf32>
func.func @calls_need_a_body(%a: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @+2 {{'func.call' op has no sharding rule, so it cannot be distributed}}
  // expected-note @+1 {{supported are the moe ops, spmd annotations, elementwise arith and math, scf.for, scf.if and scf.while, calls of functions with a body, and what moe-import-linalg makes of linalg and tensor}}
  %0 = call @g(%a) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

spmd.mesh @one ["x"=2]
spmd.mesh @two ["x"=2]
// expected-note @+1 {{the first is here}}
func.func @one_mesh_a_function(%a: tensor<8xf32> {spmd.sharding = #spmd.sharding<@one, [{"x"}]>}) -> tensor<8xf32> {
  // expected-error @+1 {{function @one_mesh_a_function has shardings on mesh @one and on mesh @two; a function runs on one mesh}}
  %0 = spmd.annotate %a : tensor<8xf32> as #spmd.sharding<@two, [{"x"}]>
  return %0 : tensor<8xf32>
}

// -----

// expected-error @+1 {{function @no_mesh has no annotation and the module has 0 meshes; declare one, as in spmd.mesh @mesh ["axis"=size]}}
func.func @no_mesh(%a: tensor<8xf32>) -> tensor<8xf32> {
  return %a : tensor<8xf32>
}

// -----

spmd.mesh @mesh ["x"=6]
// expected-error @+1 {{function @parts_that_do_not_nest: parts of axis "x" of size 6 are cut behind 2 and behind 3, of which the first does not divide the second; use parts that nest}}
func.func @parts_that_do_not_nest(%a: tensor<6xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x":(1)2}]>}, %b: tensor<6xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x":(1)3}]>}) -> tensor<6xf32> {
  %0 = arith.addf %a, %b : tensor<6xf32>
  return %0 : tensor<6xf32>
}

// -----

spmd.mesh @mesh ["x"=2]
func.func @nothing_is_partial(%a: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{spmd.annotate at errors.mlir:45:8 wants values unreduced over {"x"} by sum, the value is unreduced over {} by sum; annotate where the partial values are made}}
  %0 = math.exp %a : tensor<8xf32>
  %1 = spmd.annotate %0 : tensor<8xf32> as #spmd.sharding<@mesh, [{}], unreduced = sum{"x"}>
  return %1 : tensor<8xf32>
}

// -----

spmd.mesh @mesh ["x"=2]
// expected-error @+1 {{function @branches has 2 blocks; only straight code is propagated}}
func.func @branches(%a: tensor<8xf32>) -> tensor<8xf32> {
  cf.br ^bb1
^bb1:
  return %a : tensor<8xf32>
}

// -----

spmd.mesh @mesh ["x"=2]
// expected-error @+1 {{value of type 'tensor<?xf32>' cannot be distributed; only tensors of static shape can}}
func.func @dynamic(%a: tensor<?xf32>) -> tensor<?xf32> {
  return %a : tensor<?xf32>
}

// -----

spmd.mesh @mesh ["x"=2]
func.func @constants_are_not_partial() -> tensor<8xf32> {
  // expected-error @+1 {{wants values unreduced over {"x"} by sum, the value is unreduced over {} by sum}}
  %0 = arith.constant dense<1.0> : tensor<8xf32>
  %1 = spmd.annotate %0 : tensor<8xf32> as #spmd.sharding<@mesh, [{}], unreduced = sum{"x"}>
  return %1 : tensor<8xf32>
}

// -----

spmd.mesh @mesh ["x"=2]
// expected-error @+1 {{argument 1 of @scalars is 'i32'; only tensors are supported}}
func.func @scalars(%a: tensor<8xf32>, %b: i32) -> tensor<8xf32> {
  return %a : tensor<8xf32>
}

// -----

spmd.mesh @mesh ["x"=2]
func.func @one(%a: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{@other calls itself; recursion is not supported}}
  %0 = call @other(%a) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
func.func @other(%a: tensor<8xf32>) -> tensor<8xf32> {
  %0 = call @one(%a) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

spmd.mesh @mesh ["x"=2]
func.func @numbers_do_not_go_around(%a: tensor<8xf32>) -> tensor<8xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  // expected-error @+1 {{'scf.for' op carries value 1 of type 'index', which cannot be distributed; only tensors of static shape can, a number as a tensor of rank 0 (tensor.from_elements)}}
  %r:2 = scf.for %i = %zero to %one step %one iter_args(%b = %a, %n = %zero) -> (tensor<8xf32>, index) {
    scf.yield %b, %i : tensor<8xf32>, index
  }
  return %r#0 : tensor<8xf32>
}

// -----

spmd.mesh @mesh ["x"=2]
func.func private @twice(%a: tensor<8xf32>) -> tensor<8xf32> {
  return %a : tensor<8xf32>
}
func.func @calls_need_functions_of_their_own(%a: tensor<8xf32>) -> tensor<8xf32> {
  %0 = call @twice(%a) : (tensor<8xf32>) -> tensor<8xf32>
  // expected-error @+1 {{'func.call' op calls @twice, which is not for this call alone; run --spmd-specialize-calls (or --inline) first}}
  %1 = call @twice(%0) : (tensor<8xf32>) -> tensor<8xf32>
  return %1 : tensor<8xf32>
}

// -----

spmd.mesh @mesh ["x"=2]
func.func @regions_of_other_ops(%a: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @+2 {{'scf.execute_region' op has no sharding rule, so it cannot be distributed}}
  // expected-note @+1 {{supported are the moe ops, spmd annotations, elementwise arith and math, scf.for, scf.if and scf.while, calls of functions with a body, and what moe-import-linalg makes of linalg and tensor}}
  %0 = scf.execute_region -> tensor<8xf32> {
    scf.yield %a : tensor<8xf32>
  }
  return %0 : tensor<8xf32>
}
