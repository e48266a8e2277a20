// RUN: moe-opt %s --moe-index-dispatch -verify-diagnostics -o %t
// RUN: FileCheck %s --input-file=%t
// RUN: moe-interpret %s --all --exact --seed=1 --compare=%t
// RUN: moe-interpret %s --all --exact --seed=2 --compare=%t

// Functions that are not linear go through a sum of masks only where no two of
// them meet. Each function here is one reason why they do not, or the lack of one.

// Two indices of one top_k differ.
// CHECK-LABEL: func.func @choices_of_one_top_k
// CHECK-NOT:     2x6x5x3
// CHECK:         moe.dispatch
func.func @choices_of_one_top_k(%p: tensor<2x6x5xf32>, %s: tensor<2x6xi32>, %x: tensor<2x6x8xf32>) -> tensor<5x2x3x8xf32> {
  %v, %i = moe.top_k %p k 2 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x2xf32>, tensor<2x6x2xi32>
  %i1 = moe.slice %i offsets [0, 0, 0] strides [1, 1, 1] : tensor<2x6x2xi32> -> tensor<2x6x1xi32>
  %i2 = moe.slice %i offsets [0, 0, 1] strides [1, 1, 1] : tensor<2x6x2xi32> -> tensor<2x6x1xi32>
  %e1 = moe.reshape %i1 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %e2 = moe.reshape %i2 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %m1 = moe.one_hot %e1 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %m2 = moe.one_hot %e2 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %c1 = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %c2 = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %a1 = moe.einsum "gse,gsc->gsec" %m1, %c1 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %a2 = moe.einsum "gse,gsc->gsec" %m2, %c2 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %combine = arith.addf %a1, %a2 : tensor<2x6x5x3xf32>
  %zero = arith.constant dense<0.0> : tensor<2x6x5x3xf32>
  %taken = arith.cmpf une, %combine, %zero : tensor<2x6x5x3xf32>
  %mask = arith.uitofp %taken : tensor<2x6x5x3xi1> to tensor<2x6x5x3xf32>
  %y = moe.einsum "gsec,gsm->egcm" %mask, %x : tensor<2x6x5x3xf32>, tensor<2x6x8xf32> -> tensor<5x2x3x8xf32>
  return %y : tensor<5x2x3x8xf32>
}

// The last of three is the second of the other two.
// CHECK-LABEL: func.func @choice_of_the_others
// CHECK-NOT:     2x6x5x3
// CHECK:         moe.dispatch
func.func @choice_of_the_others(%p: tensor<2x6x5xf32>, %s: tensor<2x6xi32>, %x: tensor<2x6x8xf32>) -> tensor<5x2x3x8xf32> {
  %v, %i = moe.top_k %p k 3 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x3xf32>, tensor<2x6x3xi32>
  %i1 = moe.slice %i offsets [0, 0, 0] strides [1, 1, 1] : tensor<2x6x3xi32> -> tensor<2x6x1xi32>
  %others = moe.slice %i offsets [0, 0, 1] strides [1, 1, 1] : tensor<2x6x3xi32> -> tensor<2x6x2xi32>
  %i2 = moe.slice %others offsets [0, 0, 1] strides [1, 1, 1] : tensor<2x6x2xi32> -> tensor<2x6x1xi32>
  %e1 = moe.reshape %i1 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %e2 = moe.reshape %i2 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %m1 = moe.one_hot %e1 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %m2 = moe.one_hot %e2 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %c1 = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %c2 = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %a1 = moe.einsum "gse,gsc->gsec" %m1, %c1 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %a2 = moe.einsum "gse,gsc->gsec" %m2, %c2 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %combine = arith.addf %a1, %a2 : tensor<2x6x5x3xf32>
  %zero = arith.constant dense<0.0> : tensor<2x6x5x3xf32>
  %taken = arith.cmpf une, %combine, %zero : tensor<2x6x5x3xf32>
  %mask = arith.uitofp %taken : tensor<2x6x5x3xi1> to tensor<2x6x5x3xf32>
  %y = moe.einsum "gsec,gsm->egcm" %mask, %x : tensor<2x6x5x3xf32>, tensor<2x6x8xf32> -> tensor<5x2x3x8xf32>
  return %y : tensor<5x2x3x8xf32>
}

// The last of three is the second of every second one.
// CHECK-LABEL: func.func @choice_of_every_second
// CHECK-NOT:     2x6x5x3
// CHECK:         moe.dispatch
func.func @choice_of_every_second(%p: tensor<2x6x5xf32>, %s: tensor<2x6xi32>, %x: tensor<2x6x8xf32>) -> tensor<5x2x3x8xf32> {
  %v, %i = moe.top_k %p k 3 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x3xf32>, tensor<2x6x3xi32>
  %i1 = moe.slice %i offsets [0, 0, 0] strides [1, 1, 1] : tensor<2x6x3xi32> -> tensor<2x6x1xi32>
  %others = moe.slice %i offsets [0, 0, 0] strides [1, 1, 2] : tensor<2x6x3xi32> -> tensor<2x6x2xi32>
  %i2 = moe.slice %others offsets [0, 0, 1] strides [1, 1, 1] : tensor<2x6x2xi32> -> tensor<2x6x1xi32>
  %e1 = moe.reshape %i1 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %e2 = moe.reshape %i2 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %m1 = moe.one_hot %e1 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %m2 = moe.one_hot %e2 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %c1 = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %c2 = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %a1 = moe.einsum "gse,gsc->gsec" %m1, %c1 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %a2 = moe.einsum "gse,gsc->gsec" %m2, %c2 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %combine = arith.addf %a1, %a2 : tensor<2x6x5x3xf32>
  %zero = arith.constant dense<0.0> : tensor<2x6x5x3xf32>
  %taken = arith.cmpf une, %combine, %zero : tensor<2x6x5x3xf32>
  %mask = arith.uitofp %taken : tensor<2x6x5x3xi1> to tensor<2x6x5x3xf32>
  %y = moe.einsum "gsec,gsm->egcm" %mask, %x : tensor<2x6x5x3xf32>, tensor<2x6x8xf32> -> tensor<5x2x3x8xf32>
  return %y : tensor<5x2x3x8xf32>
}

