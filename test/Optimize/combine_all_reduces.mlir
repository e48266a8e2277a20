// RUN: moe-opt %s --spmd-combine-all-reduces=max-bytes=64 -o %t
// RUN: FileCheck %s --input-file=%t
// RUN: moe-interpret %s --entry=independent_sums --exact --compare=%t
// RUN: moe-interpret %s --entry=dependent_sums --exact --compare=%t
// RUN: moe-interpret %s --entry=sums_of_the_most_bytes --exact --compare=%t
// RUN: moe-interpret %s --entry=large_sums --exact --compare=%t
// RUN: moe-interpret %s --entry=cut_over_another_axis --exact --compare=%t
// RUN: moe-interpret %s --entry=sums_of_each_turn --exact --compare=%t

#rows = #spmd.sharding<@mesh, [{"x"}, {}]>
#part = #spmd.sharding<@mesh, [{}], unreduced = sum{"x"}>
#sum = #spmd.sharding<@mesh, [{}]>
#part0 = #spmd.sharding<@mesh, [], unreduced = sum{"x"}>
#sum0 = #spmd.sharding<@mesh, []>
#both = #spmd.sharding<@mesh, [{"x"}, {"y"}]>
#party = #spmd.sharding<@mesh, [{"y"}], unreduced = sum{"x"}>
#sumy = #spmd.sharding<@mesh, [{"y"}]>
spmd.mesh @mesh ["x"=2, "y"=2]

