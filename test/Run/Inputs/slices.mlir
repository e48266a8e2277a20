// Attention and experts, each twice: slice by slice, and whole because what lies
// between the products is returned too.
spmd.mesh @mesh ["x"=1]
#groups = #spmd.sharding<@mesh, [{"x"}, {?}, {?}, {?}]>
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
