// Ops of the tensor dialect become graph ops; what stands between tensors and
// numbers stays.
// RUN: moe-opt %s --moe-import-linalg --canonicalize --cse | FileCheck %s
// RUN: moe-opt %s --moe-import-linalg -o %t
// RUN: moe-interpret %s --all --exact --compare=%t

// CHECK-LABEL: func.func @blocks
// CHECK-SAME:    %[[A:.*]]: tensor<7x6xf32>, %[[U:.*]]: tensor<3xf32>)
// CHECK-DAG:     %[[FOUR:.*]] = arith.constant dense<4> : tensor<i32>
// CHECK-DAG:     %[[ONE:.*]] = arith.constant dense<1> : tensor<i32>
// CHECK-DAG:     %[[S:.*]] = moe.slice %[[A]] offsets [1, 2] strides [2, 1] : tensor<7x6xf32> -> tensor<3x4xf32>
// CHECK-DAG:     %[[ROW:.*]] = moe.slice %[[A]] offsets [5, 0] strides [1, 1] : tensor<7x6xf32> -> tensor<1x6xf32>
// CHECK-DAG:     %[[VECTOR:.*]] = moe.reshape %[[ROW]] : tensor<1x6xf32> -> tensor<6xf32>
// CHECK-DAG:     %[[BLOCK:.*]] = moe.reshape %[[U]] : tensor<3xf32> -> tensor<1x3xf32>
// CHECK-DAG:     %[[I:.*]] = moe.dynamic_update_slice %[[BLOCK]] into %[[A]][%[[FOUR]], %[[ONE]]]
// CHECK:         return %[[S]], %[[VECTOR]], %[[I]]
func.func @blocks(%a: tensor<7x6xf32>, %u: tensor<3xf32>) -> (tensor<3x4xf32>, tensor<6xf32>, tensor<7x6xf32>) {
  %0 = tensor.extract_slice %a[1, 2] [3, 4] [2, 1] : tensor<7x6xf32> to tensor<3x4xf32>
  %1 = tensor.extract_slice %a[5, 0] [1, 6] [1, 1] : tensor<7x6xf32> to tensor<6xf32>
  %2 = tensor.insert_slice %u into %a[4, 1] [1, 3] [1, 1] : tensor<3xf32> into tensor<7x6xf32>
  return %0, %1, %2 : tensor<3x4xf32>, tensor<6xf32>, tensor<7x6xf32>
}

// CHECK-LABEL: func.func @elements
// CHECK-DAG:     moe.dynamic_update_slice
// CHECK-DAG:     tensor.extract
func.func @elements(%a: tensor<7x6xi32>, %i: tensor<i32> {moe.bound = 6 : i64}) -> tensor<7x6xi32> {
  %n = tensor.extract %i[] : tensor<i32>
  %at = arith.index_cast %n : i32 to index
  %two = arith.constant 2 : index
  %0 = tensor.insert %n into %a[%at, %two] : tensor<7x6xi32>
  return %0 : tensor<7x6xi32>
}

// CHECK-LABEL: func.func @shapes
// CHECK-DAG:     moe.reshape %{{.*}} : tensor<7x6xf32> -> tensor<42xf32>
// CHECK-DAG:     moe.reshape %{{.*}} : tensor<7x6xf32> -> tensor<7x2x3xf32>
// CHECK-DAG:     moe.concatenate dim 0
// CHECK-DAG:     moe.pad %{{.*}} with 2.500000e+00 : f32 low [1, 2] high [2, 0] interior [0, 0]
// CHECK:         return
func.func @shapes(%a: tensor<7x6xf32>, %b: tensor<2x6xf32>) -> (tensor<42xf32>, tensor<7x2x3xf32>, tensor<9x6xf32>, tensor<10x8xf32>) {
  %0 = tensor.collapse_shape %a [[0, 1]] : tensor<7x6xf32> into tensor<42xf32>
  %1 = tensor.expand_shape %a [[0], [1, 2]] output_shape [7, 2, 3] : tensor<7x6xf32> into tensor<7x2x3xf32>
  %2 = tensor.concat dim(0) %a, %b : (tensor<7x6xf32>, tensor<2x6xf32>) -> tensor<9x6xf32>
  %c = arith.constant 2.5 : f32
  %3 = tensor.pad %a low[1, 2] high[2, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %c : f32
  } : tensor<7x6xf32> to tensor<10x8xf32>
  return %0, %1, %2, %3 : tensor<42xf32>, tensor<7x2x3xf32>, tensor<9x6xf32>, tensor<10x8xf32>
}

// Gathered dimensions become one; the others are slices that go along.
// CHECK-LABEL: func.func @gathers
// CHECK:         %[[T:.*]] = moe.transpose %[[A:.*]] permutation [1, 0, 2]
// CHECK:         %[[G:.*]] = moe.gather %[[T]][%{{.*}}] batch_dims 0 : tensor<5x4x3xf32>, tensor<2xi32> -> tensor<2x4x3xf32>
// CHECK:         moe.reshape %[[G]] : tensor<2x4x3xf32> -> tensor<2x4x1x3xf32>
// CHECK:         %[[ROWS:.*]] = moe.reshape %{{.*}} : tensor<4x5x3xf32> -> tensor<20x3xf32>
// CHECK:         moe.gather %[[ROWS]][%{{.*}}] batch_dims 0 : tensor<20x3xf32>, tensor<6xi64> -> tensor<6x3xf32>
func.func @gathers(%a: tensor<4x5x3xf32>, %one: tensor<2x1xi32> {moe.bound = 5 : i64}, %two: tensor<6x2xi32> {moe.bound = 4 : i64}) -> (tensor<2x4x1x3xf32>, tensor<6x3xf32>) {
  %0 = tensor.gather %a[%one] gather_dims([1]) : (tensor<4x5x3xf32>, tensor<2x1xi32>) -> tensor<2x4x1x3xf32>
  %1 = tensor.gather %a[%two] gather_dims([0, 1]) : (tensor<4x5x3xf32>, tensor<6x2xi32>) -> tensor<6x3xf32>
  return %0, %1 : tensor<2x4x1x3xf32>, tensor<6x3xf32>
}

// CHECK-LABEL: func.func @made
// CHECK-DAG:     arith.constant dense<2.500000e+00> : tensor<4x3xf32>
// CHECK-DAG:     arith.constant dense<0> : tensor<4xi8>
// CHECK-DAG:     moe.iota
// CHECK-DAG:     arith.muli {{.*}} : tensor<4x3xi64>
// CHECK:         return
func.func @made(%unused: tensor<4x6xf32>) -> (tensor<4x3xf32>, tensor<4xi8>, tensor<4x3xi64>, tensor<i32>) {
  %c = arith.constant 2.5 : f32
  %0 = tensor.splat %c : tensor<4x3xf32>
  %1 = tensor.empty() : tensor<4xi8>
  %2 = tensor.generate {
  ^bb0(%i: index, %j: index):
    %product = arith.muli %i, %j : index
    %number = arith.index_cast %product : index to i64
    tensor.yield %number : i64
  } : tensor<4x3xi64>
  %one = arith.constant 1 : index
  %size = tensor.dim %unused, %one : tensor<4x6xf32>
  %number = arith.index_cast %size : index to i32
  %3 = tensor.from_elements %number : tensor<i32>
  return %0, %1, %2, %3 : tensor<4x3xf32>, tensor<4xi8>, tensor<4x3xi64>, tensor<i32>
}
