#!/usr/bin/env python3
"""Compiled kernels beside memcpy of the bytes that they read and write, on one thread.

  bench/kernels.py [--dtype f32|bf16] [--rounds 5] [--only softmax]

Each row is a program of one op family, compiled for this host. A copy of the same number
of bytes (half read, half written) between buffers of the same sizes is interleaved with it;
1.00 is the speed of memory, as a core sees it at that size.
"""

import argparse
import sys

from programs import build_benchmarks, compile_program, gelu, measure

TYPES = {
    "X": "tensor<1024x512x{t}>", "S": "tensor<1024x128x{t}>", "A": "tensor<64x256x256x{t}>", "H": "tensor<256x2048x{t}>",
    "M": "tensor<8x256x512x{t}>", "C": "tensor<8x8x64x512x{t}>", "I": "tensor<8x256x2xi32>", "W": "tensor<8x256x2xf32>",
    "G": "tensor<8x256x8xf32>", "L": "tensor<2048x256x{t}>",
}
# Choice j of token s of each group: expert (2 s + j) mod 8, slot (2 s + j) / 8. All slots are full.
SLOTS = """
  %eight = arith.constant dense<8> : $I
  %token = moe.iota dim 1 : $I
  %choice = moe.iota dim 2 : $I
  %twice = arith.addi %token, %token : $I
  %number = arith.addi %twice, %choice : $I
  %e = arith.remsi %number, %eight : $I
  %s = arith.divsi %number, %eight : $I"""
# Arguments, result and body of each; $X stands for a type above.
KERNELS = {
    "residual": ("%x: $H, %y: $H", "$H", """
  %r = arith.addf %x, %y : $H"""),
    "gelu": ("%x: $H", "$H", gelu("$H")),
    "gelu-erf": ("%x: $H", "$H", """
  %half = arith.constant dense<0.5> : $H
  %one = arith.constant dense<1.0> : $H
  %root = arith.constant dense<0.7071067811865476> : $H
  %scaled = arith.mulf %x, %root : $H
  %erf = math.erf %scaled : $H
  %gate = arith.addf %erf, %one : $H
  %halved = arith.mulf %x, %half : $H
  %r = arith.mulf %halved, %gate : $H"""),
    "silu": ("%x: $H", "$H", """
  %one = arith.constant dense<1.0> : $H
  %minus = arith.negf %x : $H
  %power = math.exp %minus : $H
  %sum = arith.addf %power, %one : $H
  %r = arith.divf %x, %sum : $H"""),
    "softmax": ("%x: $S", "$S", """
  %r = moe.softmax %x dim 1 : $S"""),
    "masked-softmax": ("%x: $A", "$A", """
  %scale = arith.constant dense<0.125> : $A
  %never = arith.constant dense<0xNEVER> : $A
  %scores = arith.mulf %x, %scale : $A
  %query = moe.iota dim 0 : tensor<256x256xi32>
  %key = moe.iota dim 1 : tensor<256x256xi32>
  %past = arith.cmpi sle, %key, %query : tensor<256x256xi32>
  %visible = moe.broadcast %past dims [1, 2] : tensor<256x256xi1> -> tensor<64x256x256xi1>
  %masked = arith.select %visible, %scores, %never : tensor<64x256x256xi1>, $A
  %r = moe.softmax %masked dim 2 : $A"""),
    "rms-norm": ("%x: $X, %gain: tensor<512x{t}>", "$X", """
  %part = arith.constant dense<0.001953125> : tensor<1024x{t}>
  %epsilon = arith.constant dense<1.0e-6> : tensor<1024x{t}>
  %square = arith.mulf %x, %x : $X
  %sum = moe.reduce sum %square dims [1] : $X -> tensor<1024x{t}>
  %mean = arith.mulf %sum, %part : tensor<1024x{t}>
  %shifted = arith.addf %mean, %epsilon : tensor<1024x{t}>
  %scale = math.rsqrt %shifted : tensor<1024x{t}>
  %scales = moe.broadcast %scale dims [0] : tensor<1024x{t}> -> $X
  %gains = moe.broadcast %gain dims [1] : tensor<512x{t}> -> $X
  %scaled = arith.mulf %x, %scales : $X
  %r = arith.mulf %scaled, %gains : $X"""),
    "layer-norm": ("%x: $X, %gain: tensor<512x{t}>, %bias: tensor<512x{t}>", "$X", """
  %part = arith.constant dense<0.001953125> : tensor<1024x{t}>
  %epsilon = arith.constant dense<1.0e-6> : tensor<1024x{t}>
  %total = moe.reduce sum %x dims [1] : $X -> tensor<1024x{t}>
  %mean = arith.mulf %total, %part : tensor<1024x{t}>
  %means = moe.broadcast %mean dims [0] : tensor<1024x{t}> -> $X
  %centred = arith.subf %x, %means : $X
  %square = arith.mulf %centred, %centred : $X
  %sum = moe.reduce sum %square dims [1] : $X -> tensor<1024x{t}>
  %variance = arith.mulf %sum, %part : tensor<1024x{t}>
  %shifted = arith.addf %variance, %epsilon : tensor<1024x{t}>
  %scale = math.rsqrt %shifted : tensor<1024x{t}>
  %scales = moe.broadcast %scale dims [0] : tensor<1024x{t}> -> $X
  %gains = moe.broadcast %gain dims [1] : tensor<512x{t}> -> $X
  %biases = moe.broadcast %bias dims [1] : tensor<512x{t}> -> $X
  %scaled = arith.mulf %centred, %scales : $X
  %gained = arith.mulf %scaled, %gains : $X
  %r = arith.addf %gained, %biases : $X"""),
    "cross-entropy": ("%x: $L, %next: tensor<2048xi32> {moe.bound = 256}", "tensor<{t}>", """
  %log = moe.log_softmax %x dim 1 : $L
  %picked = moe.gather %log[%next] batch_dims 1 : $L, tensor<2048xi32> -> tensor<2048x{t}>
  %r = moe.reduce sum %picked dims [0] : tensor<2048x{t}> -> tensor<{t}>"""),
    "gating": ("%x: $G", "$I, $I, $W", """
  %e, %s, %r = moe.gating %x k 2 capacity 64 : $G -> $I, $I, $W"""),
    "dispatch": ("%x: $M", "$C", SLOTS + """
  %r = moe.dispatch %x to %e, %s : $M, $I, $I -> $C"""),
    "combine": ("%x: $C, %w: tensor<8x256x2x{t}>", "$M", SLOTS + """
  %r = moe.combine %x from %e, %s weights %w : $C, $I, $I, tensor<8x256x2x{t}> -> $M"""),
    "embedding": ("%x: tensor<256x512x{t}>, %token: tensor<8x256xi32> {moe.bound = 256}", "$M", """
  %r = moe.gather %x[%token] batch_dims 0 : tensor<256x512x{t}>, tensor<8x256xi32> -> $M"""),
}


