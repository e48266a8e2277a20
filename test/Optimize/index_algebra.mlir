// Masks written in many ways become dispatch, combine and lookups, and mean the
// same: bit for bit in exact mode.
// RUN: moe-opt %s --moe-index-dispatch --canonicalize --cse -o %t
// RUN: FileCheck %s --input-file=%t
// RUN: moe-interpret %s --all --exact --compare=%t

// Slots one-hot for all experts at once, [g,s,e] -> [g,s,e,c]: the mask picks the
// one that counts.
// CHECK-LABEL: func.func @positions_of_all_experts
// CHECK-NOT:     2x6x3x4
// CHECK:         %[[P:.*]] = moe.gather %{{.*}} batch_dims 2
// CHECK:         %[[S:.*]] = moe.reshape %[[P]]
// CHECK:         moe.dispatch %{{.*}} to %{{.*}}, %[[S]]
func.func @positions_of_all_experts(%x: tensor<2x6x8xf32>, %p: tensor<2x6x3xf32>) -> tensor<3x2x4x8xf32> {
  %v, %i = moe.top_k %p k 1 dim 2 : tensor<2x6x3xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e = moe.reshape %i : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %m = moe.one_hot %e : tensor<2x6xi32> -> tensor<2x6x3xi32>
  %pos = moe.cumsum %m dim 1 exclusive : tensor<2x6x3xi32>
  %hot = moe.one_hot %pos : tensor<2x6x3xi32> -> tensor<2x6x3x4xf32>
  %mf = arith.sitofp %m : tensor<2x6x3xi32> to tensor<2x6x3xf32>
  %mb = moe.broadcast %mf dims [0, 1, 2] : tensor<2x6x3xf32> -> tensor<2x6x3x4xf32>
  %mask = arith.mulf %hot, %mb : tensor<2x6x3x4xf32>
  %sent = moe.einsum "gsec,gsm->egcm" %mask, %x : tensor<2x6x3x4xf32>, tensor<2x6x8xf32> -> tensor<3x2x4x8xf32>
  return %sent : tensor<3x2x4x8xf32>
}

// All choices in one tensor [g,s,k]: they stay one tensor, and the multi-hot mask
// of a token's distinct choices is still disjoint.
// CHECK-LABEL: func.func @choices_as_a_dimension
// CHECK-SAME:    %[[X:.*]]: tensor<2x6x8xf32>
// CHECK-NOT:     2x6x3x4
// CHECK:         %[[V:.*]], %[[I:.*]] = moe.top_k
// CHECK:         %[[NONZERO:.*]] = arith.cmpf une, %[[V]]
// CHECK:         %[[P:.*]] = moe.gather %{{.*}}[%[[I]]] batch_dims 2
// CHECK:         %[[S:.*]] = arith.select %[[NONZERO]], %[[P]]
// CHECK-NEXT:    %[[SENT:.*]] = moe.dispatch %[[X]] to %[[I]], %[[S]]
// CHECK-NEXT:    moe.combine %[[SENT]] from %[[I]], %[[S]] weights %[[V]]
func.func @choices_as_a_dimension(%x: tensor<2x6x8xf32>, %p: tensor<2x6x3xf32>) -> tensor<2x6x8xf32> {
  %v, %i = moe.top_k %p k 2 dim 2 : tensor<2x6x3xf32> -> tensor<2x6x2xf32>, tensor<2x6x2xi32>
  %m = moe.one_hot %i : tensor<2x6x2xi32> -> tensor<2x6x2x3xf32>
  %multi = moe.reduce sum %m dims [2] : tensor<2x6x2x3xf32> -> tensor<2x6x3xf32>
  %pos = moe.cumsum %multi dim 1 exclusive : tensor<2x6x3xf32>
  %posi = arith.fptosi %pos : tensor<2x6x3xf32> to tensor<2x6x3xi32>
  %hot = moe.one_hot %posi : tensor<2x6x3xi32> -> tensor<2x6x3x4xf32>
  %combine = moe.einsum "gsk,gske,gsec->gsec" %v, %m, %hot : tensor<2x6x2xf32>, tensor<2x6x2x3xf32>, tensor<2x6x3x4xf32> -> tensor<2x6x3x4xf32>
  %zero = arith.constant dense<0.0> : tensor<2x6x3x4xf32>
  %taken = arith.cmpf une, %combine, %zero : tensor<2x6x3x4xf32>
  %mask = arith.uitofp %taken : tensor<2x6x3x4xi1> to tensor<2x6x3x4xf32>
  %sent = moe.einsum "gsec,gsm->egcm" %mask, %x : tensor<2x6x3x4xf32>, tensor<2x6x8xf32> -> tensor<3x2x4x8xf32>
  %y = moe.einsum "gsec,egcm->gsm" %combine, %sent : tensor<2x6x3x4xf32>, tensor<3x2x4x8xf32> -> tensor<2x6x8xf32>
  return %y : tensor<2x6x8xf32>
}

