#!/usr/bin/env python3
"""Writes GShard's language model as an annotated MLIR module on global shapes.

A decoder-only model over bytes: token and position embedding; layers of causal
attention and feed-forward, dense in even layers and a top-2 Mixture of Experts
in odd ones; final norm and logits. One batch row is one group of the gate.

  generate.py                            the tiny model, = model.mlir
  generate.py --gate=ops                 the same numbers by the MoE ops, = model-ops.mlir
  generate.py --size=bench --dtype=bf16  512 wide, 4 layers
  generate.py --size=600b                36 layers, 2048 experts
"""

import argparse
import sys

from layers import attention_function, dense_function, experts_function, norm_function
from moe_layers import moe_function
from sizes import DTYPES, PRESETS, make_sizes
from writer import Writer

# Spread of initial weights; the seed of the second expert's coin.
SPREAD = "2.0e-02"
ROUTING_SEED = 17
EXPERTS = '#spmd.sharding<@mesh, [{"expert"}, {}, {}]>'
TOKENS = '#spmd.sharding<@mesh, [{"data", "expert"}, {?}]>'


def parameters(sizes):
    """(name, letters, dtype, whether it is an expert weight) of every parameter."""
    low = sizes.dtype
    yield "embedding", "vm", low, False
    yield "position", "sm", low, False
    for layer in range(sizes.layers):
        prefix = f"layer{layer}"
        yield f"{prefix}.norm1", "m", "f32", False
        for name in "qkv":
            yield f"{prefix}.w{name}", "mnd", low, False
        yield f"{prefix}.wo", "ndm", low, False
        yield f"{prefix}.norm2", "m", "f32", False
        if layer % 2:
            yield f"{prefix}.router", "me", "f32", False
            yield f"{prefix}.expert_in", "emh", low, True
            yield f"{prefix}.expert_out", "ehm", low, True
        else:
            yield f"{prefix}.in", "mh", low, False
            yield f"{prefix}.out", "hm", low, False
    yield "norm", "m", "f32", False
    yield "logits", "mv", low, False


def value_of(name):
    return "%" + name.replace(".", "_")


def argument_list(w, extra):
    """The parameters and further arguments as a signature, one a line."""
    lines = []
    for name, letters, dtype, is_expert in parameters(w.sizes):
        sharding = f", spmd.sharding = {EXPERTS}" if is_expert else ""
        lines.append(f'{value_of(name)}: {w.type_of(letters, dtype)} {{moe.name = "{name}", moe.parameter{sharding}}}')
    return ",\n      ".join(lines + [w.expand(line) for line in extra])


def init_function(sizes):
    w = Writer(sizes)
    returned, results = [], []
    w(f"%spread = arith.constant dense<{SPREAD}> : $.f32")
    for stream, (name, letters, dtype, is_expert) in enumerate(parameters(sizes)):
        value = value_of(name)
        if letters == "m":
            w(f"{value} = arith.constant dense<1.0> : $m.f32")
        else:
            shaped = letters + ".f32"
            w(f"""
              {value}_unit = moe.random normal %seed stream {stream} : $.i32 -> ${shaped}
              {value}_spread = moe.broadcast %spread dims [] : $.f32 -> ${shaped}
              {value}_f32 = arith.mulf {value}_unit, {value}_spread : ${shaped}
            """)
            if dtype != "f32":
                w(f"{value} = arith.truncf {value}_f32 : ${shaped} to ${letters}.{dtype}")
            else:
                value += "_f32"
        returned.append(value)
        sharding = f", spmd.sharding = {EXPERTS}" if is_expert else ""
        results.append(f'{w.type_of(letters, dtype)} {{moe.name = "{name}", moe.parameter{sharding}}}')
    head = ("func.func @init(%seed: $.i32 {moe.name = \"seed\"}) -> (\n      " + ",\n      ".join(results) + ")")
    types = [w.type_of(letters, dtype) for _, letters, dtype, _ in parameters(sizes)]
    return ("  // Fresh weights; no weight file is needed.\n" + w.function(head, returned, types))