# What a model computes in f32 between narrow values.
WIDE = {"gelu", "gelu-erf", "silu", "rms-norm", "layer-norm"}


def expand(text, dtype):
    for letter, type_of in TYPES.items():
        text = text.replace(f"${letter}", type_of)
    return text.replace("{t}", dtype).replace("0xNEVER", {"f32": "0xFF800000", "bf16": "0xFF80"}[dtype])


def model(name, dtype):
    """The kernel `name` as a module of one function."""
    arguments, results, body = KERNELS[name]
    values = "%e, %s, %r" if "," in results else "%r"
    if dtype == "bf16" and name in WIDE:
        narrow, wide = expand(results, dtype), expand(results, "f32")
        first, *others = arguments.split(", ")
        arguments = ", ".join([f"%narrow: {narrow}", *(expand(other, "f32") for other in others)])
        body = f"\n  %x = arith.extf %narrow : {narrow} to {wide}{expand(body, 'f32')}\n  %y = arith.truncf %r : {wide} to {narrow}"
        values = "%y"
    return expand(f"""spmd.mesh @mesh ["data"=1]
func.func @kernel({arguments}) -> ({results}) {{{body}
  return {values} : {results}
}}
""", dtype)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dtype", action="append", choices=("f32", "bf16"), help="default both")
    parser.add_argument("--only", action="append", choices=KERNELS)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    build_benchmarks()
    programs = [compile_program(f"{name}-{dtype}", model(name, dtype)) for dtype in arguments.dtype or ("f32", "bf16")
                for name in arguments.only or KERNELS]
    print(f"{'kernel':>20} {'us':>8} {'GB/s':>6} {'memcpy us':>9} {'memcpy/kernel':>13}")
    for name, row in measure("program-bench", programs, arguments.rounds).items():
        time, copy = row["run"]["real_time"] * 1e-3, row["memcpy"]["real_time"] * 1e-3
        print(f"{name:>20} {time:8.1f} {row['run']['bytes_per_second'] * 1e-9:6.1f} {copy:9.1f} {copy / time:13.2f}")


if __name__ == "__main__":
    sys.exit(main())
