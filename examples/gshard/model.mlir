// GShard's language model, made by generate.py (gate einsum, f32):
// G 8, S 32, M 32, N 4, D 8, H 64, E 8, C 8, V 256, layers 4.
// 108320 parameters. C is 2 S / E rounded up to a multiple of 4.
module {
  spmd.mesh @mesh ["data"=1, "expert"=4]

  // Fresh weights; no weight file is needed.
  func.func @init(%seed: tensor<i32> {moe.name = "seed"}) -> (
      tensor<256x32xf32> {moe.name = "embedding", moe.parameter},
      tensor<32x32xf32> {moe.name = "position", moe.parameter},
      tensor<32xf32> {moe.name = "layer0.norm1", moe.parameter},
      tensor<32x4x8xf32> {moe.name = "layer0.wq", moe.parameter},
      tensor<32x4x8xf32> {moe.name = "layer0.wk", moe.parameter},
      tensor<32x4x8xf32> {moe.name = "layer0.wv", moe.parameter},
      tensor<4x8x32xf32> {moe.name = "layer0.wo", moe.parameter},
      tensor<32xf32> {moe.name = "layer0.norm2", moe.parameter},
      tensor<32x64xf32> {moe.name = "layer0.in", moe.parameter},
      tensor<64x32xf32> {moe.name = "layer0.out", moe.parameter},
      tensor<32xf32> {moe.name = "layer1.norm1", moe.parameter},
      tensor<32x4x8xf32> {moe.name = "layer1.wq", moe.parameter},
      tensor<32x4x8xf32> {moe.name = "layer1.wk", moe.parameter},
      tensor<32x4x8xf32> {moe.name = "layer1.wv", moe.parameter},
      tensor<4x8x32xf32> {moe.name = "layer1.wo", moe.parameter},
      tensor<32xf32> {moe.name = "layer1.norm2", moe.parameter},
      tensor<32x8xf32> {moe.name = "layer1.router", moe.parameter},
      tensor<8x32x64xf32> {moe.name = "layer1.expert_in", moe.parameter, spmd.sharding = #spmd.sharding<@mesh, [{"expert"}, {}, {}]>},
      tensor<8x64x32xf32> {moe.name = "layer1.expert_out", moe.parameter, spmd.sharding = #spmd.sharding<@mesh, [{"expert"}, {}, {}]>},
      tensor<32xf32> {moe.name = "layer2.norm1", moe.parameter},
      tensor<32x4x8xf32> {moe.name = "layer2.wq", moe.parameter},
      tensor<32x4x8xf32> {moe.name = "layer2.wk", moe.parameter},
      tensor<32x4x8xf32> {moe.name = "layer2.wv", moe.parameter},
      tensor<4x8x32xf32> {moe.name = "layer2.wo", moe.parameter},
      tensor<32xf32> {moe.name = "layer2.norm2", moe.parameter},
      tensor<32x64xf32> {moe.name = "layer2.in", moe.parameter},
      tensor<64x32xf32> {moe.name = "layer2.out", moe.parameter},
      tensor<32xf32> {moe.name = "layer3.norm1", moe.parameter},
      tensor<32x4x8xf32> {moe.name = "layer3.wq", moe.parameter},
      tensor<32x4x8xf32> {moe.name = "layer3.wk", moe.parameter},
      tensor<32x4x8xf32> {moe.name = "layer3.wv", moe.parameter},
      tensor<4x8x32xf32> {moe.name = "layer3.wo", moe.parameter},
      tensor<32xf32> {moe.name = "layer3.norm2", moe.parameter},
      tensor<32x8xf32> {moe.name = "layer3.router", moe.parameter},
      tensor<8x32x64xf32> {moe.name = "layer3.expert_in", moe.parameter, spmd.sharding = #spmd.sharding<@mesh, [{"expert"}, {}, {}]>},
      tensor<8x64x32xf32> {moe.name = "layer3.expert_out", moe.parameter, spmd.sharding = #spmd.sharding<@mesh, [{"expert"}, {}, {}]>},
      tensor<32xf32> {moe.name = "norm", moe.parameter},
      tensor<32x256xf32> {moe.name = "logits", moe.parameter}) {
    %spread = arith.constant dense<2.0e-02> : tensor<f32>
    %embedding_unit = moe.random normal %seed stream 0 : tensor<i32> -> tensor<256x32xf32>
    %embedding_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<256x32xf32>
    %embedding_f32 = arith.mulf %embedding_unit, %embedding_spread : tensor<256x32xf32>
    %position_unit = moe.random normal %seed stream 1 : tensor<i32> -> tensor<32x32xf32>
    %position_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<32x32xf32>
    %position_f32 = arith.mulf %position_unit, %position_spread : tensor<32x32xf32>
    %layer0_norm1 = arith.constant dense<1.0> : tensor<32xf32>
    %layer0_wq_unit = moe.random normal %seed stream 3 : tensor<i32> -> tensor<32x4x8xf32>
    %layer0_wq_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<32x4x8xf32>
    %layer0_wq_f32 = arith.mulf %layer0_wq_unit, %layer0_wq_spread : tensor<32x4x8xf32>
    %layer0_wk_unit = moe.random normal %seed stream 4 : tensor<i32> -> tensor<32x4x8xf32>
    %layer0_wk_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<32x4x8xf32>
    %layer0_wk_f32 = arith.mulf %layer0_wk_unit, %layer0_wk_spread : tensor<32x4x8xf32>
    %layer0_wv_unit = moe.random normal %seed stream 5 : tensor<i32> -> tensor<32x4x8xf32>
    %layer0_wv_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<32x4x8xf32>
    %layer0_wv_f32 = arith.mulf %layer0_wv_unit, %layer0_wv_spread : tensor<32x4x8xf32>
    %layer0_wo_unit = moe.random normal %seed stream 6 : tensor<i32> -> tensor<4x8x32xf32>
    %layer0_wo_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<4x8x32xf32>
    %layer0_wo_f32 = arith.mulf %layer0_wo_unit, %layer0_wo_spread : tensor<4x8x32xf32>
    %layer0_norm2 = arith.constant dense<1.0> : tensor<32xf32>
    %layer0_in_unit = moe.random normal %seed stream 8 : tensor<i32> -> tensor<32x64xf32>
    %layer0_in_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<32x64xf32>
    %layer0_in_f32 = arith.mulf %layer0_in_unit, %layer0_in_spread : tensor<32x64xf32>
    %layer0_out_unit = moe.random normal %seed stream 9 : tensor<i32> -> tensor<64x32xf32>
    %layer0_out_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<64x32xf32>
    %layer0_out_f32 = arith.mulf %layer0_out_unit, %layer0_out_spread : tensor<64x32xf32>
    %layer1_norm1 = arith.constant dense<1.0> : tensor<32xf32>
    %layer1_wq_unit = moe.random normal %seed stream 11 : tensor<i32> -> tensor<32x4x8xf32>
    %layer1_wq_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<32x4x8xf32>
    %layer1_wq_f32 = arith.mulf %layer1_wq_unit, %layer1_wq_spread : tensor<32x4x8xf32>
    %layer1_wk_unit = moe.random normal %seed stream 12 : tensor<i32> -> tensor<32x4x8xf32>
    %layer1_wk_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<32x4x8xf32>
    %layer1_wk_f32 = arith.mulf %layer1_wk_unit, %layer1_wk_spread : tensor<32x4x8xf32>
    %layer1_wv_unit = moe.random normal %seed stream 13 : tensor<i32> -> tensor<32x4x8xf32>
    %layer1_wv_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<32x4x8xf32>
    %layer1_wv_f32 = arith.mulf %layer1_wv_unit, %layer1_wv_spread : tensor<32x4x8xf32>
    %layer1_wo_unit = moe.random normal %seed stream 14 : tensor<i32> -> tensor<4x8x32xf32>
    %layer1_wo_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<4x8x32xf32>
    %layer1_wo_f32 = arith.mulf %layer1_wo_unit, %layer1_wo_spread : tensor<4x8x32xf32>
    %layer1_norm2 = arith.constant dense<1.0> : tensor<32xf32>
    %layer1_router_unit = moe.random normal %seed stream 16 : tensor<i32> -> tensor<32x8xf32>
    %layer1_router_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<32x8xf32>
    %layer1_router_f32 = arith.mulf %layer1_router_unit, %layer1_router_spread : tensor<32x8xf32>
    %layer1_expert_in_unit = moe.random normal %seed stream 17 : tensor<i32> -> tensor<8x32x64xf32>
    %layer1_expert_in_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<8x32x64xf32>
    %layer1_expert_in_f32 = arith.mulf %layer1_expert_in_unit, %layer1_expert_in_spread : tensor<8x32x64xf32>
    %layer1_expert_out_unit = moe.random normal %seed stream 18 : tensor<i32> -> tensor<8x64x32xf32>
    %layer1_expert_out_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<8x64x32xf32>
    %layer1_expert_out_f32 = arith.mulf %layer1_expert_out_unit, %layer1_expert_out_spread : tensor<8x64x32xf32>
    %layer2_norm1 = arith.constant dense<1.0> : tensor<32xf32>
    %layer2_wq_unit = moe.random normal %seed stream 20 : tensor<i32> -> tensor<32x4x8xf32>
    %layer2_wq_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<32x4x8xf32>
    %layer2_wq_f32 = arith.mulf %layer2_wq_unit, %layer2_wq_spread : tensor<32x4x8xf32>
    %layer2_wk_unit = moe.random normal %seed stream 21 : tensor<i32> -> tensor<32x4x8xf32>
    %layer2_wk_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<32x4x8xf32>
    %layer2_wk_f32 = arith.mulf %layer2_wk_unit, %layer2_wk_spread : tensor<32x4x8xf32>
    %layer2_wv_unit = moe.random normal %seed stream 22 : tensor<i32> -> tensor<32x4x8xf32>
    %layer2_wv_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<32x4x8xf32>
    %layer2_wv_f32 = arith.mulf %layer2_wv_unit, %layer2_wv_spread : tensor<32x4x8xf32>
    %layer2_wo_unit = moe.random normal %seed stream 23 : tensor<i32> -> tensor<4x8x32xf32>
    %layer2_wo_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<4x8x32xf32>
    %layer2_wo_f32 = arith.mulf %layer2_wo_unit, %layer2_wo_spread : tensor<4x8x32xf32>
    %layer2_norm2 = arith.constant dense<1.0> : tensor<32xf32>
    %layer2_in_unit = moe.random normal %seed stream 25 : tensor<i32> -> tensor<32x64xf32>
    %layer2_in_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<32x64xf32>
    %layer2_in_f32 = arith.mulf %layer2_in_unit, %layer2_in_spread : tensor<32x64xf32>
    %layer2_out_unit = moe.random normal %seed stream 26 : tensor<i32> -> tensor<64x32xf32>
    %layer2_out_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<64x32xf32>
    %layer2_out_f32 = arith.mulf %layer2_out_unit, %layer2_out_spread : tensor<64x32xf32>
    %layer3_norm1 = arith.constant dense<1.0> : tensor<32xf32>
    %layer3_wq_unit = moe.random normal %seed stream 28 : tensor<i32> -> tensor<32x4x8xf32>
    %layer3_wq_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<32x4x8xf32>
    %layer3_wq_f32 = arith.mulf %layer3_wq_unit, %layer3_wq_spread : tensor<32x4x8xf32>
    %layer3_wk_unit = moe.random normal %seed stream 29 : tensor<i32> -> tensor<32x4x8xf32>
    %layer3_wk_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<32x4x8xf32>
    %layer3_wk_f32 = arith.mulf %layer3_wk_unit, %layer3_wk_spread : tensor<32x4x8xf32>
    %layer3_wv_unit = moe.random normal %seed stream 30 : tensor<i32> -> tensor<32x4x8xf32>
    %layer3_wv_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<32x4x8xf32>
    %layer3_wv_f32 = arith.mulf %layer3_wv_unit, %layer3_wv_spread : tensor<32x4x8xf32>
    %layer3_wo_unit = moe.random normal %seed stream 31 : tensor<i32> -> tensor<4x8x32xf32>
    %layer3_wo_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<4x8x32xf32>
    %layer3_wo_f32 = arith.mulf %layer3_wo_unit, %layer3_wo_spread : tensor<4x8x32xf32>
    %layer3_norm2 = arith.constant dense<1.0> : tensor<32xf32>
    %layer3_router_unit = moe.random normal %seed stream 33 : tensor<i32> -> tensor<32x8xf32>
    %layer3_router_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<32x8xf32>
    %layer3_router_f32 = arith.mulf %layer3_router_unit, %layer3_router_spread : tensor<32x8xf32>
    %layer3_expert_in_unit = moe.random normal %seed stream 34 : tensor<i32> -> tensor<8x32x64xf32>
    %layer3_expert_in_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<8x32x64xf32>
    %layer3_expert_in_f32 = arith.mulf %layer3_expert_in_unit, %layer3_expert_in_spread : tensor<8x32x64xf32>
    %layer3_expert_out_unit = moe.random normal %seed stream 35 : tensor<i32> -> tensor<8x64x32xf32>
    %layer3_expert_out_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<8x64x32xf32>
    %layer3_expert_out_f32 = arith.mulf %layer3_expert_out_unit, %layer3_expert_out_spread : tensor<8x64x32xf32>
    %norm = arith.constant dense<1.0> : tensor<32xf32>
    %logits_unit = moe.random normal %seed stream 37 : tensor<i32> -> tensor<32x256xf32>
    %logits_spread = moe.broadcast %spread dims [] : tensor<f32> -> tensor<32x256xf32>
    %logits_f32 = arith.mulf %logits_unit, %logits_spread : tensor<32x256xf32>
    return %embedding_f32, %position_f32, %layer0_norm1, %layer0_wq_f32, %layer0_wk_f32, %layer0_wv_f32, %layer0_wo_f32, %layer0_norm2, %layer0_in_f32, %layer0_out_f32, %layer1_norm1, %layer1_wq_f32, %layer1_wk_f32, %layer1_wv_f32, %layer1_wo_f32, %layer1_norm2, %layer1_router_f32, %layer1_expert_in_f32, %layer1_expert_out_f32, %layer2_norm1, %layer2_wq_f32, %layer2_wk_f32, %layer2_wv_f32, %layer2_wo_f32, %layer2_norm2, %layer2_in_f32, %layer2_out_f32, %layer3_norm1, %layer3_wq_f32, %layer3_wk_f32, %layer3_wv_f32, %layer3_wo_f32, %layer3_norm2, %layer3_router_f32, %layer3_expert_in_f32, %layer3_expert_out_f32, %norm, %logits_f32 : tensor<256x32xf32>, tensor<32x32xf32>, tensor<32xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<4x8x32xf32>, tensor<32xf32>, tensor<32x64xf32>, tensor<64x32xf32>, tensor<32xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<4x8x32xf32>, tensor<32xf32>, tensor<32x8xf32>, tensor<8x32x64xf32>, tensor<8x64x32xf32>, tensor<32xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<4x8x32xf32>, tensor<32xf32>, tensor<32x64xf32>, tensor<64x32xf32>, tensor<32xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<4x8x32xf32>, tensor<32xf32>, tensor<32x8xf32>, tensor<8x32x64xf32>, tensor<8x64x32xf32>, tensor<32xf32>, tensor<32x256xf32>
  }

  // Logits of the next byte at every position.
  func.func @forward(
      %embedding: tensor<256x32xf32> {moe.name = "embedding", moe.parameter},
      %position: tensor<32x32xf32> {moe.name = "position", moe.parameter},
      %layer0_norm1: tensor<32xf32> {moe.name = "layer0.norm1", moe.parameter},
      %layer0_wq: tensor<32x4x8xf32> {moe.name = "layer0.wq", moe.parameter},
      %layer0_wk: tensor<32x4x8xf32> {moe.name = "layer0.wk", moe.parameter},
      %layer0_wv: tensor<32x4x8xf32> {moe.name = "layer0.wv", moe.parameter},
      %layer0_wo: tensor<4x8x32xf32> {moe.name = "layer0.wo", moe.parameter},
      %layer0_norm2: tensor<32xf32> {moe.name = "layer0.norm2", moe.parameter},
      %layer0_in: tensor<32x64xf32> {moe.name = "layer0.in", moe.parameter},
      %layer0_out: tensor<64x32xf32> {moe.name = "layer0.out", moe.parameter},
      %layer1_norm1: tensor<32xf32> {moe.name = "layer1.norm1", moe.parameter},
      %layer1_wq: tensor<32x4x8xf32> {moe.name = "layer1.wq", moe.parameter},
      %layer1_wk: tensor<32x4x8xf32> {moe.name = "layer1.wk", moe.parameter},
      %layer1_wv: tensor<32x4x8xf32> {moe.name = "layer1.wv", moe.parameter},
      %layer1_wo: tensor<4x8x32xf32> {moe.name = "layer1.wo", moe.parameter},
      %layer1_norm2: tensor<32xf32> {moe.name = "layer1.norm2", moe.parameter},
      %layer1_router: tensor<32x8xf32> {moe.name = "layer1.router", moe.parameter},
      %layer1_expert_in: tensor<8x32x64xf32> {moe.name = "layer1.expert_in", moe.parameter, spmd.sharding = #spmd.sharding<@mesh, [{"expert"}, {}, {}]>},
      %layer1_expert_out: tensor<8x64x32xf32> {moe.name = "layer1.expert_out", moe.parameter, spmd.sharding = #spmd.sharding<@mesh, [{"expert"}, {}, {}]>},
      %layer2_norm1: tensor<32xf32> {moe.name = "layer2.norm1", moe.parameter},
      %layer2_wq: tensor<32x4x8xf32> {moe.name = "layer2.wq", moe.parameter},
      %layer2_wk: tensor<32x4x8xf32> {moe.name = "layer2.wk", moe.parameter},
      %layer2_wv: tensor<32x4x8xf32> {moe.name = "layer2.wv", moe.parameter},
      %layer2_wo: tensor<4x8x32xf32> {moe.name = "layer2.wo", moe.parameter},
      %layer2_norm2: tensor<32xf32> {moe.name = "layer2.norm2", moe.parameter},
      %layer2_in: tensor<32x64xf32> {moe.name = "layer2.in", moe.parameter},
      %layer2_out: tensor<64x32xf32> {moe.name = "layer2.out", moe.parameter},
      %layer3_norm1: tensor<32xf32> {moe.name = "layer3.norm1", moe.parameter},
      %layer3_wq: tensor<32x4x8xf32> {moe.name = "layer3.wq", moe.parameter},
      %layer3_wk: tensor<32x4x8xf32> {moe.name = "layer3.wk", moe.parameter},
      %layer3_wv: tensor<32x4x8xf32> {moe.name = "layer3.wv", moe.parameter},
      %layer3_wo: tensor<4x8x32xf32> {moe.name = "layer3.wo", moe.parameter},
      %layer3_norm2: tensor<32xf32> {moe.name = "layer3.norm2", moe.parameter},
      %layer3_router: tensor<32x8xf32> {moe.name = "layer3.router", moe.parameter},
      %layer3_expert_in: tensor<8x32x64xf32> {moe.name = "layer3.expert_in", moe.parameter, spmd.sharding = #spmd.sharding<@mesh, [{"expert"}, {}, {}]>},
      %layer3_expert_out: tensor<8x64x32xf32> {moe.name = "layer3.expert_out", moe.parameter, spmd.sharding = #spmd.sharding<@mesh, [{"expert"}, {}, {}]>},
      %norm: tensor<32xf32> {moe.name = "norm", moe.parameter},
      %logits: tensor<32x256xf32> {moe.name = "logits", moe.parameter},
      %tokens: tensor<8x32xi32> {moe.bound = 256 : i64, moe.name = "tokens", spmd.sharding = #spmd.sharding<@mesh, [{"data", "expert"}, {?}]>})
      -> (tensor<8x32x256xf32> {moe.name = "logits"}) {
    %scores, %balance, %unrouted, %load = call @model(%embedding, %position, %layer0_norm1, %layer0_wq, %layer0_wk, %layer0_wv, %layer0_wo, %layer0_norm2, %layer0_in, %layer0_out, %layer1_norm1, %layer1_wq, %layer1_wk, %layer1_wv, %layer1_wo, %layer1_norm2, %layer1_router, %layer1_expert_in, %layer1_expert_out, %layer2_norm1, %layer2_wq, %layer2_wk, %layer2_wv, %layer2_wo, %layer2_norm2, %layer2_in, %layer2_out, %layer3_norm1, %layer3_wq, %layer3_wk, %layer3_wv, %layer3_wo, %layer3_norm2, %layer3_router, %layer3_expert_in, %layer3_expert_out, %norm, %logits, %tokens)
    : (tensor<256x32xf32>, tensor<32x32xf32>, tensor<32xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<4x8x32xf32>, tensor<32xf32>, tensor<32x64xf32>, tensor<64x32xf32>, tensor<32xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<4x8x32xf32>, tensor<32xf32>, tensor<32x8xf32>, tensor<8x32x64xf32>, tensor<8x64x32xf32>, tensor<32xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<4x8x32xf32>, tensor<32xf32>, tensor<32x64xf32>, tensor<64x32xf32>, tensor<32xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<4x8x32xf32>, tensor<32xf32>, tensor<32x8xf32>, tensor<8x32x64xf32>, tensor<8x64x32xf32>, tensor<32xf32>, tensor<32x256xf32>, tensor<8x32xi32>) -> (tensor<8x32x256xf32>, tensor<f32>, tensor<i32>, tensor<8xi32>)
    return %scores : tensor<8x32x256xf32>
  }

  // Cross-entropy of the next byte; auxiliary loss (mean over MoE layers, 1 when
  // balanced); share of tokens that no expert took; tokens per expert, summed
  // over MoE layers. Training adds 0.01 * aux to the loss.
  func.func @loss(
      %embedding: tensor<256x32xf32> {moe.name = "embedding", moe.parameter},
      %position: tensor<32x32xf32> {moe.name = "position", moe.parameter},
      %layer0_norm1: tensor<32xf32> {moe.name = "layer0.norm1", moe.parameter},
      %layer0_wq: tensor<32x4x8xf32> {moe.name = "layer0.wq", moe.parameter},
      %layer0_wk: tensor<32x4x8xf32> {moe.name = "layer0.wk", moe.parameter},
      %layer0_wv: tensor<32x4x8xf32> {moe.name = "layer0.wv", moe.parameter},
      %layer0_wo: tensor<4x8x32xf32> {moe.name = "layer0.wo", moe.parameter},
      %layer0_norm2: tensor<32xf32> {moe.name = "layer0.norm2", moe.parameter},
      %layer0_in: tensor<32x64xf32> {moe.name = "layer0.in", moe.parameter},
      %layer0_out: tensor<64x32xf32> {moe.name = "layer0.out", moe.parameter},
      %layer1_norm1: tensor<32xf32> {moe.name = "layer1.norm1", moe.parameter},
      %layer1_wq: tensor<32x4x8xf32> {moe.name = "layer1.wq", moe.parameter},
      %layer1_wk: tensor<32x4x8xf32> {moe.name = "layer1.wk", moe.parameter},
      %layer1_wv: tensor<32x4x8xf32> {moe.name = "layer1.wv", moe.parameter},
      %layer1_wo: tensor<4x8x32xf32> {moe.name = "layer1.wo", moe.parameter},
      %layer1_norm2: tensor<32xf32> {moe.name = "layer1.norm2", moe.parameter},
      %layer1_router: tensor<32x8xf32> {moe.name = "layer1.router", moe.parameter},
      %layer1_expert_in: tensor<8x32x64xf32> {moe.name = "layer1.expert_in", moe.parameter, spmd.sharding = #spmd.sharding<@mesh, [{"expert"}, {}, {}]>},
      %layer1_expert_out: tensor<8x64x32xf32> {moe.name = "layer1.expert_out", moe.parameter, spmd.sharding = #spmd.sharding<@mesh, [{"expert"}, {}, {}]>},
      %layer2_norm1: tensor<32xf32> {moe.name = "layer2.norm1", moe.parameter},
      %layer2_wq: tensor<32x4x8xf32> {moe.name = "layer2.wq", moe.parameter},
      %layer2_wk: tensor<32x4x8xf32> {moe.name = "layer2.wk", moe.parameter},
      %layer2_wv: tensor<32x4x8xf32> {moe.name = "layer2.wv", moe.parameter},
      %layer2_wo: tensor<4x8x32xf32> {moe.name = "layer2.wo", moe.parameter},
      %layer2_norm2: tensor<32xf32> {moe.name = "layer2.norm2", moe.parameter},
      %layer2_in: tensor<32x64xf32> {moe.name = "layer2.in", moe.parameter},
      %layer2_out: tensor<64x32xf32> {moe.name = "layer2.out", moe.parameter},
      %layer3_norm1: tensor<32xf32> {moe.name = "layer3.norm1", moe.parameter},
      %layer3_wq: tensor<32x4x8xf32> {moe.name = "layer3.wq", moe.parameter},
      %layer3_wk: tensor<32x4x8xf32> {moe.name = "layer3.wk", moe.parameter},
      %layer3_wv: tensor<32x4x8xf32> {moe.name = "layer3.wv", moe.parameter},
      %layer3_wo: tensor<4x8x32xf32> {moe.name = "layer3.wo", moe.parameter},
      %layer3_norm2: tensor<32xf32> {moe.name = "layer3.norm2", moe.parameter},
      %layer3_router: tensor<32x8xf32> {moe.name = "layer3.router", moe.parameter},
      %layer3_expert_in: tensor<8x32x64xf32> {moe.name = "layer3.expert_in", moe.parameter, spmd.sharding = #spmd.sharding<@mesh, [{"expert"}, {}, {}]>},
      %layer3_expert_out: tensor<8x64x32xf32> {moe.name = "layer3.expert_out", moe.parameter, spmd.sharding = #spmd.sharding<@mesh, [{"expert"}, {}, {}]>},
      %norm: tensor<32xf32> {moe.name = "norm", moe.parameter},
      %logits: tensor<32x256xf32> {moe.name = "logits", moe.parameter},
      %tokens: tensor<8x32xi32> {moe.bound = 256 : i64, moe.name = "tokens", spmd.sharding = #spmd.sharding<@mesh, [{"data", "expert"}, {?}]>})
      -> (tensor<f32> {moe.name = "loss"}, tensor<f32> {moe.name = "aux"},
          tensor<f32> {moe.name = "dropped"}, tensor<8xi32> {moe.name = "tokens_per_expert"}) {
    %scores, %balance, %unrouted, %load = call @model(%embedding, %position, %layer0_norm1, %layer0_wq, %layer0_wk, %layer0_wv, %layer0_wo, %layer0_norm2, %layer0_in, %layer0_out, %layer1_norm1, %layer1_wq, %layer1_wk, %layer1_wv, %layer1_wo, %layer1_norm2, %layer1_router, %layer1_expert_in, %layer1_expert_out, %layer2_norm1, %layer2_wq, %layer2_wk, %layer2_wv, %layer2_wo, %layer2_norm2, %layer2_in, %layer2_out, %layer3_norm1, %layer3_wq, %layer3_wk, %layer3_wv, %layer3_wo, %layer3_norm2, %layer3_router, %layer3_expert_in, %layer3_expert_out, %norm, %logits, %tokens)
    : (tensor<256x32xf32>, tensor<32x32xf32>, tensor<32xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<4x8x32xf32>, tensor<32xf32>, tensor<32x64xf32>, tensor<64x32xf32>, tensor<32xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<4x8x32xf32>, tensor<32xf32>, tensor<32x8xf32>, tensor<8x32x64xf32>, tensor<8x64x32xf32>, tensor<32xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<4x8x32xf32>, tensor<32xf32>, tensor<32x64xf32>, tensor<64x32xf32>, tensor<32xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<4x8x32xf32>, tensor<32xf32>, tensor<32x8xf32>, tensor<8x32x64xf32>, tensor<8x64x32xf32>, tensor<32xf32>, tensor<32x256xf32>, tensor<8x32xi32>) -> (tensor<8x32x256xf32>, tensor<f32>, tensor<i32>, tensor<8xi32>)
    %mean_factor = arith.constant dense<-0.004032258064516129> : tensor<f32>
    %per_layer = arith.constant dense<0.5> : tensor<f32>
    %per_token = arith.constant dense<0.001953125> : tensor<f32>
    // Cross-entropy: minus the mean log probability of the byte that follows.
    %before = moe.slice %scores offsets [0, 0, 0] strides [1, 1, 1] : tensor<8x32x256xf32> -> tensor<8x31x256xf32>
    %next = moe.slice %tokens offsets [0, 1] strides [1, 1] : tensor<8x32xi32> -> tensor<8x31xi32>
    %log = moe.log_softmax %before dim 2 : tensor<8x31x256xf32>
    %picked = moe.gather %log[%next] batch_dims 2 : tensor<8x31x256xf32>, tensor<8x31xi32> -> tensor<8x31xf32>
    %sum = moe.reduce sum %picked dims [0, 1] : tensor<8x31xf32> -> tensor<f32>
    %loss = arith.mulf %sum, %mean_factor : tensor<f32>

    %aux = arith.mulf %balance, %per_layer : tensor<f32>
    %unrouted_f32 = arith.sitofp %unrouted : tensor<i32> to tensor<f32>
    %dropped = arith.mulf %unrouted_f32, %per_token : tensor<f32>
    return %loss, %aux, %dropped, %load : tensor<f32>, tensor<f32>, tensor<f32>, tensor<8xi32>
  }

  // Tokens to logits; sums over the MoE layers of auxiliary loss, unrouted
  // tokens and tokens per expert.
  func.func private @model(%embedding: tensor<256x32xf32>, %position: tensor<32x32xf32>, %layer0_norm1: tensor<32xf32>, %layer0_wq: tensor<32x4x8xf32>, %layer0_wk: tensor<32x4x8xf32>, %layer0_wv: tensor<32x4x8xf32>, %layer0_wo: tensor<4x8x32xf32>, %layer0_norm2: tensor<32xf32>, %layer0_in: tensor<32x64xf32>, %layer0_out: tensor<64x32xf32>, %layer1_norm1: tensor<32xf32>, %layer1_wq: tensor<32x4x8xf32>, %layer1_wk: tensor<32x4x8xf32>, %layer1_wv: tensor<32x4x8xf32>, %layer1_wo: tensor<4x8x32xf32>, %layer1_norm2: tensor<32xf32>, %layer1_router: tensor<32x8xf32>, %layer1_expert_in: tensor<8x32x64xf32>, %layer1_expert_out: tensor<8x64x32xf32>, %layer2_norm1: tensor<32xf32>, %layer2_wq: tensor<32x4x8xf32>, %layer2_wk: tensor<32x4x8xf32>, %layer2_wv: tensor<32x4x8xf32>, %layer2_wo: tensor<4x8x32xf32>, %layer2_norm2: tensor<32xf32>, %layer2_in: tensor<32x64xf32>, %layer2_out: tensor<64x32xf32>, %layer3_norm1: tensor<32xf32>, %layer3_wq: tensor<32x4x8xf32>, %layer3_wk: tensor<32x4x8xf32>, %layer3_wv: tensor<32x4x8xf32>, %layer3_wo: tensor<4x8x32xf32>, %layer3_norm2: tensor<32xf32>, %layer3_router: tensor<32x8xf32>, %layer3_expert_in: tensor<8x32x64xf32>, %layer3_expert_out: tensor<8x64x32xf32>, %norm: tensor<32xf32>, %logits: tensor<32x256xf32>, %tokens: tensor<8x32xi32>)
      -> (tensor<8x32x256xf32>, tensor<f32>, tensor<i32>, tensor<8xi32>) {
    %embedded = moe.gather %embedding[%tokens] batch_dims 0 : tensor<256x32xf32>, tensor<8x32xi32> -> tensor<8x32x32xf32>
    %positions = moe.broadcast %position dims [1, 2] : tensor<32x32xf32> -> tensor<8x32x32xf32>
    %x_0 = arith.addf %embedded, %positions : tensor<8x32x32xf32>
    %routing_seed = arith.constant dense<17> : tensor<i32>

    %mixed_0 = call @attention(%x_0, %layer0_norm1, %layer0_wq, %layer0_wk, %layer0_wv, %layer0_wo)
    : (tensor<8x32x32xf32>, tensor<32xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<4x8x32xf32>) -> tensor<8x32x32xf32>
    %x_1 = call @dense(%mixed_0, %layer0_norm2, %layer0_in, %layer0_out) : (tensor<8x32x32xf32>, tensor<32xf32>, tensor<32x64xf32>, tensor<64x32xf32>) -> tensor<8x32x32xf32>

    %mixed_1 = call @attention(%x_1, %layer1_norm1, %layer1_wq, %layer1_wk, %layer1_wv, %layer1_wo)
    : (tensor<8x32x32xf32>, tensor<32xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<4x8x32xf32>) -> tensor<8x32x32xf32>
    %u_1 = moe.random uniform %routing_seed stream 1 : tensor<i32> -> tensor<8x32xf32>
    %x_2, %balance_1, %unrouted_1, %load_1 = call @moe(%mixed_1, %layer1_norm2, %layer1_router, %layer1_expert_in, %layer1_expert_out, %u_1)
    : (tensor<8x32x32xf32>, tensor<32xf32>, tensor<32x8xf32>, tensor<8x32x64xf32>, tensor<8x64x32xf32>, tensor<8x32xf32>) -> (tensor<8x32x32xf32>, tensor<f32>, tensor<i32>, tensor<8xi32>)

    %mixed_2 = call @attention(%x_2, %layer2_norm1, %layer2_wq, %layer2_wk, %layer2_wv, %layer2_wo)
    : (tensor<8x32x32xf32>, tensor<32xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<4x8x32xf32>) -> tensor<8x32x32xf32>
    %x_3 = call @dense(%mixed_2, %layer2_norm2, %layer2_in, %layer2_out) : (tensor<8x32x32xf32>, tensor<32xf32>, tensor<32x64xf32>, tensor<64x32xf32>) -> tensor<8x32x32xf32>

    %mixed_3 = call @attention(%x_3, %layer3_norm1, %layer3_wq, %layer3_wk, %layer3_wv, %layer3_wo)
    : (tensor<8x32x32xf32>, tensor<32xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<32x4x8xf32>, tensor<4x8x32xf32>) -> tensor<8x32x32xf32>
    %u_3 = moe.random uniform %routing_seed stream 3 : tensor<i32> -> tensor<8x32xf32>
    %x_4, %balance_3, %unrouted_3, %load_3 = call @moe(%mixed_3, %layer3_norm2, %layer3_router, %layer3_expert_in, %layer3_expert_out, %u_3)
    : (tensor<8x32x32xf32>, tensor<32xf32>, tensor<32x8xf32>, tensor<8x32x64xf32>, tensor<8x64x32xf32>, tensor<8x32xf32>) -> (tensor<8x32x32xf32>, tensor<f32>, tensor<i32>, tensor<8xi32>)
    %balance_3_sum = arith.addf %balance_1, %balance_3 : tensor<f32>
    %unrouted_3_sum = arith.addi %unrouted_1, %unrouted_3 : tensor<i32>
    %load_3_sum = arith.addi %load_1, %load_3 : tensor<8xi32>

    %final = call @norm(%x_4, %norm) : (tensor<8x32x32xf32>, tensor<32xf32>) -> tensor<8x32x32xf32>
    %scores = moe.einsum "gsm,mv->gsv" %final, %logits : tensor<8x32x32xf32>, tensor<32x256xf32> -> tensor<8x32x256xf32>
    return %scores, %balance_3_sum, %unrouted_3_sum, %load_3_sum : tensor<8x32x256xf32>, tensor<f32>, tensor<i32>, tensor<8xi32>
  }

  // Norm, causal multi-head attention, residual.
  func.func private @attention(%x: tensor<8x32x32xf32>, %gain: tensor<32xf32>, %wq: tensor<32x4x8xf32>, %wk: tensor<32x4x8xf32>, %wv: tensor<32x4x8xf32>, %wo: tensor<4x8x32xf32>) -> tensor<8x32x32xf32> {
    %y = call @norm(%x, %gain) : (tensor<8x32x32xf32>, tensor<32xf32>) -> tensor<8x32x32xf32>
    %q = moe.einsum "gsm,mnd->gsnd" %y, %wq : tensor<8x32x32xf32>, tensor<32x4x8xf32> -> tensor<8x32x4x8xf32>
    %k = moe.einsum "gsm,mnd->gsnd" %y, %wk : tensor<8x32x32xf32>, tensor<32x4x8xf32> -> tensor<8x32x4x8xf32>
    %v = moe.einsum "gsm,mnd->gsnd" %y, %wv : tensor<8x32x32xf32>, tensor<32x4x8xf32> -> tensor<8x32x4x8xf32>
    %dot = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<8x32x4x8xf32>, tensor<8x32x4x8xf32> -> tensor<8x4x32x32xf32>
    %scale = arith.constant dense<0.3535533905932738> : tensor<8x4x32x32xf32>
    %never = arith.constant dense<0xFF800000> : tensor<8x4x32x32xf32>
    %scores = arith.mulf %dot, %scale : tensor<8x4x32x32xf32>
    %query = moe.iota dim 0 : tensor<32x32xi32>
    %key = moe.iota dim 1 : tensor<32x32xi32>
    %past = arith.cmpi sle, %key, %query : tensor<32x32xi32>
    %visible = moe.broadcast %past dims [2, 3] : tensor<32x32xi1> -> tensor<8x4x32x32xi1>
    %masked = arith.select %visible, %scores, %never : tensor<8x4x32x32xi1>, tensor<8x4x32x32xf32>
    %weights = moe.softmax %masked dim 3 : tensor<8x4x32x32xf32>
    %heads = moe.einsum "gnqk,gknd->gqnd" %weights, %v : tensor<8x4x32x32xf32>, tensor<8x32x4x8xf32> -> tensor<8x32x4x8xf32>
    %out = moe.einsum "gsnd,ndm->gsm" %heads, %wo : tensor<8x32x4x8xf32>, tensor<4x8x32xf32> -> tensor<8x32x32xf32>
    %result = arith.addf %x, %out : tensor<8x32x32xf32>
    return %result : tensor<8x32x32xf32>
  }

  // Norm, feed-forward with gelu, residual.
  func.func private @dense(%x: tensor<8x32x32xf32>, %gain: tensor<32xf32>, %wi: tensor<32x64xf32>, %wo: tensor<64x32xf32>) -> tensor<8x32x32xf32> {
    %y = call @norm(%x, %gain) : (tensor<8x32x32xf32>, tensor<32xf32>) -> tensor<8x32x32xf32>
    %hidden = moe.einsum "gsm,mh->gsh" %y, %wi : tensor<8x32x32xf32>, tensor<32x64xf32> -> tensor<8x32x64xf32>
    %half = arith.constant dense<0.5> : tensor<8x32x64xf32>
    %one = arith.constant dense<1.0> : tensor<8x32x64xf32>
    %cubic = arith.constant dense<0.044715> : tensor<8x32x64xf32>
    %slope = arith.constant dense<0.7978845608028654> : tensor<8x32x64xf32>
    %x2 = arith.mulf %hidden, %hidden : tensor<8x32x64xf32>
    %x3 = arith.mulf %x2, %hidden : tensor<8x32x64xf32>
    %bent = arith.mulf %x3, %cubic : tensor<8x32x64xf32>
    %inner = arith.addf %hidden, %bent : tensor<8x32x64xf32>
    %steep = arith.mulf %inner, %slope : tensor<8x32x64xf32>
    %tanh = math.tanh %steep : tensor<8x32x64xf32>
    %gate = arith.addf %tanh, %one : tensor<8x32x64xf32>
    %halved = arith.mulf %hidden, %half : tensor<8x32x64xf32>
    %active = arith.mulf %halved, %gate : tensor<8x32x64xf32>
    %out = moe.einsum "gsh,hm->gsm" %active, %wo : tensor<8x32x64xf32>, tensor<64x32xf32> -> tensor<8x32x32xf32>
    %result = arith.addf %x, %out : tensor<8x32x32xf32>
    return %result : tensor<8x32x32xf32>
  }

  // Norm, MoE layer, residual. Masks and einsums as in the paper.
  func.func private @moe(%x: tensor<8x32x32xf32>, %gain: tensor<32xf32>, %router: tensor<32x8xf32>, %wi: tensor<8x32x64xf32>, %wo: tensor<8x64x32xf32>, %u: tensor<8x32xf32>) -> (tensor<8x32x32xf32>, tensor<f32>, tensor<i32>, tensor<8xi32>) {
    %y = call @norm(%x, %gain) : (tensor<8x32x32xf32>, tensor<32xf32>) -> tensor<8x32x32xf32>
    %scores = moe.einsum "gsm,me->gse" %y, %router : tensor<8x32x32xf32>, tensor<32x8xf32> -> tensor<8x32x8xf32>
    %gates = moe.softmax %scores dim 2 : tensor<8x32x8xf32>
    %tiny = arith.constant dense<1.0e-9> : tensor<8x32xf32>
    %capacity = arith.constant dense<8> : tensor<8x32x8xi32>
    %zero = arith.constant dense<0> : tensor<8x32x8xi32>
    // Two best experts, their gates normalised to sum 1.
    %best, %index = moe.top_k %gates k 2 dim 2 : tensor<8x32x8xf32> -> tensor<8x32x2xf32>, tensor<8x32x2xi32>
    %best1 = moe.slice %best offsets [0, 0, 0] strides [1, 1, 1] : tensor<8x32x2xf32> -> tensor<8x32x1xf32>
    %best2 = moe.slice %best offsets [0, 0, 1] strides [1, 1, 1] : tensor<8x32x2xf32> -> tensor<8x32x1xf32>
    %index1 = moe.slice %index offsets [0, 0, 0] strides [1, 1, 1] : tensor<8x32x2xi32> -> tensor<8x32x1xi32>
    %index2 = moe.slice %index offsets [0, 0, 1] strides [1, 1, 1] : tensor<8x32x2xi32> -> tensor<8x32x1xi32>
    %raw1 = moe.reshape %best1 : tensor<8x32x1xf32> -> tensor<8x32xf32>
    %raw2 = moe.reshape %best2 : tensor<8x32x1xf32> -> tensor<8x32xf32>
    %expert1 = moe.reshape %index1 : tensor<8x32x1xi32> -> tensor<8x32xi32>
    %expert2 = moe.reshape %index2 : tensor<8x32x1xi32> -> tensor<8x32xi32>
    %both = arith.addf %raw1, %raw2 : tensor<8x32xf32>
    %denominator = arith.addf %both, %tiny : tensor<8x32xf32>
    %gate1 = arith.divf %raw1, %denominator : tensor<8x32xf32>
    %gate2 = arith.divf %raw2, %denominator : tensor<8x32xf32>

    // The second expert is kept with probability 2 * gate2.
    %mask1 = moe.one_hot %expert1 : tensor<8x32xi32> -> tensor<8x32x8xi32>
    %mask2_all = moe.one_hot %expert2 : tensor<8x32xi32> -> tensor<8x32x8xi32>
    %chance = arith.addf %gate2, %gate2 : tensor<8x32xf32>
    %keep = arith.cmpf olt, %u, %chance : tensor<8x32xf32>
    %keeps = moe.broadcast %keep dims [0, 1] : tensor<8x32xi1> -> tensor<8x32x8xi1>
    %mask2 = arith.select %keeps, %mask2_all, %zero : tensor<8x32x8xi1>, tensor<8x32x8xi32>

    // Positions in the expert: first choices before second ones; drops.
    %position1 = moe.cumsum %mask1 dim 1 exclusive : tensor<8x32x8xi32>
    %after = moe.cumsum %mask2 dim 1 exclusive : tensor<8x32x8xi32>
    %count1 = moe.reduce sum %mask1 dims [1] : tensor<8x32x8xi32> -> tensor<8x8xi32>
    %start2 = moe.broadcast %count1 dims [0, 2] : tensor<8x8xi32> -> tensor<8x32x8xi32>
    %position2 = arith.addi %after, %start2 : tensor<8x32x8xi32>
    %fits1 = arith.cmpi slt, %position1, %capacity : tensor<8x32x8xi32>
    %fits2 = arith.cmpi slt, %position2, %capacity : tensor<8x32x8xi32>
    %kept1 = arith.select %fits1, %mask1, %zero : tensor<8x32x8xi1>, tensor<8x32x8xi32>
    %kept2 = arith.select %fits2, %mask2, %zero : tensor<8x32x8xi1>, tensor<8x32x8xi32>

    // Combine weights: gate at [g, s, its expert, its slot], 0 elsewhere.
    %at1 = arith.muli %position1, %kept1 : tensor<8x32x8xi32>
    %at2 = arith.muli %position2, %kept2 : tensor<8x32x8xi32>
    %slot1 = moe.reduce sum %at1 dims [2] : tensor<8x32x8xi32> -> tensor<8x32xi32>
    %slot2 = moe.reduce sum %at2 dims [2] : tensor<8x32x8xi32> -> tensor<8x32xi32>
    %hot1 = moe.one_hot %slot1 : tensor<8x32xi32> -> tensor<8x32x8xf32>
    %hot2 = moe.one_hot %slot2 : tensor<8x32xi32> -> tensor<8x32x8xf32>
    %to1 = arith.sitofp %kept1 : tensor<8x32x8xi32> to tensor<8x32x8xf32>
    %to2 = arith.sitofp %kept2 : tensor<8x32x8xi32> to tensor<8x32x8xf32>
    %combine1 = moe.einsum "gs,gse,gsc->gsec" %gate1, %to1, %hot1 : tensor<8x32xf32>, tensor<8x32x8xf32>, tensor<8x32x8xf32> -> tensor<8x32x8x8xf32>
    %combine2 = moe.einsum "gs,gse,gsc->gsec" %gate2, %to2, %hot2 : tensor<8x32xf32>, tensor<8x32x8xf32>, tensor<8x32x8xf32> -> tensor<8x32x8x8xf32>
    %combine = arith.addf %combine1, %combine2 : tensor<8x32x8x8xf32>
    %no_weight = arith.constant dense<0.0> : tensor<8x32x8x8xf32>
    // The mask, tokens to slots, experts, slots back to tokens.
    %occupied = arith.cmpf une, %combine, %no_weight : tensor<8x32x8x8xf32>
    %dispatch = arith.uitofp %occupied : tensor<8x32x8x8xi1> to tensor<8x32x8x8xf32>
    %sent = moe.einsum "gsec,gsm->egcm" %dispatch, %y : tensor<8x32x8x8xf32>, tensor<8x32x32xf32> -> tensor<8x8x8x32xf32>
    %slots = spmd.split %sent dim 0 over @mesh {"expert"} : tensor<8x8x8x32xf32>
    %made = call @experts(%slots, %wi, %wo) : (tensor<8x8x8x32xf32>, tensor<8x32x64xf32>, tensor<8x64x32xf32>) -> tensor<8x8x8x32xf32>
    %out = moe.einsum "gsec,egcm->gsm" %combine, %made : tensor<8x32x8x8xf32>, tensor<8x8x8x32xf32> -> tensor<8x32x32xf32>
    %result = arith.addf %x, %out : tensor<8x32x32xf32>
    %first = arith.sitofp %mask1 : tensor<8x32x8xi32> to tensor<8x32x8xf32>
    %norm_balance = arith.constant dense<0.0009765625> : tensor<f32>
    // Auxiliary loss: E * sum of f * P, averaged over groups.
    %chosen = moe.reduce sum %first dims [1] : tensor<8x32x8xf32> -> tensor<8x8xf32>
    %likely = moe.reduce sum %gates dims [1] : tensor<8x32x8xf32> -> tensor<8x8xf32>
    %product = arith.mulf %chosen, %likely : tensor<8x8xf32>
    %products = moe.reduce sum %product dims [0, 1] : tensor<8x8xf32> -> tensor<f32>
    %balance = arith.mulf %products, %norm_balance : tensor<f32>
    %taken = arith.addi %kept1, %kept2 : tensor<8x32x8xi32>
    %none = arith.constant dense<0> : tensor<8x32xi32>
    %uses = moe.reduce sum %taken dims [2] : tensor<8x32x8xi32> -> tensor<8x32xi32>
    %lost = arith.cmpi eq, %uses, %none : tensor<8x32xi32>
    %lost_count = arith.extui %lost : tensor<8x32xi1> to tensor<8x32xi32>
    %unrouted = moe.reduce sum %lost_count dims [0, 1] : tensor<8x32xi32> -> tensor<i32>
    %load = moe.reduce sum %taken dims [0, 1] : tensor<8x32x8xi32> -> tensor<8xi32>
    return %result, %balance, %unrouted, %load : tensor<8x32x32xf32>, tensor<f32>, tensor<i32>, tensor<8xi32>
  }

  // Each expert's feed-forward on its slots.
  func.func private @experts(%slots: tensor<8x8x8x32xf32>, %wi: tensor<8x32x64xf32>, %wo: tensor<8x64x32xf32>) -> tensor<8x8x8x32xf32> {
    %hidden = moe.einsum "egcm,emh->egch" %slots, %wi : tensor<8x8x8x32xf32>, tensor<8x32x64xf32> -> tensor<8x8x8x64xf32>
    %half = arith.constant dense<0.5> : tensor<8x8x8x64xf32>
    %one = arith.constant dense<1.0> : tensor<8x8x8x64xf32>
    %cubic = arith.constant dense<0.044715> : tensor<8x8x8x64xf32>
    %slope = arith.constant dense<0.7978845608028654> : tensor<8x8x8x64xf32>
    %x2 = arith.mulf %hidden, %hidden : tensor<8x8x8x64xf32>
    %x3 = arith.mulf %x2, %hidden : tensor<8x8x8x64xf32>
    %bent = arith.mulf %x3, %cubic : tensor<8x8x8x64xf32>
    %inner = arith.addf %hidden, %bent : tensor<8x8x8x64xf32>
    %steep = arith.mulf %inner, %slope : tensor<8x8x8x64xf32>
    %tanh = math.tanh %steep : tensor<8x8x8x64xf32>
    %gate = arith.addf %tanh, %one : tensor<8x8x8x64xf32>
    %halved = arith.mulf %hidden, %half : tensor<8x8x8x64xf32>
    %active = arith.mulf %halved, %gate : tensor<8x8x8x64xf32>
    %out = moe.einsum "egch,ehm->egcm" %active, %wo : tensor<8x8x8x64xf32>, tensor<8x64x32xf32> -> tensor<8x8x8x32xf32>
    return %out : tensor<8x8x8x32xf32>
  }

  // RMS norm over the model width, in f32.
  func.func private @norm(%x: tensor<8x32x32xf32>, %gain: tensor<32xf32>) -> tensor<8x32x32xf32> {
    %inverse_width = arith.constant dense<0.03125> : tensor<8x32xf32>
    %epsilon = arith.constant dense<1.0e-6> : tensor<8x32xf32>
    %square = arith.mulf %x, %x : tensor<8x32x32xf32>
    %sum = moe.reduce sum %square dims [2] : tensor<8x32x32xf32> -> tensor<8x32xf32>
    %mean = arith.mulf %sum, %inverse_width : tensor<8x32xf32>
    %shifted = arith.addf %mean, %epsilon : tensor<8x32xf32>
    %scale = math.rsqrt %shifted : tensor<8x32xf32>
    %scales = moe.broadcast %scale dims [0, 1] : tensor<8x32xf32> -> tensor<8x32x32xf32>
    %gains = moe.broadcast %gain dims [2] : tensor<32xf32> -> tensor<8x32x32xf32>
    %scaled = arith.mulf %x, %scales : tensor<8x32x32xf32>
    %normed = arith.mulf %scaled, %gains : tensor<8x32x32xf32>
    return %normed : tensor<8x32x32xf32>
  }
}
