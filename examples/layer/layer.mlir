// One Mixture-of-Experts layer in ten lines: 8 groups of 32 tokens, 8 experts, each
// token to its best two. Two shardings and one split are written; the rest follows.
#tokens = #spmd.sharding<@mesh, [{"data", "expert"}, {?}, {?}]>
#experts = #spmd.sharding<@mesh, [{"expert"}, {}, {}]>
spmd.mesh @mesh ["data"=1, "expert"=4]

func.func @layer(%x: tensor<8x32x16xf32> {moe.name = "x", spmd.sharding = #tokens}, %router: tensor<16x8xf32> {moe.name = "router"},
                 %wi: tensor<8x16x64xf32> {moe.name = "wi", spmd.sharding = #experts},
                 %wo: tensor<8x64x16xf32> {moe.name = "wo", spmd.sharding = #experts}) -> (tensor<8x32x16xf32> {moe.name = "y"}) {
  %scores = moe.einsum "gsm,me->gse" %x, %router : tensor<8x32x16xf32>, tensor<16x8xf32> -> tensor<8x32x8xf32>
  %gates = moe.softmax %scores dim 2 : tensor<8x32x8xf32>
  %expert, %slot, %weight = moe.gating %gates k 2 capacity 8 : tensor<8x32x8xf32> -> tensor<8x32x2xi32>, tensor<8x32x2xi32>, tensor<8x32x2xf32>
  %sent = moe.dispatch %x to %expert, %slot : tensor<8x32x16xf32>, tensor<8x32x2xi32>, tensor<8x32x2xi32> -> tensor<8x8x8x16xf32>
  %slots = spmd.split %sent dim 0 over @mesh {"expert"} : tensor<8x8x8x16xf32>
  %hidden = moe.einsum "egcm,emh->egch" %slots, %wi : tensor<8x8x8x16xf32>, tensor<8x16x64xf32> -> tensor<8x8x8x64xf32>
  %active = math.tanh %hidden : tensor<8x8x8x64xf32>
  %made = moe.einsum "egch,ehm->egcm" %active, %wo : tensor<8x8x8x64xf32>, tensor<8x64x16xf32> -> tensor<8x8x8x16xf32>
  %y = moe.combine %made from %expert, %slot weights %weight
      : tensor<8x8x8x16xf32>, tensor<8x32x2xi32>, tensor<8x32x2xi32>, tensor<8x32x2xf32> -> tensor<8x32x16xf32>
  return %y : tensor<8x32x16xf32>
}