// Other letters in other orders, no group, masks from comparisons, never their
// product: three operands in one einsum.
// CHECK-LABEL: func.func @comparisons_with_iota
// CHECK-SAME:    %[[X:.*]]: tensor<6x8xf32>, %[[E:.*]]: tensor<6xi32>, %[[S:.*]]: tensor<6xi32>
// CHECK-DAG:     %[[C:.*]] = moe.reshape %[[S]] : tensor<6xi32> -> tensor<1x6x1xi32>
// CHECK-DAG:     %[[B:.*]] = moe.reshape %[[E]] : tensor<6xi32> -> tensor<1x6x1xi32>
// CHECK:         %[[D:.*]] = moe.dispatch %{{.*}} to %[[C]], %[[B]] : {{.*}} -> tensor<4x1x3x8xf32>
// CHECK:         moe.transpose
func.func @comparisons_with_iota(%x: tensor<6x8xf32>, %e: tensor<6xi32>, %s: tensor<6xi32>, %keep: tensor<6xi1>) -> tensor<8x4x3xf32> {
  %io = moe.iota dim 1 : tensor<6x3xi32>
  %eb = moe.broadcast %e dims [0] : tensor<6xi32> -> tensor<6x3xi32>
  %m = arith.cmpi eq, %io, %eb : tensor<6x3xi32>
  %is = moe.iota dim 0 : tensor<4x6xi32>
  %sb = moe.broadcast %s dims [1] : tensor<6xi32> -> tensor<4x6xi32>
  %c = arith.cmpi eq, %sb, %is : tensor<4x6xi32>
  %one = arith.constant dense<1.0> : tensor<4x6xf32>
  %zero = arith.constant dense<0.0> : tensor<4x6xf32>
  %cf = arith.select %c, %one, %zero : tensor<4x6xi1>, tensor<4x6xf32>
  %mf = arith.uitofp %m : tensor<6x3xi1> to tensor<6x3xf32>
  %kb = moe.broadcast %keep dims [0] : tensor<6xi1> -> tensor<6x8xi1>
  %zx = arith.constant dense<0.0> : tensor<6x8xf32>
  %xk = arith.select %kb, %x, %zx : tensor<6x8xi1>, tensor<6x8xf32>
  %sent = moe.einsum "te,tm,ct->mce" %mf, %xk, %cf : tensor<6x3xf32>, tensor<6x8xf32>, tensor<4x6xf32> -> tensor<8x4x3xf32>
  return %sent : tensor<8x4x3xf32>
}

// A one-hot contraction is a lookup; an index out of range is a row of zeros.
// CHECK-LABEL: func.func @embedding
// CHECK-NEXT:    %[[Y:.*]] = moe.gather %{{.*}}[%{{.*}}] batch_dims 0
// CHECK-NEXT:    return %[[Y]]
func.func @embedding(%t: tensor<6x8xf32>, %i: tensor<2x3xi32>) -> tensor<2x3x8xf32> {
  %m = moe.one_hot %i : tensor<2x3xi32> -> tensor<2x3x6xf32>
  %y = moe.einsum "btv,vm->btm" %m, %t : tensor<2x3x6xf32>, tensor<6x8xf32> -> tensor<2x3x8xf32>
  return %y : tensor<2x3x8xf32>
}

// Sums of a mask over slots and tokens need no mask either.
// CHECK-LABEL: func.func @statistics_of_a_mask
// CHECK-NOT:     2x6x3x4
// CHECK:         moe.reduce sum %{{.*}} dims [0, 1] : tensor<2x6x3xf32> -> tensor<3xf32>
// CHECK:         moe.reduce sum %{{.*}} dims [0, 1] : tensor<2x6xf32> -> tensor<f32>
func.func @statistics_of_a_mask(%a: tensor<2x6xi32>, %c: tensor<2x6xi32>, %w: tensor<2x6xf32>) -> (tensor<3xf32>, tensor<f32>) {
  %ma = moe.one_hot %a : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %hc = moe.one_hot %c : tensor<2x6xi32> -> tensor<2x6x4xf32>
  %m1 = moe.einsum "gs,gse,gsc->gsec" %w, %ma, %hc : tensor<2x6xf32>, tensor<2x6x3xf32>, tensor<2x6x4xf32> -> tensor<2x6x3x4xf32>
  %load = moe.reduce sum %m1 dims [0, 1, 3] : tensor<2x6x3x4xf32> -> tensor<3xf32>
  %all = moe.reduce sum %m1 dims [0, 1, 2, 3] : tensor<2x6x3x4xf32> -> tensor<f32>
  return %load, %all : tensor<3xf32>, tensor<f32>
}

