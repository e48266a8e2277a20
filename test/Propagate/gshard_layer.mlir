// GShard's layer with GShard's own annotations: tokens over {data, expert}, expert weights over
// expert, and the dispatched tensor split over expert. E*C/S is 2, so the slots of all experts travel,
// tokens to experts and back, where expert is 2 (a tie, in which they need less memory) or more;
// nothing else moves, on every mesh.
// RUN: moe-opt %s --spmd-set-mesh=mesh=data=1,expert=4 --spmd-expand-annotations --spmd-propagate --spmd-verify-propagated | FileCheck %s --check-prefixes=CHECK,ONE
// RUN: moe-opt %s --spmd-set-mesh=mesh=data=1,expert=8 --spmd-expand-annotations --spmd-propagate --spmd-verify-propagated | FileCheck %s --check-prefixes=CHECK,ONE
// RUN: moe-opt %s --spmd-set-mesh=mesh=data=2,expert=2 --spmd-expand-annotations --spmd-propagate --spmd-verify-propagated | FileCheck %s --check-prefixes=CHECK,TWO
// RUN: moe-opt %s --spmd-set-mesh=mesh=data=2,expert=4 --spmd-expand-annotations --spmd-propagate --spmd-verify-propagated | FileCheck %s --check-prefixes=CHECK,TWO
// RUN: moe-opt %s --spmd-set-mesh=mesh=data=4,expert=2 --spmd-expand-annotations --spmd-propagate --spmd-verify-propagated | FileCheck %s --check-prefixes=CHECK,TWO

#tokens = #spmd.sharding<@mesh, [{"data", "expert"}, {}, {}]>
#experts = #spmd.sharding<@mesh, [{"expert"}, {}, {}]>
spmd.mesh @mesh ["data"=2, "expert"=4]

