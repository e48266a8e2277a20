// Comparisons and casts of floats to integers follow choices; the scores of a cast are its operand and the nearest number
// with the other result.
// RUN: rm -rf %t && mkdir %t
// RUN: moe-interpret %s --entry=nan --output=%t/nan.npz
// RUN: moe-interpret %s --entry=inputs --output=%t/inputs.npz
// RUN: moe-interpret %s --entry=ties --output=%t/ties.npz
// RUN: moe-interpret %s --entry=greater --output=%t/greater.npz
// RUN: moe-interpret %s --entry=cast --output=%t/cast.npz
// RUN: moe-interpret %s --entry=floor --output=%t/floor.npz
// RUN: moe-interpret %s --entry=undefined --output=%t/undefined.npz

// RUN: moe-interpret %s --entry=decide --params=%t/inputs.npz --choices=%t/ties.npz --print | FileCheck %s --check-prefix=TIES
// TIES:      5 routing choices tie (of 16): arith.cmpf at choices_of_comparisons.mlir:{{.*}} (1), arith.fptosi at {{.*}} (1), math.floor at {{.*}} (2), math.ceil at {{.*}} (1)
// TIES-NEXT: = [1, 0, 0, 0]
// TIES-NEXT: = [3, 4, -2, 0]
// TIES-NEXT: = [3, 4, -3, -1]
// TIES-NEXT: = [4, 4, -2, 0]

// RUN: not moe-interpret %s --entry=decide --params=%t/inputs.npz --choices=%t/greater.npz 2>&1 | FileCheck %s --check-prefix=GREATER
// GREATER: error: 'arith.cmpf' op chose otherwise at global index [0]: got false, wanted true, whose scores 3.5 and 1 differ by more than 1e-05 of the greatest score 3.9999
// RUN: not moe-interpret %s --entry=decide --params=%t/inputs.npz --choices=%t/cast.npz 2>&1 | FileCheck %s --check-prefix=CAST
// CAST: error: 'arith.fptosi' op chose otherwise at global index [0]: got 2, wanted 3, whose scores 3 and 3.5 differ
// RUN: not moe-interpret %s --entry=decide --params=%t/inputs.npz --choices=%t/floor.npz 2>&1 | FileCheck %s --check-prefix=FLOOR
// FLOOR: error: 'math.floor' op chose otherwise at global index [2]: got -2, wanted -3, whose scores -2 and -2.5 differ

// What is not a number ties with nothing.
// RUN: not moe-interpret %s --entry=compare_nan --params=%t/nan.npz --choices=%t/undefined.npz 2>&1 | FileCheck %s --check-prefix=UNDEFINED
// UNDEFINED: error: 'arith.cmpf' op chose otherwise at global index [0]: got true, wanted false, whose scores nan and 1 differ


