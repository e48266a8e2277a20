"""The Mixture-of-Experts layer of GShard, spelled three ways with equal numbers.

einsum     the paper's: one-hot masks, `combine != 0`, einsums over gsec
ops        moe.gating, moe.dispatch, moe.combine
alternate  einsum masks again, but another author's: argmax twice, float
           positions, weighted masks, every sum in the other order

Each is a function @moe(x, gain, router, wi, wo, u) -> (x, balance, unrouted,
load): u are uniform random numbers [G, S] for the second choice, balance is the
auxiliary loss E * sum over experts of f * P averaged over groups (f the share of
first choices before any drop, P the mean gate), unrouted counts tokens that no
expert takes, load counts the tokens each expert takes.
"""

from writer import Writer

HEAD = ("func.func private @moe(%x: $gsm, %gain: $m.f32, %router: $me.f32, %wi: $emh, %wo: $ehm, %u: $gs.f32)"
        " -> ($gsm, $.f32, $.i32, $e.i32)")
RETURNED = ["%result", "%balance", "%unrouted", "%load"]
RETURNED_TYPES = ["$gsm", "$.f32", "$.i32", "$e.i32"]


def moe_function(sizes, gate):
    w = Writer(sizes)
    _gates(w)
    {"einsum": _einsum, "ops": _ops, "alternate": _alternate}[gate](w)
    return f"  // Norm, MoE layer, residual. {COMMENTS[gate]}\n" + w.function(HEAD, RETURNED, RETURNED_TYPES)


COMMENTS = {
    "einsum": "Masks and einsums as in the paper.",
    "ops": "Written with the dialect's MoE ops.",
    "alternate": "Masks and einsums, in another order than the paper's.",
}


def _gates(w):
    w('%y = call @norm(%x, %gain) : ($gsm, $m.f32) -> $gsm')
    wide = w.widen("%y", "gsm")
    w(f"""
      %scores = moe.einsum "gsm,me->gse" {wide}, %router : $gsm.f32, $me.f32 -> $gse.f32
      %gates = moe.softmax %scores dim 2 : $gse.f32
    """)


def _balance(w, first):
    """Auxiliary loss from the first choices, a 0/1 mask gse in f32."""
    w.constant("norm_balance", repr(w.sizes.E / (w.sizes.G * w.sizes.S**2)), "", "f32")
    w(f"""
      // Auxiliary loss: E * sum of f * P, averaged over groups.
      %chosen = moe.reduce sum {first} dims [1] : $gse.f32 -> $ge.f32
      %likely = moe.reduce sum %gates dims [1] : $gse.f32 -> $ge.f32
      %product = arith.mulf %chosen, %likely : $ge.f32
      %products = moe.reduce sum %product dims [0, 1] : $ge.f32 -> $.f32
      %balance = arith.mulf %products, %norm_balance : $.f32
    """)


def _run_experts(w, combine):
    """Dispatch by the mask, experts, combine by the weights, residual."""
    w.constant("no_weight", "0.0", "gsec")
    w(f"""
      // The mask, tokens to slots, experts, slots back to tokens.
      %occupied = arith.cmpf une, {combine}, %no_weight : $gsec
      %dispatch = arith.uitofp %occupied : $gsec.i1 to $gsec
      %sent = moe.einsum "gsec,gsm->egcm" %dispatch, %y : $gsec, $gsm -> $egcm
      %slots = spmd.split %sent dim 0 over @mesh {{"expert"}} : $egcm
      %made = call @experts(%slots, %wi, %wo) : ($egcm, $emh, $ehm) -> $egcm
      %out = moe.einsum "gsec,egcm->gsm" {combine}, %made : $gsec, $egcm -> $gsm
      %result = arith.addf %x, %out : $gsm
    """)


