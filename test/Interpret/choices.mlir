// A run follows the choices of another one, here constants: those that differ must tie.
// RUN: rm -rf %t && mkdir %t
// RUN: moe-interpret %s --entry=scores --output=%t/scores.npz
// RUN: moe-interpret %s --entry=same --output=%t/same.npz
// RUN: moe-interpret %s --entry=swapped --output=%t/swapped.npz
// RUN: moe-interpret %s --entry=wrong --output=%t/wrong.npz
// RUN: moe-interpret %s --entry=outside --output=%t/outside.npz
// RUN: moe-interpret %s --entry=twice --output=%t/twice.npz
// RUN: moe-interpret %s --entry=other_type --output=%t/other_type.npz
// RUN: moe-interpret %s --entry=none --output=%t/none.npz

// Equal choices.
// RUN: moe-interpret %s --entry=best --params=%t/scores.npz --choices=%t/same.npz --choice-summary=%t/line.txt --print | FileCheck %s --check-prefix=SAME
// RUN: FileCheck %s --check-prefix=LINE < %t/line.txt
// SAME-NOT: routing
// SAME:     index : tensor<2x2xi32> = {{\[\[}}0, 1], [0, 2{{\]\]}}
// LINE:     routing equal: all 4 choices

// Two scores of 0.5 that differ by less than 1e-5 of the greatest, 2: all that follows is swapped too.
// RUN: moe-interpret %s --entry=best --params=%t/scores.npz --choices=%t/swapped.npz --print | FileCheck %s --check-prefix=SWAPPED
// SWAPPED:      2 routing choices tie (of 4): moe.top_k at choices.mlir:{{[0-9]+}}:{{[0-9]+}} (2)
// SWAPPED-NEXT: index : tensor<2x2xi32> = {{\[\[}}0, 1], [2, 0{{\]\]}}
// SWAPPED-NEXT: value : tensor<2x2xf32> = {{\[\[}}2, 1], [0.5, 0.50000{{[0-9]+\]\]}}

// Scores that do not tie are named with both choices.
// RUN: not moe-interpret %s --entry=best --params=%t/scores.npz --choices=%t/wrong.npz 2>&1 | FileCheck %s --check-prefix=WRONG
// WRONG: choices.mlir:{{[0-9]+}}:{{[0-9]+}}: error: 'moe.top_k' op chose otherwise at global index [0, 1]: got 3, wanted 1, whose scores -1 and 1 differ by more than 1e-05 of the greatest score 2
// RUN: not moe-interpret %s --entry=best --params=%t/scores.npz --choices=%t/outside.npz 2>&1 | FileCheck %s --check-prefix=OUTSIDE
// OUTSIDE: error: 'moe.top_k' op got choice 4 at global index [1, 1], there are 4
// RUN: not moe-interpret %s --entry=best --params=%t/scores.npz --choices=%t/twice.npz 2>&1 | FileCheck %s --check-prefix=TWICE
// TWICE: error: 'moe.top_k' op got choice 0 twice, again at global index [1, 1]

// Files without the choices, and flags that do not go together.
// RUN: not moe-interpret %s --entry=best --params=%t/scores.npz --choices=%t/none.npz 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: {{.*}}none.npz{{.*}}choice.0
// RUN: not moe-interpret %s --entry=best --params=%t/scores.npz --choices=%t/other_type.npz 2>&1 | FileCheck %s --check-prefix=TYPE
// TYPE: error: choice 'choice.0' is 'tensor<2x2xi32>', '{{.*}}other_type.npz' has {{.*}}[2]
// RUN: not moe-interpret %s --entry=best --params=%t/scores.npz --choices=%t/same.npz --exact 2>&1 | FileCheck %s --check-prefix=FLAGS
// FLAGS: error: --choices goes with one entry that is run in floats: without --exact, --all, --compare and --partitioned

func.func @scores() -> (tensor<2x4xf32> {moe.name = "scores"}) {
  %scores = arith.constant dense<[[2.0, 1.0, 0.0, -1.0], [0.500002, 0.0, 0.5, -1.0]]> : tensor<2x4xf32>
  return %scores : tensor<2x4xf32>
}
// Calls are seen through.
func.func @best(%scores: tensor<2x4xf32> {moe.name = "scores"})
    -> (tensor<2x2xi32> {moe.name = "index"}, tensor<2x2xf32> {moe.name = "value"}) {
  %i, %v = call @inner(%scores) : (tensor<2x4xf32>) -> (tensor<2x2xi32>, tensor<2x2xf32>)
  return %i, %v : tensor<2x2xi32>, tensor<2x2xf32>
}
func.func private @inner(%scores: tensor<2x4xf32>) -> (tensor<2x2xi32>, tensor<2x2xf32>) {
  %v, %i = moe.top_k %scores k 2 dim 1 : tensor<2x4xf32> -> tensor<2x2xf32>, tensor<2x2xi32>
  return %i, %v : tensor<2x2xi32>, tensor<2x2xf32>
}
func.func @same() -> (tensor<2x2xi32> {moe.name = "choice.0"}) {
  %i = arith.constant dense<[[0, 1], [0, 2]]> : tensor<2x2xi32>
  return %i : tensor<2x2xi32>
}
func.func @swapped() -> (tensor<2x2xi32> {moe.name = "choice.0"}) {
  %i = arith.constant dense<[[0, 1], [2, 0]]> : tensor<2x2xi32>
  return %i : tensor<2x2xi32>
}
func.func @wrong() -> (tensor<2x2xi32> {moe.name = "choice.0"}) {
  %i = arith.constant dense<[[0, 3], [2, 0]]> : tensor<2x2xi32>
  return %i : tensor<2x2xi32>
}
func.func @outside() -> (tensor<2x2xi32> {moe.name = "choice.0"}) {
  %i = arith.constant dense<[[0, 1], [0, 4]]> : tensor<2x2xi32>
  return %i : tensor<2x2xi32>
}
func.func @twice() -> (tensor<2x2xi32> {moe.name = "choice.0"}) {
  %i = arith.constant dense<[[0, 1], [0, 0]]> : tensor<2x2xi32>
  return %i : tensor<2x2xi32>
}
func.func @other_type() -> (tensor<2xi32> {moe.name = "choice.0"}) {
  %i = arith.constant dense<[0, 1]> : tensor<2xi32>
  return %i : tensor<2xi32>
}
func.func @none() -> (tensor<2xi32> {moe.name = "x"}) {
  %i = arith.constant dense<[0, 1]> : tensor<2xi32>
  return %i : tensor<2xi32>
}