// Not those of other tokens: the second choice of (g, s) is taken at (s, g).
// CHECK-LABEL: func.func @choices_of_other_tokens
// CHECK:         arith.cmpf une, %{{.*}} : tensor<3x3x5x3xf32>
// CHECK:         moe.einsum "gsec,gsm->egcm"
func.func @choices_of_other_tokens(%p: tensor<3x3x5xf32>, %s: tensor<3x3xi32>, %x: tensor<3x3x8xf32>) -> tensor<5x3x3x8xf32> {
  %v, %i = moe.top_k %p k 2 dim 2 : tensor<3x3x5xf32> -> tensor<3x3x2xf32>, tensor<3x3x2xi32>
  %i1 = moe.slice %i offsets [0, 0, 0] strides [1, 1, 1] : tensor<3x3x2xi32> -> tensor<3x3x1xi32>
  %i2 = moe.slice %i offsets [0, 0, 1] strides [1, 1, 1] : tensor<3x3x2xi32> -> tensor<3x3x1xi32>
  %e1 = moe.reshape %i1 : tensor<3x3x1xi32> -> tensor<3x3xi32>
  %e2 = moe.reshape %i2 : tensor<3x3x1xi32> -> tensor<3x3xi32>
  %m1 = moe.one_hot %e1 : tensor<3x3xi32> -> tensor<3x3x5xf32>
  %turned = moe.transpose %e2 permutation [1, 0] : tensor<3x3xi32> -> tensor<3x3xi32>
  %m2 = moe.one_hot %turned : tensor<3x3xi32> -> tensor<3x3x5xf32>
  %c1 = moe.one_hot %s : tensor<3x3xi32> -> tensor<3x3x3xf32>
  %c2 = moe.one_hot %s : tensor<3x3xi32> -> tensor<3x3x3xf32>
  %a1 = moe.einsum "gse,gsc->gsec" %m1, %c1 : tensor<3x3x5xf32>, tensor<3x3x3xf32> -> tensor<3x3x5x3xf32>
  %a2 = moe.einsum "gse,gsc->gsec" %m2, %c2 : tensor<3x3x5xf32>, tensor<3x3x3xf32> -> tensor<3x3x5x3xf32>
  %combine = arith.addf %a1, %a2 : tensor<3x3x5x3xf32>
  %zero = arith.constant dense<0.0> : tensor<3x3x5x3xf32>
  // expected-remark @+1 {{stays dense: it is not linear, and two of the 2 one-hot terms of its operand may meet}}
  %taken = arith.cmpf une, %combine, %zero : tensor<3x3x5x3xf32>
  %mask = arith.uitofp %taken : tensor<3x3x5x3xi1> to tensor<3x3x5x3xf32>
  %y = moe.einsum "gsec,gsm->egcm" %mask, %x : tensor<3x3x5x3xf32>, tensor<3x3x8xf32> -> tensor<5x3x3x8xf32>
  return %y : tensor<5x3x3x8xf32>
}

// What is -inf is not chosen while something finite is left.
// CHECK-LABEL: func.func @first_choice_is_minus_infinity
// CHECK-NOT:     2x6x5x3
// CHECK:         moe.dispatch
func.func @first_choice_is_minus_infinity(%p: tensor<2x6x5xf32>, %s: tensor<2x6xi32>, %x: tensor<2x6x8xf32>) -> tensor<5x2x3x8xf32> {
  %v1, %i1 = moe.top_k %p k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e1 = moe.reshape %i1 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %is1 = moe.one_hot %e1 : tensor<2x6xi32> -> tensor<2x6x5xi1>
  %never = arith.constant dense<0xFF800000> : tensor<2x6x5xf32>
  %others = arith.select %is1, %never, %p : tensor<2x6x5xi1>, tensor<2x6x5xf32>
  %v2, %i2 = moe.top_k %others k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e2 = moe.reshape %i2 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %m1 = moe.one_hot %e1 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %m2 = moe.one_hot %e2 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %c1 = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %c2 = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %a1 = moe.einsum "gse,gsc->gsec" %m1, %c1 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %a2 = moe.einsum "gse,gsc->gsec" %m2, %c2 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %combine = arith.addf %a1, %a2 : tensor<2x6x5x3xf32>
  %zero = arith.constant dense<0.0> : tensor<2x6x5x3xf32>
  %taken = arith.cmpf une, %combine, %zero : tensor<2x6x5x3xf32>
  %mask = arith.uitofp %taken : tensor<2x6x5x3xi1> to tensor<2x6x5x3xf32>
  %y = moe.einsum "gsec,gsm->egcm" %mask, %x : tensor<2x6x5x3xf32>, tensor<2x6x8xf32> -> tensor<5x2x3x8xf32>
  return %y : tensor<5x2x3x8xf32>
}

