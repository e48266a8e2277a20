// Structured ops become the graph ops that they mean.
// RUN: moe-opt %s --moe-import-linalg --canonicalize --cse | FileCheck %s
// RUN: moe-opt %s --moe-import-linalg --canonicalize --moe-index-dispatch --canonicalize | FileCheck %s --check-prefix=INDEX
// RUN: moe-opt %s --moe-import-linalg -o %t
// RUN: moe-interpret %s --all --exact --compare=%t
// RUN: moe-interpret %s --all --compare=%t

#ij = affine_map<(i, j) -> (i, j)>
#ji = affine_map<(i, j) -> (j, i)>
#i = affine_map<(i, j) -> (i)>
#j = affine_map<(i, j) -> (j)>
#none = affine_map<(i, j) -> ()>

// A product whose result begins with zeros is an einsum; with anything else, that
// is added once.
// CHECK-LABEL: func.func @products
// CHECK-SAME:    %[[A:.*]]: tensor<7x5xf32>, %[[B:.*]]: tensor<5x6xf32>, %[[INIT:.*]]: tensor<7x6xf32>)
// CHECK-NEXT:    %[[AB:.*]] = moe.einsum "ac,cb->ab" %[[A]], %[[B]]
// CHECK-NEXT:    %[[MORE:.*]] = arith.addf %[[INIT]], %[[AB]]
// CHECK-NEXT:    return %[[AB]], %[[MORE]]
func.func @products(%a: tensor<7x5xf32>, %b: tensor<5x6xf32>, %init: tensor<7x6xf32>) -> (tensor<7x6xf32>, tensor<7x6xf32>) {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<7x6xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<7x6xf32>) -> tensor<7x6xf32>
  %0 = linalg.matmul ins(%a, %b : tensor<7x5xf32>, tensor<5x6xf32>) outs(%zeros : tensor<7x6xf32>) -> tensor<7x6xf32>
  %1 = linalg.matmul ins(%a, %b : tensor<7x5xf32>, tensor<5x6xf32>) outs(%init : tensor<7x6xf32>) -> tensor<7x6xf32>
  return %0, %1 : tensor<7x6xf32>, tensor<7x6xf32>
}

