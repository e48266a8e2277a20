"""What each op family exchanges on a cut dimension, beside what it cannot do without.

    docs/families.py --moe-opt build/bin/moe-opt            writes docs/families.md
    docs/families.py --moe-opt build/bin/moe-opt --check    fails where it would differ

A case is one op whose operand is cut over "x"=4, and whose result is wanted cut alike or whole.
Bytes are those of the rank that receives most, as `--explain=json` has them. The bound comes
from here alone: for ops that move elements, the elements that the op's definition gives a rank
and that the rank does not hold, counted one by one; for ops that combine elements, the formula
that stands beside the case.
"""

import json
import subprocess
import sys

from page import keep

RANKS = 4
BYTES = 4


def block(size, rank):
    """Indices of `size` elements that `rank` holds."""
    def begin(k):
        return (k * size + RANKS - 1) // RANKS
    return range(begin(rank), begin(rank + 1))


def widest(size):
    return max(len(block(size, rank)) for rank in range(RANKS))


def moved(size, result, source_of, row):
    """Rows of `row` elements that the worst rank needs of a cut source and does not hold."""
    worst = 0
    for rank in range(RANKS):
        held = set(block(size, rank))
        needed = {source_of(i) for i in block(result, rank)} - {None}
        worst = max(worst, len(needed - held))
    return worst * row * BYTES


def all_reduced(elements):
    """A reduction of `elements` and their spread: each rank reduces a part and gathers the others'."""
    return max(((RANKS - 1) * len(block(elements, rank)) + elements - len(block(elements, rank))) * BYTES
               for rank in range(RANKS))


def gathered(elements):
    """`elements` of each other rank."""
    return (RANKS - 1) * elements * BYTES


def traded(rows, columns):
    """A block of `rows` for one of `columns`."""
    return max(len(block(columns, rank)) * (rows - len(block(rows, rank))) for rank in range(RANKS)) * BYTES


class Case:
    """One row: family, op as text with %a (and others) as operands, and the bound in bytes."""

    def __init__(self, family, arguments, op, results, bound, why, cut_dim=0):
        self.family, self.arguments, self.op = family, arguments, op
        self.results, self.bound, self.why, self.cut_dim = results, bound, why, cut_dim

    def text(self):
        names = ", ".join(f"%r#{i}" for i in range(len(self.results)))
        ranks = [r.count("x") for r in self.results]
        dims = [", ".join('{"x"}' if i == self.cut_dim else "{}" for i in range(rank)) for rank in ranks]
        results = ", ".join(f"{r} {{spmd.sharding = #spmd.sharding<@mesh, [{d}]>}}"
                            for r, d in zip(self.results, dims))
        return (f'#rows = #spmd.sharding<@mesh, [{{"x"}}, {{}}]>\nspmd.mesh @mesh ["x"={RANKS}]\n'
                f"func.func @f({self.arguments}) -> ({results}) {{\n"
                f"  %r:{len(self.results)} = {self.op}\n"
                f"  return {names} : {', '.join(self.results)}\n}}\n")


def cut(name, type_):
    return f"%{name}: {type_} {{spmd.sharding = #rows}}"


