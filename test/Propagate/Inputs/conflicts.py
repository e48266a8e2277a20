#!/usr/bin/env python3
"""Writes programs full of contradicting annotations.

  conflicts.py operands N   one op with N operands, each cut in its own way
  conflicts.py chain N      N elementwise ops between two annotations
"""

import itertools
import sys

AXES = ["a", "b", "c", "d"]
TYPE = "tensor<16x16x16x16xf32>"
MESH = 'spmd.mesh @mesh ["a"=2, "b"=2, "c"=2, "d"=2]'


def sharding(dims):
    return f"#spmd.sharding<@mesh, [{', '.join('{' + ', '.join(dim) + '}' for dim in dims)}]>"


def operands(count):
    cuts = [sharding([[f'"{axis}"'] for axis in order]) for order in itertools.permutations(AXES)]
    arguments = ", ".join(f"%a{i}: {TYPE} {{spmd.sharding = {cuts[i % len(cuts)]}}}" for i in range(count))
    names = ", ".join(f"%a{i}" for i in range(count))
    result = f"tensor<{16 * count}x16x16x16xf32>"
    print(f"{MESH}\nfunc.func @f({arguments}) -> {result} {{")
    print(f"  %0 = moe.concatenate dim 0 {names} : {', '.join([TYPE] * count)} -> {result}")
    print(f"  return %0 : {result}\n}}")


def chain(count):
    first, last = sharding([['"a"'], [], [], []]), sharding([[], ['"a"'], [], []])
    print(f"{MESH}\nfunc.func @f(%v0: {TYPE} {{spmd.sharding = {first}}}) -> ({TYPE} {{spmd.sharding = {last}}}) {{")
    for i in range(count):
        print(f"  %v{i + 1} = math.tanh %v{i} : {TYPE}")
    print(f"  return %v{count} : {TYPE}\n}}")


{"operands": operands, "chain": chain}[sys.argv[1]](int(sys.argv[2]))
