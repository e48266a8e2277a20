// RUN: moe-opt %s -split-input-file -verify-diagnostics --spmd-verify-propagated

spmd.mesh @mesh ["x"=2]

// expected-error @+1 {{argument 0 has no sharding after propagation}}
func.func @argument(%a: tensor<8x8xf32>) {
  return
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}, {}]>
spmd.mesh @mesh ["x"=2]
func.func @result(%a: tensor<8x8xf32> {spmd.sharding = #rows}) {
  // expected-error @+1 {{result 0 has no sharding after propagation}}
  %0 = math.exp %a : tensor<8x8xf32>
  return
}

// -----

spmd.mesh @mesh ["x"=2]
// expected-error @+1 {{argument 0 has open dimension 1 after propagation}}
func.func @open(%a: tensor<8x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{"x"}, {?}]>}) {
  return
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}, {}]>
spmd.mesh @mesh ["x"=2]
func.func @annotation(%a: tensor<8x8xf32> {spmd.sharding = #rows}) {
  // expected-error @+1 {{'spmd.annotate' op is left after propagation}}
  %0 = spmd.annotate %a : tensor<8x8xf32> as #rows {spmd.shardings = [#rows]}
  return
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}, {}]>
#columns = #spmd.sharding<@mesh, [{}, {"x"}]>
spmd.mesh @mesh ["x"=2]
func.func @inconsistent(%a: tensor<8x8xf32> {spmd.sharding = #rows}, %b: tensor<8x8xf32> {spmd.sharding = #columns}) {
  // expected-error @+1 {{cuts dimension 0 of operand 1 unlike an earlier dimension that goes with it}}
  %0 = arith.addf %a, %b {spmd.shardings = [#rows]} : tensor<8x8xf32>
  return
}

// -----

#columns = #spmd.sharding<@mesh, [{}, {"x"}]>
spmd.mesh @mesh ["x"=2]
func.func @must_be_whole(%a: tensor<8x8xf32> {spmd.sharding = #columns}) {
  // expected-error @+1 {{needs dimension 1 of operand 0 whole}}
  %0 = moe.sort %a dim 1 {spmd.shardings = [#spmd.sharding<@mesh, [{}, {}]>]} : tensor<8x8xf32>
  return
}

// -----

#columns = #spmd.sharding<@mesh, [{}, {"x"}]>
spmd.mesh @mesh ["x"=2]
func.func @partial(%a: tensor<8x8xf32> {spmd.sharding = #columns}) {
  // expected-error @+1 {{reduces over 2 blocks, but result 0 is partial over 1}}
  %0 = moe.reduce sum %a dims [1] {spmd.shardings = [#spmd.sharding<@mesh, [{}]>]} : tensor<8x8xf32> -> tensor<8xf32>
  return
}

// -----

#columns = #spmd.sharding<@mesh, [{}, {"x"}]>
spmd.mesh @mesh ["x"=2, "y"=2]
func.func @partial_over_another_axis(%a: tensor<8x8xf32> {spmd.sharding = #columns}) {
  // expected-error @+1 {{reduces over 2 blocks, but result 0 is partial over 2 of other axes; its sharding is #spmd.sharding<@mesh, [{}], unreduced = sum{"y"}>}}
  %0 = moe.reduce sum %a dims [1] {spmd.shardings = [#spmd.sharding<@mesh, [{}], unreduced = sum{"y"}>]} : tensor<8x8xf32> -> tensor<8xf32>
  return
}

// -----

#columns = #spmd.sharding<@mesh, [{}, {"x"}]>
spmd.mesh @mesh ["x"=2]
func.func @partial_by_another_kind(%a: tensor<8x8xf32> {spmd.sharding = #columns}) {
  // expected-error @+1 {{reduces by sum, but result 0 is partial by max}}
  %0 = moe.reduce sum %a dims [1] {spmd.shardings = [#spmd.sharding<@mesh, [{}], unreduced = max{"x"}>]} : tensor<8x8xf32> -> tensor<8xf32>
  return
}

// -----

#partial = #spmd.sharding<@mesh, [{}], unreduced = sum{"x"}>
spmd.mesh @mesh ["x"=2]
func.func @use_of_partial(%a: tensor<8xf32> {spmd.sharding = #partial}) {
  // expected-error @+1 {{uses operand 0 before it is reduced}}
  %0 = math.exp %a {spmd.shardings = [#partial]} : tensor<8xf32>
  return
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}, {}]>
#columns = #spmd.sharding<@mesh, [{}, {"x"}]>
spmd.mesh @mesh ["x"=2]
// expected-error @+1 {{result 0 is declared as #spmd.sharding<@mesh, [{}, {"x"}]>, returned is #spmd.sharding<@mesh, [{"x"}, {}]>}}
func.func @declared(%a: tensor<8x8xf32> {spmd.sharding = #rows}) -> (tensor<8x8xf32> {spmd.sharding = #columns}) {
  return %a : tensor<8x8xf32>
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
#whole = #spmd.sharding<@mesh, [{}]>
spmd.mesh @mesh ["x"=2]
func.func @flows(%a: tensor<8xf32> {spmd.sharding = #rows}) -> (tensor<8xf32> {spmd.sharding = #whole}) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  // expected-error @+1 {{hands on operand 3 with sharding #spmd.sharding<@mesh, [{"x"}]>, value 0 of scf.for has #spmd.sharding<@mesh, [{}]>}}
  %r = scf.for %i = %zero to %one step %one iter_args(%b = %a) -> tensor<8xf32> {
    scf.yield %b : tensor<8xf32>
  } {spmd.shardings = [#whole]}
  return %r : tensor<8xf32>
}

// -----

#whole = #spmd.sharding<@mesh, [{}]>
#partial = #spmd.sharding<@mesh, [{}], unreduced = sum{"x"}>
spmd.mesh @mesh ["x"=2]
func.func @partial_flows(%a: tensor<8xf32> {spmd.sharding = #whole}) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  // expected-error @+1 {{carries value 0 before it is reduced}}
  %r = scf.for %i = %zero to %one step %one iter_args(%b = %a) -> tensor<8xf32> {
    scf.yield %b : tensor<8xf32>
  } {spmd.shardings = [#partial]}
  return
}

// -----

#rows = #spmd.sharding<@mesh, [{"x"}]>
#whole = #spmd.sharding<@mesh, [{}]>
spmd.mesh @mesh ["x"=2]
func.func @manual_regions(%a: tensor<8xf32> {spmd.sharding = #whole}) {
  // expected-error @+1 {{operand 0 must be in #spmd.sharding<@mesh, [{"x"}]>, it is in #spmd.sharding<@mesh, [{}]>}}
  %r = spmd.manual(%a) in [#rows] out [#rows] {
  ^bb0(%b: tensor<4xf32>):
    spmd.yield %b : tensor<4xf32>
  } {spmd.shardings = [#rows]} : (tensor<8xf32>) -> tensor<8xf32>
  return
}
