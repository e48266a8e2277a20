// Attention, experts and dense feed-forward, each twice: slice by slice, and whole because what lies
// between the products is returned too.
spmd.mesh @mesh ["x"=1]
#groups = #spmd.sharding<@mesh, [{"x"}, {?}, {?}, {?}]>
#tokens = #spmd.sharding<@mesh, [{"x"}, {?}]>
#experts = #spmd.sharding<@mesh, [{"x"}, {}, {}]>

func.func private @scores(%q: tensor<3x190x4x24xf32>, %k: tensor<3x190x4x24xf32>) -> tensor<3x4x190x190xf32> {
  %dot = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<3x190x4x24xf32>, tensor<3x190x4x24xf32> -> tensor<3x4x190x190xf32>
  %query = moe.iota dim 0 : tensor<190x190xi32>
  %key = moe.iota dim 1 : tensor<190x190xi32>
  %past = arith.cmpi sle, %key, %query : tensor<190x190xi32>
  %visible = moe.broadcast %past dims [2, 3] : tensor<190x190xi1> -> tensor<3x4x190x190xi1>
  %never = arith.constant dense<0xFF800000> : tensor<3x4x190x190xf32>
  %masked = arith.select %visible, %dot, %never : tensor<3x4x190x190xi1>, tensor<3x4x190x190xf32>
  %weights = moe.softmax %masked dim 3 : tensor<3x4x190x190xf32>
  return %weights : tensor<3x4x190x190xf32>
}

