// RUN: moe-opt %s -split-input-file -verify-diagnostics --spmd-partition

spmd.mesh @mesh ["x"=2]
// expected-error @+1 {{argument 0 is unreduced over axis "x"; arguments and results are whole values, so drop unreduced from its sharding}}
func.func @argument_is_whole(%a: tensor<4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}], unreduced = sum{"x"}>}) {
  return
}

// -----

spmd.mesh @mesh ["x"=2]
// expected-error @+1 {{result 0 is unreduced over axis "x"}}
func.func @result_is_whole(%a: tensor<4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>}) -> tensor<f32> {
  %0 = moe.reduce sum %a dims [0] {spmd.shardings = [#spmd.sharding<@mesh, [], unreduced = sum{"x"}>]} : tensor<4xf32> -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

spmd.mesh @mesh ["x"=2]
// expected-error @+1 {{argument 0 has no sharding; run spmd-propagate first}}
func.func @argument_has_a_sharding(%a: tensor<4xf32>) {
  return
}

// -----

spmd.mesh @mesh ["x"=2]
func.func @result_has_a_sharding() {
  // expected-error @+1 {{has no sharding on a result; run spmd-propagate first}}
  %0 = moe.iota dim 0 : tensor<4xi32>
  return
}

// -----

spmd.mesh @mesh ["x"=2]
func.func private @callee(%a: tensor<4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>}) -> tensor<4xf32> {
  return %a : tensor<4xf32>
}
func.func @result_of_a_call_has_a_sharding(%a: tensor<4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>}) {
  // expected-error @+1 {{has no sharding on a result; run spmd-propagate first}}
  %0 = call @callee(%a) : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

spmd.mesh @mesh ["x"=2]
func.func @op_has_a_rule(%a: tensor<4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}]>}) {
  // expected-error @+1 {{cannot be partitioned: it has no sharding rule}}
  %0 = math.powf %a, %a {spmd.shardings = [#spmd.sharding<@mesh, [{"x"}]>]} : tensor<4xf32>
  return
}

// -----

spmd.mesh @mesh ["x"=2]
func.func @whole_values_do_not_become_partial(%a: tensor<4xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}]>}) {
  // expected-error @+1 {{a value that is not partial over axis "x" cannot become unreduced over it}}
  %0 = spmd.reshard %a to #spmd.sharding<@mesh, [{}], unreduced = sum{"x"}> {spmd.shardings = [#spmd.sharding<@mesh, [{}], unreduced = sum{"x"}>]} : tensor<4xf32>
  return
}

// -----

// expected-error @+1 {{partitioning needs exactly one spmd.mesh, the module has 0}}
module {
  func.func @needs_a_mesh() { return }
}
