// RUN: moe-opt %s -split-input-file -verify-diagnostics

func.func @a_string(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'arith.remf' op spmd.rule must be a string, got 1 : i64}}
  %0 = arith.remf %a, %a {spmd.rule = 1} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @no_second_rule(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'arith.addf' op has a rule of its own, so spmd.rule cannot give it another}}
  %0 = arith.addf %a, %a {spmd.rule = "i,i->i"} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @no_regions() {
  // expected-error @+1 {{'scf.execute_region' op has regions, of which spmd.rule can say nothing}}
  scf.execute_region {
    scf.yield
  } {spmd.rule = "->"}
  return
}

// -----

func.func @an_arrow(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'arith.remf' op spmd.rule "i,i": has no arrow, as in "ij,jk->ik"}}
  %0 = arith.remf %a, %a {spmd.rule = "i,i"} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @all_operands(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'arith.remf' op spmd.rule "i->i": gives 1 operands, the op has 2}}
  %0 = arith.remf %a, %a {spmd.rule = "i->i"} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @no_operands_more() -> tensor<4xf32> {
  // expected-error @+1 {{'tensor.empty' op spmd.rule "i->i": gives 1 operands, the op has 0}}
  %0 = tensor.empty() {spmd.rule = "i->i"} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @all_dimensions(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'arith.remf' op spmd.rule "i,ij->i": operand 1 has 1 dimensions, the rule gives 2 letters}}
  %0 = arith.remf %a, %a {spmd.rule = "i,ij->i"} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @letters(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'arith.remf' op spmd.rule "i,?->i": '?' is neither a letter nor a dot}}
  %0 = arith.remf %a, %a {spmd.rule = "i,?->i"} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @one_size(%a: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error @+1 {{'arith.remf' op spmd.rule "ij,ji->ij": letter 'j' has size 4 in operand 1 and size 6 before}}
  %0 = arith.remf %a, %a {spmd.rule = "ij,ji->ij"} : tensor<4x6xf32>
  return %0 : tensor<4x6xf32>
}

// -----

func.func @a_letter_once(%a: tensor<4x4xf32>) -> tensor<4x4xf32> {
  // expected-error @+1 {{'arith.remf' op spmd.rule "ii,ij->ij": letter 'i' stands twice in operand 0}}
  %0 = arith.remf %a, %a {spmd.rule = "ii,ij->ij"} : tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}

// -----

func.func @known_reductions(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'arith.remf' op spmd.rule "i,i->i mean": 'mean' is no reduction; known are sum, prod, max, min, and, or}}
  %0 = arith.remf %a, %a {spmd.rule = "i,i->i mean"} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @something_to_reduce(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'arith.remf' op spmd.rule "i,i->i max": nothing is reduced by max: all letters are in the results}}
  %0 = arith.remf %a, %a {spmd.rule = "i,i->i max"} : tensor<4xf32>
  return %0 : tensor<4xf32>
}
