// RUN: moe-opt %s -split-input-file -verify-diagnostics

#rows = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=2]
func.func @one_sharding_each(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'spmd.manual' op has 0 shardings for 1 operands}}
  %0 = spmd.manual(%a) in [] out [#rows] {
  ^bb0(%b: tensor<2xf32>):
    spmd.yield %b : tensor<2xf32>
  } : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

#open = #spmd.sharding<@mesh, [{?}]>
#rows = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=2]
func.func @closed(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'spmd.manual' op result 0: the sharding of a manual region must be closed and without unreduced axes, got}}
  %0 = spmd.manual(%a) in [#rows] out [#open] {
  ^bb0(%b: tensor<2xf32>):
    spmd.yield %b : tensor<2xf32>
  } : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=2]
func.func @local_arguments(%a: tensor<5xf32>) -> tensor<5xf32> {
  // expected-error @+1 {{'spmd.manual' op region's argument 0 is 'tensor<2xf32>', a rank holds 'tensor<3xf32>' of 'tensor<5xf32>'}}
  %0 = spmd.manual(%a) in [#rows] out [#rows] {
  ^bb0(%b: tensor<2xf32>):
    spmd.yield %b : tensor<2xf32>
  } : (tensor<5xf32>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=2]
func.func @all_results(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'spmd.manual' op region has 0 yielded values, expected 1}}
  %0 = spmd.manual(%a) in [#rows] out [#rows] {
  ^bb0(%b: tensor<2xf32>):
    spmd.yield
  } : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=2]
func.func @no_annotations(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = spmd.manual(%a) in [#rows] out [#rows] {
  ^bb0(%b: tensor<2xf32>):
    // expected-error @+1 {{'spmd.replicate' op stands in a manual region, where values are local}}
    %1 = spmd.replicate %b on @mesh : tensor<2xf32>
    spmd.yield %1 : tensor<2xf32>
  } : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