// So it is where only one is left.
// CHECK-LABEL: func.func @second_of_two_experts
// CHECK-NOT:     2x6x2x3
// CHECK:         moe.dispatch
func.func @second_of_two_experts(%p: tensor<2x6x2xf32>, %s: tensor<2x6xi32>, %x: tensor<2x6x8xf32>) -> tensor<2x2x3x8xf32> {
  %v1, %i1 = moe.top_k %p k 1 dim 2 : tensor<2x6x2xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e1 = moe.reshape %i1 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %is1 = moe.one_hot %e1 : tensor<2x6xi32> -> tensor<2x6x2xi1>
  %never = arith.constant dense<0xFF800000> : tensor<2x6x2xf32>
  %others = arith.select %is1, %never, %p : tensor<2x6x2xi1>, tensor<2x6x2xf32>
  %v2, %i2 = moe.top_k %others k 1 dim 2 : tensor<2x6x2xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e2 = moe.reshape %i2 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %m1 = moe.one_hot %e1 : tensor<2x6xi32> -> tensor<2x6x2xf32>
  %m2 = moe.one_hot %e2 : tensor<2x6xi32> -> tensor<2x6x2xf32>
  %c1 = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %c2 = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %a1 = moe.einsum "gse,gsc->gsec" %m1, %c1 : tensor<2x6x2xf32>, tensor<2x6x3xf32> -> tensor<2x6x2x3xf32>
  %a2 = moe.einsum "gse,gsc->gsec" %m2, %c2 : tensor<2x6x2xf32>, tensor<2x6x3xf32> -> tensor<2x6x2x3xf32>
  %combine = arith.addf %a1, %a2 : tensor<2x6x2x3xf32>
  %zero = arith.constant dense<0.0> : tensor<2x6x2x3xf32>
  %taken = arith.cmpf une, %combine, %zero : tensor<2x6x2x3xf32>
  %mask = arith.uitofp %taken : tensor<2x6x2x3xi1> to tensor<2x6x2x3xf32>
  %y = moe.einsum "gsec,gsm->egcm" %mask, %x : tensor<2x6x2x3xf32>, tensor<2x6x8xf32> -> tensor<2x2x3x8xf32>
  return %y : tensor<2x2x3x8xf32>
}

// So it is in a group that is the only one.
// CHECK-LABEL: func.func @first_choice_in_the_only_group
// CHECK-NOT:     1x6x5x3
// CHECK:         moe.dispatch
func.func @first_choice_in_the_only_group(%p: tensor<1x6x5xf32>, %s: tensor<1x6xi32>, %x: tensor<1x6x8xf32>) -> tensor<5x1x3x8xf32> {
  %v1, %i1 = moe.top_k %p k 1 dim 2 : tensor<1x6x5xf32> -> tensor<1x6x1xf32>, tensor<1x6x1xi32>
  %e1 = moe.reshape %i1 : tensor<1x6x1xi32> -> tensor<1x6xi32>
  %is1 = moe.one_hot %e1 : tensor<1x6xi32> -> tensor<1x6x5xi1>
  %never = arith.constant dense<0xFF800000> : tensor<1x6x5xf32>
  %others = arith.select %is1, %never, %p : tensor<1x6x5xi1>, tensor<1x6x5xf32>
  %v2, %i2 = moe.top_k %others k 1 dim 2 : tensor<1x6x5xf32> -> tensor<1x6x1xf32>, tensor<1x6x1xi32>
  %e2 = moe.reshape %i2 : tensor<1x6x1xi32> -> tensor<1x6xi32>
  %m1 = moe.one_hot %e1 : tensor<1x6xi32> -> tensor<1x6x5xf32>
  %m2 = moe.one_hot %e2 : tensor<1x6xi32> -> tensor<1x6x5xf32>
  %c1 = moe.one_hot %s : tensor<1x6xi32> -> tensor<1x6x3xf32>
  %c2 = moe.one_hot %s : tensor<1x6xi32> -> tensor<1x6x3xf32>
  %a1 = moe.einsum "gse,gsc->gsec" %m1, %c1 : tensor<1x6x5xf32>, tensor<1x6x3xf32> -> tensor<1x6x5x3xf32>
  %a2 = moe.einsum "gse,gsc->gsec" %m2, %c2 : tensor<1x6x5xf32>, tensor<1x6x3xf32> -> tensor<1x6x5x3xf32>
  %combine = arith.addf %a1, %a2 : tensor<1x6x5x3xf32>
  %zero = arith.constant dense<0.0> : tensor<1x6x5x3xf32>
  %taken = arith.cmpf une, %combine, %zero : tensor<1x6x5x3xf32>
  %mask = arith.uitofp %taken : tensor<1x6x5x3xi1> to tensor<1x6x5x3xf32>
  %y = moe.einsum "gsec,gsm->egcm" %mask, %x : tensor<1x6x5x3xf32>, tensor<1x6x8xf32> -> tensor<5x1x3x8xf32>
  return %y : tensor<5x1x3x8xf32>
}

// Where it is not, the first choice may be chosen again.
// CHECK-LABEL: func.func @first_choice_is_sometimes_minus_infinity
// CHECK:         arith.cmpf une, %{{.*}} : tensor<2x6x5x3xf32>
// CHECK:         moe.einsum "gsec,gsm->egcm"
func.func @first_choice_is_sometimes_minus_infinity(%p: tensor<2x6x5xf32>, %s: tensor<2x6xi32>, %u: tensor<2x6xi1>, %x: tensor<2x6x8xf32>) -> tensor<5x2x3x8xf32> {
  %v1, %i1 = moe.top_k %p k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e1 = moe.reshape %i1 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %is1 = moe.one_hot %e1 : tensor<2x6xi32> -> tensor<2x6x5xi1>
  %never = arith.constant dense<0xFF800000> : tensor<2x6x5xf32>
  %us = moe.broadcast %u dims [0, 1] : tensor<2x6xi1> -> tensor<2x6x5xi1>
  %here = arith.andi %is1, %us : tensor<2x6x5xi1>
  %others = arith.select %here, %never, %p : tensor<2x6x5xi1>, tensor<2x6x5xf32>
  %v2, %i2 = moe.top_k %others k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e2 = moe.reshape %i2 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %m1 = moe.one_hot %e1 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %m2 = moe.one_hot %e2 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %c1 = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %c2 = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %a1 = moe.einsum "gse,gsc->gsec" %m1, %c1 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %a2 = moe.einsum "gse,gsc->gsec" %m2, %c2 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %combine = arith.addf %a1, %a2 : tensor<2x6x5x3xf32>
  %zero = arith.constant dense<0.0> : tensor<2x6x5x3xf32>
  // expected-remark @+1 {{stays dense: it is not linear, and two of the 2 one-hot terms of its operand may meet}}
  %taken = arith.cmpf une, %combine, %zero : tensor<2x6x5x3xf32>
  %mask = arith.uitofp %taken : tensor<2x6x5x3xi1> to tensor<2x6x5x3xf32>
  %y = moe.einsum "gsec,gsm->egcm" %mask, %x : tensor<2x6x5x3xf32>, tensor<2x6x8xf32> -> tensor<5x2x3x8xf32>
  return %y : tensor<5x2x3x8xf32>
}

