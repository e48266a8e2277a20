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
