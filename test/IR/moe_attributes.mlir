// RUN: moe-opt %s -split-input-file -verify-diagnostics

// In the order of the table in the description of the dialect.

func.func @legal(%a: tensor<4xf32> {moe.name = "a", moe.parameter}, %b: tensor<4xi32> {moe.name = "b", moe.bound = 4 : i64})
    -> (tensor<4xf32> {moe.name = "a", moe.parameter}, tensor<4xi32> {moe.name = "choice.0", moe.choice}) {
  return %a, %b : tensor<4xf32>, tensor<4xi32>
}

// -----

// expected-error @+1 {{argument 0: moe.name must be a string that is not empty, got 7 : i64}}
func.func @name_of_an_argument(%a: tensor<4xf32> {moe.name = 7}) {
  return
}

// -----

// expected-error @+1 {{result 0: moe.name must be a string that is not empty, got ""}}
func.func @name_of_a_result(%a: tensor<4xf32>) -> (tensor<4xf32> {moe.name = ""}) {
  return %a : tensor<4xf32>
}

// -----

// expected-error @+1 {{argument 2: moe.name is that of argument 0, "a"}}
func.func @arguments_of_one_name(%a: tensor<4xf32> {moe.name = "a"}, %b: tensor<4xf32>, %c: tensor<4xf32> {moe.name = "a"}) {
  return
}

// -----

// expected-error @+1 {{result 1: moe.name is that of result 0, "y"}}
func.func @results_of_one_name(%a: tensor<4xf32>) -> (tensor<4xf32> {moe.name = "y"}, tensor<4xf32> {moe.name = "y"}) {
  return %a, %a : tensor<4xf32>, tensor<4xf32>
}

// -----

// expected-error @+1 {{argument 0: moe.parameter must have no value, got 3 : i64}}
func.func @parameter(%a: tensor<4xf32> {moe.parameter = 3}) {
  return
}

// -----

// expected-error @+1 {{argument 0: moe.bound must be a positive integer, got "x"}}
func.func @bound_is_an_integer(%a: tensor<4xi32> {moe.bound = "x"}) {
  return
}

// -----

// expected-error @+1 {{argument 0: moe.bound must be a positive integer, got 0 : i64}}
func.func @bound_is_positive(%a: tensor<4xi32> {moe.bound = 0 : i64}) {
  return
}

// -----

// expected-error @+1 {{argument 0: moe.bound needs a tensor of integers, got 'tensor<4xf32>'}}
func.func @bound_of_integers(%a: tensor<4xf32> {moe.bound = 4 : i64}) {
  return
}

// -----

// expected-error @+1 {{result 0: moe.choice must have no value, got true}}
func.func @choice(%a: tensor<4xi32>) -> (tensor<4xi32> {moe.choice = true}) {
  return %a : tensor<4xi32>
}

// -----

// expected-error @+1 {{moe.manifest must be a string, got 1 : i64}}
module attributes {moe.manifest = 1} {
}

// -----

// expected-error @+1 {{unknown attribute moe.manifest}}
func.func @manifest_of_a_function() attributes {moe.manifest = "{}"} {
  return
}

// -----

// expected-error @+1 {{unknown argument attribute moe.nmae}}
func.func @attribute_of_an_argument(%a: tensor<4xf32> {moe.nmae = "a"}) {
  return
}

// -----

// expected-error @+1 {{unknown result attribute moe.bound}}
func.func @attribute_of_a_result(%a: tensor<4xf32>) -> (tensor<4xf32> {moe.bound = 4 : i64}) {
  return %a : tensor<4xf32>
}

// -----

func.func @attribute_of_an_op(%a: tensor<4xf32>) {
  // expected-error @+1 {{unknown attribute moe.name}}
  %0 = arith.addf %a, %a {moe.name = "sum"} : tensor<4xf32>
  return
}
