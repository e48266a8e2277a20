// Choices of arg_reduce, sort and balanced_assignment, followed like those of top_k
// (choices.mlir).
// RUN: rm -rf %t && mkdir %t
// RUN: moe-interpret %s --entry=scores --output=%t/scores.npz
// RUN: moe-interpret %s --entry=same --output=%t/same.npz
// RUN: moe-interpret %s --entry=swapped --output=%t/swapped.npz

// RUN: moe-interpret %s --entry=all --params=%t/scores.npz --choices=%t/same.npz --print | FileCheck %s --check-prefix=SAME
// SAME:      routing equal: all 8 choices
// SAME-NEXT: index : tensor<2xi32> = [0, 1]
// SAME-NEXT: value : tensor<2xf32> = [0.500002, 2]
// SAME-NEXT: tag : tensor<2x2xi32> = {{\[\[}}11, 10], [20, 21{{\]\]}}
// SAME-NEXT: expert : tensor<1x2x1xi32> = {{\[\[\[}}0], [1{{\]\]\]}}
// SAME-NEXT: slot : tensor<1x2x1xi32> = {{\[\[\[}}0], [0{{\]\]\]}}

// Scores of 0.5 that differ by less than 1e-5 of the greatest, 2, are swapped; so is all
// that goes with them. Both tokens of the assignment change.
// RUN: moe-interpret %s --entry=all --params=%t/scores.npz --choices=%t/swapped.npz --print | FileCheck %s --check-prefix=SWAPPED
// SWAPPED:      4 routing choices tie (of 8): moe.arg_reduce at choices_of_order.mlir:{{[0-9:]+}} (1), moe.sort at choices_of_order.mlir:{{[0-9:]+}} (1), moe.balanced_assignment at choices_of_order.mlir:{{[0-9:]+}} (2)
// SWAPPED-NEXT: index : tensor<2xi32> = [1, 1]
// SWAPPED-NEXT: value : tensor<2xf32> = [0.5, 2]
// SWAPPED-NEXT: tag : tensor<2x2xi32> = {{\[\[}}10, 11], [20, 21{{\]\]}}
// SWAPPED-NEXT: expert : tensor<1x2x1xi32> = {{\[\[\[}}1], [0{{\]\]\]}}

// RUN: moe-interpret %s --entry=wrong_index --output=%t/wrong.npz
// RUN: not moe-interpret %s --entry=all --params=%t/scores.npz --choices=%t/wrong.npz 2>&1 | FileCheck %s --check-prefix=INDEX
// INDEX: error: 'moe.arg_reduce' op chose otherwise at global index [1, 0]: got 0, wanted 1, whose scores 0 and 2 differ by more than 1e-05 of the greatest score 2
// RUN: moe-interpret %s --entry=wrong_tag --output=%t/wrong.npz
// RUN: not moe-interpret %s --entry=all --params=%t/scores.npz --choices=%t/wrong.npz 2>&1 | FileCheck %s --check-prefix=TAG
// TAG: error: 'moe.sort' op chose otherwise at global index [1, 0]: got 21, wanted 20, whose scores 2 and 0 differ by more than 1e-05 of the greatest score 2
// RUN: moe-interpret %s --entry=no_tag --output=%t/wrong.npz
// RUN: not moe-interpret %s --entry=all --params=%t/scores.npz --choices=%t/wrong.npz 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: 'moe.sort' op got 12 at global index [0, 0], no key that is left goes with it
// RUN: moe-interpret %s --entry=no_expert --output=%t/wrong.npz
// RUN: not moe-interpret %s --entry=all --params=%t/scores.npz --choices=%t/wrong.npz 2>&1 | FileCheck %s --check-prefix=EXPERT
// EXPERT: error: 'moe.balanced_assignment' op got choice 2 at global index [0, 1, 0], there are 2
// RUN: moe-interpret %s --entry=full_expert --output=%t/wrong.npz
// RUN: not moe-interpret %s --entry=all --params=%t/scores.npz --choices=%t/wrong.npz 2>&1 | FileCheck %s --check-prefix=FULL
// FULL: error: 'moe.balanced_assignment' op got choice 1 at global index [0, 1, 0], it has its 1 already