def _count(w, taken):
    """unrouted and load from the mask gse (i32) of choices that got a slot."""
    w.constant("none", "0", "gs", "i32")
    w(f"""
      %uses = moe.reduce sum {taken} dims [2] : $gse.i32 -> $gs.i32
      %lost = arith.cmpi eq, %uses, %none : $gs.i32
      %lost_count = arith.extui %lost : $gs.i1 to $gs.i32
      %unrouted = moe.reduce sum %lost_count dims [0, 1] : $gs.i32 -> $.i32
      %load = moe.reduce sum {taken} dims [0, 1] : $gse.i32 -> $e.i32
    """)


def _einsum(w):
    w.constant("tiny", "1.0e-9", "gs", "f32")
    w.constant("capacity", w.sizes.C, "gse", "i32")
    w.constant("zero", "0", "gse", "i32")
    w("""
      // Two best experts, their gates normalised to sum 1.
      %best, %index = moe.top_k %gates k 2 dim 2 : $gse.f32 -> $gs2.f32, $gs2.i32
      %best1 = moe.slice %best offsets [0, 0, 0] strides [1, 1, 1] : $gs2.f32 -> $gs1.f32
      %best2 = moe.slice %best offsets [0, 0, 1] strides [1, 1, 1] : $gs2.f32 -> $gs1.f32
      %index1 = moe.slice %index offsets [0, 0, 0] strides [1, 1, 1] : $gs2.i32 -> $gs1.i32
      %index2 = moe.slice %index offsets [0, 0, 1] strides [1, 1, 1] : $gs2.i32 -> $gs1.i32
      %raw1 = moe.reshape %best1 : $gs1.f32 -> $gs.f32
      %raw2 = moe.reshape %best2 : $gs1.f32 -> $gs.f32
      %expert1 = moe.reshape %index1 : $gs1.i32 -> $gs.i32
      %expert2 = moe.reshape %index2 : $gs1.i32 -> $gs.i32
      %both = arith.addf %raw1, %raw2 : $gs.f32
      %denominator = arith.addf %both, %tiny : $gs.f32
      %gate1 = arith.divf %raw1, %denominator : $gs.f32
      %gate2 = arith.divf %raw2, %denominator : $gs.f32

      // The second expert is kept with probability 2 * gate2.
      %mask1 = moe.one_hot %expert1 : $gs.i32 -> $gse.i32
      %mask2_all = moe.one_hot %expert2 : $gs.i32 -> $gse.i32
      %chance = arith.addf %gate2, %gate2 : $gs.f32
      %keep = arith.cmpf olt, %u, %chance : $gs.f32
      %keeps = moe.broadcast %keep dims [0, 1] : $gs.i1 -> $gse.i1
      %mask2 = arith.select %keeps, %mask2_all, %zero : $gse.i1, $gse.i32

      // Positions in the expert: first choices before second ones; drops.
      %position1 = moe.cumsum %mask1 dim 1 exclusive : $gse.i32
      %after = moe.cumsum %mask2 dim 1 exclusive : $gse.i32
      %count1 = moe.reduce sum %mask1 dims [1] : $gse.i32 -> $ge.i32
      %start2 = moe.broadcast %count1 dims [0, 2] : $ge.i32 -> $gse.i32
      %position2 = arith.addi %after, %start2 : $gse.i32
      %fits1 = arith.cmpi slt, %position1, %capacity : $gse.i32
      %fits2 = arith.cmpi slt, %position2, %capacity : $gse.i32
      %kept1 = arith.select %fits1, %mask1, %zero : $gse.i1, $gse.i32
      %kept2 = arith.select %fits2, %mask2, %zero : $gse.i1, $gse.i32

      // Combine weights: gate at [g, s, its expert, its slot], 0 elsewhere.
      %at1 = arith.muli %position1, %kept1 : $gse.i32
      %at2 = arith.muli %position2, %kept2 : $gse.i32
      %slot1 = moe.reduce sum %at1 dims [2] : $gse.i32 -> $gs.i32
      %slot2 = moe.reduce sum %at2 dims [2] : $gse.i32 -> $gs.i32
      %hot1 = moe.one_hot %slot1 : $gs.i32 -> $gsc
      %hot2 = moe.one_hot %slot2 : $gs.i32 -> $gsc
      %to1 = arith.sitofp %kept1 : $gse.i32 to $gse
      %to2 = arith.sitofp %kept2 : $gse.i32 to $gse
    """)
    gate1, gate2 = w.narrow("%gate1", "gs"), w.narrow("%gate2", "gs")
    w(f"""
      %combine1 = moe.einsum "gs,gse,gsc->gsec" {gate1}, %to1, %hot1 : $gs, $gse, $gsc -> $gsec
      %combine2 = moe.einsum "gs,gse,gsc->gsec" {gate2}, %to2, %hot2 : $gs, $gse, $gsc -> $gsec
      %combine = arith.addf %combine1, %combine2 : $gsec
    """)
    _run_experts(w, "%combine")
    w("%first = arith.sitofp %mask1 : $gse.i32 to $gse.f32")
    _balance(w, "%first")
    w("%taken = arith.addi %kept1, %kept2 : $gse.i32")
    _count(w, "%taken")


