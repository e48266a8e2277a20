// Structured ops by definition: the body runs for each index, in row-major order.
// RUN: moe-interpret %s --all --print | FileCheck %s
// RUN: moe-interpret %s --all --print --exact | FileCheck %s

#ij = affine_map<(i, j) -> (i, j)>
#i = affine_map<(i, j) -> (i)>

// CHECK-LABEL: @product_with_an_init
// CHECK-NEXT: = {{\[}}[15, 26], [17, 28]]
func.func @product_with_an_init() -> tensor<2x2xf32> {
  %a = arith.constant dense<[[1.0, 2.0], [1.0, 3.0]]> : tensor<2x2xf32>
  %b = arith.constant dense<[[1.0, 2.0], [2.0, 2.0]]> : tensor<2x2xf32>
  %init = arith.constant dense<[[10.0, 20.0], [10.0, 20.0]]> : tensor<2x2xf32>
  %0 = linalg.matmul ins(%a, %b : tensor<2x2xf32>, tensor<2x2xf32>) outs(%init : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// Each element as 10 * so far + element: the order shows.
// CHECK-LABEL: @in_order
// CHECK-NEXT: = [7123, 8456]
func.func @in_order() -> tensor<2xi32> {
  %a = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>
  %init = arith.constant dense<[7, 8]> : tensor<2xi32>
  %ten = arith.constant 10 : i32
  %0 = linalg.generic {indexing_maps = [#ij, #i], iterator_types = ["parallel", "reduction"]} ins(%a : tensor<2x3xi32>) outs(%init : tensor<2xi32>) {
  ^bb0(%x: i32, %out: i32):
    %1 = arith.muli %out, %ten : i32
    %2 = arith.addi %1, %x : i32
    linalg.yield %2 : i32
  } -> tensor<2xi32>
  return %0 : tensor<2xi32>
}

// Indices of loops, a table from outside, and windows.
// CHECK-LABEL: @indices
// CHECK-NEXT: = {{\[}}[0, 1, 2], [10, 11, 12]]
// CHECK-NEXT: = [30, 10, 20]
// CHECK-NEXT: = [3, 6, 9]
func.func @indices() -> (tensor<2x3xi32>, tensor<3xi32>, tensor<3xi32>) {
  %e = tensor.empty() : tensor<2x3xi32>
  %ten = arith.constant 10 : index
  %0 = linalg.generic {indexing_maps = [#ij], iterator_types = ["parallel", "parallel"]} outs(%e : tensor<2x3xi32>) {
  ^bb0(%out: i32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %1 = arith.muli %i, %ten : index
    %2 = arith.addi %1, %j : index
    %3 = arith.index_cast %2 : index to i32
    linalg.yield %3 : i32
  } -> tensor<2x3xi32>
  %table = arith.constant dense<[10, 20, 30]> : tensor<3xi32>
  %places = arith.constant dense<[2, 0, 1]> : tensor<3xi32>
  %1 = linalg.map ins(%places : tensor<3xi32>) outs(%places : tensor<3xi32>) (%place: i32, %out: i32) {
    %at = arith.index_cast %place : i32 to index
    %x = tensor.extract %table[%at] : tensor<3xi32>
    linalg.yield %x : i32
  }
  %row = arith.constant dense<[0, 1, 2, 3, 4]> : tensor<5xi32>
  %zeros = arith.constant dense<0> : tensor<3xi32>
  %ones = arith.constant dense<1> : tensor<3xi32>
  %2 = linalg.conv_1d ins(%row, %ones : tensor<5xi32>, tensor<3xi32>) outs(%zeros : tensor<3xi32>) -> tensor<3xi32>
  return %0, %1, %2 : tensor<2x3xi32>, tensor<3xi32>, tensor<3xi32>
}

// CHECK-LABEL: @blocks
// CHECK-NEXT: = {{\[}}[2], [8]]
// CHECK-NEXT: = {{\[}}[1, 8, 9], [4, 5, 6]]
// CHECK-NEXT: = {{\[}}[1, 2, 3], [4, 5, 7]]
// CHECK-NEXT: = {{\[}}[3, 1, 2, 3], [3, 4, 5, 6], [3, 3, 3, 3]]
// CHECK-NEXT: = [1, 2, 3, 4, 5, 6]
// CHECK-NEXT: = {{\[}}[1, 2, 3], [4, 5, 6], [4, 5, 6]]
// CHECK-NEXT: = {{\[}}[3, 6], [2, 5]]
func.func @blocks() -> (tensor<2x1xi32>, tensor<2x3xi32>, tensor<2x3xi32>, tensor<3x4xi32>, tensor<6xi32>, tensor<3x3xi32>, tensor<2x2xi32>) {
  %x = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>
  %y = arith.constant dense<[[1, 2, 3], [4, 5, 6], [7, 8, 9]]> : tensor<3x3xi32>
  %part = arith.constant dense<[8, 9]> : tensor<2xi32>
  %one = arith.constant 1 : index
  %two = arith.constant 2 : index
  %three = arith.constant 3 : i32
  %seven = arith.constant 7 : i32
  %flat = arith.constant dense<[[2], [1]]> : tensor<2x1xi32>
  %2 = tensor.extract_slice %y[0, 1] [2, 1] [2, 1] : tensor<3x3xi32> to tensor<2x1xi32>
  %3 = tensor.insert_slice %part into %x[0, 1] [1, 2] [1, 1] : tensor<2xi32> into tensor<2x3xi32>
  %4 = tensor.insert %seven into %x[%one, %two] : tensor<2x3xi32>
  %5 = tensor.pad %x low[0, 1] high[1, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %three : i32
  } : tensor<2x3xi32> to tensor<3x4xi32>
  %6 = tensor.collapse_shape %x [[0, 1]] : tensor<2x3xi32> into tensor<6xi32>
  %last = tensor.extract_slice %x[1, 0] [1, 3] [1, 1] : tensor<2x3xi32> to tensor<1x3xi32>
  %7 = tensor.concat dim(0) %x, %last : (tensor<2x3xi32>, tensor<1x3xi32>) -> tensor<3x3xi32>
  %8 = tensor.gather %x[%flat] gather_dims([1]) : (tensor<2x3xi32>, tensor<2x1xi32>) -> tensor<2x2xi32>
  return %2, %3, %4, %5, %6, %7, %8 : tensor<2x1xi32>, tensor<2x3xi32>, tensor<2x3xi32>, tensor<3x4xi32>, tensor<6xi32>, tensor<3x3xi32>, tensor<2x2xi32>
}
