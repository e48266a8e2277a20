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

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=2, "y"=2]
func.func @axes_of_the_mesh(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'spmd.manual' op is written over axis "z", which mesh @mesh has not; it has "x"=2, "y"=2}}
  %0 = spmd.manual(%a) over ["z"] in [#rows] out [#rows] {
  ^bb0(%b: tensor<4xf32>):
    spmd.yield %b : tensor<4xf32>
  } : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=2, "y"=2]
func.func @each_axis_once(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'spmd.manual' op names axis "x" twice}}
  %0 = spmd.manual(%a) over ["x", "x"] in [#rows] out [#rows] {
  ^bb0(%b: tensor<2xf32>):
    spmd.yield %b : tensor<2xf32>
  } : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

#rows = #spmd.sharding<@mesh, [{"y", "x"}]>
spmd.mesh @mesh ["x"=2, "y"=2]
func.func @own_axes_first(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'spmd.manual' op operand 0: in dimension 0 axis "y", which the region is not written for, stands before one that it is; write it behind}}
  %0 = spmd.manual(%a) over ["x"] in [#rows] out [#rows] {
  ^bb0(%b: tensor<2xf32>):
    spmd.yield %b : tensor<2xf32>
  } : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

#rows = #spmd.sharding<@mesh, [{"x", "y"}]>
spmd.mesh @mesh ["x"=2, "y"=2]
func.func @even_where_others_follow(%a: tensor<5xf32>) -> tensor<5xf32> {
  // expected-error @+1 {{'spmd.manual' op operand 0: dimension 0 of size 5 is cut into 2 blocks, which do not divide it, and then over others; leave the others to annotations in the region}}
  %0 = spmd.manual(%a) over ["x"] in [#rows] out [#rows] {
  ^bb0(%b: tensor<3xf32>):
    spmd.yield %b : tensor<3xf32>
  } : (tensor<5xf32>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
spmd.mesh @mesh ["x"=2, "y"=2]
func.func @annotations_of_others(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = spmd.manual(%a) over ["x"] in [#rows] out [#rows] {
  ^bb0(%b: tensor<2xf32>):
    // expected-error @+1 {{'spmd.annotate' op names axis "x" in a manual region; annotations name the axes that it is not written over}}
    %1 = spmd.annotate %b : tensor<2xf32> as #rows
    spmd.yield %1 : tensor<2xf32>
  } : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
#partial = #spmd.sharding<@mesh, [{}], unreduced = sum{"y"}>
#whole = #spmd.sharding<@mesh, [{}]>
spmd.mesh @mesh ["x"=2, "y"=2]
func.func @collectives_of_its_own(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = spmd.manual(%a) over ["x"] in [#rows] out [#rows] {
  ^bb0(%b: tensor<2xf32>):
    // expected-error @+1 {{'spmd.all_reduce' op names axis "y" in a manual region; collectives name the axes of its `over`}}
    %1 = spmd.all_reduce %b from #partial to #whole of tensor<2xf32> : tensor<2xf32> -> tensor<2xf32>
    spmd.yield %1 : tensor<2xf32>
  } : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
#others = #spmd.sharding<@mesh, [{"y"}]>
spmd.mesh @mesh ["x"=2, "y"=2]
func.func @regions_over_others(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = spmd.manual(%a) over ["x"] in [#rows] out [#rows] {
  ^bb0(%b: tensor<2xf32>):
    // expected-error @+1 {{'spmd.manual' op is written over axis "x", as the region around it is}}
    %1 = spmd.manual(%b) over ["x"] in [#others] out [#others] {
    ^bb0(%c: tensor<2xf32>):
      spmd.yield %c : tensor<2xf32>
    } : (tensor<2xf32>) -> tensor<2xf32>
    spmd.yield %1 : tensor<2xf32>
  } : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
#others = #spmd.sharding<@mesh, [{"y"}]>
spmd.mesh @mesh ["x"=2, "y"=2]
func.func @regions_say_over_what(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = spmd.manual(%a) over ["x"] in [#rows] out [#rows] {
  ^bb0(%b: tensor<2xf32>):
    // expected-error @+1 {{'spmd.manual' op stands in a manual region and needs an `over` of its own}}
    %1 = spmd.manual(%b) in [#others] out [#others] {
    ^bb0(%c: tensor<1xf32>):
      spmd.yield %c : tensor<1xf32>
    } : (tensor<2xf32>) -> tensor<2xf32>
    spmd.yield %1 : tensor<2xf32>
  } : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

spmd.mesh @mesh ["x"=2]
func.func @no_shardings(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'spmd.manual' op operand 0: expected #spmd.sharding, got "rows"}}
  %0 = "spmd.manual"(%a) <{in = ["rows"], out = ["rows"]}> ({
  ^bb0(%b: tensor<2xf32>):
    spmd.yield %b : tensor<2xf32>
  }) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
