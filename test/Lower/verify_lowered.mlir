// RUN: moe-opt %s --moe-verify-lowered --split-input-file --verify-diagnostics

func.func @tensor_is_left(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{still makes a tensor: 'tensor<4xf32>'}}
  %0 = arith.addf %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @op_is_left(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'moe.softmax' op is left after lowering}}
  %0 = moe.softmax %x dim 0 : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func private @malloc(i64) -> i64
func.func @moe_entry_f(%x: i64) {
  // expected-error @+1 {{calls @malloc, which is neither a kernel nor a function of the runtime}}
  %0 = func.call @malloc(%x) : (i64) -> i64
  return
}
