#!/usr/bin/env python3
"""Our matrix products beside the best of oneDNN and libxsmm, weights packed, one thread.

  bench/gemm.py [--rounds 5] [--filter REGEX]

Ours are compiled programs: product, bias, gelu; the others compute the same (oneDNN within
its product, libxsmm with oneDNN's gelu behind it). Attention's product has operands that
change, so nobody packs before, and neither bias nor gelu. Rounds are interleaved at random and
medians compared, since hosts are noisy; a ratio above 1 means that ours is faster.
"""

import argparse
import sys

from programs import build_benchmarks, compile_program, gelu, measure

# M, K, N, batch: the products of a 512-wide model, of its experts, and rows that no tile divides.
SHAPES = [(m, 512, 2048, 1) for m in (13, 16, 61, 64, 256)] + [
    (64, 2048, 512, 1), (2048, 512, 512, 1), (1024, 512, 16, 1),
    (64, 512, 2048, 8), (16, 512, 2048, 8), (512, 2048, 512, 8)]
ATTENTION = (128, 64, 128, 8)


def product(shape, dtype):
    """A layer with weights, in f32 between narrow values."""
    m, k, n, batch = shape
    out, wide = f"tensor<{batch}x{m}x{n}x{dtype}>", f"tensor<{batch}x{m}x{n}xf32>"
    a, b = f"tensor<{batch}x{m}x{k}x{dtype}>", f"tensor<{batch}x{k}x{n}x{dtype}>"
    narrow = "" if dtype == "f32" else f"%result = arith.truncf %r : {wide} to {out}"
    return f"""spmd.mesh @mesh ["data"=1]
func.func @product(%a: {a}, %w: {b} {{moe.parameter}}, %bias: tensor<{n}xf32>) -> {out} {{
  %product = moe.einsum "emk,ekn->emn" %a, %w : {a}, {b} -> {wide}
  %biases = moe.broadcast %bias dims [2] : tensor<{n}xf32> -> {wide}
  %x = arith.addf %product, %biases : {wide}{gelu(wide)}
  {narrow}
  return {"%result" if narrow else "%r"} : {out}
}}
"""


def attention(shape, dtype):
    m, k, n, batch = shape
    a, b, c = f"tensor<{batch}x{m}x{k}x{dtype}>", f"tensor<{batch}x{k}x{n}x{dtype}>", f"tensor<{batch}x{m}x{n}xf32>"
    return f"""spmd.mesh @mesh ["data"=1]
func.func @attention(%a: {a}, %b: {b}) -> {c} {{
  %c = moe.einsum "emk,ekn->emn" %a, %b : {a}, {b} -> {c}
  return %c : {c}
}}
"""


def programs():
    for dtype in ("f32", "bf16"):
        for shape in SHAPES:
            m, k, n, batch = shape
            times = f"{batch} x " if batch > 1 else ""
            yield compile_program(f"{times}{m}x{k}x{n} {dtype}", product(shape, dtype))
        m, k, n, batch = ATTENTION
        yield compile_program(f"attention {batch} x {m}x{k}x{n} {dtype}", attention(ATTENTION, dtype))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--filter", default=".")
    arguments = parser.parse_args()
    build_benchmarks()
    table = measure("gemm-bench", list(programs()), arguments.rounds, arguments.filter)
    print(f"{'product':>28} {'ours':>7} {'onednn':>7} {'libxsmm':>7} {'ours/best':>9}  kernel")
    for name, row in sorted(table.items()):
        speeds = {who: line["items_per_second"] * 1e-9 for who, line in row.items()}
        cells = " ".join(f"{speeds[who]:7.0f}" if who in speeds else f"{'-':>7}" for who in ("ours", "onednn", "libxsmm"))
        others = [speed for who, speed in speeds.items() if who != "ours"]
        ratio = f"{speeds['ours'] / max(others):9.2f}" if others else f"{'-':>9}"
        print(f"{name:>28} {cells} {ratio}  {row['ours'].get('label', '')}")


if __name__ == "__main__":
    sys.exit(main())
