// A dense layer whose hidden dimension is cut over "model" stands before the
// router, so that a split sum decides its last bits; every second expert's
// router column is almost that of the one before, so that bits matter.
#hidden = #spmd.sharding<@mesh, [{}, {"model"}]>
#back = #spmd.sharding<@mesh, [{"model"}, {}]>
#experts = #spmd.sharding<@mesh, [{"model"}, {}, {}]>
spmd.mesh @mesh ["model"=2]

func.func @forward(%x: tensor<4x64x16xf32> {moe.name = "x"},
                   %w1: tensor<16x48xf32> {moe.name = "w1", spmd.sharding = #hidden},
                   %w2: tensor<48x16xf32> {moe.name = "w2", spmd.sharding = #back},
                   %half: tensor<16x4xf32> {moe.name = "router"}, %noise: tensor<16x4xf32> {moe.name = "noise"},
                   %u: tensor<4x64xf32> {moe.name = "u"},
                   %wi: tensor<8x16x32xf32> {moe.name = "wi", spmd.sharding = #experts},
                   %wo: tensor<8x32x16xf32> {moe.name = "wo", spmd.sharding = #experts})
    -> (tensor<4x64x16xf32> {moe.name = "y"}, tensor<8xi32> {moe.name = "load"}) {
  %tall = moe.einsum "gsm,mh->gsh" %x, %w1 : tensor<4x64x16xf32>, tensor<16x48xf32> -> tensor<4x64x48xf32>
  %bent = math.tanh %tall : tensor<4x64x48xf32>
  %dense = moe.einsum "gsh,hm->gsm" %bent, %w2 : tensor<4x64x48xf32>, tensor<48x16xf32> -> tensor<4x64x16xf32>
  %tokens = arith.addf %x, %dense : tensor<4x64x16xf32>
  %tiny = arith.constant dense<3.0e-8> : tensor<16x4xf32>
  %little = arith.mulf %noise, %tiny : tensor<16x4xf32>
  %other = arith.addf %half, %little : tensor<16x4xf32>
  %router = moe.concatenate dim 1 %half, %other : tensor<16x4xf32>, tensor<16x4xf32> -> tensor<16x8xf32>
  %scores = moe.einsum "gsm,me->gse" %tokens, %router : tensor<4x64x16xf32>, tensor<16x8xf32> -> tensor<4x64x8xf32>
  %gates = moe.softmax %scores dim 2 : tensor<4x64x8xf32>
  %expert, %slot, %weight = moe.gating %gates random %u k 2 capacity 12 : tensor<4x64x8xf32>, tensor<4x64xf32>
      -> tensor<4x64x2xi32>, tensor<4x64x2xi32>, tensor<4x64x2xf32>
  %sent = moe.dispatch %tokens to %expert, %slot
      : tensor<4x64x16xf32>, tensor<4x64x2xi32>, tensor<4x64x2xi32> -> tensor<8x4x12x16xf32>
  %hidden = moe.einsum "egcm,emh->egch" %sent, %wi : tensor<8x4x12x16xf32>, tensor<8x16x32xf32> -> tensor<8x4x12x32xf32>
  %active = math.tanh %hidden : tensor<8x4x12x32xf32>
  %made = moe.einsum "egch,ehm->egcm" %active, %wo : tensor<8x4x12x32xf32>, tensor<8x32x16xf32> -> tensor<8x4x12x16xf32>
  %out = moe.combine %made from %expert, %slot weights %weight
      : tensor<8x4x12x16xf32>, tensor<4x64x2xi32>, tensor<4x64x2xi32>, tensor<4x64x2xf32> -> tensor<4x64x16xf32>
  %y = arith.addf %tokens, %out : tensor<4x64x16xf32>
  %taken = moe.one_hot %expert : tensor<4x64x2xi32> -> tensor<4x64x2x8xi32>
  %load = moe.reduce sum %taken dims [0, 1, 2] : tensor<4x64x2x8xi32> -> tensor<8xi32>
  return %y, %load : tensor<4x64x16xf32>, tensor<8xi32>
}

func.func @init(%seed: tensor<i32> {moe.name = "seed"})
    -> (tensor<4x64x16xf32> {moe.name = "x"}, tensor<16x48xf32> {moe.name = "w1"}, tensor<48x16xf32> {moe.name = "w2"},
        tensor<16x4xf32> {moe.name = "router"}, tensor<16x4xf32> {moe.name = "noise"}, tensor<4x64xf32> {moe.name = "u"},
        tensor<8x16x32xf32> {moe.name = "wi"}, tensor<8x32x16xf32> {moe.name = "wo"}) {
  %x = moe.random normal %seed stream 0 : tensor<i32> -> tensor<4x64x16xf32>
  %w1_large = moe.random normal %seed stream 1 : tensor<i32> -> tensor<16x48xf32>
  %w1_scale = arith.constant dense<0.25> : tensor<16x48xf32>
  %w1 = arith.mulf %w1_large, %w1_scale : tensor<16x48xf32>
  %w2_large = moe.random normal %seed stream 2 : tensor<i32> -> tensor<48x16xf32>
  %w2_scale = arith.constant dense<0.125> : tensor<48x16xf32>
  %w2 = arith.mulf %w2_large, %w2_scale : tensor<48x16xf32>
  %router_large = moe.random normal %seed stream 3 : tensor<i32> -> tensor<16x4xf32>
  %router_scale = arith.constant dense<0.25> : tensor<16x4xf32>
  %router = arith.mulf %router_large, %router_scale : tensor<16x4xf32>
  %noise = moe.random normal %seed stream 4 : tensor<i32> -> tensor<16x4xf32>
  %u = moe.random uniform %seed stream 5 : tensor<i32> -> tensor<4x64xf32>
  %wi_large = moe.random normal %seed stream 6 : tensor<i32> -> tensor<8x16x32xf32>
  %wi_scale = arith.constant dense<0.25> : tensor<8x16x32xf32>
  %wi = arith.mulf %wi_large, %wi_scale : tensor<8x16x32xf32>
  %wo_large = moe.random normal %seed stream 7 : tensor<i32> -> tensor<8x32x16xf32>
  %wo_scale = arith.constant dense<0.125> : tensor<8x32x16xf32>
  %wo = arith.mulf %wo_large, %wo_scale : tensor<8x32x16xf32>
  return %x, %w1, %w2, %router, %noise, %u, %wi, %wo
      : tensor<4x64x16xf32>, tensor<16x48xf32>, tensor<48x16xf32>, tensor<16x4xf32>, tensor<16x4xf32>, tensor<4x64xf32>,
        tensor<8x16x32xf32>, tensor<8x32x16xf32>
}