// CHECK-LABEL: func.func @masks_and_einsums
// The expert dimension loses in the router, so it must not claim the router's weights.
// CHECK-SAME:  tensor<16x8xf32> {spmd.sharding = #spmd.sharding<@mesh, [{}, {}]>}
// CHECK-NOT:   spmd.reshard
// CHECK:       %[[SENT:.*]] = moe.einsum "gsec,gsm->egcm"
// ONE:         %[[SLOTS:.*]] = spmd.reshard %[[SENT]] to <@mesh, [{"expert"}, {}, {}, {}]>
// TWO:         %[[SLOTS:.*]] = spmd.reshard %[[SENT]] to <@mesh, [{"expert"}, {"data"}, {}, {}]>
// CHECK-NOT:   spmd.reshard
// CHECK:       %[[MADE:.*]] = moe.einsum "egch,ehm->egcm"
// ONE:         %[[BACK:.*]] = spmd.reshard %[[MADE]] to <@mesh, [{}, {"expert"}, {}, {}]>
// TWO:         %[[BACK:.*]] = spmd.reshard %[[MADE]] to <@mesh, [{}, {"data", "expert"}, {}, {}]>
// CHECK-NOT:   spmd.reshard
// CHECK:       moe.einsum "gsec,egcm->gsm" %{{.*}}, %[[BACK]]
// CHECK-NOT:   spmd.reshard
// CHECK:       return
func.func @masks_and_einsums(%x: tensor<8x8x16xf32> {spmd.sharding = #tokens}, %router: tensor<16x8xf32>,
    %wi: tensor<8x16x32xf32> {spmd.sharding = #experts}, %wo: tensor<8x32x16xf32> {spmd.sharding = #experts}) -> tensor<8x8x16xf32> {
  %scores = moe.einsum "gsm,me->gse" %x, %router : tensor<8x8x16xf32>, tensor<16x8xf32> -> tensor<8x8x8xf32>
  %gates = moe.softmax %scores dim 2 : tensor<8x8x8xf32>
  %best, %index = moe.top_k %gates k 2 dim 2 : tensor<8x8x8xf32> -> tensor<8x8x2xf32>, tensor<8x8x2xi32>
  %index1 = moe.slice %index offsets [0, 0, 0] strides [1, 1, 1] : tensor<8x8x2xi32> -> tensor<8x8x1xi32>
  %index2 = moe.slice %index offsets [0, 0, 1] strides [1, 1, 1] : tensor<8x8x2xi32> -> tensor<8x8x1xi32>
  %expert1 = moe.reshape %index1 : tensor<8x8x1xi32> -> tensor<8x8xi32>
  %expert2 = moe.reshape %index2 : tensor<8x8x1xi32> -> tensor<8x8xi32>
  %best1 = moe.slice %best offsets [0, 0, 0] strides [1, 1, 1] : tensor<8x8x2xf32> -> tensor<8x8x1xf32>
  %best2 = moe.slice %best offsets [0, 0, 1] strides [1, 1, 1] : tensor<8x8x2xf32> -> tensor<8x8x1xf32>
  %gate1 = moe.reshape %best1 : tensor<8x8x1xf32> -> tensor<8x8xf32>
  %gate2 = moe.reshape %best2 : tensor<8x8x1xf32> -> tensor<8x8xf32>
  %mask1 = moe.one_hot %expert1 : tensor<8x8xi32> -> tensor<8x8x8xi32>
  %mask2 = moe.one_hot %expert2 : tensor<8x8xi32> -> tensor<8x8x8xi32>
  %before1 = moe.cumsum %mask1 dim 1 exclusive : tensor<8x8x8xi32>
  %before2 = moe.cumsum %mask2 dim 1 exclusive : tensor<8x8x8xi32>
  %count1 = moe.reduce sum %mask1 dims [1] : tensor<8x8x8xi32> -> tensor<8x8xi32>
  %start2 = moe.broadcast %count1 dims [0, 2] : tensor<8x8xi32> -> tensor<8x8x8xi32>
  %after2 = arith.addi %before2, %start2 : tensor<8x8x8xi32>
  %at1 = arith.muli %before1, %mask1 : tensor<8x8x8xi32>
  %at2 = arith.muli %after2, %mask2 : tensor<8x8x8xi32>
  %slot1 = moe.reduce sum %at1 dims [2] : tensor<8x8x8xi32> -> tensor<8x8xi32>
  %slot2 = moe.reduce sum %at2 dims [2] : tensor<8x8x8xi32> -> tensor<8x8xi32>
  // A slot beyond the capacity of 2 gives zeros: the token is dropped.
  %hot1 = moe.one_hot %slot1 : tensor<8x8xi32> -> tensor<8x8x2xf32>
  %hot2 = moe.one_hot %slot2 : tensor<8x8xi32> -> tensor<8x8x2xf32>
  %to1 = arith.sitofp %mask1 : tensor<8x8x8xi32> to tensor<8x8x8xf32>
  %to2 = arith.sitofp %mask2 : tensor<8x8x8xi32> to tensor<8x8x8xf32>
  %combine1 = moe.einsum "gs,gse,gsc->gsec" %gate1, %to1, %hot1 : tensor<8x8xf32>, tensor<8x8x8xf32>, tensor<8x8x2xf32> -> tensor<8x8x8x2xf32>
  %combine2 = moe.einsum "gs,gse,gsc->gsec" %gate2, %to2, %hot2 : tensor<8x8xf32>, tensor<8x8x8xf32>, tensor<8x8x2xf32> -> tensor<8x8x8x2xf32>
  %combine = arith.addf %combine1, %combine2 : tensor<8x8x8x2xf32>
  %zero = arith.constant dense<0.0> : tensor<8x8x8x2xf32>
  %occupied = arith.cmpf une, %combine, %zero : tensor<8x8x8x2xf32>
  %dispatch = arith.uitofp %occupied : tensor<8x8x8x2xi1> to tensor<8x8x8x2xf32>
  %sent = moe.einsum "gsec,gsm->egcm" %dispatch, %x : tensor<8x8x8x2xf32>, tensor<8x8x16xf32> -> tensor<8x8x2x16xf32>
  %slots = spmd.split %sent dim 0 over @mesh {"expert"} : tensor<8x8x2x16xf32>
  %hidden = moe.einsum "egcm,emh->egch" %slots, %wi : tensor<8x8x2x16xf32>, tensor<8x16x32xf32> -> tensor<8x8x2x32xf32>
  %active = math.tanh %hidden : tensor<8x8x2x32xf32>
  %made = moe.einsum "egch,ehm->egcm" %active, %wo : tensor<8x8x2x32xf32>, tensor<8x32x16xf32> -> tensor<8x8x2x16xf32>
  %y = moe.einsum "gsec,egcm->gsm" %combine, %made : tensor<8x8x8x2xf32>, tensor<8x8x2x16xf32> -> tensor<8x8x16xf32>
  %out = arith.addf %x, %y : tensor<8x8x16xf32>
  return %out : tensor<8x8x16xf32>
}

// CHECK-LABEL: func.func @moe_ops
// CHECK-NOT:   spmd.reshard
// CHECK:       %[[SENT:.*]] = moe.dispatch
// ONE:         %[[SLOTS:.*]] = spmd.reshard %[[SENT]] to <@mesh, [{"expert"}, {}, {}, {}]>
// TWO:         %[[SLOTS:.*]] = spmd.reshard %[[SENT]] to <@mesh, [{"expert"}, {"data"}, {}, {}]>
// CHECK-NOT:   spmd.reshard
// CHECK:       %[[MADE:.*]] = moe.einsum "egch,ehm->egcm"
// ONE:         %[[BACK:.*]] = spmd.reshard %[[MADE]] to <@mesh, [{}, {"expert"}, {}, {}]>
// TWO:         %[[BACK:.*]] = spmd.reshard %[[MADE]] to <@mesh, [{}, {"data", "expert"}, {}, {}]>
// CHECK-NOT:   spmd.reshard
// CHECK:       moe.combine %[[BACK]]
// CHECK-NOT:   spmd.reshard
// CHECK:       return
func.func @moe_ops(%x: tensor<8x8x16xf32> {spmd.sharding = #tokens}, %router: tensor<16x8xf32>,
    %wi: tensor<8x16x32xf32> {spmd.sharding = #experts}, %wo: tensor<8x32x16xf32> {spmd.sharding = #experts}) -> tensor<8x8x16xf32> {
  %scores = moe.einsum "gsm,me->gse" %x, %router : tensor<8x8x16xf32>, tensor<16x8xf32> -> tensor<8x8x8xf32>
  %gates = moe.softmax %scores dim 2 : tensor<8x8x8xf32>
  %expert, %slot, %weight = moe.gating %gates k 2 capacity 2 : tensor<8x8x8xf32> -> tensor<8x8x2xi32>, tensor<8x8x2xi32>, tensor<8x8x2xf32>
  %sent = moe.dispatch %x to %expert, %slot : tensor<8x8x16xf32>, tensor<8x8x2xi32>, tensor<8x8x2xi32> -> tensor<8x8x2x16xf32>
  %slots = spmd.split %sent dim 0 over @mesh {"expert"} : tensor<8x8x2x16xf32>
  %hidden = moe.einsum "egcm,emh->egch" %slots, %wi : tensor<8x8x2x16xf32>, tensor<8x16x32xf32> -> tensor<8x8x2x32xf32>
  %active = math.tanh %hidden : tensor<8x8x2x32xf32>
  %made = moe.einsum "egch,ehm->egcm" %active, %wo : tensor<8x8x2x32xf32>, tensor<8x32x16xf32> -> tensor<8x8x2x16xf32>
  %y = moe.combine %made from %expert, %slot weights %weight : tensor<8x8x2x16xf32>, tensor<8x8x2xi32>, tensor<8x8x2xi32>, tensor<8x8x2xf32> -> tensor<8x8x16xf32>
  %out = arith.addf %x, %y : tensor<8x8x16xf32>
  return %out : tensor<8x8x16xf32>
}