// Three choices, each masked out of the scores for the next; the combine weights
// are divided after they are spread, and the masks added before the slots.
// CHECK-LABEL: func.func @three_choices
// CHECK-NOT:     2x6x5x3
// CHECK:         moe.dispatch %{{.*}} : tensor<2x6x8xf32>, tensor<2x6x3xi32>, tensor<2x6x3xi32> -> tensor<5x2x3x8xf32>
// CHECK:         moe.combine %{{.*}} tensor<2x6x3xf32> -> tensor<2x6x8xf32>
func.func @three_choices(%x: tensor<2x6x8xf32>, %p: tensor<2x6x5xf32>) -> tensor<2x6x8xf32> {
  %never = arith.constant dense<0xFF800000> : tensor<2x6x5xf32>
  %v1, %i1 = moe.top_k %p k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e1 = moe.reshape %i1 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %m1 = moe.one_hot %e1 : tensor<2x6xi32> -> tensor<2x6x5xi1>
  %p2 = arith.select %m1, %never, %p : tensor<2x6x5xi1>, tensor<2x6x5xf32>
  %v2, %i2 = moe.top_k %p2 k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e2 = moe.reshape %i2 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %m2 = moe.one_hot %e2 : tensor<2x6xi32> -> tensor<2x6x5xi1>
  %m12 = arith.ori %m1, %m2 : tensor<2x6x5xi1>
  %p3 = arith.select %m12, %never, %p : tensor<2x6x5xi1>, tensor<2x6x5xf32>
  %v3, %i3 = moe.top_k %p3 k 1 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x1xf32>, tensor<2x6x1xi32>
  %e3 = moe.reshape %i3 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %m3 = moe.one_hot %e3 : tensor<2x6xi32> -> tensor<2x6x5xi1>
  %all = arith.ori %m3, %m12 : tensor<2x6x5xi1>
  %ones = arith.extui %all : tensor<2x6x5xi1> to tensor<2x6x5xi32>
  %before = moe.cumsum %ones dim 1 exclusive : tensor<2x6x5xi32>
  %slots = moe.one_hot %before : tensor<2x6x5xi32> -> tensor<2x6x5x3xf32>
  %mask = arith.uitofp %all : tensor<2x6x5xi1> to tensor<2x6x5xf32>
  %weights = arith.mulf %mask, %p : tensor<2x6x5xf32>
  %spread = moe.broadcast %weights dims [0, 1, 2] : tensor<2x6x5xf32> -> tensor<2x6x5x3xf32>
  %raw = arith.mulf %spread, %slots : tensor<2x6x5x3xf32>
  %total = moe.reduce sum %p dims [2] : tensor<2x6x5xf32> -> tensor<2x6xf32>
  %totals = moe.broadcast %total dims [0, 1] : tensor<2x6xf32> -> tensor<2x6x5x3xf32>
  %combine = arith.divf %raw, %totals : tensor<2x6x5x3xf32>
  %zero = arith.constant dense<0.0> : tensor<2x6x5x3xf32>
  %one = arith.constant dense<1.0> : tensor<2x6x5x3xf32>
  %taken = arith.cmpf une, %zero, %combine : tensor<2x6x5x3xf32>
  %dispatch = arith.select %taken, %one, %zero : tensor<2x6x5x3xi1>, tensor<2x6x5x3xf32>
  %sent = moe.einsum "gsm,gsec->egcm" %x, %dispatch : tensor<2x6x8xf32>, tensor<2x6x5x3xf32> -> tensor<5x2x3x8xf32>
  %made = math.tanh %sent : tensor<5x2x3x8xf32>
  %y = moe.einsum "egcm,gsec->gsm" %made, %combine : tensor<5x2x3x8xf32>, tensor<2x6x5x3xf32> -> tensor<2x6x8xf32>
  return %y : tensor<2x6x8xf32>
}

// A dispatch by weights sends weighted tokens.
// CHECK-LABEL: func.func @weighted_dispatch
// CHECK-NOT:     2x6x3x4
// CHECK:         %[[W:.*]] = moe.broadcast
// CHECK:         %[[X:.*]] = arith.mulf %{{.*}}, %[[W]] : tensor<2x6x8xf32>
// CHECK:         moe.dispatch %[[X]]
func.func @weighted_dispatch(%x: tensor<2x6x8xf32>, %e: tensor<2x6xi32>, %s: tensor<2x6xi32>, %w: tensor<2x6xf32>) -> tensor<3x2x4x8xf32> {
  %me = moe.one_hot %e : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %ms = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x4xf32>
  %y = moe.einsum "gsm,gsc,gs,gse->egcm" %x, %ms, %w, %me : tensor<2x6x8xf32>, tensor<2x6x4xf32>, tensor<2x6xf32>, tensor<2x6x3xf32> -> tensor<3x2x4x8xf32>
  return %y : tensor<3x2x4x8xf32>
}

// Bits said four times are bits, not four.
// CHECK-LABEL: func.func @a_mask_said_four_times
// CHECK-NOT:     moe.reduce
// CHECK:         moe.dispatch %arg0
func.func @a_mask_said_four_times(%x: tensor<2x6x8xf32>, %e: tensor<2x6xi32>, %s: tensor<2x6xi32>) -> tensor<5x2x3x8xf32> {
  %once = moe.one_hot %e : tensor<2x6xi32> -> tensor<2x6x5xi1>
  %four = moe.broadcast %once dims [1, 2, 3] : tensor<2x6x5xi1> -> tensor<4x2x6x5xi1>
  %any = moe.reduce or %four dims [0] : tensor<4x2x6x5xi1> -> tensor<2x6x5xi1>
  %me = arith.uitofp %any : tensor<2x6x5xi1> to tensor<2x6x5xf32>
  %ms = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %y = moe.einsum "gsm,gsc,gse->egcm" %x, %ms, %me : tensor<2x6x8xf32>, tensor<2x6x3xf32>, tensor<2x6x5xf32> -> tensor<5x2x3x8xf32>
  return %y : tensor<5x2x3x8xf32>
}

