// RUN: moe-opt %s --pass-pipeline='builtin.module(func.func(moe-expose-choices))' -split-input-file -verify-diagnostics | FileCheck %s

// What was chosen is returned behind the function's own results, in program order.
// CHECK-LABEL: func.func @choices_are_returned
// CHECK-SAME:  -> (tensor<6x2xf32> {moe.name = "best"},
// CHECK-SAME:      tensor<6x2xi32> {moe.choice, moe.name = "choice.0"}, tensor<6x2xi1> {moe.choice, moe.name = "choice.1"},
// CHECK-SAME:      tensor<6x2xi32> {moe.choice, moe.name = "choice.2"}, tensor<6x2xf32> {moe.choice, moe.name = "choice.3"})
func.func @choices_are_returned(%scores: tensor<6x4xf32>, %u: tensor<6x2xf32>) -> (tensor<6x2xf32> {moe.name = "best"}) {
  // CHECK: %[[BEST:.*]], %[[INDEX:.*]] = moe.top_k
  // CHECK: %[[KEEP:.*]] = arith.cmpf
  // CHECK: %[[WHOLE:.*]] = arith.fptosi
  // CHECK: %[[FLOOR:.*]] = math.floor
  // CHECK: return %{{.*}}, %[[INDEX]], %[[KEEP]], %[[WHOLE]], %[[FLOOR]]
  %best, %index = moe.top_k %scores k 2 dim 1 : tensor<6x4xf32> -> tensor<6x2xf32>, tensor<6x2xi32>
  %keep = arith.cmpf olt, %u, %best : tensor<6x2xf32>
  %whole = arith.fptosi %u : tensor<6x2xf32> to tensor<6x2xi32>
  %floor = math.floor %best : tensor<6x2xf32>
  %sum = arith.addi %index, %whole : tensor<6x2xi32>
  %number = arith.sitofp %sum : tensor<6x2xi32> to tensor<6x2xf32>
  %kept = arith.select %keep, %number, %floor : tensor<6x2xi1>, tensor<6x2xf32>
  return %kept : tensor<6x2xf32>
}

// Of a gate the experts; the slots too where random numbers decide.
// CHECK-LABEL: func.func @gates_tell_experts_and_kept_choices
// CHECK:       %[[EXPERT:.*]], %{{.*}}, %[[WEIGHT:.*]] = moe.gating %arg0 k 1
// CHECK:       %[[EXPERT2:.*]], %[[SLOT2:.*]], %[[WEIGHT2:.*]] = moe.gating %arg0 random
// CHECK:       return %[[WEIGHT]], %[[WEIGHT2]], %[[EXPERT]], %[[EXPERT2]], %[[SLOT2]]
func.func @gates_tell_experts_and_kept_choices(%gates: tensor<2x6x4xf32>, %u: tensor<2x6xf32>)
    -> (tensor<2x6x1xf32>, tensor<2x6x2xf32>) {
  %e, %s, %w = moe.gating %gates k 1 capacity 3 : tensor<2x6x4xf32> -> tensor<2x6x1xi32>, tensor<2x6x1xi32>, tensor<2x6x1xf32>
  %e2, %s2, %w2 = moe.gating %gates random %u k 2 capacity 3 : tensor<2x6x4xf32>, tensor<2x6xf32>
      -> tensor<2x6x2xi32>, tensor<2x6x2xi32>, tensor<2x6x2xf32>
  return %w, %w2 : tensor<2x6x1xf32>, tensor<2x6x2xf32>
}

// Positions held as floats, and the mask of the weights, follow from integers: returned, they would keep masks dense.
// CHECK-LABEL: func.func @what_integers_decide_is_no_choice
// CHECK-SAME:  -> tensor<2x6x4x3xi1> {
func.func @what_integers_decide_is_no_choice(%expert: tensor<2x6xi32>, %slot: tensor<2x6xi32>, %gate: tensor<2x6xf32>)
    -> tensor<2x6x4x3xi1> {
  %zero = arith.constant dense<0.0> : tensor<2x6x4x3xf32>
  %capacity = arith.constant dense<3.0> : tensor<2x6x4xf32>
  %mask = moe.one_hot %expert : tensor<2x6xi32> -> tensor<2x6x4xf32>
  %position = moe.cumsum %mask dim 1 exclusive : tensor<2x6x4xf32>
  %fits = arith.cmpf ogt, %capacity, %position : tensor<2x6x4xf32>
  %room = arith.uitofp %fits : tensor<2x6x4xi1> to tensor<2x6x4xf32>
  %kept = arith.mulf %room, %mask : tensor<2x6x4xf32>
  %hot = moe.one_hot %slot : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %combine = moe.einsum "gs,gse,gsc->gsec" %gate, %kept, %hot
      : tensor<2x6xf32>, tensor<2x6x4xf32>, tensor<2x6x3xf32> -> tensor<2x6x4x3xf32>
  %occupied = arith.cmpf une, %combine, %zero : tensor<2x6x4x3xf32>
  return %occupied : tensor<2x6x4x3xi1>
}