func.func @inputs() -> (tensor<4xf32> {moe.name = "x"}, tensor<4xf32> {moe.name = "limit"}) {
  %x = arith.constant dense<[3.5, 3.99999, -2.5, 0.00001]> : tensor<4xf32>
  %limit = arith.constant dense<[1.0, 3.99998, 0.0, 0.00001]> : tensor<4xf32>
  return %x, %limit : tensor<4xf32>, tensor<4xf32>
}
func.func @decide(%x: tensor<4xf32> {moe.name = "x"}, %limit: tensor<4xf32> {moe.name = "limit"})
    -> (tensor<4xi1>, tensor<4xi32>, tensor<4xf32>, tensor<4xf32>) {
  %greater = arith.cmpf ogt, %x, %limit : tensor<4xf32>
  %cast = arith.fptosi %x : tensor<4xf32> to tensor<4xi32>
  %floor = math.floor %x : tensor<4xf32>
  %ceil = math.ceil %x : tensor<4xf32>
  return %greater, %cast, %floor, %ceil : tensor<4xi1>, tensor<4xi32>, tensor<4xf32>, tensor<4xf32>
}
func.func @ties() -> (tensor<4xi1> {moe.name = "choice.0"}, tensor<4xi32> {moe.name = "choice.1"},
    tensor<4xf32> {moe.name = "choice.2"}, tensor<4xf32> {moe.name = "choice.3"}) {
  %greater = arith.constant dense<[true, false, false, false]> : tensor<4xi1>
  %cast = arith.constant dense<[3, 4, -2, 0]> : tensor<4xi32>
  %floor = arith.constant dense<[3.0, 4.0, -3.0, -1.0]> : tensor<4xf32>
  %ceil = arith.constant dense<[4.0, 4.0, -2.0, 0.0]> : tensor<4xf32>
  return %greater, %cast, %floor, %ceil : tensor<4xi1>, tensor<4xi32>, tensor<4xf32>, tensor<4xf32>
}
func.func @greater() -> (tensor<4xi1> {moe.name = "choice.0"}, tensor<4xi32> {moe.name = "choice.1"},
    tensor<4xf32> {moe.name = "choice.2"}, tensor<4xf32> {moe.name = "choice.3"}) {
  %greater = arith.constant dense<[false, true, false, false]> : tensor<4xi1>
  %cast = arith.constant dense<[3, 4, -2, 0]> : tensor<4xi32>
  %floor = arith.constant dense<[3.0, 4.0, -3.0, -1.0]> : tensor<4xf32>
  %ceil = arith.constant dense<[4.0, 4.0, -2.0, 0.0]> : tensor<4xf32>
  return %greater, %cast, %floor, %ceil : tensor<4xi1>, tensor<4xi32>, tensor<4xf32>, tensor<4xf32>
}
func.func @cast() -> (tensor<4xi1> {moe.name = "choice.0"}, tensor<4xi32> {moe.name = "choice.1"},
    tensor<4xf32> {moe.name = "choice.2"}, tensor<4xf32> {moe.name = "choice.3"}) {
  %greater = arith.constant dense<[true, false, false, false]> : tensor<4xi1>
  %cast = arith.constant dense<[2, 3, -2, 0]> : tensor<4xi32>
  %floor = arith.constant dense<[3.0, 4.0, -3.0, -1.0]> : tensor<4xf32>
  %ceil = arith.constant dense<[4.0, 4.0, -2.0, 0.0]> : tensor<4xf32>
  return %greater, %cast, %floor, %ceil : tensor<4xi1>, tensor<4xi32>, tensor<4xf32>, tensor<4xf32>
}
func.func @floor() -> (tensor<4xi1> {moe.name = "choice.0"}, tensor<4xi32> {moe.name = "choice.1"},
    tensor<4xf32> {moe.name = "choice.2"}, tensor<4xf32> {moe.name = "choice.3"}) {
  %greater = arith.constant dense<[true, false, false, false]> : tensor<4xi1>
  %cast = arith.constant dense<[3, 4, -2, 0]> : tensor<4xi32>
  %floor = arith.constant dense<[3.0, 3.0, -2.0, 0.0]> : tensor<4xf32>
  %ceil = arith.constant dense<[4.0, 4.0, -2.0, 0.0]> : tensor<4xf32>
  return %greater, %cast, %floor, %ceil : tensor<4xi1>, tensor<4xi32>, tensor<4xf32>, tensor<4xf32>
}

func.func @nan() -> (tensor<1xf32> {moe.name = "x"}, tensor<1xf32> {moe.name = "limit"}) {
  %x = arith.constant dense<0x7FC00000> : tensor<1xf32>
  %limit = arith.constant dense<1.0> : tensor<1xf32>
  return %x, %limit : tensor<1xf32>, tensor<1xf32>
}
func.func @compare_nan(%x: tensor<1xf32> {moe.name = "x"}, %limit: tensor<1xf32> {moe.name = "limit"}) -> tensor<1xi1> {
  %greater = arith.cmpf ogt, %x, %limit : tensor<1xf32>
  return %greater : tensor<1xi1>
}
func.func @undefined() -> (tensor<1xi1> {moe.name = "choice.0"}) {
  %greater = arith.constant dense<true> : tensor<1xi1>
  return %greater : tensor<1xi1>
}

// The one signed bit that is set is -1; a choice of it is followed where it ties.
// RUN: moe-interpret %s --entry=near_one --output=%t/near_one.npz
// RUN: moe-interpret %s --entry=bits --output=%t/bits.npz
// RUN: moe-interpret %s --entry=cast_to_a_bit --params=%t/near_one.npz --choices=%t/bits.npz --print | FileCheck %s --check-prefix=BIT
// BIT: 1 routing choice ties
// BIT: = [1, 0, 1]
func.func @near_one() -> (tensor<3xf32> {moe.name = "x"}) {
  %x = arith.constant dense<[-3.0, 3.0, -0.99999]> : tensor<3xf32>
  return %x : tensor<3xf32>
}
func.func @bits() -> (tensor<3xi1> {moe.name = "choice.0"}) {
  %bits = arith.constant dense<[true, false, true]> : tensor<3xi1>
  return %bits : tensor<3xi1>
}
func.func @cast_to_a_bit(%x: tensor<3xf32> {moe.name = "x"}) -> tensor<3xi1> {
  %0 = arith.fptosi %x : tensor<3xf32> to tensor<3xi1>
  return %0 : tensor<3xi1>
}
