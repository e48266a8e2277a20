// A gate follows experts and kept second choices; weights, slots and drops follow from them.
// RUN: rm -rf %t && mkdir %t
// RUN: moe-interpret %s --entry=inputs --output=%t/inputs.npz
// RUN: moe-interpret %s --entry=ties --output=%t/ties.npz
// RUN: moe-interpret %s --entry=wrong_expert --output=%t/wrong_expert.npz
// RUN: moe-interpret %s --entry=wrong_keep --output=%t/wrong_keep.npz
// RUN: moe-interpret %s --entry=wrong_slot --output=%t/wrong_slot.npz

// Token 0 swaps its experts, token 1 keeps a second choice whose random number all but ties.
// RUN: moe-interpret %s --entry=gate --params=%t/inputs.npz --print | FileCheck %s --check-prefix=OWN
// OWN:      expert : {{.*}} = {{\[\[\[}}0, 1], [0, 1], [1, 0{{\]\]\]}}
// OWN-NEXT: slot : {{.*}} = {{\[\[\[}}0, 1], [1, -1], [0, 2{{\]\]\]}}
// RUN: moe-interpret %s --entry=gate --params=%t/inputs.npz --choices=%t/ties.npz --print | FileCheck %s --check-prefix=TIES
// TIES:      3 routing choices tie (of 9): moe.gating at choices_of_gates.mlir:{{[0-9]+}}:{{[0-9]+}} (3)
// TIES-NEXT: expert : {{.*}} = {{\[\[\[}}1, 0], [0, 1], [1, 0{{\]\]\]}}
// TIES-NEXT: slot : {{.*}} = {{\[\[\[}}0, 1], [0, 2], [1, 2{{\]\]\]}}

// RUN: not moe-interpret %s --entry=gate --params=%t/inputs.npz --choices=%t/wrong_expert.npz 2>&1 | FileCheck %s --check-prefix=EXPERT
// EXPERT: error: 'moe.gating' op chose otherwise at global index [0, 1, 0]: got 1, wanted 0, whose scores 0.300000012 and 0.600000024 differ by more than 1e-05 of the greatest score 0.6
// RUN: not moe-interpret %s --entry=gate --params=%t/inputs.npz --choices=%t/wrong_keep.npz 2>&1 | FileCheck %s --check-prefix=KEEP
// KEEP: error: 'moe.gating' op chose otherwise at global index [0, 0, 1]: got not kept, wanted kept, whose scores 0.25 and 0.99999
// RUN: not moe-interpret %s --entry=gate --params=%t/inputs.npz --choices=%t/wrong_slot.npz 2>&1 | FileCheck %s --check-prefix=SLOT
// SLOT: error: 'moe.gating' op got slot 0 at global index [0, 1, 0], by the choices it is 1

func.func @inputs() -> (tensor<1x3x2xf32> {moe.name = "gates"}, tensor<1x3xf32> {moe.name = "u"}) {
  %gates = arith.constant dense<[[[0.5, 0.499998], [0.6, 0.3], [0.3, 0.6]]]> : tensor<1x3x2xf32>
  %u = arith.constant dense<[[0.25, 0.66667, 0.1]]> : tensor<1x3xf32>
  return %gates, %u : tensor<1x3x2xf32>, tensor<1x3xf32>
}
func.func @gate(%gates: tensor<1x3x2xf32> {moe.name = "gates"}, %u: tensor<1x3xf32> {moe.name = "u"})
    -> (tensor<1x3x2xi32> {moe.name = "expert"}, tensor<1x3x2xi32> {moe.name = "slot"}, tensor<1x3x2xf32> {moe.name = "weight"}) {
  %expert, %slot, %weight = moe.gating %gates random %u k 2 capacity 3 : tensor<1x3x2xf32>, tensor<1x3xf32>
      -> tensor<1x3x2xi32>, tensor<1x3x2xi32>, tensor<1x3x2xf32>
  return %expert, %slot, %weight : tensor<1x3x2xi32>, tensor<1x3x2xi32>, tensor<1x3x2xf32>
}
func.func @ties() -> (tensor<1x3x2xi32> {moe.name = "choice.0"}, tensor<1x3x2xi32> {moe.name = "choice.1"}) {
  %expert = arith.constant dense<[[[1, 0], [0, 1], [1, 0]]]> : tensor<1x3x2xi32>
  %slot = arith.constant dense<[[[0, 1], [0, 2], [1, 2]]]> : tensor<1x3x2xi32>
  return %expert, %slot : tensor<1x3x2xi32>, tensor<1x3x2xi32>
}
func.func @wrong_expert() -> (tensor<1x3x2xi32> {moe.name = "choice.0"}, tensor<1x3x2xi32> {moe.name = "choice.1"}) {
  %expert = arith.constant dense<[[[0, 1], [1, 0], [1, 0]]]> : tensor<1x3x2xi32>
  %slot = arith.constant dense<[[[0, 1], [1, 2], [0, 2]]]> : tensor<1x3x2xi32>
  return %expert, %slot : tensor<1x3x2xi32>, tensor<1x3x2xi32>
}
func.func @wrong_keep() -> (tensor<1x3x2xi32> {moe.name = "choice.0"}, tensor<1x3x2xi32> {moe.name = "choice.1"}) {
  %expert = arith.constant dense<[[[0, 1], [0, 1], [1, 0]]]> : tensor<1x3x2xi32>
  %slot = arith.constant dense<[[[0, -1], [1, -1], [0, 2]]]> : tensor<1x3x2xi32>
  return %expert, %slot : tensor<1x3x2xi32>, tensor<1x3x2xi32>
}
func.func @wrong_slot() -> (tensor<1x3x2xi32> {moe.name = "choice.0"}, tensor<1x3x2xi32> {moe.name = "choice.1"}) {
  %expert = arith.constant dense<[[[0, 1], [0, 1], [1, 0]]]> : tensor<1x3x2xi32>
  %slot = arith.constant dense<[[[0, 1], [0, -1], [0, 2]]]> : tensor<1x3x2xi32>
  return %expert, %slot : tensor<1x3x2xi32>, tensor<1x3x2xi32>
}
