// RUN: moe-opt %s --spmd-share-calls | FileCheck %s

// Of functions that are equal one is kept, and of the callers that become so, unless others may know them by name.
// CHECK:     func.func private @declared(
// CHECK:     func.func private @declared_too(
// CHECK:     func.func private @double(
// CHECK-NOT: @double_too
// CHECK:     func.func private @four_times(
// CHECK-NOT: @four_times_too
// CHECK:     func.func @entry(
// CHECK:       call @four_times(
// CHECK-NEXT:  call @declared(
// CHECK:     func.func @entry_too(
// CHECK:       call @four_times(
// CHECK-NEXT:  call @declared(
// CHECK:     func.func @other_entry(
// CHECK:       call @declared_too(
func.func private @declared(tensor<4xf32>) -> tensor<4xf32>
func.func private @declared_too(tensor<4xf32>) -> tensor<4xf32>

func.func private @double(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arith.addf %a, %a : tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @double_too(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arith.addf %a, %a : tensor<4xf32>
  return %0 : tensor<4xf32>
}

func.func private @four_times(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = call @double(%a) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = call @double(%0) : (tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}
func.func private @four_times_too(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = call @double_too(%a) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = call @double(%0) : (tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

func.func @entry(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = call @four_times(%a) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = call @declared(%0) : (tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}
func.func @entry_too(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = call @four_times_too(%a) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = call @declared(%0) : (tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}
func.func @other_entry(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = call @declared_too(%a) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