def _ops(w):
    w.constant("nobody", "-1", "gs2", "i32")
    w.constant("none", "0", "gs", "i32")
    w(f"""
      %expert, %slot, %weight = moe.gating %gates random %u k 2 capacity {w.sizes.C}
          : $gse.f32, $gs.f32 -> $gs2.i32, $gs2.i32, $gs2.f32
      %sent = moe.dispatch %y to %expert, %slot : $gsm, $gs2.i32, $gs2.i32 -> $egcm
      %slots = spmd.split %sent dim 0 over @mesh {{"expert"}} : $egcm
      %made = call @experts(%slots, %wi, %wo) : ($egcm, $emh, $ehm) -> $egcm
    """)
    weight = w.narrow("%weight", "gs2")
    w(f"""
      %out = moe.combine %made from %expert, %slot weights {weight}
          : $egcm, $gs2.i32, $gs2.i32, $gs2 -> $gsm
      %result = arith.addf %x, %out : $gsm
      %index1 = moe.slice %expert offsets [0, 0, 0] strides [1, 1, 1] : $gs2.i32 -> $gs1.i32
      %expert1 = moe.reshape %index1 : $gs1.i32 -> $gs.i32
      %first = moe.one_hot %expert1 : $gs.i32 -> $gse.f32
    """)
    _balance(w, "%first")
    w("""
      %last = moe.reduce max %slot dims [2] : $gs2.i32 -> $gs.i32
      %lost = arith.cmpi slt, %last, %none : $gs.i32
      %lost_count = arith.extui %lost : $gs.i1 to $gs.i32
      %unrouted = moe.reduce sum %lost_count dims [0, 1] : $gs.i32 -> $.i32
      %dropped = arith.cmpi eq, %slot, %nobody : $gs2.i32
      %taker = arith.select %dropped, %nobody, %expert : $gs2.i1, $gs2.i32
      %takers = moe.one_hot %taker : $gs2.i32 -> $gs2e.i32
      %load = moe.reduce sum %takers dims [0, 1, 2] : $gs2e.i32 -> $e.i32
    """)


