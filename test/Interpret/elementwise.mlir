// RUN: moe-interpret %s --all --print | FileCheck %s

// CHECK-LABEL: @float_arithmetic
// CHECK-NEXT: = [4, -1]
// CHECK-NEXT: = [-2, 5]
// CHECK-NEXT: = [3, -6]
// CHECK-NEXT: = [0.33333334, -0.6666667]
// CHECK-NEXT: = [-1, -2]
func.func @float_arithmetic() -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %a = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %b = arith.constant dense<[3.0, -3.0]> : tensor<2xf32>
  %0 = arith.addf %a, %b : tensor<2xf32>
  %1 = arith.subf %a, %b : tensor<2xf32>
  %2 = arith.mulf %a, %b : tensor<2xf32>
  %3 = arith.divf %a, %b : tensor<2xf32>
  %4 = arith.negf %a : tensor<2xf32>
  return %0, %1, %2, %3, %4 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// maximum keeps NaN, maxnum the number.
// CHECK-LABEL: @maxima
// CHECK-NEXT: = [nan, nan, 2]
// CHECK-NEXT: = [1, 1, 2]
// CHECK-NEXT: = [nan, nan, 1]
// CHECK-NEXT: = [1, 1, 1]
func.func @maxima() -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
  %a = arith.constant dense<[0x7FC00000, 1.0, 1.0]> : tensor<3xf32>
  %b = arith.constant dense<[1.0, 0x7FC00000, 2.0]> : tensor<3xf32>
  %0 = arith.maximumf %a, %b : tensor<3xf32>
  %1 = arith.maxnumf %a, %b : tensor<3xf32>
  %2 = arith.minimumf %a, %b : tensor<3xf32>
  %3 = arith.minnumf %a, %b : tensor<3xf32>
  return %0, %1, %2, %3 : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}

// Integers wrap; division by zero is 0, so that padding cannot trap.
// CHECK-LABEL: @integer_arithmetic
// CHECK-NEXT: = [-2147483648, 1]
// CHECK-NEXT: = [0, -2]
// CHECK-NEXT: = [0, -1]
// CHECK-NEXT: = [0, -3]
func.func @integer_arithmetic() -> (tensor<2xi32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) {
  %max = arith.constant dense<[2147483647, 0]> : tensor<2xi32>
  %one = arith.constant dense<1> : tensor<2xi32>
  %a = arith.constant dense<[5, -5]> : tensor<2xi32>
  %b = arith.constant dense<[0, 2]> : tensor<2xi32>
  %0 = arith.addi %max, %one : tensor<2xi32>
  %1 = arith.divsi %a, %b : tensor<2xi32>
  %2 = arith.remsi %a, %b : tensor<2xi32>
  %3 = arith.floordivsi %a, %b : tensor<2xi32>
  return %0, %1, %2, %3 : tensor<2xi32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>
}

// Ordered predicates are false for NaN, unordered ones true.
// CHECK-LABEL: @compare_floats
// CHECK-NEXT: = [1, 0, 0]
// CHECK-NEXT: = [1, 1, 0]
// CHECK-NEXT: = [0, 0, 1]
// CHECK-NEXT: = [1, 0, 1]
// CHECK-NEXT: = [1, 1, 0]
// CHECK-NEXT: = [0, 1, 1]
func.func @compare_floats() -> (tensor<3xi1>, tensor<3xi1>, tensor<3xi1>, tensor<3xi1>, tensor<3xi1>, tensor<3xi1>) {
  %a = arith.constant dense<[1.0, 2.0, 0x7FC00000]> : tensor<3xf32>
  %b = arith.constant dense<[2.0, 2.0, 2.0]> : tensor<3xf32>
  %0 = arith.cmpf olt, %a, %b : tensor<3xf32>
  %1 = arith.cmpf ole, %a, %b : tensor<3xf32>
  %2 = arith.cmpf uno, %a, %b : tensor<3xf32>
  %3 = arith.cmpf une, %a, %b : tensor<3xf32>
  %4 = arith.cmpf ord, %a, %b : tensor<3xf32>
  %5 = arith.cmpf uge, %a, %b : tensor<3xf32>
  return %0, %1, %2, %3, %4, %5 : tensor<3xi1>, tensor<3xi1>, tensor<3xi1>, tensor<3xi1>, tensor<3xi1>, tensor<3xi1>
}