// Terms whose indices come in another order each are one mask.
// CHECK-LABEL: func.func @terms_in_two_layouts
// CHECK-NOT:     moe.einsum
// CHECK:         moe.dispatch %{{.*}} : tensor<2x6x8xf32>, tensor<2x6x2xi32>, tensor<2x6x2xi32> -> tensor<5x2x3x8xf32>
func.func @terms_in_two_layouts(%x: tensor<2x6x8xf32>, %p: tensor<2x6x5xf32>, %s: tensor<2x6xi32>) -> tensor<5x2x3x8xf32> {
  %v, %i = moe.top_k %p k 2 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x2xf32>, tensor<2x6x2xi32>
  %i1 = moe.slice %i offsets [0, 0, 0] strides [1, 1, 1] : tensor<2x6x2xi32> -> tensor<2x6x1xi32>
  %i2 = moe.slice %i offsets [0, 0, 1] strides [1, 1, 1] : tensor<2x6x2xi32> -> tensor<2x6x1xi32>
  %a = moe.reshape %i1 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %b = moe.reshape %i2 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %ma = moe.one_hot %a : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %mb = moe.one_hot %b : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %ms = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %experts = moe.broadcast %ma dims [0, 1, 2] : tensor<2x6x5xf32> -> tensor<2x6x5x3xf32>
  %slots = moe.broadcast %ms dims [0, 1, 3] : tensor<2x6x3xf32> -> tensor<2x6x5x3xf32>
  %0 = arith.mulf %experts, %slots : tensor<2x6x5x3xf32>
  %1 = moe.einsum "gse,gsc->gsce" %mb, %ms : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<2x6x3x5xf32>
  %2 = moe.transpose %1 permutation [0, 1, 3, 2] : tensor<2x6x3x5xf32> -> tensor<2x6x5x3xf32>
  %3 = arith.addf %0, %2 : tensor<2x6x5x3xf32>
  %y = moe.einsum "gsm,gsec->egcm" %x, %3 : tensor<2x6x8xf32>, tensor<2x6x5x3xf32> -> tensor<5x2x3x8xf32>
  return %y : tensor<5x2x3x8xf32>
}

// An iota and a mask is no iota that begins elsewhere.
// CHECK-LABEL: func.func @iota_and_a_mask
func.func @iota_and_a_mask(%a: tensor<6xi32> {moe.bound = 5}, %b: tensor<6xi32> {moe.bound = 5}, %w: tensor<5xf32>) -> tensor<6xf32> {
  %places = moe.iota dim 1 : tensor<6x5xi32>
  %mask = moe.one_hot %a : tensor<6xi32> -> tensor<6x5xi32>
  %sum = arith.addi %places, %mask : tensor<6x5xi32>
  %index = moe.broadcast %b dims [0] : tensor<6xi32> -> tensor<6x5xi32>
  %is = arith.cmpi eq, %sum, %index : tensor<6x5xi32>
  %picked = arith.uitofp %is : tensor<6x5xi1> to tensor<6x5xf32>
  %y = moe.einsum "se,e->s" %picked, %w : tensor<6x5xf32>, tensor<5xf32> -> tensor<6xf32>
  return %y : tensor<6xf32>
}

// One more is picked than there are scores left, so that one expert may be picked twice.
// CHECK-LABEL: func.func @more_picks_than_scores
// CHECK:         arith.cmpf une
func.func @more_picks_than_scores(%p: tensor<6x2xf32>) -> tensor<6x2xf32> {
  %v1, %i1 = moe.top_k %p k 1 dim 1 : tensor<6x2xf32> -> tensor<6x1xf32>, tensor<6x1xi32>
  %first = moe.reshape %i1 : tensor<6x1xi32> -> tensor<6xi32>
  %is1 = moe.one_hot %first : tensor<6xi32> -> tensor<6x2xi1>
  %never = arith.constant dense<0xFF800000> : tensor<6x2xf32>
  %left = arith.select %is1, %never, %p : tensor<6x2xi1>, tensor<6x2xf32>
  %v2, %i2 = moe.top_k %left k 2 dim 1 : tensor<6x2xf32> -> tensor<6x2xf32>, tensor<6x2xi32>
  %last = moe.slice %i2 offsets [0, 1] strides [1, 1] : tensor<6x2xi32> -> tensor<6x1xi32>
  %second = moe.reshape %last : tensor<6x1xi32> -> tensor<6xi32>
  %m1 = moe.one_hot %first : tensor<6xi32> -> tensor<6x2xf32>
  %m2 = moe.one_hot %second : tensor<6xi32> -> tensor<6x2xf32>
  %both = arith.addf %m1, %m2 : tensor<6x2xf32>
  %zero = arith.constant dense<0.0> : tensor<6x2xf32>
  %taken = arith.cmpf une, %both, %zero : tensor<6x2xf32>
  %mask = arith.uitofp %taken : tensor<6x2xi1> to tensor<6x2xf32>
  %sum = moe.reduce sum %mask dims [1] : tensor<6x2xf32> -> tensor<6xf32>
  %wide = moe.broadcast %sum dims [0] : tensor<6xf32> -> tensor<6x2xf32>
  return %wide : tensor<6x2xf32>
}