// Nothing is known of what else is not chosen.
// CHECK-LABEL: func.func @others_are_minus_infinity
// CHECK:         arith.cmpf une, %{{.*}} : tensor<2x6x5x3xf32>
// CHECK:         moe.einsum "gsec,gsm->egcm"
func.func @others_are_minus_infinity(%p: tensor<2x6x5xf32>, %s: tensor<2x6xi32>, %never_these: tensor<2x6x5xi1>, %x: tensor<2x6x8xf32>) -> tensor<5x2x3x8xf32> {
  %v1, %i1 = moe.top_k %p k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e1 = moe.reshape %i1 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %never = arith.constant dense<0xFF800000> : tensor<2x6x5xf32>
  %others = arith.select %never_these, %never, %p : tensor<2x6x5xi1>, tensor<2x6x5xf32>
  %v2, %i2 = moe.top_k %others k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e2 = moe.reshape %i2 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %m1 = moe.one_hot %e1 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %m2 = moe.one_hot %e2 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %c1 = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %c2 = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %a1 = moe.einsum "gse,gsc->gsec" %m1, %c1 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %a2 = moe.einsum "gse,gsc->gsec" %m2, %c2 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %combine = arith.addf %a1, %a2 : tensor<2x6x5x3xf32>
  %zero = arith.constant dense<0.0> : tensor<2x6x5x3xf32>
  // expected-remark @+1 {{stays dense: it is not linear, and two of the 2 one-hot terms of its operand may meet}}
  %taken = arith.cmpf une, %combine, %zero : tensor<2x6x5x3xf32>
  %mask = arith.uitofp %taken : tensor<2x6x5x3xi1> to tensor<2x6x5x3xf32>
  %y = moe.einsum "gsec,gsm->egcm" %mask, %x : tensor<2x6x5x3xf32>, tensor<2x6x8xf32> -> tensor<5x2x3x8xf32>
  return %y : tensor<5x2x3x8xf32>
}

// A large negative number may still be the largest: scores may be lower.
// CHECK-LABEL: func.func @first_choice_is_only_low
// CHECK:         arith.cmpf une, %{{.*}} : tensor<2x6x5x3xf32>
// CHECK:         moe.einsum "gsec,gsm->egcm"
func.func @first_choice_is_only_low(%p: tensor<2x6x5xf32>, %s: tensor<2x6xi32>, %x: tensor<2x6x8xf32>) -> tensor<5x2x3x8xf32> {
  %v1, %i1 = moe.top_k %p k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e1 = moe.reshape %i1 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %is1 = moe.one_hot %e1 : tensor<2x6xi32> -> tensor<2x6x5xi1>
  %never = arith.constant dense<-1.0e30> : tensor<2x6x5xf32>
  %others = arith.select %is1, %never, %p : tensor<2x6x5xi1>, tensor<2x6x5xf32>
  %v2, %i2 = moe.top_k %others k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e2 = moe.reshape %i2 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %m1 = moe.one_hot %e1 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %m2 = moe.one_hot %e2 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %c1 = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %c2 = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %a1 = moe.einsum "gse,gsc->gsec" %m1, %c1 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %a2 = moe.einsum "gse,gsc->gsec" %m2, %c2 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %combine = arith.addf %a1, %a2 : tensor<2x6x5x3xf32>
  %zero = arith.constant dense<0.0> : tensor<2x6x5x3xf32>
  // expected-remark @+1 {{stays dense: it is not linear, and two of the 2 one-hot terms of its operand may meet}}
  %taken = arith.cmpf une, %combine, %zero : tensor<2x6x5x3xf32>
  %mask = arith.uitofp %taken : tensor<2x6x5x3xi1> to tensor<2x6x5x3xf32>
  %y = moe.einsum "gsec,gsm->egcm" %mask, %x : tensor<2x6x5x3xf32>, tensor<2x6x8xf32> -> tensor<5x2x3x8xf32>
  return %y : tensor<5x2x3x8xf32>
}