// Operands keep their own order, whatever it is; nothing is transposed.
// CHECK-LABEL: func.func @products_of_all_orders
// CHECK-NEXT:    moe.einsum "abd,acd->abc"
// CHECK-NEXT:    moe.einsum "ba,b->a"
// CHECK-NEXT:    moe.einsum "abcd,abce->de"
// CHECK-NEXT:    return
func.func @products_of_all_orders(%a: tensor<2x7x5xf32>, %b: tensor<2x6x5xf32>, %m: tensor<3x4xf32>, %v: tensor<3xf32>,
                                  %x: tensor<2x1x3x4xf32>, %y: tensor<2x1x3x5xf32>) -> (tensor<2x7x6xf32>, tensor<4xf32>, tensor<4x5xf32>) {
  %0 = arith.constant dense<0.0> : tensor<2x7x6xf32>
  %1 = linalg.batch_matmul indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (b, n, k)>, affine_map<(b, m, n, k) -> (b, m, n)>]
      ins(%a, %b : tensor<2x7x5xf32>, tensor<2x6x5xf32>) outs(%0 : tensor<2x7x6xf32>) -> tensor<2x7x6xf32>
  %2 = arith.constant dense<0.0> : tensor<4xf32>
  %3 = linalg.generic {indexing_maps = [#ji, #j, #i], iterator_types = ["parallel", "reduction"]}
      ins(%m, %v : tensor<3x4xf32>, tensor<3xf32>) outs(%2 : tensor<4xf32>) {
  ^bb0(%p: f32, %q: f32, %out: f32):
    %product = arith.mulf %p, %q : f32
    %sum = arith.addf %out, %product : f32
    linalg.yield %sum : f32
  } -> tensor<4xf32>
  %4 = arith.constant dense<0.0> : tensor<4x5xf32>
  %5 = linalg.contract indexing_maps = [affine_map<(a, b, c, d, e) -> (a, b, c, d)>, affine_map<(a, b, c, d, e) -> (a, b, c, e)>, affine_map<(a, b, c, d, e) -> (d, e)>]
      ins(%x, %y : tensor<2x1x3x4xf32>, tensor<2x1x3x5xf32>) outs(%4 : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %1, %3, %5 : tensor<2x7x6xf32>, tensor<4xf32>, tensor<4x5xf32>
}

// bf16 accumulates in f32 and is read as it is.
// CHECK-LABEL: func.func @narrow_products
// CHECK-NEXT:    moe.einsum "ac,cb->ab" {{.*}} : tensor<7x5xbf16>, tensor<5x6xbf16> -> tensor<7x6xf32>
// CHECK-NEXT:    return
func.func @narrow_products(%a: tensor<7x5xbf16>, %b: tensor<5x6xbf16>) -> tensor<7x6xf32> {
  %0 = arith.constant dense<0.0> : tensor<7x6xf32>
  %1 = linalg.matmul ins(%a, %b : tensor<7x5xbf16>, tensor<5x6xbf16>) outs(%0 : tensor<7x6xf32>) -> tensor<7x6xf32>
  return %1 : tensor<7x6xf32>
}

// What belongs to one operand is computed on that operand alone.
// CHECK-LABEL: func.func @quantized_product
// CHECK-DAG:     %[[A:.*]] = arith.subi {{.*}} : tensor<7x5xi32>
// CHECK-DAG:     %[[B:.*]] = arith.subi {{.*}} : tensor<5x6xi32>
// CHECK:         moe.einsum "ac,cb->ab" %[[A]], %[[B]]
func.func @quantized_product(%a: tensor<7x5xi8>, %b: tensor<5x6xi8>, %init: tensor<7x6xi32>) -> tensor<7x6xi32> {
  %x = arith.constant 3 : i32
  %y = arith.constant -2 : i32
  %0 = linalg.quantized_matmul ins(%a, %b, %x, %y : tensor<7x5xi8>, tensor<5x6xi8>, i32, i32) outs(%init : tensor<7x6xi32>) -> tensor<7x6xi32>
  return %0 : tensor<7x6xi32>
}

// The body first, then the reduction: exp(0) of padding would count.
// CHECK-LABEL: func.func @sum_of_exponentials
// CHECK-SAME:    %[[A:.*]]: tensor<7x5xf32>, %[[INIT:.*]]: tensor<7xf32>)
// CHECK-NEXT:    %[[E:.*]] = math.exp %[[A]]
// CHECK-NEXT:    %[[S:.*]] = moe.reduce sum %[[E]] dims [1]
// CHECK-NEXT:    %[[R:.*]] = arith.addf %[[INIT]], %[[S]]
// CHECK-NEXT:    return %[[R]]
func.func @sum_of_exponentials(%a: tensor<7x5xf32>, %init: tensor<7xf32>) -> tensor<7xf32> {
  %0 = linalg.generic {indexing_maps = [#ij, #i], iterator_types = ["parallel", "reduction"]}
      ins(%a : tensor<7x5xf32>) outs(%init : tensor<7xf32>) {
  ^bb0(%x: f32, %out: f32):
    %e = math.exp %x : f32
    %sum = arith.addf %out, %e : f32
    linalg.yield %sum : f32
  } -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

// Each kind, with an init that counts and, below, one that changes nothing.
// CHECK-LABEL: func.func @kinds
// CHECK:         %[[MAX:.*]] = moe.reduce max
// CHECK-NEXT:    arith.maximumf %{{.*}}, %[[MAX]]
// CHECK:         %[[MIN:.*]] = moe.reduce min
// CHECK-NEXT:    arith.minsi %{{.*}}, %[[MIN]]
// CHECK:         %[[PROD:.*]] = moe.reduce prod
// CHECK-NEXT:    arith.muli %{{.*}}, %[[PROD]]
// CHECK:         %[[OR:.*]] = moe.reduce or
// CHECK-NEXT:    arith.ori %{{.*}}, %[[OR]]
// CHECK:         %[[AND:.*]] = moe.reduce and
// CHECK-NEXT:    arith.andi %{{.*}}, %[[AND]]
// CHECK:         %[[LAST:.*]] = moe.reduce max
// CHECK-NEXT:    return {{.*}}, %[[LAST]]
func.func @kinds(%a: tensor<7x5xf32>, %i: tensor<7x5xi32>, %fi: tensor<7xf32>, %ii: tensor<7xi32>)
    -> (tensor<7xf32>, tensor<7xi32>, tensor<7xi32>, tensor<7xi32>, tensor<7xi32>, tensor<5xf32>) {
  %0 = linalg.reduce {arith.maximumf} ins(%a : tensor<7x5xf32>) outs(%fi : tensor<7xf32>) dimensions = [1]
  %1 = linalg.reduce {arith.minsi} ins(%i : tensor<7x5xi32>) outs(%ii : tensor<7xi32>) dimensions = [1]
  %2 = linalg.reduce {arith.muli} ins(%i : tensor<7x5xi32>) outs(%ii : tensor<7xi32>) dimensions = [1]
  %3 = linalg.reduce {arith.ori} ins(%i : tensor<7x5xi32>) outs(%ii : tensor<7xi32>) dimensions = [1]
  %4 = linalg.reduce {arith.andi} ins(%i : tensor<7x5xi32>) outs(%ii : tensor<7xi32>) dimensions = [1]
  %least = arith.constant dense<0xFF800000> : tensor<5xf32>
  %5 = linalg.reduce {arith.maximumf} ins(%a : tensor<7x5xf32>) outs(%least : tensor<5xf32>) dimensions = [0]
  return %0, %1, %2, %3, %4, %5 : tensor<7xf32>, tensor<7xi32>, tensor<7xi32>, tensor<7xi32>, tensor<7xi32>, tensor<5xf32>
}

// A result that no other needs may be elementwise beside one that is reduced.
// CHECK-LABEL: func.func @squares_and_their_sum
// CHECK-SAME:    %[[A:.*]]: tensor<7x5xf32>, %[[INIT:.*]]: tensor<7xf32>)
// CHECK-DAG:     %[[SQUARE:.*]] = arith.mulf %[[A]], %[[A]]
// CHECK-DAG:     %[[SUM:.*]] = moe.reduce sum %[[SQUARE]] dims [1]
// CHECK-DAG:     %[[ALL:.*]] = arith.addf %[[INIT]], %[[SUM]]
// CHECK:         return %[[SQUARE]], %[[ALL]]
func.func @squares_and_their_sum(%a: tensor<7x5xf32>, %init: tensor<7xf32>) -> (tensor<7x5xf32>, tensor<7xf32>) {
  %e = tensor.empty() : tensor<7x5xf32>
  %0:2 = linalg.generic {indexing_maps = [#ij, #ij, #i], iterator_types = ["parallel", "reduction"]}
      ins(%a : tensor<7x5xf32>) outs(%e, %init : tensor<7x5xf32>, tensor<7xf32>) {
  ^bb0(%x: f32, %unused: f32, %out: f32):
    %square = arith.mulf %x, %x : f32
    %sum = arith.addf %out, %square : f32
    linalg.yield %square, %sum : f32, f32
  } -> (tensor<7x5xf32>, tensor<7xf32>)
  return %0#0, %0#1 : tensor<7x5xf32>, tensor<7xf32>
}

// NaN loses to a number in maxnumf, and wins in moe.reduce.
// CHECK-LABEL: func.func @numbers_win
// CHECK:         %[[NAN:.*]] = arith.cmpf uno
// CHECK-NEXT:    %[[NUMBERS:.*]] = arith.select %[[NAN]]
// CHECK-NEXT:    %[[MAX:.*]] = moe.reduce max %[[NUMBERS]]
// CHECK-NEXT:    arith.maxnumf %{{.*}}, %[[MAX]]
func.func @numbers_win(%a: tensor<2x5xf32>, %init: tensor<2xf32>) -> tensor<2xf32> {
  %0 = linalg.reduce {arith.maxnumf} ins(%a : tensor<2x5xf32>) outs(%init : tensor<2xf32>) dimensions = [1]
  return %0 : tensor<2xf32>
}

// A loop that no operand has counts all the same.
// CHECK-LABEL: func.func @sum_of_repetitions
// CHECK:         %[[ALL:.*]] = moe.broadcast %{{.*}} dims [0] : tensor<7xf32> -> tensor<7x3xf32>
// CHECK-NEXT:    moe.reduce sum %[[ALL]] dims [1]
func.func @sum_of_repetitions(%a: tensor<7xf32>, %shape: tensor<3xi32>, %init: tensor<7xf32>) -> tensor<7xf32> {
  %0 = linalg.generic {indexing_maps = [#i, #j, #i], iterator_types = ["parallel", "reduction"]}
      ins(%a, %shape : tensor<7xf32>, tensor<3xi32>) outs(%init : tensor<7xf32>) {
  ^bb0(%x: f32, %unused: i32, %out: f32):
    %sum = arith.addf %x, %out : f32
    linalg.yield %sum : f32
  } -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

// Indices, numbers and constants are as large as what they meet.
// CHECK-LABEL: func.func @bodies
// CHECK:         %[[I:.*]] = moe.iota dim 0 : tensor<5xi32>
// CHECK:         arith.cmpi slt, %[[I]], {{.*}} : tensor<5xi32>
// CHECK:         %[[KEPT:.*]] = arith.select {{.*}} : tensor<7x5xi1>, tensor<7x5xf32>
// CHECK:         moe.transpose %[[KEPT]] permutation [1, 0]
func.func @bodies(%a: tensor<7x5xf32>, %i: tensor<5xi32>, %number: tensor<f32>) -> tensor<5x7xf32> {
  %scale = tensor.extract %number[] : tensor<f32>
  %empty = tensor.empty() : tensor<5x7xf32>
  %0 = linalg.generic {indexing_maps = [#ji, #i, #none, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%a, %i, %scale : tensor<7x5xf32>, tensor<5xi32>, f32) outs(%empty : tensor<5x7xf32>) {
  ^bb0(%x: f32, %limit: i32, %s: f32, %out: f32):
    %zero = arith.constant 0.0 : f32
    %place = linalg.index 0 : index
    %n = arith.index_cast %place : index to i32
    %below = arith.cmpi slt, %n, %limit : i32
    %scaled = arith.mulf %x, %s : f32
    %kept = arith.select %below, %scaled, %zero : f32
    linalg.yield %kept : f32
  } -> tensor<5x7xf32>
  return %0 : tensor<5x7xf32>
}

// CHECK-LABEL: func.func @named
// CHECK-SAME:    %[[A:.*]]: tensor<7x5xf32>, %[[B:.*]]: tensor<5xf32>)
// CHECK-NEXT:    %[[T:.*]] = moe.transpose %[[A]] permutation [1, 0]
// CHECK-NEXT:    %[[ROWS:.*]] = moe.broadcast %[[B]] dims [0] : tensor<5xf32> -> tensor<5x7xf32>
// CHECK-NEXT:    %[[SUM:.*]] = arith.addf %[[T]], %[[ROWS]]
// CHECK-NEXT:    %[[EXP:.*]] = math.exp %[[SUM]]
// CHECK-NEXT:    %[[ABS:.*]] = math.absf %[[EXP]]
// CHECK-NEXT:    %[[P:.*]] = moe.softmax %[[ABS]] dim 0
// CHECK-NEXT:    return %[[P]]
func.func @named(%a: tensor<7x5xf32>, %b: tensor<5xf32>) -> tensor<5x7xf32> {
  %e = tensor.empty() : tensor<5x7xf32>
  %0 = linalg.transpose ins(%a : tensor<7x5xf32>) outs(%e : tensor<5x7xf32>) permutation = [1, 0]
  %1 = linalg.broadcast ins(%b : tensor<5xf32>) outs(%e : tensor<5x7xf32>) dimensions = [1]
  %2 = linalg.add ins(%0, %1 : tensor<5x7xf32>, tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %3 = linalg.elementwise kind=#linalg.elementwise_kind<exp> ins(%2 : tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %4 = linalg.map {math.absf} ins(%3 : tensor<5x7xf32>) outs(%e : tensor<5x7xf32>)
  %5 = linalg.softmax dimension(0) ins(%4 : tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  return %5 : tensor<5x7xf32>
}

// An operand that is read at 0 only is repeated.
// CHECK-LABEL: func.func @row_of_one
// CHECK:         %[[ROW:.*]] = moe.reshape %{{.*}} : tensor<1x5xf32> -> tensor<5xf32>
// CHECK-NEXT:    moe.broadcast %[[ROW]] dims [1] : tensor<5xf32> -> tensor<7x5xf32>
func.func @row_of_one(%a: tensor<7x5xf32>, %b: tensor<1x5xf32>) -> tensor<7x5xf32> {
  %e = tensor.empty() : tensor<7x5xf32>
  %0 = linalg.generic {indexing_maps = [#ij, affine_map<(i, j) -> (0, j)>, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%a, %b : tensor<7x5xf32>, tensor<1x5xf32>) outs(%e : tensor<7x5xf32>) {
  ^bb0(%x: f32, %y: f32, %out: f32):
    %sum = arith.addf %x, %y : f32
    linalg.yield %sum : f32
  } -> tensor<7x5xf32>
  return %0 : tensor<7x5xf32>
}

// Over nothing, the result is what it began with.
// CHECK-LABEL: func.func @no_index
// CHECK-SAME:    %[[INIT:[^:]*]]: tensor<7xf32>)
// CHECK-NEXT:    return %[[INIT]]
func.func @no_index(%a: tensor<7x0xf32>, %init: tensor<7xf32>) -> tensor<7xf32> {
  %0 = linalg.reduce {arith.maximumf} ins(%a : tensor<7x0xf32>) outs(%init : tensor<7xf32>) dimensions = [1]
  return %0 : tensor<7xf32>
}

// A body that combines in an order goes around a loop: here a recurrence over
// columns.
// CHECK-LABEL: func.func @recurrence
// CHECK-SAME:    %[[A:.*]]: tensor<7x5xf32>, %[[X:.*]]: tensor<5x7xf32>, %[[INIT:.*]]: tensor<7xf32>)
// CHECK:         %[[COLUMNS:.*]] = moe.transpose %[[A]] permutation [1, 0]
// CHECK:         %[[H:.*]] = scf.for %[[T:.*]] = %c0 to %c5 step %c1 iter_args(%[[SO:.*]] = %[[INIT]])
// CHECK-DAG:       %[[COLUMN:.*]] = moe.gather %[[COLUMNS]]
// CHECK-DAG:       %[[ROW:.*]] = moe.gather %[[X]]
// CHECK:           %[[KEPT:.*]] = arith.mulf %[[SO]], %[[COLUMN]]
// CHECK:           %[[NEXT:.*]] = arith.addf %[[KEPT]], %[[ROW]]
// CHECK:           scf.yield %[[NEXT]]
// CHECK:         return %[[H]]
func.func @recurrence(%a: tensor<7x5xf32>, %x: tensor<5x7xf32>, %init: tensor<7xf32>) -> tensor<7xf32> {
  %0 = linalg.generic {indexing_maps = [#ij, #ji, #i], iterator_types = ["parallel", "reduction"]}
      ins(%a, %x : tensor<7x5xf32>, tensor<5x7xf32>) outs(%init : tensor<7xf32>) {
  ^bb0(%decay: f32, %new: f32, %out: f32):
    %kept = arith.mulf %out, %decay : f32
    %next = arith.addf %kept, %new : f32
    linalg.yield %next : f32
  } -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

// Two results that depend on each other, over two loops.
// CHECK-LABEL: func.func @greatest_and_its_place
// CHECK:         scf.for
// CHECK:           scf.for
// CHECK:             arith.cmpf ogt
func.func @greatest_and_its_place(%a: tensor<3x4x5xf32>) -> (tensor<5xf32>, tensor<5xi32>) {
  %least = arith.constant dense<0xFF800000> : tensor<5xf32>
  %none = arith.constant dense<-1> : tensor<5xi32>
  %0:2 = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (k)>, affine_map<(i, j, k) -> (k)>],
                         iterator_types = ["reduction", "reduction", "parallel"]}
      ins(%a : tensor<3x4x5xf32>) outs(%least, %none : tensor<5xf32>, tensor<5xi32>) {
  ^bb0(%x: f32, %most: f32, %at: i32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %four = arith.constant 4 : index
    %row = arith.muli %i, %four : index
    %place = arith.addi %row, %j : index
    %n = arith.index_cast %place : index to i32
    %greater = arith.cmpf ogt, %x, %most : f32
    %0 = arith.select %greater, %x, %most : f32
    %1 = arith.select %greater, %n, %at : i32
    linalg.yield %0, %1 : f32, i32
  } -> (tensor<5xf32>, tensor<5xi32>)
  return %0#0, %0#1 : tensor<5xf32>, tensor<5xi32>
}

// A row of a table for each token: the dimension that is read at a loop's own
// index goes along.
// CHECK-LABEL: func.func @lookup
// CHECK-SAME:    %[[TABLE:.*]]: tensor<9x5xf32>, %[[TOKENS:.*]]: tensor<3x4xi32>
// CHECK:         %[[I:.*]] = arith.extsi %[[TOKENS]]
// CHECK-NEXT:    %[[ROWS:.*]] = moe.gather %[[TABLE]][%[[I]]] batch_dims 0 : tensor<9x5xf32>, tensor<3x4xi64> -> tensor<3x4x5xf32>
// CHECK-NEXT:    return %[[ROWS]]
func.func @lookup(%table: tensor<9x5xf32>, %tokens: tensor<3x4xi32> {moe.bound = 9 : i64}) -> tensor<3x4x5xf32> {
  %e = tensor.empty() : tensor<3x4x5xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j)>, affine_map<(i, j, k) -> (i, j, k)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%tokens : tensor<3x4xi32>) outs(%e : tensor<3x4x5xf32>) {
  ^bb0(%token: i32, %out: f32):
    %row = arith.index_cast %token : i32 to index
    %column = linalg.index 2 : index
    %x = tensor.extract %table[%row, %column] : tensor<9x5xf32>
    linalg.yield %x : f32
  } -> tensor<3x4x5xf32>
  return %0 : tensor<3x4x5xf32>
}

// A mask that compares indices is known for one, and its product for a lookup.
// INDEX-LABEL: func.func @mask
// INDEX-SAME:    %[[TABLE:.*]]: tensor<4x5xf32>, %[[I:.*]]: tensor<6xi32>
// INDEX-NEXT:    %[[ROWS:.*]] = moe.gather %[[TABLE]][%[[I]]] batch_dims 0
// INDEX-NEXT:    return %[[ROWS]]
func.func @mask(%table: tensor<4x5xf32>, %index: tensor<6xi32> {moe.bound = 4 : i64}) -> tensor<6x5xf32> {
  %e = tensor.empty() : tensor<6x4xf32>
  %mask = linalg.generic {indexing_maps = [#i, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%index : tensor<6xi32>) outs(%e : tensor<6x4xf32>) {
  ^bb0(%i: i32, %out: f32):
    %place = linalg.index 1 : index
    %n = arith.index_cast %place : index to i32
    %equal = arith.cmpi eq, %i, %n : i32
    %number = arith.uitofp %equal : i1 to f32
    linalg.yield %number : f32
  } -> tensor<6x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<6x5xf32>
  %0 = linalg.matmul ins(%mask, %table : tensor<6x4xf32>, tensor<4x5xf32>) outs(%zeros : tensor<6x5xf32>) -> tensor<6x5xf32>
  return %0 : tensor<6x5xf32>
}

// Elements at computed places, and a diagonal.
// CHECK-LABEL: func.func @elements
// CHECK:         moe.reshape %{{.*}} : tensor<5x5xf32> -> tensor<25xf32>
// CHECK:         moe.gather %{{.*}} : tensor<25xf32>, tensor<3x5xi64> -> tensor<3x5xf32>
// CHECK:         moe.gather %{{.*}} : tensor<25xf32>, tensor<5xi64> -> tensor<5xf32>
func.func @elements(%table: tensor<5x5xf32>, %places: tensor<3x5xi64> {moe.bound = 5 : i64}, %init: tensor<5xf32>) -> (tensor<3x5xf32>, tensor<5xf32>) {
  %e = tensor.empty() : tensor<3x5xf32>
  %0 = linalg.generic {indexing_maps = [#ij, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%places : tensor<3x5xi64>) outs(%e : tensor<3x5xf32>) {
  ^bb0(%place: i64, %out: f32):
    %row = arith.index_cast %place : i64 to index
    %column = linalg.index 1 : index
    %x = tensor.extract %table[%row, %column] : tensor<5x5xf32>
    linalg.yield %x : f32
  } -> tensor<3x5xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%init : tensor<5xf32>) {
  ^bb0(%out: f32):
    %i = linalg.index 0 : index
    %x = tensor.extract %table[%i, %i] : tensor<5x5xf32>
    %y = arith.subf %out, %x : f32
    linalg.yield %y : f32
  } -> tensor<5xf32>
  return %0, %1 : tensor<3x5xf32>, tensor<5xf32>
}