// What only weights vary along is summed in the weights.
// CHECK-LABEL: func.func @weights_are_summed_first
// CHECK-NOT:     6x5x4
// CHECK-DAG:     moe.reduce sum %{{.*}} dims [1] : tensor<6x4xf32> -> tensor<6xf32>
// CHECK-DAG:     moe.gather
func.func @weights_are_summed_first(%i: tensor<6xi32>, %w: tensor<6x4xf32>, %t: tensor<5x8xf32>) -> tensor<6x8xf32> {
  %mask = moe.one_hot %i : tensor<6xi32> -> tensor<6x5xf32>
  %masks = moe.broadcast %mask dims [0, 1] : tensor<6x5xf32> -> tensor<6x5x4xf32>
  %weights = moe.broadcast %w dims [0, 2] : tensor<6x4xf32> -> tensor<6x5x4xf32>
  %product = arith.mulf %masks, %weights : tensor<6x5x4xf32>
  %sum = moe.reduce sum %product dims [2] : tensor<6x5x4xf32> -> tensor<6x5xf32>
  %y = moe.einsum "se,ed->sd" %sum, %t : tensor<6x5xf32>, tensor<5x8xf32> -> tensor<6x8xf32>
  return %y : tensor<6x8xf32>
}

// A mask alone counts the tokens of each slot.
// CHECK-LABEL: func.func @tokens_of_each_slot
// CHECK:         %[[ONE:.*]] = arith.constant dense<1.000000e+00> : tensor<2x6xf32>
// CHECK:         %[[ONES:.*]] = moe.reshape %[[ONE]] : tensor<2x6xf32> -> tensor<1x12x1xf32>
// CHECK:         moe.dispatch %[[ONES]]
func.func @tokens_of_each_slot(%e: tensor<2x6xi32>, %s: tensor<2x6xi32>) -> tensor<5x3xf32> {
  %me = moe.one_hot %e : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %ms = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %y = moe.einsum "gse,gsc->ec" %me, %ms : tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<5x3xf32>
  return %y : tensor<5x3xf32>
}

// Whether any of two choices is kept.
// CHECK-LABEL: func.func @any_choice_is_kept
// CHECK-SAME:    %[[U:[^:]*]]: tensor<2x6xi1>, %[[V:[^:]*]]: tensor<2x6xi1>
// CHECK:         %[[ANY:.*]] = arith.ori %[[U]], %[[V]] : tensor<2x6xi1>
// CHECK-NEXT:    return %[[ANY]]
func.func @any_choice_is_kept(%p: tensor<2x6x5xf32>, %u: tensor<2x6xi1>, %v: tensor<2x6xi1>) -> tensor<2x6xi1> {
  %best, %i = moe.top_k %p k 2 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x2xf32>, tensor<2x6x2xi32>
  %i1 = moe.slice %i offsets [0, 0, 0] strides [1, 1, 1] : tensor<2x6x2xi32> -> tensor<2x6x1xi32>
  %i2 = moe.slice %i offsets [0, 0, 1] strides [1, 1, 1] : tensor<2x6x2xi32> -> tensor<2x6x1xi32>
  %a = moe.reshape %i1 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %b = moe.reshape %i2 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %ma = moe.one_hot %a : tensor<2x6xi32> -> tensor<2x6x5xi1>
  %mb = moe.one_hot %b : tensor<2x6xi32> -> tensor<2x6x5xi1>
  %wide_u = moe.broadcast %u dims [0, 1] : tensor<2x6xi1> -> tensor<2x6x5xi1>
  %wide_v = moe.broadcast %v dims [0, 1] : tensor<2x6xi1> -> tensor<2x6x5xi1>
  %ka = arith.andi %ma, %wide_u : tensor<2x6x5xi1>
  %kb = arith.andi %mb, %wide_v : tensor<2x6x5xi1>
  %both = arith.ori %ka, %kb : tensor<2x6x5xi1>
  %any = moe.reduce or %both dims [2] : tensor<2x6x5xi1> -> tensor<2x6xi1>
  return %any : tensor<2x6xi1>
}

// Weights are multiplied in the type of the result.
// CHECK-LABEL: func.func @narrow_weights
// CHECK-NOT:     6x5
// CHECK:         arith.mulf %{{.*}} : tensor<6xf32>
func.func @narrow_weights(%i: tensor<6xi32>, %v: tensor<6xbf16>, %w: tensor<6xbf16>, %t: tensor<5x8xf32>) -> tensor<6x8xf32> {
  %mask = moe.one_hot %i : tensor<6xi32> -> tensor<6x5xbf16>
  %both = moe.einsum "s,se,s->se" %v, %mask, %w : tensor<6xbf16>, tensor<6x5xbf16>, tensor<6xbf16> -> tensor<6x5xf32>
  %y = moe.einsum "se,ed->sd" %both, %t : tensor<6x5xf32>, tensor<5x8xf32> -> tensor<6x8xf32>
  return %y : tensor<6x8xf32>
}