def model_function(sizes):
    """@model: everything up to the logits, and what the MoE layers report."""
    w = Writer(sizes)
    w(f"""
      %embedded = moe.gather %embedding[%tokens] batch_dims 0 : $vm, $gs.i32 -> $gsm
      %positions = moe.broadcast %position dims [1, 2] : $sm -> $gsm
      %x_0 = arith.addf %embedded, %positions : $gsm
      %routing_seed = arith.constant dense<{ROUTING_SEED}> : $.i32
    """)
    x = "%x_0"
    totals = {"balance": None, "unrouted": None, "load": None}
    for layer in range(sizes.layers):
        p = f"%layer{layer}_"
        w(f"""

          %mixed_{layer} = call @attention({x}, {p}norm1, {p}wq, {p}wk, {p}wv, {p}wo)
              : ($gsm, $m.f32, $mnd, $mnd, $mnd, $ndm) -> $gsm
        """)
        x = f"%x_{layer + 1}"
        if layer % 2 == 0:
            w(f"{x} = call @dense(%mixed_{layer}, {p}norm2, {p}in, {p}out) : ($gsm, $m.f32, $mh, $hm) -> $gsm")
            continue
        w(f"""
          %u_{layer} = moe.random uniform %routing_seed stream {layer} : $.i32 -> $gs.f32
          {x}, %balance_{layer}, %unrouted_{layer}, %load_{layer} = call @moe(%mixed_{layer}, {p}norm2, {p}router, {p}expert_in, {p}expert_out, %u_{layer})
              : ($gsm, $m.f32, $me.f32, $emh, $ehm, $gs.f32) -> ($gsm, $.f32, $.i32, $e.i32)
        """)
        for name, add, letters in (("balance", "addf", ".f32"), ("unrouted", "addi", ".i32"), ("load", "addi", "e.i32")):
            here = f"%{name}_{layer}"
            if totals[name]:
                w(f"{here}_sum = arith.{add} {totals[name]}, {here} : ${letters}")
                here += "_sum"
            totals[name] = here
    w(f"""

      %final = call @norm({x}, %norm) : ($gsm, $m.f32) -> $gsm
      %scores = moe.einsum "gsm,mv->gsv" %final, %logits : $gsm, $mv -> $gsv.f32
    """)
    signature = ", ".join(f"{value_of(name)}: {w.type_of(letters, dtype)}"
                          for name, letters, dtype, _ in parameters(sizes))
    head = (f"func.func private @model({signature}, %tokens: $gs.i32)\n"
            "      -> ($gsv.f32, $.f32, $.i32, $e.i32)")
    return ("  // Tokens to logits; sums over the MoE layers of auxiliary loss, unrouted\n"
            "  // tokens and tokens per expert.\n"
            + w.function(head, ["%scores", *totals.values()], ["$gsv.f32", "$.f32", "$.i32", "$e.i32"]))


def call_model(w):
    names = ", ".join(value_of(name) for name, *_ in parameters(w.sizes))
    types = ", ".join(w.type_of(letters, dtype) for _, letters, dtype, _ in parameters(w.sizes))
    w(f"""
      %scores, %balance, %unrouted, %load = call @model({names}, %tokens)
          : ({types}, $gs.i32) -> ($gsv.f32, $.f32, $.i32, $e.i32)
    """)


def tokens_argument(sizes):
    return f'%tokens: $gs.i32 {{moe.bound = {sizes.V} : i64, moe.name = "tokens", spmd.sharding = {TOKENS}}}'


def forward_function(sizes):
    w = Writer(sizes)
    call_model(w)
    head = (f"func.func @forward(\n      {argument_list(w, [tokens_argument(sizes)])})\n"
            '      -> ($gsv.f32 {moe.name = "logits"})')
    return "  // Logits of the next byte at every position.\n" + w.function(head, ["%scores"], ["$gsv.f32"])