func.func @attention(%q: tensor<3x190x4x24xf32> {moe.name = "q", spmd.sharding = #groups}, %k: tensor<3x190x4x24xf32> {moe.name = "k"},
                     %v: tensor<3x190x4x24xf32> {moe.name = "v"}) -> (tensor<3x190x4x24xf32> {moe.name = "o"}) {
  %w = call @scores(%q, %k) : (tensor<3x190x4x24xf32>, tensor<3x190x4x24xf32>) -> tensor<3x4x190x190xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %w, %v : tensor<3x4x190x190xf32>, tensor<3x190x4x24xf32> -> tensor<3x190x4x24xf32>
  return %o : tensor<3x190x4x24xf32>
}

func.func @attention_whole(%q: tensor<3x190x4x24xf32> {moe.name = "q", spmd.sharding = #groups}, %k: tensor<3x190x4x24xf32> {moe.name = "k"},
                           %v: tensor<3x190x4x24xf32> {moe.name = "v"}) -> (tensor<3x190x4x24xf32> {moe.name = "o"}, tensor<3x4x190x190xf32> {moe.name = "between"}) {
  %w = call @scores(%q, %k) : (tensor<3x190x4x24xf32>, tensor<3x190x4x24xf32>) -> tensor<3x4x190x190xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %w, %v : tensor<3x4x190x190xf32>, tensor<3x190x4x24xf32> -> tensor<3x190x4x24xf32>
  return %o, %w : tensor<3x190x4x24xf32>, tensor<3x4x190x190xf32>
}

func.func private @hidden(%x: tensor<5x130x24xf32>, %wi: tensor<5x24x900xf32>) -> tensor<5x130x900xf32> {
  %narrow = arith.truncf %x : tensor<5x130x24xf32> to tensor<5x130x24xbf16>
  %narrow_wi = arith.truncf %wi : tensor<5x24x900xf32> to tensor<5x24x900xbf16>
  %h = moe.einsum "ecm,emh->ech" %narrow, %narrow_wi : tensor<5x130x24xbf16>, tensor<5x24x900xbf16> -> tensor<5x130x900xbf16>
  %wide = arith.extf %h : tensor<5x130x900xbf16> to tensor<5x130x900xf32>
  %active = math.tanh %wide : tensor<5x130x900xf32>
  return %active : tensor<5x130x900xf32>
}

func.func @experts(%x: tensor<5x130x24xf32> {moe.name = "x"}, %wi: tensor<5x24x900xf32> {moe.name = "wi", spmd.sharding = #experts},
                   %wo: tensor<5x900x24xf32> {moe.name = "wo", moe.parameter, spmd.sharding = #experts}) -> (tensor<5x130x24xf32> {moe.name = "y"}) {
  %a = call @hidden(%x, %wi) : (tensor<5x130x24xf32>, tensor<5x24x900xf32>) -> tensor<5x130x900xf32>
  %y = moe.einsum "ech,ehm->ecm" %a, %wo : tensor<5x130x900xf32>, tensor<5x900x24xf32> -> tensor<5x130x24xf32>
  return %y : tensor<5x130x24xf32>
}

func.func @experts_whole(%x: tensor<5x130x24xf32> {moe.name = "x"}, %wi: tensor<5x24x900xf32> {moe.name = "wi", spmd.sharding = #experts},
                         %wo: tensor<5x900x24xf32> {moe.name = "wo", moe.parameter, spmd.sharding = #experts}) -> (tensor<5x130x24xf32> {moe.name = "y"}, tensor<5x130x900xf32> {moe.name = "between"}) {
  %a = call @hidden(%x, %wi) : (tensor<5x130x24xf32>, tensor<5x24x900xf32>) -> tensor<5x130x900xf32>
  %y = moe.einsum "ech,ehm->ecm" %a, %wo : tensor<5x130x900xf32>, tensor<5x900x24xf32> -> tensor<5x130x24xf32>
  return %y, %a : tensor<5x130x24xf32>, tensor<5x130x900xf32>
}

func.func private @dense_hidden(%x: tensor<1301x24xf32>, %scale: tensor<1301xf32>, %wi: tensor<24x900xf32>) -> tensor<1301x900xf32> {
  %h = moe.einsum "sm,mh->sh" %x, %wi : tensor<1301x24xf32>, tensor<24x900xf32> -> tensor<1301x900xf32>
  %s = moe.broadcast %scale dims [0] : tensor<1301xf32> -> tensor<1301x900xf32>
  %scaled = arith.mulf %h, %s : tensor<1301x900xf32>
  %active = math.tanh %scaled : tensor<1301x900xf32>
  return %active : tensor<1301x900xf32>
}

func.func @dense(%x: tensor<1301x24xf32> {moe.name = "x", spmd.sharding = #tokens}, %scale: tensor<1301xf32> {moe.name = "scale"},
                 %wi: tensor<24x900xf32> {moe.name = "wi", moe.parameter},
                 %wo: tensor<900x24xf32> {moe.name = "wo", moe.parameter}) -> (tensor<1301x24xf32> {moe.name = "y"}) {
  %a = call @dense_hidden(%x, %scale, %wi) : (tensor<1301x24xf32>, tensor<1301xf32>, tensor<24x900xf32>) -> tensor<1301x900xf32>
  %y = moe.einsum "sh,hm->sm" %a, %wo : tensor<1301x900xf32>, tensor<900x24xf32> -> tensor<1301x24xf32>
  return %y : tensor<1301x24xf32>
}

func.func @dense_whole(%x: tensor<1301x24xf32> {moe.name = "x", spmd.sharding = #tokens}, %scale: tensor<1301xf32> {moe.name = "scale"},
                       %wi: tensor<24x900xf32> {moe.name = "wi", moe.parameter},
                       %wo: tensor<900x24xf32> {moe.name = "wo", moe.parameter}) -> (tensor<1301x24xf32> {moe.name = "y"}, tensor<1301x900xf32> {moe.name = "between"}) {
  %a = call @dense_hidden(%x, %scale, %wi) : (tensor<1301x24xf32>, tensor<1301xf32>, tensor<24x900xf32>) -> tensor<1301x900xf32>
  %y = moe.einsum "sh,hm->sm" %a, %wo : tensor<1301x900xf32>, tensor<900x24xf32> -> tensor<1301x24xf32>
  return %y, %a : tensor<1301x24xf32>, tensor<1301x900xf32>
}

// Causal attention on 100 queries, in bf16: 2 blocks of 50 rows with 64 and 100 columns.
func.func private @weights_100(%q: tensor<4x100x8x24xf32>, %k: tensor<4x100x8x24xf32>) -> tensor<4x8x100x100xbf16> {
  %narrow_q = arith.truncf %q : tensor<4x100x8x24xf32> to tensor<4x100x8x24xbf16>
  %narrow_k = arith.truncf %k : tensor<4x100x8x24xf32> to tensor<4x100x8x24xbf16>
  %dot = moe.einsum "gqnd,gknd->gnqk" %narrow_q, %narrow_k : tensor<4x100x8x24xbf16>, tensor<4x100x8x24xbf16> -> tensor<4x8x100x100xf32>
  %query = moe.iota dim 0 : tensor<100x100xi32>
  %key = moe.iota dim 1 : tensor<100x100xi32>
  %future = arith.cmpi sgt, %key, %query : tensor<100x100xi32>
  %hidden = moe.broadcast %future dims [2, 3] : tensor<100x100xi1> -> tensor<4x8x100x100xi1>
  %never = arith.constant dense<0xFF800000> : tensor<4x8x100x100xf32>
  %masked = arith.select %hidden, %never, %dot : tensor<4x8x100x100xi1>, tensor<4x8x100x100xf32>
  %weights = moe.softmax %masked dim 3 : tensor<4x8x100x100xf32>
  %narrow = arith.truncf %weights : tensor<4x8x100x100xf32> to tensor<4x8x100x100xbf16>
  return %narrow : tensor<4x8x100x100xbf16>
}

func.func @causal(%q: tensor<4x100x8x24xf32> {moe.name = "q", spmd.sharding = #groups}, %k: tensor<4x100x8x24xf32> {moe.name = "k"},
                  %v: tensor<4x100x8x24xf32> {moe.name = "v"}) -> (tensor<4x100x8x24xf32> {moe.name = "o"}) {
  %w = call @weights_100(%q, %k) : (tensor<4x100x8x24xf32>, tensor<4x100x8x24xf32>) -> tensor<4x8x100x100xbf16>
  %narrow_v = arith.truncf %v : tensor<4x100x8x24xf32> to tensor<4x100x8x24xbf16>
  %o = moe.einsum "gnqk,gknd->gqnd" %w, %narrow_v : tensor<4x8x100x100xbf16>, tensor<4x100x8x24xbf16> -> tensor<4x100x8x24xf32>
  return %o : tensor<4x100x8x24xf32>
}

func.func @causal_whole(%q: tensor<4x100x8x24xf32> {moe.name = "q", spmd.sharding = #groups}, %k: tensor<4x100x8x24xf32> {moe.name = "k"},
                        %v: tensor<4x100x8x24xf32> {moe.name = "v"}) -> (tensor<4x100x8x24xf32> {moe.name = "o"}, tensor<4x8x100x100xbf16> {moe.name = "between"}) {
  %w = call @weights_100(%q, %k) : (tensor<4x100x8x24xf32>, tensor<4x100x8x24xf32>) -> tensor<4x8x100x100xbf16>
  %narrow_v = arith.truncf %v : tensor<4x100x8x24xf32> to tensor<4x100x8x24xbf16>
  %o = moe.einsum "gnqk,gknd->gqnd" %w, %narrow_v : tensor<4x8x100x100xbf16>, tensor<4x100x8x24xbf16> -> tensor<4x100x8x24xf32>
  return %o, %w : tensor<4x100x8x24xf32>, tensor<4x8x100x100xbf16>
}

func.func @softmax_twice(%q: tensor<4x100x8x24xf32> {moe.name = "q"}, %k: tensor<4x100x8x24xf32> {moe.name = "k"},
                         %v: tensor<4x100x8x24xf32> {moe.name = "v"}) -> (tensor<4x100x8x24xf32> {moe.name = "o"}) {
  %dot = moe.einsum "gqnd,gknd->gnqk" %q, %k : tensor<4x100x8x24xf32>, tensor<4x100x8x24xf32> -> tensor<4x8x100x100xf32>
  %all = moe.softmax %dot dim 3 : tensor<4x8x100x100xf32>
  %query = moe.iota dim 0 : tensor<100x100xi32>
  %key = moe.iota dim 1 : tensor<100x100xi32>
  %past = arith.cmpi sle, %key, %query : tensor<100x100xi32>
  %visible = moe.broadcast %past dims [2, 3] : tensor<100x100xi1> -> tensor<4x8x100x100xi1>
  %never = arith.constant dense<0xFF800000> : tensor<4x8x100x100xf32>
  %masked = arith.select %visible, %all, %never : tensor<4x8x100x100xi1>, tensor<4x8x100x100xf32>
  %weights = moe.softmax %masked dim 3 : tensor<4x8x100x100xf32>
  %o = moe.einsum "gnqk,gknd->gqnd" %weights, %v : tensor<4x8x100x100xf32>, tensor<4x100x8x24xf32> -> tensor<4x100x8x24xf32>
  return %o : tensor<4x100x8x24xf32>
}