// What choices weigh together is summed over them, and used as any number.
// CHECK-LABEL: func.func @shares_of_all_choices
// CHECK-NOT:     6x2x5
// CHECK:         moe.reduce sum %{{.*}} dims [1] : tensor<6x2xf32> -> tensor<6xf32>
func.func @shares_of_all_choices(%p: tensor<6x5xf32>, %w: tensor<6x2xf32>, %t: tensor<5x8xf32>) -> tensor<6x8xf32> {
  %best, %i = moe.top_k %p k 2 dim 1 : tensor<6x5xf32> -> tensor<6x2xf32>, tensor<6x2xi32>
  %masks = moe.one_hot %i : tensor<6x2xi32> -> tensor<6x2x5xf32>
  %sum = moe.einsum "sk,ske->se" %w, %masks : tensor<6x2xf32>, tensor<6x2x5xf32> -> tensor<6x5xf32>
  %total = moe.reduce sum %sum dims [1] : tensor<6x5xf32> -> tensor<6xf32>
  %totals = moe.broadcast %total dims [0] : tensor<6xf32> -> tensor<6x5xf32>
  %shares = arith.divf %sum, %totals : tensor<6x5xf32>
  %y = moe.einsum "se,ed->sd" %shares, %t : tensor<6x5xf32>, tensor<5x8xf32> -> tensor<6x8xf32>
  return %y : tensor<6x8xf32>
}

// Two choices are two, whatever they are.
// CHECK-LABEL: func.func @number_of_choices
// CHECK-NEXT:    %[[TWO:.*]] = arith.constant dense<2.000000e+00>
// CHECK-NOT:     moe.one_hot
func.func @number_of_choices(%p: tensor<6x5xf32>) -> tensor<6xf32> {
  %best, %i = moe.top_k %p k 2 dim 1 : tensor<6x5xf32> -> tensor<6x2xf32>, tensor<6x2xi32>
  %masks = moe.one_hot %i : tensor<6x2xi32> -> tensor<6x2x5xf32>
  %y = moe.reduce sum %masks dims [1, 2] : tensor<6x2x5xf32> -> tensor<6xf32>
  return %y : tensor<6xf32>
}

// Two choices of two are four.
// CHECK-LABEL: func.func @choices_of_choices
// CHECK-NOT:     6x5x3
// CHECK:         moe.dispatch %{{.*}} : tensor<1x6x8xf32>, tensor<1x6x4xi32>, tensor<1x6x4xi32> -> tensor<5x1x3x8xf32>
func.func @choices_of_choices(%p: tensor<6x5xf32>, %q: tensor<6x3xf32>, %x: tensor<6x8xf32>) -> tensor<5x3x8xf32> {
  %v, %i = moe.top_k %p k 2 dim 1 : tensor<6x5xf32> -> tensor<6x2xf32>, tensor<6x2xi32>
  %u, %j = moe.top_k %q k 2 dim 1 : tensor<6x3xf32> -> tensor<6x2xf32>, tensor<6x2xi32>
  %mi = moe.one_hot %i : tensor<6x2xi32> -> tensor<6x2x5xf32>
  %mj = moe.one_hot %j : tensor<6x2xi32> -> tensor<6x2x3xf32>
  %combine = moe.einsum "ske,sk,slc->sec" %mi, %v, %mj : tensor<6x2x5xf32>, tensor<6x2xf32>, tensor<6x2x3xf32> -> tensor<6x5x3xf32>
  %zero = arith.constant dense<0.0> : tensor<6x5x3xf32>
  %taken = arith.cmpf une, %combine, %zero : tensor<6x5x3xf32>
  %mask = arith.uitofp %taken : tensor<6x5x3xi1> to tensor<6x5x3xf32>
  %y = moe.einsum "sec,sm->ecm" %mask, %x : tensor<6x5x3xf32>, tensor<6x8xf32> -> tensor<5x3x8xf32>
  return %y : tensor<5x3x8xf32>
}

// What is looked up in zeros is zero.
// CHECK-LABEL: func.func @lookup_in_zeros
// CHECK-NEXT:    %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<6x8xf32>
// CHECK-NEXT:    return %[[ZERO]]
func.func @lookup_in_zeros(%i: tensor<6xi32>) -> tensor<6x8xf32> {
  %mask = moe.one_hot %i : tensor<6xi32> -> tensor<6x5xf32>
  %zeros = arith.constant dense<0.0> : tensor<5x8xf32>
  %y = moe.einsum "se,ed->sd" %mask, %zeros : tensor<6x5xf32>, tensor<5x8xf32> -> tensor<6x8xf32>
  return %y : tensor<6x8xf32>
}