// CHECK-LABEL: @compare_integers
// CHECK-NEXT: = [1, 0]
// CHECK-NEXT: = [0, 0]
func.func @compare_integers() -> (tensor<2xi1>, tensor<2xi1>) {
  %a = arith.constant dense<[-1, 2]> : tensor<2xi32>
  %b = arith.constant dense<[0, 2]> : tensor<2xi32>
  %0 = arith.cmpi slt, %a, %b : tensor<2xi32>
  %1 = arith.cmpi ult, %a, %b : tensor<2xi32>
  return %0, %1 : tensor<2xi1>, tensor<2xi1>
}

// CHECK-LABEL: @select
// CHECK-NEXT: = [1, 4]
// CHECK-NEXT: = [3, 4]
func.func @select() -> (tensor<2xf32>, tensor<2xf32>) {
  %c = arith.constant dense<[true, false]> : tensor<2xi1>
  %no = arith.constant false
  %a = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %b = arith.constant dense<[3.0, 4.0]> : tensor<2xf32>
  %0 = arith.select %c, %a, %b : tensor<2xi1>, tensor<2xf32>
  %1 = arith.select %no, %a, %b : tensor<2xf32>
  return %0, %1 : tensor<2xf32>, tensor<2xf32>
}

// Truncation goes toward zero and saturates; i1 extends as a sign or as a bit.
// CHECK-LABEL: @casts
// CHECK-NEXT: = [-1, 127, 0]
// CHECK-NEXT: = [-1, 0]
// CHECK-NEXT: = [1, 0]
// CHECK-NEXT: = [1, 0]
// CHECK-NEXT: = [257, 3.140625]
func.func @casts() -> (tensor<3xi8>, tensor<2xi32>, tensor<2xi32>, tensor<2xf32>, tensor<2xf32>) {
  %x = arith.constant dense<[-1.5, 1000.0, 0x7FC00000]> : tensor<3xf32>
  %b = arith.constant dense<[true, false]> : tensor<2xi1>
  %0 = arith.fptosi %x : tensor<3xf32> to tensor<3xi8>
  %1 = arith.extsi %b : tensor<2xi1> to tensor<2xi32>
  %2 = arith.extui %b : tensor<2xi1> to tensor<2xi32>
  %3 = arith.uitofp %b : tensor<2xi1> to tensor<2xf32>
  %y = arith.constant dense<[257.0, 3.14]> : tensor<2xf32>
  %4 = arith.truncf %y : tensor<2xf32> to tensor<2xbf16>
  %one = arith.constant dense<[1.0, 0.0]> : tensor<2xf32>
  %5 = arith.extf %4 : tensor<2xbf16> to tensor<2xf32>
  %6 = arith.addf %5, %one : tensor<2xf32>
  return %0, %1, %2, %3, %6 : tensor<3xi8>, tensor<2xi32>, tensor<2xi32>, tensor<2xf32>, tensor<2xf32>
}

// CHECK-LABEL: @functions
// CHECK-NEXT: = [1, 0]
// CHECK-NEXT: = [-inf, 0]
// CHECK-NEXT: = [0, 0.7615942]
// CHECK-NEXT: = [0.5, 0.25]
// CHECK-NEXT: = [0, 0.8427008]
func.func @functions() -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %a = arith.constant dense<[0.0, 0xFF800000]> : tensor<2xf32>
  %b = arith.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %c = arith.constant dense<[4.0, 16.0]> : tensor<2xf32>
  %0 = math.exp %a : tensor<2xf32>
  %1 = math.log %b : tensor<2xf32>
  %2 = math.tanh %b : tensor<2xf32>
  %3 = math.rsqrt %c : tensor<2xf32>
  %4 = math.erf %b : tensor<2xf32>
  return %0, %1, %2, %3, %4 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// One signed bit holds -1, which is true, and 0.
// CHECK-LABEL: @casts_to_a_bit
// CHECK-NEXT: = [0, 0, 0, 0, 1, 1, 1, 0]
func.func @casts_to_a_bit() -> tensor<8xi1> {
  %x = arith.constant dense<[3.0, 1.0, 0.5, -0.5, -1.0, -3.0, 0xFF800000, 0x7FC00000]> : tensor<8xf32>
  %0 = arith.fptosi %x : tensor<8xf32> to tensor<8xi1>
  return %0 : tensor<8xi1>
}