// A sum over the mask's dimension is a number again.
// CHECK-LABEL: func.func @a_sum_of_masked_values_is_a_score
// CHECK-SAME:  -> (tensor<6xi1>, tensor<6xi1> {moe.choice, moe.name = "choice.0"})
func.func @a_sum_of_masked_values_is_a_score(%expert: tensor<6xi32>, %gates: tensor<6x4xf32>) -> tensor<6xi1> {
  %zero = arith.constant dense<0.0> : tensor<6xf32>
  %mask = moe.one_hot %expert : tensor<6xi32> -> tensor<6x4xf32>
  %gate = moe.einsum "se,se->s" %mask, %gates : tensor<6x4xf32>, tensor<6x4xf32> -> tensor<6xf32>
  %positive = arith.cmpf ogt, %gate, %zero : tensor<6xf32>
  return %positive : tensor<6xi1>
}

// Where one side is zero, whatever else differs from zero was chosen; between two numbers it is a score.
// CHECK-LABEL: func.func @what_is_selected_or_zero_tells_the_selection
// CHECK-SAME:  -> (tensor<6xi1>, tensor<6xi1>, tensor<6xi1>, tensor<6xi1> {moe.choice, moe.name = "choice.0"})
func.func @what_is_selected_or_zero_tells_the_selection(%keep: tensor<6xi1>, %a: tensor<6xf32>, %b: tensor<6xf32>)
    -> (tensor<6xi1>, tensor<6xi1>, tensor<6xi1>) {
  %scalar = arith.constant dense<0.0> : tensor<f32>
  %zero = moe.broadcast %scalar dims [] : tensor<f32> -> tensor<6xf32>
  %kept = arith.select %keep, %a, %zero : tensor<6xi1>, tensor<6xf32>
  %dropped = arith.select %keep, %zero, %a : tensor<6xi1>, tensor<6xf32>
  %either = arith.select %keep, %a, %b : tensor<6xi1>, tensor<6xf32>
  %0 = arith.cmpf une, %kept, %zero : tensor<6xf32>
  %1 = arith.cmpf une, %dropped, %zero : tensor<6xf32>
  %2 = arith.cmpf une, %either, %zero : tensor<6xf32>
  return %0, %1, %2 : tensor<6xi1>, tensor<6xi1>, tensor<6xi1>
}

// Nothing that no result depends on.
// CHECK-LABEL: func.func @dead_choices_stay_dead(%arg0: tensor<6x4xf32>) -> tensor<6x4xf32> {
func.func @dead_choices_stay_dead(%scores: tensor<6x4xf32>) -> tensor<6x4xf32> {
  %best, %index = moe.top_k %scores k 2 dim 1 : tensor<6x4xf32> -> tensor<6x2xf32>, tensor<6x2xi32>
  return %scores : tensor<6x4xf32>
}

// What is called keeps its results: those who call it know them.
// CHECK-LABEL: func.func private @called_functions_are_left(%arg0: tensor<6x4xf32>) -> tensor<6x2xf32> attributes {no_inline}
func.func private @called_functions_are_left(%scores: tensor<6x4xf32>) -> tensor<6x2xf32> attributes {no_inline} {
  %best, %index = moe.top_k %scores k 2 dim 1 : tensor<6x4xf32> -> tensor<6x2xf32>, tensor<6x2xi32>
  return %best : tensor<6x2xf32>
}
// CHECK: func.func @callers_too(%arg0: tensor<6x4xf32>) -> tensor<6x2xf32> {
func.func @callers_too(%scores: tensor<6x4xf32>) -> tensor<6x2xf32> {
  %0 = call @called_functions_are_left(%scores) : (tensor<6x4xf32>) -> tensor<6x2xf32>
  return %0 : tensor<6x2xf32>
}

// CHECK: func.func private @declared(tensor<6x4xf32>) -> tensor<6x2xf32>
func.func private @declared(%scores: tensor<6x4xf32>) -> tensor<6x2xf32>

// -----

func.func private @inner(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
// expected-error @+1 {{function @calls must be one block without calls for its choices to be returned; run --inline first}}
func.func @calls(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = call @inner(%x) : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// Companions of keys that are integers follow from them; those of floats may tie.
// CHECK-LABEL: func.func @sorted_integers_choose_nothing
// CHECK-SAME:  -> (tensor<6xi32>, tensor<6xi32>, tensor<6xi32> {moe.choice, moe.name = "choice.0"})
// CHECK:       %[[KEYS:.*]]:2 = moe.sort %arg0
// CHECK:       %[[FLOATS:.*]]:2 = moe.sort %arg2
// CHECK:       return %[[KEYS]]#1, %[[FLOATS]]#1, %[[FLOATS]]#1
func.func @sorted_integers_choose_nothing(%k: tensor<6xi32>, %v: tensor<6xi32>, %f: tensor<6xf32>)
    -> (tensor<6xi32>, tensor<6xi32>) {
  %0:2 = moe.sort %k, %v dim 0 : tensor<6xi32>, tensor<6xi32>
  %1:2 = moe.sort %f, %v dim 0 : tensor<6xf32>, tensor<6xi32>
  return %0#1, %1#1 : tensor<6xi32>, tensor<6xi32>
}

// -----

// expected-error @+1 {{function @blocks must be one block without calls for its choices to be returned}}
func.func @blocks(%a: tensor<4xf32>) -> tensor<4xf32> {
  llvm.br ^bb1
^bb1:
  return %a : tensor<4xf32>
}