// What was not sent has a slot all the same, which others may have filled: a combine without the
// keep of its dispatch reads it.
// CHECK-LABEL: func.func @combine_reads_what_was_not_sent
// CHECK-SAME:    %[[S:[^:]*]]: tensor<2x6xi32>, %[[U:[^:]*]]: tensor<2x6xi1>
// CHECK-DAG:     %[[ALL:.*]] = moe.reshape %[[S]] : tensor<2x6xi32> -> tensor<2x6x1xi32>
// CHECK-DAG:     %[[KEPT:.*]] = arith.select %[[U]], %[[S]], %{{.*}} : tensor<2x6xi1>, tensor<2x6xi32>
// CHECK-DAG:     %[[SOME:.*]] = moe.reshape %[[KEPT]] : tensor<2x6xi32> -> tensor<2x6x1xi32>
// CHECK:         moe.dispatch %{{.*}} to %[[E:.*]], %[[SOME]]
// CHECK:         moe.combine %{{.*}} from %[[E]], %[[ALL]]
func.func @combine_reads_what_was_not_sent(%x: tensor<2x6x8xf32>, %e: tensor<2x6xi32>, %s: tensor<2x6xi32>, %u: tensor<2x6xi1>) -> tensor<2x6x8xf32> {
  %me = moe.one_hot %e : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %ms = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %kept = arith.uitofp %u : tensor<2x6xi1> to tensor<2x6xf32>
  %sent = moe.einsum "gsm,gse,gsc,gs->egcm" %x, %me, %ms, %kept : tensor<2x6x8xf32>, tensor<2x6x5xf32>, tensor<2x6x3xf32>, tensor<2x6xf32> -> tensor<5x2x3x8xf32>
  %made = math.exp %sent : tensor<5x2x3x8xf32>
  %y = moe.einsum "gse,gsc,egcm->gsm" %me, %ms, %made : tensor<2x6x5xf32>, tensor<2x6x3xf32>, tensor<5x2x3x8xf32> -> tensor<2x6x8xf32>
  return %y : tensor<2x6x8xf32>
}

// Nor does it read the slots of another choice.
// CHECK-LABEL: func.func @combine_reads_other_slots
// CHECK-SAME:    tensor<2x6x8xf32>, %{{[^:]*}}: tensor<2x6xi32>, %[[A:[^:]*]]: tensor<2x6xi32>, %[[B:[^:]*]]: tensor<2x6xi32>
// CHECK-DAG:     %[[SENT:.*]] = moe.reshape %[[A]]
// CHECK-DAG:     %[[READ:.*]] = moe.reshape %[[B]]
// CHECK:         moe.dispatch %{{.*}} to %[[E:.*]], %[[SENT]]
// CHECK:         moe.combine %{{.*}} from %[[E]], %[[READ]]
func.func @combine_reads_other_slots(%x: tensor<2x6x8xf32>, %e: tensor<2x6xi32>, %a: tensor<2x6xi32>, %b: tensor<2x6xi32>) -> tensor<2x6x8xf32> {
  %me = moe.one_hot %e : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %ma = moe.one_hot %a : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %mb = moe.one_hot %b : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %sent = moe.einsum "gsm,gse,gsc->egcm" %x, %me, %ma : tensor<2x6x8xf32>, tensor<2x6x5xf32>, tensor<2x6x3xf32> -> tensor<5x2x3x8xf32>
  %made = math.exp %sent : tensor<5x2x3x8xf32>
  %y = moe.einsum "gse,gsc,egcm->gsm" %me, %mb, %made : tensor<2x6x5xf32>, tensor<2x6x3xf32>, tensor<5x2x3x8xf32> -> tensor<2x6x8xf32>
  return %y : tensor<2x6x8xf32>
}

// Tokens that weigh nothing are not sent.
// CHECK-LABEL: func.func @dispatch_of_nothing
// CHECK-NOT:     moe.dispatch
// CHECK:         moe.einsum "gsm,gse,gsc,gs->egcm"
func.func @dispatch_of_nothing(%x: tensor<2x6x8xf32>, %e: tensor<2x6xi32>, %s: tensor<2x6xi32>) -> tensor<5x2x3x8xf32> {
  %me = moe.one_hot %e : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %ms = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %none = arith.constant dense<0.0> : tensor<2x6xf32>
  %y = moe.einsum "gsm,gse,gsc,gs->egcm" %x, %me, %ms, %none : tensor<2x6x8xf32>, tensor<2x6x5xf32>, tensor<2x6x3xf32>, tensor<2x6xf32> -> tensor<5x2x3x8xf32>
  return %y : tensor<5x2x3x8xf32>
}

