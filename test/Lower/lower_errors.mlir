// RUN: moe-opt %s --moe-lower-to-calls --moe-verify-lowered --split-input-file --verify-diagnostics

func.func @op_without_lowering(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'math.atan' op has no lowering to the cpu}}
  %0 = math.atan %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

spmd.mesh @mesh ["x"=2]
func.func @never_partitioned(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'spmd.annotate' op has no lowering to the cpu}}
  %0 = spmd.annotate %x : tensor<4xf32> as #spmd.sharding<@mesh, [{"x"}]>
  return %0 : tensor<4xf32>
}

// -----

func.func private @callee(tensor<4xf32>) -> tensor<4xf32>
func.func @call_that_is_not_inlined(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'func.call' op has no lowering to the cpu}}
  %0 = call @callee(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @elements_of_eight_bits(%x: tensor<4xf8E4M3FN>) -> tensor<4xf8E4M3FN> {
  // expected-error @+1 {{'arith.negf' op has no lowering to the cpu for elements of 'f8E4M3FN'}}
  %0 = arith.negf %x : tensor<4xf8E4M3FN>
  return %0 : tensor<4xf8E4M3FN>
}

// -----

func.func @unsigned_elements(%x: tensor<4xui8>) -> tensor<4xui8> {
  // expected-error @+1 {{'func.return' op has no lowering to the cpu for elements of 'ui8'}}
  return %x : tensor<4xui8>
}

// -----

func.func @turns_that_are_not_constant(%x: tensor<4xf32>, %n: tensor<i32>) -> tensor<4xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %number = tensor.extract %n[] : tensor<i32>
  %end = arith.index_cast %number : i32 to index
  // expected-error @+1 {{'scf.for' op has no lowering to the cpu with bounds or a step that are not constant; write scf.while}}
  %0 = scf.for %i = %zero to %end step %one iter_args(%a = %x) -> tensor<4xf32> {
    %1 = arith.addf %a, %a : tensor<4xf32>
    scf.yield %1 : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// -----

func.func @no_step(%x: tensor<4xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  // expected-error @+1 {{'scf.for' op step must be positive, got 0}}
  %0 = scf.for %i = %zero to %one step %zero iter_args(%a = %x) -> tensor<4xf32> {
    %1 = arith.addf %a, %a : tensor<4xf32>
    scf.yield %1 : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// -----

func.func @numbers_in_a_vector(%x: tensor<2xi32>) -> tensor<2xi32> {
  %one = arith.constant 1 : i32
  // expected-error @+1 {{'tensor.from_elements' op has no lowering to the cpu}}
  %0 = tensor.from_elements %one, %one : tensor<2xi32>
  %1 = arith.addi %0, %x : tensor<2xi32>
  return %1 : tensor<2xi32>
}

// -----

func.func @numbers_of_floats(%x: tensor<f32>) -> tensor<f32> {
  %0 = tensor.extract %x[] : tensor<f32>
  // expected-error @+1 {{'arith.addf' op has no lowering to the cpu}}
  %1 = arith.addf %0, %0 : f32
  %2 = tensor.from_elements %1 : tensor<f32>
  return %2 : tensor<f32>
}