// Zero may be the largest score: the same expert again, in the same slot.
// CHECK-LABEL: func.func @first_choice_is_zero
// CHECK:         arith.cmpf une, %{{.*}} : tensor<2x6x5x3xf32>
// CHECK:         moe.einsum "gsec,gsm->egcm"
func.func @first_choice_is_zero(%p: tensor<2x6x5xf32>, %s: tensor<2x6xi32>, %x: tensor<2x6x8xf32>) -> tensor<5x2x3x8xf32> {
  %v1, %i1 = moe.top_k %p k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e1 = moe.reshape %i1 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %one = arith.constant dense<1.0> : tensor<2x6x5xf32>
  %m1 = moe.one_hot %e1 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %left = arith.subf %one, %m1 : tensor<2x6x5xf32>
  %others = arith.mulf %p, %left : tensor<2x6x5xf32>
  %v2, %i2 = moe.top_k %others k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e2 = moe.reshape %i2 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %m2 = moe.one_hot %e2 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %c1 = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %c2 = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %a1 = moe.einsum "gse,gsc->gsec" %m1, %c1 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %a2 = moe.einsum "gse,gsc->gsec" %m2, %c2 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %combine = arith.addf %a1, %a2 : tensor<2x6x5x3xf32>
  %zero = arith.constant dense<0.0> : tensor<2x6x5x3xf32>
  // expected-remark @+1 {{stays dense: it is not linear, and two of the 2 one-hot terms of its operand may meet}}
  %taken = arith.cmpf une, %combine, %zero : tensor<2x6x5x3xf32>
  %mask = arith.uitofp %taken : tensor<2x6x5x3xi1> to tensor<2x6x5x3xf32>
  %y = moe.einsum "gsec,gsm->egcm" %mask, %x : tensor<2x6x5x3xf32>, tensor<2x6x8xf32> -> tensor<5x2x3x8xf32>
  return %y : tensor<5x2x3x8xf32>
}

// The same expert again, but its slots begin behind those of all first choices.
// CHECK-LABEL: func.func @second_slots_count_on_behind_the_first
// CHECK-NOT:     2x6x5x3
// CHECK:         moe.dispatch
func.func @second_slots_count_on_behind_the_first(%p: tensor<2x6x5xf32>, %x: tensor<2x6x8xf32>) -> tensor<5x2x3x8xf32> {
  %v1, %i1 = moe.top_k %p k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e1 = moe.reshape %i1 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %one = arith.constant dense<1.0> : tensor<2x6x5xf32>
  %m1 = moe.one_hot %e1 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %left = arith.subf %one, %m1 : tensor<2x6x5xf32>
  %others = arith.mulf %p, %left : tensor<2x6x5xf32>
  %v2, %i2 = moe.top_k %others k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e2 = moe.reshape %i2 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %m2 = moe.one_hot %e2 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %before1 = moe.cumsum %m1 dim 1 exclusive : tensor<2x6x5xf32>
  %capacity = arith.constant dense<3.0> : tensor<2x6x5xf32>
  %fits1 = arith.cmpf olt, %before1, %capacity : tensor<2x6x5xf32>
  %room1 = arith.uitofp %fits1 : tensor<2x6x5xi1> to tensor<2x6x5xf32>
  %kept1 = arith.mulf %m1, %room1 : tensor<2x6x5xf32>
  %upto2 = moe.cumsum %m2 dim 1 : tensor<2x6x5xf32>
  %before2 = arith.subf %upto2, %m2 : tensor<2x6x5xf32>
  %count1 = moe.reduce sum %m1 dims [1] : tensor<2x6x5xf32> -> tensor<2x5xf32>
  %start2 = moe.broadcast %count1 dims [0, 2] : tensor<2x5xf32> -> tensor<2x6x5xf32>
  %place2 = arith.addf %before2, %start2 : tensor<2x6x5xf32>
  %at1 = moe.einsum "gse,gse->gs" %before1, %m1 : tensor<2x6x5xf32>, tensor<2x6x5xf32> -> tensor<2x6xf32>
  %at2 = moe.einsum "gse,gse->gs" %place2, %m2 : tensor<2x6x5xf32>, tensor<2x6x5xf32> -> tensor<2x6xf32>
  %s1 = arith.fptosi %at1 : tensor<2x6xf32> to tensor<2x6xi32>
  %s2 = arith.fptosi %at2 : tensor<2x6xf32> to tensor<2x6xi32>
  %c1 = moe.one_hot %s1 : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %c2 = moe.one_hot %s2 : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %a1 = moe.einsum "gse,gsc->gsec" %m1, %c1 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %a2 = moe.einsum "gse,gsc->gsec" %m2, %c2 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %combine = arith.addf %a1, %a2 : tensor<2x6x5x3xf32>
  %zero = arith.constant dense<0.0> : tensor<2x6x5x3xf32>
  %taken = arith.cmpf une, %combine, %zero : tensor<2x6x5x3xf32>
  %mask = arith.uitofp %taken : tensor<2x6x5x3xi1> to tensor<2x6x5x3xf32>
  %y = moe.einsum "gsec,gsm->egcm" %mask, %x : tensor<2x6x5x3xf32>, tensor<2x6x8xf32> -> tensor<5x2x3x8xf32>
  return %y : tensor<5x2x3x8xf32>
}