def cases(n):
    a, t = cut("a", f"tensor<{n}x8xf32>"), f"tensor<{n}x8xf32>"
    yield Case("einsum, free letter", f"{a}, %w: tensor<8x6xf32>",
               f'moe.einsum "nk,km->nm" %a, %w : {t}, tensor<8x6xf32> -> tensor<{n}x6xf32>',
               [f"tensor<{n}x6xf32>"], 0, "nothing")
    yield Case("einsum, summed letter", f"{a}, {cut('b', t)}", f'moe.einsum "nk,nm->km" %a, %b : {t}, {t} -> tensor<8x8xf32>',
               ["tensor<8x8xf32>"], gathered(2 * 8), "3 other sums of 2 rows")
    yield Case("elementwise", a, f"math.tanh %a : {t}", [t], 0, "nothing")
    yield Case("select", f"{a}, {cut('b', t)}, {cut('c', f'tensor<{n}x8xi1>')}", f"arith.select %c, %a, %b : tensor<{n}x8xi1>, {t}",
               [t], 0, "nothing")
    yield Case("broadcast", "%a: tensor<8xf32>", f"moe.broadcast %a dims [1] : tensor<8xf32> -> {t}", [t], 0, "nothing")
    yield Case("iota", "", f"moe.iota dim 0 : tensor<{n}x8xi32>", [f"tensor<{n}x8xi32>"], 0, "nothing")
    yield Case("one_hot", f"%a: tensor<{n}xi32> {{spmd.sharding = #spmd.sharding<@mesh, [{{\"x\"}}]>}}",
               f"moe.one_hot %a : tensor<{n}xi32> -> {t}", [t], 0, "nothing")
    yield Case("random", "%a: tensor<i32>", f"moe.random uniform %a stream 0 : tensor<i32> -> {t}", [t], 0, "nothing")
    yield Case("reduce", a, f"moe.reduce sum %a dims [0] : {t} -> tensor<8xf32>", ["tensor<8xf32>"], all_reduced(8),
               "an all-reduce of a row", cut_dim=None)
    yield Case("arg_reduce", a, f"moe.arg_reduce max %a dim 0 : {t} -> tensor<8xf32>, tensor<8xi32>",
               ["tensor<8xf32>", "tensor<8xi32>"], 2 * gathered(8), "a value and an index of each other rank", cut_dim=None)
    yield Case("reshape, merge", a, f"moe.reshape %a : {t} -> tensor<{8 * n}xf32>", [f"tensor<{8 * n}xf32>"],
               max(len(set(block(8 * n, r)) - {8 * i + j for i in block(n, r) for j in range(8)}) for r in range(RANKS)) * BYTES,
               "elements across the borders")
    yield Case("slice", a, f"moe.slice %a offsets [3, 0] strides [1, 1] : {t} -> tensor<{n - 3}x8xf32>", [f"tensor<{n - 3}x8xf32>"],
               moved(n, n - 3, lambda i: i + 3, 8), "rows across the borders")
    half = (n + 1) // 2
    yield Case("strided slice", a, f"moe.slice %a offsets [0, 0] strides [2, 1] : {t} -> tensor<{half}x8xf32>", [f"tensor<{half}x8xf32>"],
               moved(n, half, lambda i: 2 * i, 8), "rows across the borders")
    padded = 2 + n + (n - 1)
    yield Case("pad", a, f"moe.pad %a with 0.0 : f32 low [2, 0] high [0, 0] interior [1, 0] : {t} -> tensor<{padded}x8xf32>",
               [f"tensor<{padded}x8xf32>"], moved(n, padded, lambda i: (i - 2) // 2 if i >= 2 and i % 2 == 0 else None, 8),
               "rows across the borders")
    joined = max(len([i for i in block(2 * n, r) if i % n not in block(n, r)]) for r in range(RANKS))
    yield Case("concatenate", f"{a}, {cut('b', t)}", f"moe.concatenate dim 0 %a, %b : {t}, {t} -> tensor<{2 * n}x8xf32>",
               [f"tensor<{2 * n}x8xf32>"], joined * 8 * BYTES, "rows across the borders")
    yield Case("reverse", a, f"moe.reverse %a dims [0] : {t}", [t], moved(n, n, lambda i: n - 1 - i, 8), "rows of the mirrored block")
    yield Case("transpose", a, f"moe.transpose %a permutation [1, 0] : {t} -> tensor<8x{n}xf32>", [f"tensor<8x{n}xf32>"],
               traded(n, 8), "an all-to-all")
    yield Case("cumsum", a, f"moe.cumsum %a dim 0 : {t}", [t], gathered(8), "in one exchange: a row of each block before")
    yield Case("softmax", a, f"moe.softmax %a dim 0 : {t}", [t], 2 * all_reduced(8), "all-reduces of two rows")
    yield Case("top_k, k 2", a, f"moe.top_k %a k 2 dim 0 : {t} -> tensor<2x8xf32>, tensor<2x8xi32>", ["tensor<2x8xf32>", "tensor<2x8xi32>"],
               2 * gathered(2 * 8), "two values and indices of each other rank", cut_dim=None)
    yield Case("gather, rows of the table", f"{a}, %i: tensor<5xi32>",
               f"moe.gather %a[%i] batch_dims 0 : {t}, tensor<5xi32> -> tensor<5x8xf32>", ["tensor<5x8xf32>"],
               min(all_reduced(40), traded(n, 8) + gathered(5 * 2)),
               "an all-reduce of what is gathered, or the table by columns and an all-gather", cut_dim=None)
    yield Case("scatter add, updates", f"{a}, %i: tensor<{n}xi32> {{spmd.sharding = #spmd.sharding<@mesh, [{{\"x\"}}]>}}, %z: tensor<5x8xf32>",
               f"moe.scatter add %a into %z[%i] batch_dims 0 : {t}, tensor<5x8xf32>, tensor<{n}xi32>", ["tensor<5x8xf32>"],
               all_reduced(40), "an all-reduce of the result", cut_dim=None)
    yield Case("scatter set, updates", f"{a}, %i: tensor<{n}xi32> {{spmd.sharding = #spmd.sharding<@mesh, [{{\"x\"}}]>}}, %z: tensor<1x8xf32>",
               f"moe.scatter set %a into %z[%i] batch_dims 0 : {t}, tensor<1x8xf32>, tensor<{n}xi32>", ["tensor<1x8xf32>"],
               all_reduced(8) + all_reduced(1), "all-reduces of the result and of who sets it", cut_dim=None)
    yield Case("scatter, rows of the input", f"{a}, %i: tensor<5xi32>, %u: tensor<5x8xf32>",
               f"moe.scatter set %u into %a[%i] batch_dims 0 : tensor<5x8xf32>, {t}, tensor<5xi32>", [t], 0, "nothing")
    yield Case("dynamic_slice", f"{a}, %i: tensor<i32>, %j: tensor<i32>",
               f"moe.dynamic_slice %a[%i, %j] : {t} -> tensor<3x8xf32>", ["tensor<3x8xf32>"], all_reduced(24),
               "an all-reduce of the slice", cut_dim=None)
    yield Case("dynamic_update_slice", f"{a}, %i: tensor<i32>, %j: tensor<i32>, %u: tensor<3x8xf32>",
               f"moe.dynamic_update_slice %u into %a[%i, %j] : tensor<3x8xf32>, {t}", [t], 0, "nothing")
    yield Case("sort", a, f"moe.sort %a dim 0 : {t}", [t], max(n - len(block(n, r)) for r in range(RANKS)) * 8 * BYTES,
               "the other rows: any may come first")
    yield Case("grouped einsum, rows", f"{a}, %w: tensor<3x8x6xf32>, %s: tensor<3xi32>",
               f"moe.grouped_einsum %a, %w sizes %s : {t}, tensor<3x8x6xf32>, tensor<3xi32> -> tensor<{n}x6xf32>",
               [f"tensor<{n}x6xf32>"], 0, "nothing")
    groups = '#spmd.sharding<@mesh, [{"x"}, {}, {}]>'
    assigned = f"tensor<{n}x6x1xi32>"
    yield Case("balanced assignment, groups", f"%a: tensor<{n}x6x3xf32> {{spmd.sharding = {groups}}}",
               f"moe.balanced_assignment %a : tensor<{n}x6x3xf32> -> {assigned}, {assigned}", [assigned, assigned], 0, "nothing")
    yield Case("reduce_window, width 3", a, "moe.reduce_window max %a window [3, 1] strides [1, 1] dilation [1, 1] "
               f"low [1, 0] high [1, 0] : {t} -> {t}", [t], moved_windows(n) * 8 * BYTES, "a halo of one row on both sides")
    image = f"tensor<1x{n}x2xf32>"
    middle = '#spmd.sharding<@mesh, [{}, {"x"}, {}]>'
    yield Case("convolution, width 3", f"%a: {image} {{spmd.sharding = {middle}}}, %k: tensor<3x2x2xf32>",
               "moe.convolution %a, %k strides [1] low [1] high [1] input_dilation [1] kernel_dilation [1] groups 1 "
               f": {image}, tensor<3x2x2xf32> -> {image}", [image], moved_windows(n) * 2 * BYTES,
               "a halo of one row on both sides", cut_dim=1)
    features = f"tensor<1x3x{n}xf32>"
    last = '#spmd.sharding<@mesh, [{}, {}, {"x"}]>'

    def grouped(groups):
        kernel = f"tensor<2x{n // groups}x{n}xf32>"
        result = f"tensor<1x2x{n}xf32>"
        return (f"%a: {features} {{spmd.sharding = {last}}}, %k: {kernel} {{spmd.sharding = {last}}}",
                "moe.convolution %a, %k strides [1] low [0] high [0] input_dilation [1] kernel_dilation [1] "
                f"groups {groups} : {features}, {kernel} -> {result}", [result])

    yield Case("convolution, groups", *grouped(n // 2 if n % 2 == 0 else n), 0, "nothing", cut_dim=2)
    if n % RANKS == 0:
        yield Case("convolution, 2 groups", *grouped(2), (n // 2 - n // RANKS) * 3 * BYTES,
                   "the other features of a rank's group", cut_dim=2)


def moved_windows(n):
    """Rows beyond its own that a rank needs for windows of 3 around each of its rows."""
    worst = 0
    for rank in range(RANKS):
        rows = block(n, rank)
        needed = {j for i in rows for j in (i - 1, i, i + 1) if 0 <= j < n}
        worst = max(worst, len(needed - set(rows)))
    return worst


def measure(moe_opt, case):
    """(kinds of collectives, bytes of the worst rank)."""
    result = subprocess.run([moe_opt, "-", "--explain=json"], input=case.text(), capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{case.family}: {result.stderr}\n{case.text()}")
    collectives = json.loads(result.stdout)["collectives"]
    kinds = {}
    for entry in collectives:
        kinds[entry["kind"]] = kinds.get(entry["kind"], 0) + 1
    text = ", ".join(f"{count} {kind}" if count > 1 else kind for kind, count in sorted(kinds.items())) or "none"
    return text, sum(entry["bytes"] for entry in collectives)


def page(moe_opt):
    lines = ["# What each op family exchanges", "",
             "Written by `docs/families.py`, and held current by a test. One op on a dimension that is cut over 4 ranks, f32; rows of 8.",
             "Bytes are those of the rank that receives most. The bound is counted or derived in that script, which shares no code with",
             "the compiler. Several collectives of one op are added up, each with its own worst rank: those of the two exchanges of",
             "a concatenation are two ranks, each at its bound. A scan takes one exchange, of which the last rank needs a row of",
             "each block before; in log2(ranks) exchanges it would receive that many rows.", "",
             "| family | rows | collectives | bytes | bound | ratio | what the bound is |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    for n in (16, 13):
        for case in cases(n):
            kinds, received = measure(moe_opt, case)
            ratio = "1.00" if received == case.bound else f"{received / case.bound:.2f}" if case.bound else "-"
            lines.append(f"| {case.family} | {n} | {kinds} | {received} | {case.bound} | {ratio} | {case.why} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    keep(__file__, "families.md", "moe-opt", page)