// Indices of each other are no index of anything.
// CHECK-LABEL: func.func @indices_of_each_other
// CHECK:         moe.einsum "ij,ji,jm->im"
func.func @indices_of_each_other(%a: tensor<4xi32>, %b: tensor<5xi32>, %x: tensor<5x8xf32>) -> tensor<4x8xf32> {
  %ma = moe.one_hot %a : tensor<4xi32> -> tensor<4x5xf32>
  %mb = moe.one_hot %b : tensor<5xi32> -> tensor<5x4xf32>
  %y = moe.einsum "ij,ji,jm->im" %ma, %mb, %x : tensor<4x5xf32>, tensor<5x4xf32>, tensor<5x8xf32> -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// A function of a mask is one of its weights.
// CHECK-LABEL: func.func @magnitudes
// CHECK-NOT:     6x5
// CHECK:         math.absf %{{.*}} : tensor<6xf32>
func.func @magnitudes(%i: tensor<6xi32>, %w: tensor<6xf32>, %t: tensor<5x8xf32>) -> tensor<6x8xf32> {
  %mask = moe.one_hot %i : tensor<6xi32> -> tensor<6x5xf32>
  %wide = moe.broadcast %w dims [0] : tensor<6xf32> -> tensor<6x5xf32>
  %weighted = arith.mulf %mask, %wide : tensor<6x5xf32>
  %size = math.absf %weighted : tensor<6x5xf32>
  %y = moe.einsum "se,ed->sd" %size, %t : tensor<6x5xf32>, tensor<5x8xf32> -> tensor<6x8xf32>
  return %y : tensor<6x8xf32>
}

// Integers are summed densely: only floats are dispatched and combined.
// CHECK-LABEL: func.func @integers_are_summed
// CHECK:         moe.einsum "sec,sm->ecm"
func.func @integers_are_summed(%x: tensor<6x8xi32>, %e: tensor<6xi32>, %s: tensor<6xi32>) -> tensor<5x3x8xi32> {
  %me = moe.one_hot %e : tensor<6xi32> -> tensor<6x5xi32>
  %ms = moe.one_hot %s : tensor<6xi32> -> tensor<6x3xi32>
  %mask = moe.einsum "se,sc->sec" %me, %ms : tensor<6x5xi32>, tensor<6x3xi32> -> tensor<6x5x3xi32>
  %y = moe.einsum "sec,sm->ecm" %mask, %x : tensor<6x5x3xi32>, tensor<6x8xi32> -> tensor<5x3x8xi32>
  return %y : tensor<5x3x8xi32>
}

// Looked up in an iota, an index is itself.
// CHECK-LABEL: func.func @number_of_the_expert
// CHECK-NOT:     moe.gather
// CHECK-NOT:     moe.reduce
func.func @number_of_the_expert(%i: tensor<6xi32>) -> tensor<6xi32> {
  %mask = moe.one_hot %i : tensor<6xi32> -> tensor<6x5xi32>
  %numbers = moe.iota dim 1 : tensor<6x5xi32>
  %product = arith.muli %mask, %numbers : tensor<6x5xi32>
  %y = moe.reduce sum %product dims [1] : tensor<6x5xi32> -> tensor<6xi32>
  return %y : tensor<6xi32>
}

// Two masks that meet are one where they do.
// CHECK-LABEL: func.func @masks_that_meet
// CHECK:         arith.ori
func.func @masks_that_meet(%a: tensor<6xi32> {moe.bound = 2}, %b: tensor<6xi32> {moe.bound = 2}, %w: tensor<6x5xf32>) -> tensor<6xf32> {
  %ma = moe.one_hot %a : tensor<6xi32> -> tensor<6x5xi1>
  %mb = moe.one_hot %b : tensor<6xi32> -> tensor<6x5xi1>
  %any = arith.ori %ma, %mb : tensor<6x5xi1>
  %none = arith.constant dense<0.0> : tensor<6x5xf32>
  %picked = arith.select %any, %w, %none : tensor<6x5xi1>, tensor<6x5xf32>
  %y = moe.reduce sum %picked dims [1] : tensor<6x5xf32> -> tensor<6xf32>
  return %y : tensor<6xf32>
}

// What weighs differently in each choice is no weight of the token.
// CHECK-LABEL: func.func @choices_that_weigh_differently
// CHECK-NOT:     moe.dispatch
// CHECK:         moe.einsum "gsm,gsec->egcm"
func.func @choices_that_weigh_differently(%x: tensor<2x6x8xf32>, %p: tensor<2x6x5xf32>, %s: tensor<2x6xi32>, %v: tensor<2x6xf32>, %w: tensor<2x6xf32>) -> tensor<5x2x3x8xf32> {
  %best, %i = moe.top_k %p k 2 dim 2 : tensor<2x6x5xf32> -> tensor<2x6x2xf32>, tensor<2x6x2xi32>
  %i1 = moe.slice %i offsets [0, 0, 0] strides [1, 1, 1] : tensor<2x6x2xi32> -> tensor<2x6x1xi32>
  %i2 = moe.slice %i offsets [0, 0, 1] strides [1, 1, 1] : tensor<2x6x2xi32> -> tensor<2x6x1xi32>
  %a = moe.reshape %i1 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %b = moe.reshape %i2 : tensor<2x6x1xi32> -> tensor<2x6xi32>
  %ma = moe.one_hot %a : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %mb = moe.one_hot %b : tensor<2x6xi32> -> tensor<2x6x5xf32>
  %ms = moe.one_hot %s : tensor<2x6xi32> -> tensor<2x6x3xf32>
  %0 = moe.einsum "gse,gsc,gs->gsec" %ma, %ms, %v : tensor<2x6x5xf32>, tensor<2x6x3xf32>, tensor<2x6xf32> -> tensor<2x6x5x3xf32>
  %1 = moe.einsum "gse,gsc,gs->gsec" %mb, %ms, %w : tensor<2x6x5xf32>, tensor<2x6x3xf32>, tensor<2x6xf32> -> tensor<2x6x5x3xf32>
  %2 = arith.addf %0, %1 : tensor<2x6x5x3xf32>
  %y = moe.einsum "gsm,gsec->egcm" %x, %2 : tensor<2x6x8xf32>, tensor<2x6x5x3xf32> -> tensor<5x2x3x8xf32>
  return %y : tensor<5x2x3x8xf32>
}