// Behind the first choices that fit: they are the first ones, and only they count.
// CHECK-LABEL: func.func @second_slots_count_on_behind_kept_ones
// CHECK-NOT:     2x6x5x3
// CHECK:         moe.dispatch
func.func @second_slots_count_on_behind_kept_ones(%p: tensor<2x6x5xf32>, %x: tensor<2x6x8xf32>) -> tensor<5x2x3x8xf32> {
  %v1, %i1 = moe.top_k %p k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e1 = moe.reshape %i1 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %one = arith.constant dense<1.0> : tensor<2x6x5xf32>
  %m1 = moe.one_hot %e1 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %left = arith.subf %one, %m1 : tensor<2x6x5xf32>
  %others = arith.mulf %p, %left : tensor<2x6x5xf32>
  %v2, %i2 = moe.top_k %others k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e2 = moe.reshape %i2 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %m2 = moe.one_hot %e2 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %before1 = moe.cumsum %m1 dim 1 exclusive : tensor<2x6x5xf32>
  %capacity = arith.constant dense<3.0> : tensor<2x6x5xf32>
  %fits1 = arith.cmpf olt, %before1, %capacity : tensor<2x6x5xf32>
  %room1 = arith.uitofp %fits1 : tensor<2x6x5xi1> to tensor<2x6x5xf32>
  %kept1 = arith.mulf %m1, %room1 : tensor<2x6x5xf32>
  %upto2 = moe.cumsum %m2 dim 1 : tensor<2x6x5xf32>
  %before2 = arith.subf %upto2, %m2 : tensor<2x6x5xf32>
  %count1 = moe.reduce sum %kept1 dims [1] : tensor<2x6x5xf32> -> tensor<2x5xf32>
  %start2 = moe.broadcast %count1 dims [0, 2] : tensor<2x5xf32> -> tensor<2x6x5xf32>
  %place2 = arith.addf %before2, %start2 : tensor<2x6x5xf32>
  %at1 = moe.einsum "gse,gse->gs" %before1, %m1 : tensor<2x6x5xf32>, tensor<2x6x5xf32> -> tensor<2x6xf32>
  %at2 = moe.einsum "gse,gse->gs" %place2, %m2 : tensor<2x6x5xf32>, tensor<2x6x5xf32> -> tensor<2x6xf32>
  %s1 = arith.fptosi %at1 : tensor<2x6xf32> to tensor<2x6xi32>
  %s2 = arith.fptosi %at2 : tensor<2x6xf32> to tensor<2x6xi32>
  %c1 = moe.one_hot %s1 : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %c2 = moe.one_hot %s2 : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %a1 = moe.einsum "gse,gsc->gsec" %kept1, %c1 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %a2 = moe.einsum "gse,gsc->gsec" %m2, %c2 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %combine = arith.addf %a1, %a2 : tensor<2x6x5x3xf32>
  %zero = arith.constant dense<0.0> : tensor<2x6x5x3xf32>
  %taken = arith.cmpf une, %combine, %zero : tensor<2x6x5x3xf32>
  %mask = arith.uitofp %taken : tensor<2x6x5x3xi1> to tensor<2x6x5x3xf32>
  %y = moe.einsum "gsec,gsm->egcm" %mask, %x : tensor<2x6x5x3xf32>, tensor<2x6x8xf32> -> tensor<5x2x3x8xf32>
  return %y : tensor<5x2x3x8xf32>
}

// Behind as many as come after the first of each expert: those have slots from 1 on.
// CHECK-LABEL: func.func @second_slots_behind_later_ones
// CHECK:         arith.cmpf une, %{{.*}} : tensor<2x6x5x3xf32>
// CHECK:         moe.einsum "gsec,gsm->egcm"
func.func @second_slots_behind_later_ones(%p: tensor<2x6x5xf32>, %x: tensor<2x6x8xf32>) -> tensor<5x2x3x8xf32> {
  %v1, %i1 = moe.top_k %p k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e1 = moe.reshape %i1 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %one = arith.constant dense<1.0> : tensor<2x6x5xf32>
  %m1 = moe.one_hot %e1 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %left = arith.subf %one, %m1 : tensor<2x6x5xf32>
  %others = arith.mulf %p, %left : tensor<2x6x5xf32>
  %v2, %i2 = moe.top_k %others k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e2 = moe.reshape %i2 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %m2 = moe.one_hot %e2 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %before1 = moe.cumsum %m1 dim 1 exclusive : tensor<2x6x5xf32>
  %capacity = arith.constant dense<1.0> : tensor<2x6x5xf32>
  %fits1 = arith.cmpf ole, %capacity, %before1 : tensor<2x6x5xf32>
  %room1 = arith.uitofp %fits1 : tensor<2x6x5xi1> to tensor<2x6x5xf32>
  %kept1 = arith.mulf %m1, %room1 : tensor<2x6x5xf32>
  %upto2 = moe.cumsum %m2 dim 1 : tensor<2x6x5xf32>
  %before2 = arith.subf %upto2, %m2 : tensor<2x6x5xf32>
  %count1 = moe.reduce sum %kept1 dims [1] : tensor<2x6x5xf32> -> tensor<2x5xf32>
  %start2 = moe.broadcast %count1 dims [0, 2] : tensor<2x5xf32> -> tensor<2x6x5xf32>
  %place2 = arith.addf %before2, %start2 : tensor<2x6x5xf32>
  %at1 = moe.einsum "gse,gse->gs" %before1, %m1 : tensor<2x6x5xf32>, tensor<2x6x5xf32> -> tensor<2x6xf32>
  %at2 = moe.einsum "gse,gse->gs" %place2, %m2 : tensor<2x6x5xf32>, tensor<2x6x5xf32> -> tensor<2x6xf32>
  %s1 = arith.fptosi %at1 : tensor<2x6xf32> to tensor<2x6xi32>
  %s2 = arith.fptosi %at2 : tensor<2x6xf32> to tensor<2x6xi32>
  %c1 = moe.one_hot %s1 : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %c2 = moe.one_hot %s2 : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %a1 = moe.einsum "gse,gsc->gsec" %kept1, %c1 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %a2 = moe.einsum "gse,gsc->gsec" %m2, %c2 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %combine = arith.addf %a1, %a2 : tensor<2x6x5x3xf32>
  %zero = arith.constant dense<0.0> : tensor<2x6x5x3xf32>
  // expected-remark @+1 {{stays dense: it is not linear, and two of the 2 one-hot terms of its operand may meet}}
  %taken = arith.cmpf une, %combine, %zero : tensor<2x6x5x3xf32>
  %mask = arith.uitofp %taken : tensor<2x6x5x3xi1> to tensor<2x6x5x3xf32>
  %y = moe.einsum "gsec,gsm->egcm" %mask, %x : tensor<2x6x5x3xf32>, tensor<2x6x8xf32> -> tensor<5x2x3x8xf32>
  return %y : tensor<5x2x3x8xf32>
}

