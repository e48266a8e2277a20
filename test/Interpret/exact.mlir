// Exact numbers: residues modulo 2^61 - 1, printed as the representative nearest
// to zero.
// RUN: moe-interpret %s --all --print --exact | FileCheck %s

// 0.5 is the inverse of 2, whatever the float type; division inverts; x/0 = 0.
// CHECK-LABEL: @dyadic
// CHECK-NEXT: = [-1152921504606846975, 1, -3, 0]
func.func @dyadic() -> tensor<4xf32> {
  %a = arith.constant dense<[1.0, 3.0, -9.0, 5.0]> : tensor<4xf32>
  %b = arith.constant dense<[2.0, 3.0, 3.0, 0.0]> : tensor<4xf32>
  %0 = arith.divf %a, %b : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// Casts between float types change nothing; to integers the representative
// saturates.
// CHECK-LABEL: @casts
// CHECK-NEXT: = [257, 100000]
// CHECK-NEXT: = [127, 127]
func.func @casts() -> (tensor<2xbf16>, tensor<2xi8>) {
  %a = arith.constant dense<[257.0, 100000.0]> : tensor<2xf32>
  %0 = arith.truncf %a : tensor<2xf32> to tensor<2xbf16>
  %1 = arith.fptosi %a : tensor<2xf32> to tensor<2xi8>
  return %0, %1 : tensor<2xbf16>, tensor<2xi8>
}

// Infinities: neutral for max and min, nothing after exp.
// CHECK-LABEL: @infinities
// CHECK-NEXT: = -5
// CHECK-NEXT: = -5
// CHECK-NEXT: = [0, inf]
// CHECK-NEXT: = [-inf, inf]
func.func @infinities() -> (tensor<f32>, tensor<f32>, tensor<2xf32>, tensor<2xf32>) {
  %a = arith.constant dense<[-5.0, 0xFF800000]> : tensor<2xf32>
  %b = arith.constant dense<[-5.0, 0x7F800000]> : tensor<2xf32>
  %i = arith.constant dense<[0xFF800000, 0x7F800000]> : tensor<2xf32>
  %c = arith.constant dense<3.0> : tensor<2xf32>
  %0 = moe.reduce max %a dims [0] : tensor<2xf32> -> tensor<f32>
  %1 = moe.reduce min %b dims [0] : tensor<2xf32> -> tensor<f32>
  %2 = math.exp %i : tensor<2xf32>
  %3 = arith.addf %i, %c : tensor<2xf32>
  return %0, %1, %2, %3 : tensor<f32>, tensor<f32>, tensor<2xf32>, tensor<2xf32>
}

// Masked elements of a softmax are 0 and the others sum to 1.
// CHECK-LABEL: @softmax
// CHECK-NEXT: = [{{-?[0-9]+}}, 0, {{-?[0-9]+}}]
// CHECK-NEXT: = 1
func.func @softmax() -> (tensor<3xf32>, tensor<f32>) {
  %a = arith.constant dense<[1.0, 0xFF800000, 2.0]> : tensor<3xf32>
  %0 = moe.softmax %a dim 0 : tensor<3xf32>
  %1 = moe.reduce sum %0 dims [0] : tensor<3xf32> -> tensor<f32>
  return %0, %1 : tensor<3xf32>, tensor<f32>
}

// A function is the same number for the same argument, another for another.
// CHECK-LABEL: @functions
// CHECK-NEXT: = [[[A:-?[0-9]+]], [[B:-?[0-9]+]], [[A]]]
// CHECK-NOT: = [[[A]],
func.func @functions() -> (tensor<3xf32>, tensor<3xf32>) {
  %a = arith.constant dense<[1.0, 2.0, 1.0]> : tensor<3xf32>
  %0 = math.tanh %a : tensor<3xf32>
  %1 = math.erf %a : tensor<3xf32>
  return %0, %1 : tensor<3xf32>, tensor<3xf32>
}

// One signed bit holds -1, which is true, and 0.
// CHECK-LABEL: @casts_to_a_bit
// CHECK-NEXT: = [0, 1, 0, 1]
func.func @casts_to_a_bit() -> tensor<4xi1> {
  %x = arith.constant dense<[3.0, -3.0, 0x7F800000, 0xFF800000]> : tensor<4xf32>
  %0 = arith.fptosi %x : tensor<4xf32> to tensor<4xi1>
  return %0 : tensor<4xi1>
}
