// GShard's layer, alone and three times in a loop, by masks and by MoE ops, with GShard's few annotations:
// tokens over {data, expert}, expert weights over expert and their hidden dimension over model, and the
// dispatched tensor split over expert. An axis of size 1 is none.
#tokens = #spmd.sharding<@mesh, [{"data", "expert"}, {}, {}]>
#in = #spmd.sharding<@mesh, [{"expert"}, {}, {"model"}]>
#out = #spmd.sharding<@mesh, [{"expert"}, {"model"}, {}]>
#in_layers = #spmd.sharding<@mesh, [{}, {"expert"}, {}, {"model"}]>
#out_layers = #spmd.sharding<@mesh, [{}, {"expert"}, {"model"}, {}]>
spmd.mesh @mesh ["data"=2, "expert"=4, "model"=2]

func.func @masks_and_einsums(%x: tensor<16x8x8xf32> {spmd.sharding = #tokens}, %router: tensor<8x4xf32>,
    %wi: tensor<4x8x12xf32> {spmd.sharding = #in}, %wo: tensor<4x12x8xf32> {spmd.sharding = #out}) -> tensor<16x8x8xf32> {
  %scores = moe.einsum "gsm,me->gse" %x, %router : tensor<16x8x8xf32>, tensor<8x4xf32> -> tensor<16x8x4xf32>
  %gates = moe.softmax %scores dim 2 : tensor<16x8x4xf32>
  %best, %index = moe.top_k %gates k 2 dim 2 : tensor<16x8x4xf32> -> tensor<16x8x2xf32>, tensor<16x8x2xi32>
  %index1 = moe.slice %index offsets [0, 0, 0] strides [1, 1, 1] : tensor<16x8x2xi32> -> tensor<16x8x1xi32>
  %expert1 = moe.reshape %index1 : tensor<16x8x1xi32> -> tensor<16x8xi32>
  %best1 = moe.slice %best offsets [0, 0, 0] strides [1, 1, 1] : tensor<16x8x2xf32> -> tensor<16x8x1xf32>
  %gate1 = moe.reshape %best1 : tensor<16x8x1xf32> -> tensor<16x8xf32>
  %mask1 = moe.one_hot %expert1 : tensor<16x8xi32> -> tensor<16x8x4xi32>
  %before1 = moe.cumsum %mask1 dim 1 exclusive : tensor<16x8x4xi32>
  %index2 = moe.slice %index offsets [0, 0, 1] strides [1, 1, 1] : tensor<16x8x2xi32> -> tensor<16x8x1xi32>
  %expert2 = moe.reshape %index2 : tensor<16x8x1xi32> -> tensor<16x8xi32>
  %best2 = moe.slice %best offsets [0, 0, 1] strides [1, 1, 1] : tensor<16x8x2xf32> -> tensor<16x8x1xf32>
  %gate2 = moe.reshape %best2 : tensor<16x8x1xf32> -> tensor<16x8xf32>
  %mask2 = moe.one_hot %expert2 : tensor<16x8xi32> -> tensor<16x8x4xi32>
  %before2 = moe.cumsum %mask2 dim 1 exclusive : tensor<16x8x4xi32>
  %count1 = moe.reduce sum %mask1 dims [1] : tensor<16x8x4xi32> -> tensor<16x4xi32>
  %start2 = moe.broadcast %count1 dims [0, 2] : tensor<16x4xi32> -> tensor<16x8x4xi32>
  %after2 = arith.addi %before2, %start2 : tensor<16x8x4xi32>
  %at1 = arith.muli %before1, %mask1 : tensor<16x8x4xi32>
  %slot1 = moe.reduce sum %at1 dims [2] : tensor<16x8x4xi32> -> tensor<16x8xi32>
  %hot1 = moe.one_hot %slot1 : tensor<16x8xi32> -> tensor<16x8x4xf32>
  %to1 = arith.sitofp %mask1 : tensor<16x8x4xi32> to tensor<16x8x4xf32>
  %combine1 = moe.einsum "gs,gse,gsc->gsec" %gate1, %to1, %hot1 : tensor<16x8xf32>, tensor<16x8x4xf32>, tensor<16x8x4xf32> -> tensor<16x8x4x4xf32>
  %at2 = arith.muli %after2, %mask2 : tensor<16x8x4xi32>
  %slot2 = moe.reduce sum %at2 dims [2] : tensor<16x8x4xi32> -> tensor<16x8xi32>
  %hot2 = moe.one_hot %slot2 : tensor<16x8xi32> -> tensor<16x8x4xf32>
  %to2 = arith.sitofp %mask2 : tensor<16x8x4xi32> to tensor<16x8x4xf32>
  %combine2 = moe.einsum "gs,gse,gsc->gsec" %gate2, %to2, %hot2 : tensor<16x8xf32>, tensor<16x8x4xf32>, tensor<16x8x4xf32> -> tensor<16x8x4x4xf32>
  %combine = arith.addf %combine1, %combine2 : tensor<16x8x4x4xf32>
  %zero = arith.constant dense<0.0> : tensor<16x8x4x4xf32>
  %occupied = arith.cmpf une, %combine, %zero : tensor<16x8x4x4xf32>
  %dispatch = arith.uitofp %occupied : tensor<16x8x4x4xi1> to tensor<16x8x4x4xf32>
  %sent = moe.einsum "gsec,gsm->egcm" %dispatch, %x : tensor<16x8x4x4xf32>, tensor<16x8x8xf32> -> tensor<4x16x4x8xf32>
  %slots = spmd.split %sent dim 0 over @mesh {"expert"} : tensor<4x16x4x8xf32>
  %hidden = moe.einsum "egcm,emh->egch" %slots, %wi : tensor<4x16x4x8xf32>, tensor<4x8x12xf32> -> tensor<4x16x4x12xf32>
  %active = math.tanh %hidden : tensor<4x16x4x12xf32>
  %made = moe.einsum "egch,ehm->egcm" %active, %wo : tensor<4x16x4x12xf32>, tensor<4x12x8xf32> -> tensor<4x16x4x8xf32>
  %y = moe.einsum "gsec,egcm->gsm" %combine, %made : tensor<16x8x4x4xf32>, tensor<4x16x4x8xf32> -> tensor<16x8x8xf32>
  %out = arith.addf %x, %y : tensor<16x8x8xf32>
  return %out : tensor<16x8x8xf32>
}

func.func @moe_ops(%x: tensor<16x8x8xf32> {spmd.sharding = #tokens}, %router: tensor<8x4xf32>,
    %wi: tensor<4x8x12xf32> {spmd.sharding = #in}, %wo: tensor<4x12x8xf32> {spmd.sharding = #out}) -> tensor<16x8x8xf32> {
  %scores = moe.einsum "gsm,me->gse" %x, %router : tensor<16x8x8xf32>, tensor<8x4xf32> -> tensor<16x8x4xf32>
  %gates = moe.softmax %scores dim 2 : tensor<16x8x4xf32>
  %expert, %slot, %weight = moe.gating %gates k 2 capacity 4 : tensor<16x8x4xf32> -> tensor<16x8x2xi32>, tensor<16x8x2xi32>, tensor<16x8x2xf32>
  %sent = moe.dispatch %x to %expert, %slot : tensor<16x8x8xf32>, tensor<16x8x2xi32>, tensor<16x8x2xi32> -> tensor<4x16x4x8xf32>
  %slots = spmd.split %sent dim 0 over @mesh {"expert"} : tensor<4x16x4x8xf32>
  %hidden = moe.einsum "egcm,emh->egch" %slots, %wi : tensor<4x16x4x8xf32>, tensor<4x8x12xf32> -> tensor<4x16x4x12xf32>
  %active = math.tanh %hidden : tensor<4x16x4x12xf32>
  %made = moe.einsum "egch,ehm->egcm" %active, %wo : tensor<4x16x4x12xf32>, tensor<4x12x8xf32> -> tensor<4x16x4x8xf32>
  %y = moe.combine %made from %expert, %slot weights %weight : tensor<4x16x4x8xf32>, tensor<16x8x2xi32>, tensor<16x8x2xi32>, tensor<16x8x2xf32> -> tensor<16x8x8xf32>
  %out = arith.addf %x, %y : tensor<16x8x8xf32>
  return %out : tensor<16x8x8xf32>
}

func.func @layers_of_masks_and_einsums(%x: tensor<16x8x8xf32> {spmd.sharding = #tokens}, %routers: tensor<3x8x4xf32>,
    %wis: tensor<3x4x8x12xf32> {spmd.sharding = #in_layers}, %wos: tensor<3x4x12x8xf32> {spmd.sharding = #out_layers}) -> tensor<16x8x8xf32> {
  %first = arith.constant 0 : index
  %layers = arith.constant 3 : index
  %step = arith.constant 1 : index
  %all = scf.for %i = %first to %layers step %step iter_args(%x_i = %x) -> tensor<16x8x8xf32> {
    %number = arith.index_cast %i : index to i32
    %layer = tensor.from_elements %number : tensor<i32>
    %router = moe.gather %routers[%layer] batch_dims 0 : tensor<3x8x4xf32>, tensor<i32> -> tensor<8x4xf32>
    %wi = moe.gather %wis[%layer] batch_dims 0 : tensor<3x4x8x12xf32>, tensor<i32> -> tensor<4x8x12xf32>
    %wo = moe.gather %wos[%layer] batch_dims 0 : tensor<3x4x12x8xf32>, tensor<i32> -> tensor<4x12x8xf32>
    %scores = moe.einsum "gsm,me->gse" %x_i, %router : tensor<16x8x8xf32>, tensor<8x4xf32> -> tensor<16x8x4xf32>
    %gates = moe.softmax %scores dim 2 : tensor<16x8x4xf32>
    %best, %index = moe.top_k %gates k 2 dim 2 : tensor<16x8x4xf32> -> tensor<16x8x2xf32>, tensor<16x8x2xi32>
    %index1 = moe.slice %index offsets [0, 0, 0] strides [1, 1, 1] : tensor<16x8x2xi32> -> tensor<16x8x1xi32>
    %expert1 = moe.reshape %index1 : tensor<16x8x1xi32> -> tensor<16x8xi32>
    %best1 = moe.slice %best offsets [0, 0, 0] strides [1, 1, 1] : tensor<16x8x2xf32> -> tensor<16x8x1xf32>
    %gate1 = moe.reshape %best1 : tensor<16x8x1xf32> -> tensor<16x8xf32>
    %mask1 = moe.one_hot %expert1 : tensor<16x8xi32> -> tensor<16x8x4xi32>
    %before1 = moe.cumsum %mask1 dim 1 exclusive : tensor<16x8x4xi32>
    %index2 = moe.slice %index offsets [0, 0, 1] strides [1, 1, 1] : tensor<16x8x2xi32> -> tensor<16x8x1xi32>
    %expert2 = moe.reshape %index2 : tensor<16x8x1xi32> -> tensor<16x8xi32>
    %best2 = moe.slice %best offsets [0, 0, 1] strides [1, 1, 1] : tensor<16x8x2xf32> -> tensor<16x8x1xf32>
    %gate2 = moe.reshape %best2 : tensor<16x8x1xf32> -> tensor<16x8xf32>
    %mask2 = moe.one_hot %expert2 : tensor<16x8xi32> -> tensor<16x8x4xi32>
    %before2 = moe.cumsum %mask2 dim 1 exclusive : tensor<16x8x4xi32>
    %count1 = moe.reduce sum %mask1 dims [1] : tensor<16x8x4xi32> -> tensor<16x4xi32>
    %start2 = moe.broadcast %count1 dims [0, 2] : tensor<16x4xi32> -> tensor<16x8x4xi32>
    %after2 = arith.addi %before2, %start2 : tensor<16x8x4xi32>
    %at1 = arith.muli %before1, %mask1 : tensor<16x8x4xi32>
    %slot1 = moe.reduce sum %at1 dims [2] : tensor<16x8x4xi32> -> tensor<16x8xi32>
    %hot1 = moe.one_hot %slot1 : tensor<16x8xi32> -> tensor<16x8x4xf32>
    %to1 = arith.sitofp %mask1 : tensor<16x8x4xi32> to tensor<16x8x4xf32>
    %combine1 = moe.einsum "gs,gse,gsc->gsec" %gate1, %to1, %hot1 : tensor<16x8xf32>, tensor<16x8x4xf32>, tensor<16x8x4xf32> -> tensor<16x8x4x4xf32>
    %at2 = arith.muli %after2, %mask2 : tensor<16x8x4xi32>
    %slot2 = moe.reduce sum %at2 dims [2] : tensor<16x8x4xi32> -> tensor<16x8xi32>
    %hot2 = moe.one_hot %slot2 : tensor<16x8xi32> -> tensor<16x8x4xf32>
    %to2 = arith.sitofp %mask2 : tensor<16x8x4xi32> to tensor<16x8x4xf32>
    %combine2 = moe.einsum "gs,gse,gsc->gsec" %gate2, %to2, %hot2 : tensor<16x8xf32>, tensor<16x8x4xf32>, tensor<16x8x4xf32> -> tensor<16x8x4x4xf32>
    %combine = arith.addf %combine1, %combine2 : tensor<16x8x4x4xf32>
    %zero = arith.constant dense<0.0> : tensor<16x8x4x4xf32>
    %occupied = arith.cmpf une, %combine, %zero : tensor<16x8x4x4xf32>
    %dispatch = arith.uitofp %occupied : tensor<16x8x4x4xi1> to tensor<16x8x4x4xf32>
    %sent = moe.einsum "gsec,gsm->egcm" %dispatch, %x_i : tensor<16x8x4x4xf32>, tensor<16x8x8xf32> -> tensor<4x16x4x8xf32>
    %slots = spmd.split %sent dim 0 over @mesh {"expert"} : tensor<4x16x4x8xf32>
    %hidden = moe.einsum "egcm,emh->egch" %slots, %wi : tensor<4x16x4x8xf32>, tensor<4x8x12xf32> -> tensor<4x16x4x12xf32>
    %active = math.tanh %hidden : tensor<4x16x4x12xf32>
    %made = moe.einsum "egch,ehm->egcm" %active, %wo : tensor<4x16x4x12xf32>, tensor<4x12x8xf32> -> tensor<4x16x4x8xf32>
    %y = moe.einsum "gsec,egcm->gsm" %combine, %made : tensor<16x8x4x4xf32>, tensor<4x16x4x8xf32> -> tensor<16x8x8xf32>
    %out = arith.addf %x_i, %y : tensor<16x8x8xf32>
    scf.yield %out : tensor<16x8x8xf32>
  }
  return %all : tensor<16x8x8xf32>
}

func.func @layers_of_moe_ops(%x: tensor<16x8x8xf32> {spmd.sharding = #tokens}, %routers: tensor<3x8x4xf32>,
    %wis: tensor<3x4x8x12xf32> {spmd.sharding = #in_layers}, %wos: tensor<3x4x12x8xf32> {spmd.sharding = #out_layers}) -> tensor<16x8x8xf32> {
  %first = arith.constant 0 : index
  %layers = arith.constant 3 : index
  %step = arith.constant 1 : index
  %all = scf.for %i = %first to %layers step %step iter_args(%x_i = %x) -> tensor<16x8x8xf32> {
    %number = arith.index_cast %i : index to i32
    %layer = tensor.from_elements %number : tensor<i32>
    %router = moe.gather %routers[%layer] batch_dims 0 : tensor<3x8x4xf32>, tensor<i32> -> tensor<8x4xf32>
    %wi = moe.gather %wis[%layer] batch_dims 0 : tensor<3x4x8x12xf32>, tensor<i32> -> tensor<4x8x12xf32>
    %wo = moe.gather %wos[%layer] batch_dims 0 : tensor<3x4x12x8xf32>, tensor<i32> -> tensor<4x12x8xf32>
    %scores = moe.einsum "gsm,me->gse" %x_i, %router : tensor<16x8x8xf32>, tensor<8x4xf32> -> tensor<16x8x4xf32>
    %gates = moe.softmax %scores dim 2 : tensor<16x8x4xf32>
    %expert, %slot, %weight = moe.gating %gates k 2 capacity 4 : tensor<16x8x4xf32> -> tensor<16x8x2xi32>, tensor<16x8x2xi32>, tensor<16x8x2xf32>
    %sent = moe.dispatch %x_i to %expert, %slot : tensor<16x8x8xf32>, tensor<16x8x2xi32>, tensor<16x8x2xi32> -> tensor<4x16x4x8xf32>
    %slots = spmd.split %sent dim 0 over @mesh {"expert"} : tensor<4x16x4x8xf32>
    %hidden = moe.einsum "egcm,emh->egch" %slots, %wi : tensor<4x16x4x8xf32>, tensor<4x8x12xf32> -> tensor<4x16x4x12xf32>
    %active = math.tanh %hidden : tensor<4x16x4x12xf32>
    %made = moe.einsum "egch,ehm->egcm" %active, %wo : tensor<4x16x4x12xf32>, tensor<4x12x8xf32> -> tensor<4x16x4x8xf32>
    %y = moe.combine %made from %expert, %slot weights %weight : tensor<4x16x4x8xf32>, tensor<16x8x2xi32>, tensor<16x8x2xi32>, tensor<16x8x2xf32> -> tensor<16x8x8xf32>
    %out = arith.addf %x_i, %y : tensor<16x8x8xf32>
    scf.yield %out : tensor<16x8x8xf32>
  }
  return %all : tensor<16x8x8xf32>
}