// First choices dropped at random leave holes in front of those that are kept.
// CHECK-LABEL: func.func @second_slots_behind_randomly_kept_ones
// CHECK:         arith.cmpf une, %{{.*}} : tensor<2x6x5x3xf32>
// CHECK:         moe.einsum "gsec,gsm->egcm"
func.func @second_slots_behind_randomly_kept_ones(%p: tensor<2x6x5xf32>, %u: tensor<2x6xi1>, %x: tensor<2x6x8xf32>) -> tensor<5x2x3x8xf32> {
  %v1, %i1 = moe.top_k %p k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e1 = moe.reshape %i1 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %one = arith.constant dense<1.0> : tensor<2x6x5xf32>
  %m1 = moe.one_hot %e1 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %left = arith.subf %one, %m1 : tensor<2x6x5xf32>
  %others = arith.mulf %p, %left : tensor<2x6x5xf32>
  %v2, %i2 = moe.top_k %others k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e2 = moe.reshape %i2 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %m2 = moe.one_hot %e2 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %before1 = moe.cumsum %m1 dim 1 exclusive : tensor<2x6x5xf32>
  %capacity = arith.constant dense<3.0> : tensor<2x6x5xf32>
  %fits1 = arith.cmpf olt, %before1, %capacity : tensor<2x6x5xf32>
  %room1 = arith.uitofp %fits1 : tensor<2x6x5xi1> to tensor<2x6x5xf32>
  %kept1 = arith.mulf %m1, %room1 : tensor<2x6x5xf32>
  %drops = moe.broadcast %u dims [0, 1] : tensor<2x6xi1> -> tensor<2x6x5xi1>
  %none = arith.constant dense<0.0> : tensor<2x6x5xf32>
  %lucky1 = arith.select %drops, %none, %kept1 : tensor<2x6x5xi1>, tensor<2x6x5xf32>
  %upto2 = moe.cumsum %m2 dim 1 : tensor<2x6x5xf32>
  %before2 = arith.subf %upto2, %m2 : tensor<2x6x5xf32>
  %count1 = moe.reduce sum %lucky1 dims [1] : tensor<2x6x5xf32> -> tensor<2x5xf32>
  %start2 = moe.broadcast %count1 dims [0, 2] : tensor<2x5xf32> -> tensor<2x6x5xf32>
  %place2 = arith.addf %before2, %start2 : tensor<2x6x5xf32>
  %at1 = moe.einsum "gse,gse->gs" %before1, %m1 : tensor<2x6x5xf32>, tensor<2x6x5xf32> -> tensor<2x6xf32>
  %at2 = moe.einsum "gse,gse->gs" %place2, %m2 : tensor<2x6x5xf32>, tensor<2x6x5xf32> -> tensor<2x6xf32>
  %s1 = arith.fptosi %at1 : tensor<2x6xf32> to tensor<2x6xi32>
  %s2 = arith.fptosi %at2 : tensor<2x6xf32> to tensor<2x6xi32>
  %c1 = moe.one_hot %s1 : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %c2 = moe.one_hot %s2 : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %a1 = moe.einsum "gse,gsc->gsec" %lucky1, %c1 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %a2 = moe.einsum "gse,gsc->gsec" %m2, %c2 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %combine = arith.addf %a1, %a2 : tensor<2x6x5x3xf32>
  %zero = arith.constant dense<0.0> : tensor<2x6x5x3xf32>
  // expected-remark @+1 {{stays dense: it is not linear, and two of the 2 one-hot terms of its operand may meet}}
  %taken = arith.cmpf une, %combine, %zero : tensor<2x6x5x3xf32>
  %mask = arith.uitofp %taken : tensor<2x6x5x3xi1> to tensor<2x6x5x3xf32>
  %y = moe.einsum "gsec,gsm->egcm" %mask, %x : tensor<2x6x5x3xf32>, tensor<2x6x8xf32> -> tensor<5x2x3x8xf32>
  return %y : tensor<5x2x3x8xf32>
}