def _alternate(w):
    w.constant("tiny", "1.0e-9", "gs", "f32")
    w.constant("two", "2.0", "gs", "f32")
    w.constant("capacity", f"{float(w.sizes.C)!r}", "gse", "f32")
    w.constant("zero", "0.0", "gse", "f32")
    w.constant("lowest", "0xFF800000", "gse", "f32")
    w("""
      // The best expert; then the best of the others.
      %top1, %where1 = moe.top_k %gates k 1 dim 2 : $gse.f32 -> $gs1.f32, $gs1.i32
      %expert1 = moe.reshape %where1 : $gs1.i32 -> $gs.i32
      %mask1 = moe.one_hot %expert1 : $gs.i32 -> $gse.f32
      %is1 = arith.cmpf ogt, %mask1, %zero : $gse.f32
      %others = arith.select %is1, %lowest, %gates : $gse.i1, $gse.f32
      %top2, %where2 = moe.top_k %others k 1 dim 2 : $gse.f32 -> $gs1.f32, $gs1.i32
      %expert2 = moe.reshape %where2 : $gs1.i32 -> $gs.i32
      %mask2_all = moe.one_hot %expert2 : $gs.i32 -> $gse.f32
      %raw1 = moe.einsum "gse,gse->gs" %mask1, %gates : $gse.f32, $gse.f32 -> $gs.f32
      %raw2 = moe.einsum "gse,gse->gs" %gates, %mask2_all : $gse.f32, $gse.f32 -> $gs.f32
      %both = arith.addf %raw2, %raw1 : $gs.f32
      %denominator = arith.addf %tiny, %both : $gs.f32
      %gate2 = arith.divf %raw2, %denominator : $gs.f32
      %gate1 = arith.divf %raw1, %denominator : $gs.f32

      // The second expert is kept with probability 2 * gate2.
      %chance = arith.mulf %two, %gate2 : $gs.f32
      %keep = arith.cmpf ogt, %chance, %u : $gs.f32
      %kept = arith.uitofp %keep : $gs.i1 to $gs.f32
      %mask2 = moe.einsum "gs,gse->gse" %kept, %mask2_all : $gs.f32, $gse.f32 -> $gse.f32

      // Positions as floats, from inclusive sums.
      %upto1 = moe.cumsum %mask1 dim 1 : $gse.f32
      %position1 = arith.subf %upto1, %mask1 : $gse.f32
      %count1 = moe.reduce sum %mask1 dims [1] : $gse.f32 -> $ge.f32
      %start2 = moe.broadcast %count1 dims [0, 2] : $ge.f32 -> $gse.f32
      %upto2 = moe.cumsum %mask2 dim 1 : $gse.f32
      %after2 = arith.addf %start2, %upto2 : $gse.f32
      %position2 = arith.subf %after2, %mask2 : $gse.f32
      %fits1 = arith.cmpf ogt, %capacity, %position1 : $gse.f32
      %fits2 = arith.cmpf ogt, %capacity, %position2 : $gse.f32
      %room1 = arith.uitofp %fits1 : $gse.i1 to $gse.f32
      %room2 = arith.uitofp %fits2 : $gse.i1 to $gse.f32
      %kept1 = arith.mulf %room1, %mask1 : $gse.f32
      %kept2 = arith.mulf %room2, %mask2 : $gse.f32
      %slot1_sum = moe.einsum "gse,gse->gs" %kept1, %position1 : $gse.f32, $gse.f32 -> $gs.f32
      %slot2_sum = moe.einsum "gse,gse->gs" %kept2, %position2 : $gse.f32, $gse.f32 -> $gs.f32
      %slot1 = arith.fptosi %slot1_sum : $gs.f32 to $gs.i32
      %slot2 = arith.fptosi %slot2_sum : $gs.f32 to $gs.i32

      // Weighted masks first, slots after; second choices first.
      %weighted1 = moe.einsum "gse,gs->gse" %kept1, %gate1 : $gse.f32, $gs.f32 -> $gse.f32
      %weighted2 = moe.einsum "gs,gse->gse" %gate2, %kept2 : $gs.f32, $gse.f32 -> $gse.f32
      %hot1 = moe.one_hot %slot1 : $gs.i32 -> $gsc
      %hot2 = moe.one_hot %slot2 : $gs.i32 -> $gsc
    """)
    first, second = w.narrow("%weighted1", "gse"), w.narrow("%weighted2", "gse")
    w(f"""
      %combine2 = moe.einsum "gsc,gse->gsec" %hot2, {second} : $gsc, $gse -> $gsec
      %combine1 = moe.einsum "gse,gsc->gsec" {first}, %hot1 : $gse, $gsc -> $gsec
      %combine = arith.addf %combine2, %combine1 : $gsec
    """)
    _run_experts(w, "%combine")
    _balance(w, "%mask1")
    w("""
      %taken_sum = arith.addf %kept2, %kept1 : $gse.f32
      %taken = arith.fptosi %taken_sum : $gse.f32 to $gse.i32
    """)
    _count(w, "%taken")
