// Programs with loops and branches; axes data and expert of any size.
#tokens = #spmd.sharding<@mesh, [{"data", "expert"}, {}, {}]>
#experts = #spmd.sharding<@mesh, [{}, {"expert"}, {}, {}]>
#rows = #spmd.sharding<@mesh, [{"data"}, {?}]>
#columns = #spmd.sharding<@mesh, [{}, {}, {"expert"}]>
spmd.mesh @mesh ["data"=2, "expert"=2]

// GShard's layer three times: the weights of a layer are taken by the number of the turn.
func.func @moe_layers(%x: tensor<6x8x16xf32> {moe.name = "x", spmd.sharding = #tokens}, %router: tensor<3x16x4xf32> {moe.name = "router"},
    %wi: tensor<3x4x16x24xf32> {moe.name = "wi", moe.parameter, spmd.sharding = #experts},
    %wo: tensor<3x4x24x16xf32> {moe.name = "wo", moe.parameter, spmd.sharding = #experts}) -> tensor<6x8x16xf32> {
  %first = arith.constant 0 : index
  %layers = arith.constant 3 : index
  %step = arith.constant 1 : index
  %y = scf.for %i = %first to %layers step %step iter_args(%h = %x) -> tensor<6x8x16xf32> {
    %number = arith.index_cast %i : index to i32
    %layer = tensor.from_elements %number : tensor<i32>
    %r = moe.gather %router[%layer] batch_dims 0 : tensor<3x16x4xf32>, tensor<i32> -> tensor<16x4xf32>
    %a = moe.gather %wi[%layer] batch_dims 0 : tensor<3x4x16x24xf32>, tensor<i32> -> tensor<4x16x24xf32>
    %b = moe.gather %wo[%layer] batch_dims 0 : tensor<3x4x24x16xf32>, tensor<i32> -> tensor<4x24x16xf32>
    %scores = moe.einsum "gsm,me->gse" %h, %r : tensor<6x8x16xf32>, tensor<16x4xf32> -> tensor<6x8x4xf32>
    %gates = moe.softmax %scores dim 2 : tensor<6x8x4xf32>
    %expert, %slot, %weight = moe.gating %gates k 2 capacity 3 : tensor<6x8x4xf32> -> tensor<6x8x2xi32>, tensor<6x8x2xi32>, tensor<6x8x2xf32>
    %sent = moe.dispatch %h to %expert, %slot : tensor<6x8x16xf32>, tensor<6x8x2xi32>, tensor<6x8x2xi32> -> tensor<4x6x3x16xf32>
    %slots = spmd.split %sent dim 0 over @mesh {"expert"} : tensor<4x6x3x16xf32>
    %hidden = moe.einsum "egcm,emh->egch" %slots, %a : tensor<4x6x3x16xf32>, tensor<4x16x24xf32> -> tensor<4x6x3x24xf32>
    %act = math.tanh %hidden : tensor<4x6x3x24xf32>
    %made = moe.einsum "egch,ehm->egcm" %act, %b : tensor<4x6x3x24xf32>, tensor<4x24x16xf32> -> tensor<4x6x3x16xf32>
    %back = moe.combine %made from %expert, %slot weights %weight : tensor<4x6x3x16xf32>, tensor<6x8x2xi32>, tensor<6x8x2xi32>, tensor<6x8x2xf32> -> tensor<6x8x16xf32>
    %out = arith.addf %h, %back : tensor<6x8x16xf32>
    scf.yield %out : tensor<6x8x16xf32>
  }
  return %y : tensor<6x8x16xf32>
}

// What goes around changes places and layouts: %p is summed over the cut columns of the weights,
// %q comes from outside in another layout; the sum is whole before it goes around.
func.func @layouts_change_in_turns(%x: tensor<7x5xf32> {moe.name = "p", spmd.sharding = #rows}, %z: tensor<5x7xf32> {moe.name = "q"},
    %w: tensor<4x5x5xf32> {moe.name = "w", spmd.sharding = #columns}) -> (tensor<7x5xf32>, tensor<5x7xf32>, tensor<f32>) {
  %first = arith.constant 0 : index
  %end = arith.constant 4 : index
  %step = arith.constant 1 : index
  %zero = arith.constant dense<0.0> : tensor<f32>
  %r:3 = scf.for %i = %first to %end step %step iter_args(%p = %x, %q = %z, %sum = %zero) -> (tensor<7x5xf32>, tensor<5x7xf32>, tensor<f32>) {
    %number = arith.index_cast %i : index to i32
    %layer = tensor.from_elements %number : tensor<i32>
    %a = moe.gather %w[%layer] batch_dims 0 : tensor<4x5x5xf32>, tensor<i32> -> tensor<5x5xf32>
    %0 = moe.einsum "ik,kj->ij" %p, %a : tensor<7x5xf32>, tensor<5x5xf32> -> tensor<7x5xf32>
    %1 = moe.einsum "ij,ji->ij" %0, %q : tensor<7x5xf32>, tensor<5x7xf32> -> tensor<7x5xf32>
    %2 = moe.transpose %1 permutation [1, 0] : tensor<7x5xf32> -> tensor<5x7xf32>
    %all = moe.reduce sum %1 dims [0, 1] : tensor<7x5xf32> -> tensor<f32>
    %more = arith.addf %sum, %all : tensor<f32>
    scf.yield %1, %2, %more : tensor<7x5xf32>, tensor<5x7xf32>, tensor<f32>
  }
  return %r#0, %r#1, %r#2 : tensor<7x5xf32>, tensor<5x7xf32>, tensor<f32>
}

// Both ways end in one layout; the condition is a sum over all ranks.
func.func @ways_meet(%x: tensor<7x5xf32> {moe.name = "p", spmd.sharding = #rows}, %w: tensor<5x5xf32> {moe.name = "v"}) -> tensor<7x5xf32> {
  %sum = moe.reduce sum %x dims [0, 1] : tensor<7x5xf32> -> tensor<f32>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %less = arith.cmpf olt, %sum, %zero : tensor<f32>
  %c = tensor.extract %less[] : tensor<i1>
  %y = scf.if %c -> tensor<7x5xf32> {
    %0 = moe.einsum "ik,kj->ij" %x, %w : tensor<7x5xf32>, tensor<5x5xf32> -> tensor<7x5xf32>
    %1 = spmd.split %0 dim 1 over @mesh {"data"} : tensor<7x5xf32>
    scf.yield %1 : tensor<7x5xf32>
  } else {
    %0 = arith.negf %x : tensor<7x5xf32>
    scf.yield %0 : tensor<7x5xf32>
  }
  return %y : tensor<7x5xf32>
}

// Halves the rows' sums until they are small; what the condition hands on is more than what goes around.
func.func @turns_until_small(%p: tensor<7x5xf32> {moe.name = "p", spmd.sharding = #rows}) -> (tensor<7x5xi32>, tensor<i32>) {
  %scale = arith.constant dense<1000.0> : tensor<7x5xf32>
  %large = arith.mulf %p, %scale : tensor<7x5xf32>
  %x = arith.fptosi %large : tensor<7x5xf32> to tensor<7x5xi32>
  %most = arith.constant dense<40> : tensor<i32>
  %two = arith.constant dense<2> : tensor<7x5xi32>
  %one = arith.constant dense<1> : tensor<i32>
  %zero = arith.constant dense<0> : tensor<i32>
  %r:2 = scf.while (%a = %x, %n = %zero) : (tensor<7x5xi32>, tensor<i32>) -> (tensor<7x5xi32>, tensor<i32>) {
    %positive = math.absi %a : tensor<7x5xi32>
    %sum = moe.reduce sum %positive dims [0, 1] : tensor<7x5xi32> -> tensor<i32>
    %more = arith.cmpi sgt, %sum, %most : tensor<i32>
    %c = tensor.extract %more[] : tensor<i1>
    scf.condition(%c) %positive, %n : tensor<7x5xi32>, tensor<i32>
  } do {
  ^bb0(%b: tensor<7x5xi32>, %m: tensor<i32>):
    %half = arith.divsi %b, %two : tensor<7x5xi32>
    %next = arith.addi %m, %one : tensor<i32>
    scf.yield %half, %next : tensor<7x5xi32>, tensor<i32>
  }
  return %r#0, %r#1 : tensor<7x5xi32>, tensor<i32>
}

// Loops in a loop and a branch by the numbers of both turns; values change places, one goes
// around as it is, and a value from outside is handed on.
func.func @loops_in_loops(%x: tensor<7x5xf32> {moe.name = "p", spmd.sharding = #rows}, %w: tensor<4x5x5xf32> {moe.name = "w", spmd.sharding = #columns}) -> (tensor<7x5xf32>, tensor<7x5xf32>, tensor<7x5xf32>) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %two = arith.constant 2 : index
  %four = arith.constant 4 : index
  %ones = arith.constant dense<1.0> : tensor<7x5xf32>
  %r:3 = scf.for %i = %zero to %two step %one iter_args(%a = %x, %b = %ones, %c = %x) -> (tensor<7x5xf32>, tensor<7x5xf32>, tensor<7x5xf32>) {
    %s:2 = scf.for %j = %zero to %four step %two iter_args(%d = %a, %e = %b) -> (tensor<7x5xf32>, tensor<7x5xf32>) {
      %both = arith.addi %i, %j : index
      %number = arith.index_cast %both : index to i32
      %layer = tensor.from_elements %number : tensor<i32>
      %m = moe.gather %w[%layer] batch_dims 0 : tensor<4x5x5xf32>, tensor<i32> -> tensor<5x5xf32>
      %last = arith.cmpi sge, %both, %two : index
      %f = scf.if %last -> tensor<7x5xf32> {
        %0 = moe.einsum "ik,kj->ij" %d, %m : tensor<7x5xf32>, tensor<5x5xf32> -> tensor<7x5xf32>
        scf.yield %0 : tensor<7x5xf32>
      } else {
        %0 = arith.subf %e, %x : tensor<7x5xf32>
        scf.yield %0 : tensor<7x5xf32>
      }
      scf.yield %e, %f : tensor<7x5xf32>, tensor<7x5xf32>
    }
    %t = math.tanh %s#1 : tensor<7x5xf32>
    scf.yield %s#0, %t, %x : tensor<7x5xf32>, tensor<7x5xf32>, tensor<7x5xf32>
  }
  return %r#0, %r#1, %r#2 : tensor<7x5xf32>, tensor<7x5xf32>, tensor<7x5xf32>
}