// Both choices count from slot 0.
// CHECK-LABEL: func.func @slots_of_both_count_from_zero
// CHECK:         arith.cmpf une, %{{.*}} : tensor<2x6x5x3xf32>
// CHECK:         moe.einsum "gsec,gsm->egcm"
func.func @slots_of_both_count_from_zero(%p: tensor<2x6x5xf32>, %x: tensor<2x6x8xf32>) -> tensor<5x2x3x8xf32> {
  %v1, %i1 = moe.top_k %p k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e1 = moe.reshape %i1 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %one = arith.constant dense<1.0> : tensor<2x6x5xf32>
  %m1 = moe.one_hot %e1 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %left = arith.subf %one, %m1 : tensor<2x6x5xf32>
  %others = arith.mulf %p, %left : tensor<2x6x5xf32>
  %v2, %i2 = moe.top_k %others k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e2 = moe.reshape %i2 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %m2 = moe.one_hot %e2 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %before1 = moe.cumsum %m1 dim 1 exclusive : tensor<2x6x5xf32>
  %capacity = arith.constant dense<3.0> : tensor<2x6x5xf32>
  %fits1 = arith.cmpf olt, %before1, %capacity : tensor<2x6x5xf32>
  %room1 = arith.uitofp %fits1 : tensor<2x6x5xi1> to tensor<2x6x5xf32>
  %kept1 = arith.mulf %m1, %room1 : tensor<2x6x5xf32>
  %upto2 = moe.cumsum %m2 dim 1 : tensor<2x6x5xf32>
  %before2 = arith.subf %upto2, %m2 : tensor<2x6x5xf32>
  %at1 = moe.einsum "gse,gse->gs" %before1, %m1 : tensor<2x6x5xf32>, tensor<2x6x5xf32> -> tensor<2x6xf32>
  %at2 = moe.einsum "gse,gse->gs" %before2, %m2 : tensor<2x6x5xf32>, tensor<2x6x5xf32> -> tensor<2x6xf32>
  %s1 = arith.fptosi %at1 : tensor<2x6xf32> to tensor<2x6xi32>
  %s2 = arith.fptosi %at2 : tensor<2x6xf32> to tensor<2x6xi32>
  %c1 = moe.one_hot %s1 : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %c2 = moe.one_hot %s2 : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %a1 = moe.einsum "gse,gsc->gsec" %m1, %c1 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %a2 = moe.einsum "gse,gsc->gsec" %m2, %c2 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %combine = arith.addf %a1, %a2 : tensor<2x6x5x3xf32>
  %zero = arith.constant dense<0.0> : tensor<2x6x5x3xf32>
  // expected-remark @+1 {{stays dense: it is not linear, and two of the 2 one-hot terms of its operand may meet}}
  %taken = arith.cmpf une, %combine, %zero : tensor<2x6x5x3xf32>
  %mask = arith.uitofp %taken : tensor<2x6x5x3xi1> to tensor<2x6x5x3xf32>
  %y = moe.einsum "gsec,gsm->egcm" %mask, %x : tensor<2x6x5x3xf32>, tensor<2x6x8xf32> -> tensor<5x2x3x8xf32>
  return %y : tensor<5x2x3x8xf32>
}

// Nothing is known of the indices.
// CHECK-LABEL: func.func @any_two_indices
// CHECK:         arith.cmpf une, %{{.*}} : tensor<2x6x5x3xf32>
// CHECK:         moe.einsum "gsec,gsm->egcm"
func.func @any_two_indices(%e1: tensor<2x6xi32>, %e2: tensor<2x6xi32>, %s: tensor<2x6xi32>, %x: tensor<2x6x8xf32>) -> tensor<5x2x3x8xf32> {
  %m1 = moe.one_hot %e1 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %m2 = moe.one_hot %e2 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %c1 = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %c2 = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %a1 = moe.einsum "gse,gsc->gsec" %m1, %c1 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %a2 = moe.einsum "gse,gsc->gsec" %m2, %c2 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %combine = arith.addf %a1, %a2 : tensor<2x6x5x3xf32>
  %zero = arith.constant dense<0.0> : tensor<2x6x5x3xf32>
  // expected-remark @+1 {{stays dense: it is not linear, and two of the 2 one-hot terms of its operand may meet}}
  %taken = arith.cmpf une, %combine, %zero : tensor<2x6x5x3xf32>
  %mask = arith.uitofp %taken : tensor<2x6x5x3xi1> to tensor<2x6x5x3xf32>
  %y = moe.einsum "gsec,gsm->egcm" %mask, %x : tensor<2x6x5x3xf32>, tensor<2x6x8xf32> -> tensor<5x2x3x8xf32>
  return %y : tensor<5x2x3x8xf32>
}

// One of two masks, by a condition: whichever they are, they are never both there.
// CHECK-LABEL: func.func @either_choice
// CHECK-NOT:     2x6x5x3
// CHECK:         moe.dispatch
func.func @either_choice(%e1: tensor<2x6xi32>, %e2: tensor<2x6xi32>, %s: tensor<2x6xi32>, %u: tensor<2x6xi1>, %x: tensor<2x6x8xf32>) -> tensor<5x2x3x8xf32> {
  %h1 = moe.one_hot %e1 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %h2 = moe.one_hot %e2 : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %us = moe.broadcast %u dims [0, 1] : tensor<2x6xi1> -> tensor<2x6x5xi1>
  %none = arith.constant dense<0.0> : tensor<2x6x5xf32>
  %m1 = arith.select %us, %h1, %none : tensor<2x6x5xi1>, tensor<2x6x5xf32>
  %m2 = arith.select %us, %none, %h2 : tensor<2x6x5xi1>, tensor<2x6x5xf32>
  %c1 = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %c2 = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %a1 = moe.einsum "gse,gsc->gsec" %m1, %c1 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %a2 = moe.einsum "gse,gsc->gsec" %m2, %c2 : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %combine = arith.addf %a1, %a2 : tensor<2x6x5x3xf32>
  %zero = arith.constant dense<0.0> : tensor<2x6x5x3xf32>
  %taken = arith.cmpf une, %combine, %zero : tensor<2x6x5x3xf32>
  %mask = arith.uitofp %taken : tensor<2x6x5x3xi1> to tensor<2x6x5x3xf32>
  %y = moe.einsum "gsec,gsm->egcm" %mask, %x : tensor<2x6x5x3xf32>, tensor<2x6x8xf32> -> tensor<5x2x3x8xf32>
  return %y : tensor<5x2x3x8xf32>
}

// A mask that is summed over tokens and slots stays one.
// CHECK-LABEL: func.func @tokens_of_each_expert
// CHECK:         moe.einsum "gsec->ge"
func.func @tokens_of_each_expert(%e: tensor<2x6xi32>, %s: tensor<2x6xi32>) -> tensor<2x5xf32> {
  %me = moe.one_hot %e : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %ms = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %mask = moe.einsum "gse,gsc->gsec" %me, %ms : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  // expected-remark @+1 {{stays dense: its one-hot operand has several indices}}
  %y = moe.einsum "gsec->ge" %mask : tensor<2x6x5x3xf32> -> tensor<2x5xf32>
  return %y : tensor<2x5xf32>
}
