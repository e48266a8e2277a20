"""The layers of the model, each as one private function on global shapes."""

from writer import Writer


def norm_function(sizes):
    """x * rsqrt(mean(x^2) + 1e-6) * gain over the model width, in f32."""
    w = Writer(sizes)
    wide = w.widen("%x", "gsm")
    w.constant("inverse_width", repr(1.0 / sizes.M), "gs", "f32")
    w.constant("epsilon", "1.0e-6", "gs", "f32")
    w(f"""
      %square = arith.mulf {wide}, {wide} : $gsm.f32
      %sum = moe.reduce sum %square dims [2] : $gsm.f32 -> $gs.f32
      %mean = arith.mulf %sum, %inverse_width : $gs.f32
      %shifted = arith.addf %mean, %epsilon : $gs.f32
      %scale = math.rsqrt %shifted : $gs.f32
      %scales = moe.broadcast %scale dims [0, 1] : $gs.f32 -> $gsm.f32
      %gains = moe.broadcast %gain dims [2] : $m.f32 -> $gsm.f32
      %scaled = arith.mulf {wide}, %scales : $gsm.f32
      %normed = arith.mulf %scaled, %gains : $gsm.f32
    """)
    normed = w.narrow("%normed", "gsm")
    return ("  // RMS norm over the model width, in f32.\n"
            + w.function("func.func private @norm(%x: $gsm, %gain: $m.f32) -> $gsm", [normed], ["$gsm"]))


def attention_function(sizes):
    """Causal multi-head attention with its norm and residual."""
    w = Writer(sizes)
    w(f"""
      %y = call @norm(%x, %gain) : ($gsm, $m.f32) -> $gsm
      %q = moe.einsum "gsm,mnd->gsnd" %y, %wq : $gsm, $mnd -> $gsnd
      %k = moe.einsum "gsm,mnd->gsnd" %y, %wk : $gsm, $mnd -> $gsnd
      %v = moe.einsum "gsm,mnd->gsnd" %y, %wv : $gsm, $mnd -> $gsnd
      %dot = moe.einsum "gqnd,gknd->gnqk" %q, %k : $gqnd, $gknd -> $gnqk.f32
    """)
    w.constant("scale", repr(sizes.D ** -0.5), "gnqk", "f32")
    w.constant("never", "0xFF800000", "gnqk", "f32")
    w("""
      %scores = arith.mulf %dot, %scale : $gnqk.f32
      %query = moe.iota dim 0 : $qk.i32
      %key = moe.iota dim 1 : $qk.i32
      %past = arith.cmpi sle, %key, %query : $qk.i32
      %visible = moe.broadcast %past dims [2, 3] : $qk.i1 -> $gnqk.i1
      %masked = arith.select %visible, %scores, %never : $gnqk.i1, $gnqk.f32
      %weights = moe.softmax %masked dim 3 : $gnqk.f32
    """)
    weights = w.narrow("%weights", "gnqk")
    w(f"""
      %heads = moe.einsum "gnqk,gknd->gqnd" {weights}, %v : $gnqk, $gknd -> $gqnd
      %out = moe.einsum "gsnd,ndm->gsm" %heads, %wo : $gsnd, $ndm -> $gsm
      %result = arith.addf %x, %out : $gsm
    """)
    head = ("func.func private @attention(%x: $gsm, %gain: $m.f32, %wq: $mnd, %wk: $mnd, %wv: $mnd, %wo: $ndm)"
            " -> $gsm")
    return "  // Norm, causal multi-head attention, residual.\n" + w.function(head, ["%result"], ["$gsm"])


def gelu(w, x, letters):
    """gelu(x) by tanh, in f32; x is an f32 value, the result is narrowed."""
    w.constant("half", "0.5", letters, "f32")
    w.constant("one", "1.0", letters, "f32")
    w.constant("cubic", "0.044715", letters, "f32")
    w.constant("slope", "0.7978845608028654", letters, "f32")
    w(f"""
      %x2 = arith.mulf {x}, {x} : ${letters}.f32
      %x3 = arith.mulf %x2, {x} : ${letters}.f32
      %bent = arith.mulf %x3, %cubic : ${letters}.f32
      %inner = arith.addf {x}, %bent : ${letters}.f32
      %steep = arith.mulf %inner, %slope : ${letters}.f32
      %tanh = math.tanh %steep : ${letters}.f32
      %gate = arith.addf %tanh, %one : ${letters}.f32
      %halved = arith.mulf {x}, %half : ${letters}.f32
      %active = arith.mulf %halved, %gate : ${letters}.f32
    """)
    return w.narrow("%active", letters)


def dense_function(sizes):
    """The feed-forward layer of even layers."""
    w = Writer(sizes)
    w("""
      %y = call @norm(%x, %gain) : ($gsm, $m.f32) -> $gsm
      %hidden = moe.einsum "gsm,mh->gsh" %y, %wi : $gsm, $mh -> $gsh.f32
    """)
    active = gelu(w, "%hidden", "gsh")
    w(f"""
      %out = moe.einsum "gsh,hm->gsm" {active}, %wo : $gsh, $hm -> $gsm
      %result = arith.addf %x, %out : $gsm
    """)
    head = "func.func private @dense(%x: $gsm, %gain: $m.f32, %wi: $mh, %wo: $hm) -> $gsm"
    return "  // Norm, feed-forward with gelu, residual.\n" + w.function(head, ["%result"], ["$gsm"])


def experts_function(sizes):
    """The feed-forward layer of every expert on its slots."""
    w = Writer(sizes)
    w('%hidden = moe.einsum "egcm,emh->egch" %slots, %wi : $egcm, $emh -> $egch.f32')
    active = gelu(w, "%hidden", "egch")
    w(f'%out = moe.einsum "egch,ehm->egcm" {active}, %wo : $egch, $ehm -> $egcm')
    head = "func.func private @experts(%slots: $egcm, %wi: $emh, %wo: $ehm) -> $egcm"
    return "  // Each expert's feed-forward on its slots.\n" + w.function(head, ["%out"], ["$egcm"])
