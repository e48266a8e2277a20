// Each call gets a function of its own, down to what the called functions call.
// RUN: moe-opt %s --spmd-specialize-calls --split-input-file | FileCheck %s

// Nobody calls what they were made from: private functions go.
// CHECK-NOT:   func.func
// CHECK:       func.func @calls_twice
// CHECK:         %[[ONCE:.*]] = call @[[FIRST:.*]](%arg0)
// CHECK-NEXT:    %{{.*}} = call @[[SECOND:.*]](%[[ONCE]])
// CHECK-DAG:   func.func private @[[FIRST]](
// CHECK-DAG:   func.func private @[[SECOND]](
// CHECK-COUNT-2: func.func private @inner
// CHECK-NOT:     func.func
func.func private @inner(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = math.tanh %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @outer(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = call @inner(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func @calls_twice(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = call @outer(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = call @outer(%0) : (tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// What is public stays: others may call it. So does what nobody called.
// CHECK:       func.func @entry
// CHECK:       func.func @calls_an_entry
// CHECK-NEXT:    %{{.*}} = call @[[OWN:.*]](%arg0)
// CHECK:       func.func private @spare
// CHECK:       func.func private @[[OWN]]
// CHECK-NOT:   func.func
func.func @entry(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
func.func @calls_an_entry(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = call @entry(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @spare(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

// What is only declared is called as it is.
// CHECK:       func.func private @declared(tensor<4xf32>) -> tensor<4xf32>
// CHECK:       func.func @calls_a_declaration
// CHECK-NEXT:    call @declared(%arg0)
// CHECK-NOT:   func.func
func.func private @declared(tensor<4xf32>) -> tensor<4xf32>
func.func @calls_a_declaration(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = call @declared(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