def loss_function(sizes):
    w = Writer(sizes)
    call_model(w)
    w.constant("mean_factor", repr(-1.0 / (sizes.G * (sizes.S - 1))), "", "f32")
    w.constant("per_layer", repr(1.0 / sizes.moe_layers), "", "f32")
    w.constant("per_token", repr(1.0 / (sizes.G * sizes.S * sizes.moe_layers)), "", "f32")
    w("""
      // Cross-entropy: minus the mean log probability of the byte that follows.
      %before = moe.slice %scores offsets [0, 0, 0] strides [1, 1, 1] : $gsv.f32 -> $guv.f32
      %next = moe.slice %tokens offsets [0, 1] strides [1, 1] : $gs.i32 -> $gu.i32
      %log = moe.log_softmax %before dim 2 : $guv.f32
      %picked = moe.gather %log[%next] batch_dims 2 : $guv.f32, $gu.i32 -> $gu.f32
      %sum = moe.reduce sum %picked dims [0, 1] : $gu.f32 -> $.f32
      %loss = arith.mulf %sum, %mean_factor : $.f32

      %aux = arith.mulf %balance, %per_layer : $.f32
      %unrouted_f32 = arith.sitofp %unrouted : $.i32 to $.f32
      %dropped = arith.mulf %unrouted_f32, %per_token : $.f32
    """)
    head = (f"func.func @loss(\n      {argument_list(w, [tokens_argument(sizes)])})\n"
            '      -> ($.f32 {moe.name = "loss"}, $.f32 {moe.name = "aux"},\n'
            '          $.f32 {moe.name = "dropped"}, $e.i32 {moe.name = "tokens_per_expert"})')
    return ("  // Cross-entropy of the next byte; auxiliary loss (mean over MoE layers, 1 when\n"
            "  // balanced); share of tokens that no expert took; tokens per expert, summed\n"
            "  // over MoE layers. Training adds 0.01 * aux to the loss.\n"
            + w.function(head, ["%loss", "%aux", "%dropped", "%load"], ["$.f32", "$.f32", "$.f32", "$e.i32"]))


def module(sizes, gate):
    """The whole module as text."""
    words = ", ".join(f"{name} {getattr(sizes, name)}" for name in ("G", "S", "M", "N", "D", "H", "E", "C", "V", "layers"))
    functions = [
        init_function(sizes), forward_function(sizes), loss_function(sizes), model_function(sizes),
        attention_function(sizes), dense_function(sizes), moe_function(sizes, gate),
        experts_function(sizes), norm_function(sizes),
    ]
    return (f"// GShard's language model, made by generate.py (gate {gate}, {sizes.dtype}):\n"
            f"// {words}.\n"
            f"// {sizes.parameters} parameters. C is 2 S / E rounded up to a multiple of 4.\n"
            "module {\n"
            '  spmd.mesh @mesh ["data"=1, "expert"=4]\n\n' + "\n".join(functions) + "}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=sorted(PRESETS), default="tiny", help="preset that the other flags override")
    parser.add_argument("--gate", choices=("einsum", "ops", "alternate"), default="einsum",
                        help="spelling of the MoE layer; all give the same numbers")
    parser.add_argument("--dtype", choices=DTYPES, default="f32", help="storage of weights and activations")
    for name, text in (("G", "groups = batch rows"), ("S", "tokens a group"), ("M", "model width"),
                       ("H", "hidden width"), ("E", "experts"), ("V", "vocabulary"), ("layers", "layers")):
        parser.add_argument(f"--{name}", type=int, help=text)
    parser.add_argument("--heads", type=int, dest="N", help="attention heads")
    parser.add_argument("--head-dim", type=int, dest="D", help="width of a head (default M / heads)")
    parser.add_argument("-o", "--output", help="file to write (default: standard output)")
    arguments = vars(parser.parse_args())
    gate, size, dtype, output = (arguments.pop(name) for name in ("gate", "size", "dtype", "output"))
    try:
        text = module(make_sizes(size, dtype, **arguments), gate)
    except ValueError as error:
        parser.error(str(error))
    if output:
        with open(output, "w") as file:
            file.write(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