func.func @scores() -> (tensor<2x2xf32> {moe.name = "scores"}, tensor<1x2x2xf32> {moe.name = "gates"}) {
  %0 = arith.constant dense<[[0.500002, 0.5], [0.0, 2.0]]> : tensor<2x2xf32>
  %1 = arith.constant dense<[[[2.0, 2.0], [2.000002, 2.0]]]> : tensor<1x2x2xf32>
  return %0, %1 : tensor<2x2xf32>, tensor<1x2x2xf32>
}
func.func @all(%scores: tensor<2x2xf32> {moe.name = "scores"}, %gates: tensor<1x2x2xf32> {moe.name = "gates"})
    -> (tensor<2xi32> {moe.name = "index"}, tensor<2xf32> {moe.name = "value"}, tensor<2x2xi32> {moe.name = "tag"},
        tensor<1x2x1xi32> {moe.name = "expert"}, tensor<1x2x1xi32> {moe.name = "slot"}) {
  %tags = arith.constant dense<[[10, 11], [20, 21]]> : tensor<2x2xi32>
  %value, %index = moe.arg_reduce max %scores dim 1 : tensor<2x2xf32> -> tensor<2xf32>, tensor<2xi32>
  %sorted:2 = moe.sort %scores, %tags dim 1 : tensor<2x2xf32>, tensor<2x2xi32>
  %expert, %slot = moe.balanced_assignment %gates : tensor<1x2x2xf32> -> tensor<1x2x1xi32>, tensor<1x2x1xi32>
  return %index, %value, %sorted#1, %expert, %slot : tensor<2xi32>, tensor<2xf32>, tensor<2x2xi32>, tensor<1x2x1xi32>, tensor<1x2x1xi32>
}
func.func @same() -> (tensor<2xi32> {moe.name = "choice.0"}, tensor<2x2xi32> {moe.name = "choice.1"}, tensor<1x2x1xi32> {moe.name = "choice.2"}) {
  %i = arith.constant dense<[0, 1]> : tensor<2xi32>
  %t = arith.constant dense<[[11, 10], [20, 21]]> : tensor<2x2xi32>
  %e = arith.constant dense<[[[0], [1]]]> : tensor<1x2x1xi32>
  return %i, %t, %e : tensor<2xi32>, tensor<2x2xi32>, tensor<1x2x1xi32>
}
func.func @swapped() -> (tensor<2xi32> {moe.name = "choice.0"}, tensor<2x2xi32> {moe.name = "choice.1"}, tensor<1x2x1xi32> {moe.name = "choice.2"}) {
  %i = arith.constant dense<[1, 1]> : tensor<2xi32>
  %t = arith.constant dense<[[10, 11], [20, 21]]> : tensor<2x2xi32>
  %e = arith.constant dense<[[[1], [0]]]> : tensor<1x2x1xi32>
  return %i, %t, %e : tensor<2xi32>, tensor<2x2xi32>, tensor<1x2x1xi32>
}
func.func @wrong_index() -> (tensor<2xi32> {moe.name = "choice.0"}, tensor<2x2xi32> {moe.name = "choice.1"}, tensor<1x2x1xi32> {moe.name = "choice.2"}) {
  %i = arith.constant dense<[0, 0]> : tensor<2xi32>
  %t = arith.constant dense<[[11, 10], [20, 21]]> : tensor<2x2xi32>
  %e = arith.constant dense<[[[0], [1]]]> : tensor<1x2x1xi32>
  return %i, %t, %e : tensor<2xi32>, tensor<2x2xi32>, tensor<1x2x1xi32>
}
func.func @wrong_tag() -> (tensor<2xi32> {moe.name = "choice.0"}, tensor<2x2xi32> {moe.name = "choice.1"}, tensor<1x2x1xi32> {moe.name = "choice.2"}) {
  %i = arith.constant dense<[0, 1]> : tensor<2xi32>
  %t = arith.constant dense<[[11, 10], [21, 20]]> : tensor<2x2xi32>
  %e = arith.constant dense<[[[0], [1]]]> : tensor<1x2x1xi32>
  return %i, %t, %e : tensor<2xi32>, tensor<2x2xi32>, tensor<1x2x1xi32>
}
func.func @no_tag() -> (tensor<2xi32> {moe.name = "choice.0"}, tensor<2x2xi32> {moe.name = "choice.1"}, tensor<1x2x1xi32> {moe.name = "choice.2"}) {
  %i = arith.constant dense<[0, 1]> : tensor<2xi32>
  %t = arith.constant dense<[[12, 10], [20, 21]]> : tensor<2x2xi32>
  %e = arith.constant dense<[[[0], [1]]]> : tensor<1x2x1xi32>
  return %i, %t, %e : tensor<2xi32>, tensor<2x2xi32>, tensor<1x2x1xi32>
}
func.func @no_expert() -> (tensor<2xi32> {moe.name = "choice.0"}, tensor<2x2xi32> {moe.name = "choice.1"}, tensor<1x2x1xi32> {moe.name = "choice.2"}) {
  %i = arith.constant dense<[0, 1]> : tensor<2xi32>
  %t = arith.constant dense<[[11, 10], [20, 21]]> : tensor<2x2xi32>
  %e = arith.constant dense<[[[1], [2]]]> : tensor<1x2x1xi32>
  return %i, %t, %e : tensor<2xi32>, tensor<2x2xi32>, tensor<1x2x1xi32>
}
func.func @full_expert() -> (tensor<2xi32> {moe.name = "choice.0"}, tensor<2x2xi32> {moe.name = "choice.1"}, tensor<1x2x1xi32> {moe.name = "choice.2"}) {
  %i = arith.constant dense<[0, 1]> : tensor<2xi32>
  %t = arith.constant dense<[[11, 10], [20, 21]]> : tensor<2x2xi32>
  %e = arith.constant dense<[[[1], [1]]]> : tensor<1x2x1xi32>
  return %i, %t, %e : tensor<2xi32>, tensor<2x2xi32>, tensor<1x2x1xi32>
}