// One round trip instead of two. What waits for the first waits for both.
// CHECK-LABEL: func.func @independent_sums
// CHECK:         %[[A:.*]] = moe.reduce sum %{{.*}} dims [0] : tensor<2x4xf32> -> tensor<4xf32>
// CHECK:         %[[B:.*]] = moe.reduce sum %{{.*}} dims [0, 1] : tensor<2x4xf32> -> tensor<f32>
// CHECK:         %[[B1:.*]] = moe.reshape %[[B]] : tensor<f32> -> tensor<1xf32>
// CHECK:         %[[AB:.*]] = moe.concatenate dim 0 %[[A]], %[[B1]]
// CHECK:         %[[R:.*]] = spmd.all_reduce %[[AB]] from <@mesh, [{"y"}], unreduced = sum{"x"}> to <@mesh, [{"y"}]> of tensor<10xf32> because "load; and loss" : tensor<5xf32> -> tensor<5xf32>
// CHECK-NOT:     spmd.all_reduce
// CHECK-DAG:     moe.slice %[[R]] offsets [0]
// CHECK-DAG:     moe.slice %[[R]] offsets [4]
func.func @independent_sums(%a: tensor<2x4xf32> {spmd.sharding = #rows, spmd.global = tensor<4x4xf32>})
    -> (tensor<4xf32> {spmd.sharding = #sum, spmd.global = tensor<4xf32>},
        tensor<f32> {spmd.sharding = #sum0, spmd.global = tensor<f32>}) {
  %0 = moe.reduce sum %a dims [0] : tensor<2x4xf32> -> tensor<4xf32>
  %1 = spmd.all_reduce %0 from #part to #sum of tensor<4xf32> because "load" : tensor<4xf32> -> tensor<4xf32>
  %2 = math.tanh %1 : tensor<4xf32>
  %3 = arith.mulf %a, %a : tensor<2x4xf32>
  %4 = moe.reduce sum %3 dims [0, 1] : tensor<2x4xf32> -> tensor<f32>
  %5 = spmd.all_reduce %4 from #part0 to #sum0 of tensor<f32> because "loss" : tensor<f32> -> tensor<f32>
  return %2, %5 : tensor<4xf32>, tensor<f32>
}

// CHECK-LABEL: func.func @dependent_sums
// CHECK-COUNT-2: spmd.all_reduce
func.func @dependent_sums(%a: tensor<2x4xf32> {spmd.sharding = #rows, spmd.global = tensor<4x4xf32>})
    -> (tensor<4xf32> {spmd.sharding = #sum, spmd.global = tensor<4xf32>}) {
  %0 = moe.reduce sum %a dims [0] : tensor<2x4xf32> -> tensor<4xf32>
  %1 = spmd.all_reduce %0 from #part to #sum of tensor<4xf32> : tensor<4xf32> -> tensor<4xf32>
  %2 = moe.broadcast %1 dims [1] : tensor<4xf32> -> tensor<2x4xf32>
  %3 = arith.mulf %a, %2 : tensor<2x4xf32>
  %4 = moe.reduce sum %3 dims [0] : tensor<2x4xf32> -> tensor<4xf32>
  %5 = spmd.all_reduce %4 from #part to #sum of tensor<4xf32> : tensor<4xf32> -> tensor<4xf32>
  return %5 : tensor<4xf32>
}

// Of max-bytes each: the most that is copied.
// CHECK-LABEL: func.func @sums_of_the_most_bytes
// CHECK:         spmd.all_reduce %{{.*}} : tensor<32xf32> -> tensor<32xf32>
// CHECK-NOT:     spmd.all_reduce
func.func @sums_of_the_most_bytes(%a: tensor<2x16xf32> {spmd.sharding = #rows, spmd.global = tensor<4x16xf32>})
    -> (tensor<16xf32> {spmd.sharding = #sum, spmd.global = tensor<16xf32>},
        tensor<16xf32> {spmd.sharding = #sum, spmd.global = tensor<16xf32>}) {
  %0 = moe.reduce sum %a dims [0] : tensor<2x16xf32> -> tensor<16xf32>
  %1 = spmd.all_reduce %0 from #part to #sum of tensor<16xf32> : tensor<16xf32> -> tensor<16xf32>
  %2 = arith.mulf %a, %a : tensor<2x16xf32>
  %3 = moe.reduce sum %2 dims [0] : tensor<2x16xf32> -> tensor<16xf32>
  %4 = spmd.all_reduce %3 from #part to #sum of tensor<16xf32> : tensor<16xf32> -> tensor<16xf32>
  return %1, %4 : tensor<16xf32>, tensor<16xf32>
}

// Beyond max-bytes a copy costs more than a round trip.
// CHECK-LABEL: func.func @large_sums
// CHECK-COUNT-2: spmd.all_reduce %{{.*}} : tensor<17xf32> -> tensor<17xf32>
func.func @large_sums(%a: tensor<2x17xf32> {spmd.sharding = #rows, spmd.global = tensor<4x17xf32>})
    -> (tensor<17xf32> {spmd.sharding = #sum, spmd.global = tensor<17xf32>},
        tensor<17xf32> {spmd.sharding = #sum, spmd.global = tensor<17xf32>}) {
  %0 = moe.reduce sum %a dims [0] : tensor<2x17xf32> -> tensor<17xf32>
  %1 = spmd.all_reduce %0 from #part to #sum of tensor<17xf32> : tensor<17xf32> -> tensor<17xf32>
  %2 = arith.mulf %a, %a : tensor<2x17xf32>
  %3 = moe.reduce sum %2 dims [0] : tensor<2x17xf32> -> tensor<17xf32>
  %4 = spmd.all_reduce %3 from #part to #sum of tensor<17xf32> : tensor<17xf32> -> tensor<17xf32>
  return %1, %4 : tensor<17xf32>, tensor<17xf32>
}

// Ranks that differ along y reduce their own parts.
// CHECK-LABEL: func.func @cut_over_another_axis
// CHECK:         spmd.all_reduce %{{.*}} of tensor<8xf32> : tensor<4xf32> -> tensor<4xf32>
// CHECK-NOT:     spmd.all_reduce
func.func @cut_over_another_axis(%a: tensor<2x2xf32> {spmd.sharding = #both, spmd.global = tensor<4x3xf32>})
    -> (tensor<2xf32> {spmd.sharding = #sumy, spmd.global = tensor<3xf32>},
        tensor<2xf32> {spmd.sharding = #sumy, spmd.global = tensor<3xf32>}) {
  %0 = moe.reduce sum %a dims [0] : tensor<2x2xf32> -> tensor<2xf32>
  %1 = spmd.all_reduce %0 from #party to #sumy of tensor<3xf32> : tensor<2xf32> -> tensor<2xf32>
  %2 = arith.mulf %a, %a : tensor<2x2xf32>
  %3 = moe.reduce sum %2 dims [0] : tensor<2x2xf32> -> tensor<2xf32>
  %4 = spmd.all_reduce %3 from #party to #sumy of tensor<3xf32> : tensor<2xf32> -> tensor<2xf32>
  return %1, %4 : tensor<2xf32>, tensor<2xf32>
}

// What comes from around a loop is no reason to leave it.
// CHECK-LABEL: func.func @sums_of_each_turn
// CHECK:         scf.for
// CHECK-NEXT:      %[[BOTH:.*]] = moe.concatenate
// CHECK-NEXT:      spmd.all_reduce %[[BOTH]]
// CHECK-NOT:       spmd.all_reduce
func.func @sums_of_each_turn(%a: tensor<2x4xf32> {spmd.sharding = #rows, spmd.global = tensor<8x4xf32>})
    -> (tensor<4xf32> {spmd.sharding = #sum, spmd.global = tensor<4xf32>}) {
  %0 = arith.constant 0 : index
  %1 = arith.constant 1 : index
  %3 = arith.constant 3 : index
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %negated = arith.negf %a : tensor<2x4xf32>
  %sum = moe.reduce sum %negated dims [0] : tensor<2x4xf32> -> tensor<4xf32>
  %last = scf.for %i = %0 to %3 step %1 iter_args(%carried = %zero) -> tensor<4xf32> {
    %x = spmd.all_reduce %sum from #part to #sum of tensor<4xf32> : tensor<4xf32> -> tensor<4xf32>
    %y = spmd.all_reduce %carried from #part to #sum of tensor<4xf32> : tensor<4xf32> -> tensor<4xf32>
    %next = arith.addf %x, %y : tensor<4xf32>
    scf.yield %next : tensor<4xf32>
  }
  return %last : tensor<4xf32>
}
