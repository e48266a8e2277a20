"""Writes functions that combine one-hot masks in random ways.

Each function @f0, @f1, ... of the module builds values over the dimensions
g, s, k, e and c from indices, comparisons, weights and keeps, and ends in
einsums and sums of them. What the passes make of it must compute the same.

    random_masks.py SEED COUNT [--sharded]

With --sharded, groups and experts carry annotations on a mesh of 4 ranks, in
sizes that do not divide.
"""

import random
import sys

# k: choices of a token; u: a dimension of one element that comes and goes.
SIZES = dict(g=3, s=4, e=5, c=3, m=2, k=2, u=1)
ORDER = "gusekcm"
MESH = '  spmd.mesh @mesh ["x"=2, "y"=2]\n'
CHOICES = [["x", "y"], ["x"], ["y"], []]


class Function:
    shifts = True  # iotas that begin elsewhere

    def __init__(self, rng, number, sharded):
        self.rng = rng
        self.lines = []
        self.arguments = []
        self.values = []  # (name, letters, element)
        self.count = 0
        self.number = number
        self.sharded = sharded

    def type_of(self, letters, element):
        return "tensor<" + "".join(f"{SIZES[c]}x" for c in letters) + element + ">"

    def emit(self, text, letters, element):
        name = f"%v{self.count}"
        self.count += 1
        self.lines.append(f"    {name} = {text}")
        self.values.append((name, letters, element))
        return name, letters, element

    def argument(self, letters, element):
        name = f"%a{len(self.arguments)}"
        note = ""
        if self.sharded and self.rng.random() < 0.6:
            axes = list(self.rng.choice(CHOICES))
            dims = []
            for _ in letters:
                mine = [axes.pop()] if axes and self.rng.random() < 0.5 else []
                dims.append("{" + ", ".join(f'"{a}"' for a in mine) + "}")
            note = f' {{spmd.sharding = #spmd.sharding<@mesh, [{", ".join(dims)}]>}}'
        self.arguments.append(f"{name}: {self.type_of(letters, element)}{note}")
        return name, letters, element

    def constant(self, number, letters, element):
        return self.emit(f"arith.constant dense<{number}> : {self.type_of(letters, element)}", letters, element)

    def spread(self, value, letters):
        """The value with exactly these letters, broadcast and transposed."""
        name, have, element = value
        order = [c for c in letters if c in have]
        if order != list(have):
            permutation = [have.index(c) for c in order]
            value = self.emit(
                f"moe.transpose {name} permutation {permutation} : {self.type_of(have, element)}"
                f" -> {self.type_of(order, element)}", "".join(order), element)
            name, have, element = value
        if list(have) == list(letters):
            return value
        dims = [letters.index(c) for c in have]
        return self.emit(
            f"moe.broadcast {name} dims {dims} : {self.type_of(have, element)} -> {self.type_of(letters, element)}",
            letters, element)

    def indices(self):
        """Two choices [g, s] of experts: distinct ones, or any."""
        rng = self.rng
        if rng.random() < 0.3:
            return [self.argument("gs", "i32"), self.argument("gs", "i32")]
        scores = self.argument("gse", "f32")
        if rng.random() < 0.3:
            return [self.all_best(scores)] * 2
        if rng.random() < 0.5:
            return self.best(scores, 2)
        first = self.best(scores, 1)[0]
        mask = self.one_hot(first, "e", "i1")
        never = self.constant("0xFF800000", "gse", "f32")
        name, _, _ = self.emit(
            f"arith.select {mask[0]}, {never[0]}, {scores[0]} : {self.type_of('gse', 'i1')}, {self.type_of('gse', 'f32')}",
            "gse", "f32")
        return [first, self.best((name, "gse", "f32"), 1)[0]]

    def top_k(self, scores, k):
        name = f"%t{self.count}"
        self.count += 1
        shape = f"{SIZES['g']}x{SIZES['s']}x"
        self.lines.append(
            f"    {name}:2 = moe.top_k {scores[0]} k {k} dim 2 : {self.type_of('gse', 'f32')}"
            f" -> tensor<{shape}{k}xf32>, tensor<{shape}{k}xi32>")
        return name, shape

    def all_best(self, scores):
        """Both choices of each token in one value [g, s, k]."""
        name, _ = self.top_k(scores, SIZES["k"])
        return f"{name}#1", "gsk", "i32"

    def best(self, scores, k):
        name, shape = self.top_k(scores, k)
        columns = []
        for j in range(k):
            part = f"{name}#1"
            if k > 1:
                part = f"{name}_{j}"
                self.lines.append(
                    f"    {part} = moe.slice {name}#1 offsets [0, 0, {j}] strides [1, 1, 1] :"
                    f" tensor<{shape}{k}xi32> -> tensor<{shape}1xi32>")
            columns.append(self.emit(
                f"moe.reshape {part} : tensor<{shape}1xi32> -> {self.type_of('gs', 'i32')}", "gs", "i32"))
        return columns

    def one_hot(self, index, letter, element):
        """[letter == index], by the op or by a comparison with iota."""
        name, letters, _ = index
        result = letters + letter
        if self.rng.random() < 0.5:
            return self.emit(
                f"moe.one_hot {name} : {self.type_of(letters, 'i32')} -> {self.type_of(result, element)}",
                result, element)
        places = self.emit(f"moe.iota dim {len(letters)} : {self.type_of(result, 'i32')}", result, "i32")
        wide = self.spread(index, result)
        if self.shifts and self.rng.random() < 0.3:
            # Both one further on, or this way and that.
            by = self.spread(self.argument("g", "i32"), result)
            pair = [places[0], by[0]]
            self.rng.shuffle(pair)
            places = self.emit(f"arith.addi {pair[0]}, {pair[1]} : {self.type_of(result, 'i32')}", result, "i32")
        pair = [places[0], wide[0]]
        self.rng.shuffle(pair)
        value = self.emit(f"arith.cmpi eq, {pair[0]}, {pair[1]} : {self.type_of(result, 'i32')}", result, "i1")
        return self.cast(value, element)

    def cast(self, value, element):
        name, letters, have = value
        if have == element:
            return value
        op = {("i1", "f32"): "uitofp", ("i1", "i32"): "extui", ("i32", "f32"): "sitofp",
              ("f32", "i32"): "fptosi"}.get((have, element))
        if op:
            return self.emit(
                f"arith.{op} {name} : {self.type_of(letters, have)} to {self.type_of(letters, element)}",
                letters, element)
        rng = self.rng
        predicates, numbers = {"f32": (["f une", "f ogt", "f olt"], ["0.0", "0.0", "1.0", "2.0", "-1.0"]),
                               "i32": (["i ne", "i sgt", "i slt", "i eq"], [0, 0, 0, 1, -1])}[have]
        number = self.constant(rng.choice(numbers), letters, have)
        op = f"arith.cmp{rng.choice(predicates)}"
        pair = [name, number[0]]
        if rng.random() < 0.3:
            pair.reverse()
        return self.emit(f"{op}, {pair[0]}, {pair[1]} : {self.type_of(letters, have)}", letters, "i1")

    def union(self, a, b):
        letters = [c for c in ORDER if c in a[1] or c in b[1]]
        if self.rng.random() < 0.3:
            self.rng.shuffle(letters)
        return "".join(letters)

    def product(self, a, b):
        rng = self.rng
        letters = self.union(a, b)
        element = rng.choice(["f32", "f32", "i32"])
        way = rng.random()
        if way < 0.3:
            a, b = self.cast(a, "f32"), self.cast(b, "f32")
            return self.emit(
                f'moe.einsum "{a[1]},{b[1]}->{letters}" {a[0]}, {b[0]} : {self.type_of(a[1], "f32")},'
                f' {self.type_of(b[1], "f32")} -> {self.type_of(letters, "f32")}', letters, "f32")
        if way < 0.6:
            keep = self.spread(self.cast(a, "i1"), letters)
            b = self.spread(b, letters)
            zero = self.constant({"f32": "0.0", "i32": "0", "i1": "false"}[b[2]], letters, b[2])
            pair = [b[0], zero[0]]
            if rng.random() < 0.15:
                pair.reverse()
            return self.emit(
                f"arith.select {keep[0]}, {pair[0]}, {pair[1]} : {self.type_of(letters, 'i1')},"
                f" {self.type_of(letters, b[2])}", letters, b[2])
        may_divide = b in self.divisors
        a, b = (self.spread(self.cast(v, element), letters) for v in (a, b))
        # What is 0 divides nothing.
        op = "divf" if element == "f32" and rng.random() < 0.4 and may_divide else "mulf" if element == "f32" else "muli"
        return self.emit(f"arith.{op} {a[0]}, {b[0]} : {self.type_of(letters, element)}", letters, element)

    def sum(self, a, b):
        letters = self.union(a, b)
        element = self.rng.choice(["f32", "f32", "i32", "i1"])
        a, b = (self.spread(self.cast(v, element), letters) for v in (a, b))
        op = {"f32": ["addf", "addf", "subf"], "i32": ["addi", "subi"], "i1": ["ori", "xori"]}[element]
        return self.emit(f"arith.{self.rng.choice(op)} {a[0]}, {b[0]} : {self.type_of(letters, element)}",
                         letters, element)

    def alone(self, value):
        """A function of one value that is 0 where it is, or the same in another shape or type."""
        ways = {"f32": ["negf", "absf", "narrow"], "i32": ["absi"], "i1": ["narrow", "sign"]}[value[2]]
        way = self.rng.choice(["same", "unit", "some", *ways])
        if way in ("unit", "some", "narrow"):
            return getattr(self, way)(value)
        name, letters, element = value
        kind = self.type_of(letters, element)
        if way == "same":
            return self.emit(f"moe.stop_gradient {name} : {kind}", letters, element)
        if way == "sign":
            return self.emit(f"arith.extsi {name} : {kind} to {self.type_of(letters, 'i32')}", letters, "i32")
        dialect = "math" if way.startswith("abs") else "arith"
        return self.emit(f"{dialect}.{way} {name} : {kind}", letters, element)

    def unit(self, value):
        """With a dimension of one element more, or without it."""
        name, letters, element = value
        result = letters.replace("u", "") if "u" in letters else self.rng.choice([letters + "u", "u" + letters])
        return self.emit(f"moe.reshape {name} : {self.type_of(letters, element)} -> {self.type_of(result, element)}",
                         result, element)

    def some(self, value):
        """Summed over one dimension, over choices where it has them."""
        name, letters, element = value
        dim = self.rng.choice([c for c in letters if c in "ku"] or letters)
        left = letters.replace(dim, "")
        kind = "or" if element == "i1" else "sum"
        return self.emit(f"moe.reduce {kind} {name} dims [{letters.index(dim)}] : {self.type_of(letters, element)}"
                         f" -> {self.type_of(left, element)}", left, element)

    def narrow(self, value):
        """Rounded to bf16; truth values of tokens that count."""
        name, letters, element = value
        kind = self.type_of(letters, element)
        if element == "f32":
            short = self.type_of(letters, "bf16")
            name, _, _ = self.emit(f"arith.truncf {name} : {kind} to {short}", letters, "bf16")
            return self.emit(f"arith.extf {name} : {short} to {kind}", letters, element)
        other = self.spread(self.argument("gs", "i1"), letters) if "g" in letters and "s" in letters else value
        return self.emit(f"arith.andi {name}, {other[0]} : {kind}", letters, element)

    def contract(self, operands, result):
        operands = [self.cast(v, "f32") for v in operands]
        self.rng.shuffle(operands)
        terms = ",".join(v[1] for v in operands)
        return self.emit(
            f'moe.einsum "{terms}->{result}" {", ".join(v[0] for v in operands)} : '
            f'{", ".join(self.type_of(v[1], "f32") for v in operands)} -> {self.type_of(result, "f32")}',
            result, "f32")

    def reduce(self, value):
        name, letters, element = value
        if element == "i1":
            name, letters, element = self.cast(value, "i32")
        dims = sorted(self.rng.sample(range(len(letters)), self.rng.randint(1, len(letters))))
        left = "".join(c for i, c in enumerate(letters) if i not in dims)
        return self.emit(
            f"moe.reduce sum {name} dims {dims} : {self.type_of(letters, element)} -> {self.type_of(left, element)}",
            left, element)

    def positions(self, mask):
        count = self.cast(mask, "i32")
        if "s" not in count[1]:
            return count
        exclusive = self.rng.choice(["", " exclusive"])
        return self.emit(f"moe.cumsum {count[0]} dim {count[1].index('s')}{exclusive} : {self.type_of(count[1], 'i32')}",
                         count[1], "i32")

    def body(self):
        rng = self.rng
        first, second = self.indices()
        kinds = ["f32", "i32", "i1"]
        masks = [self.one_hot(first, "e", rng.choice(kinds)), self.one_hot(second, "e", rng.choice(kinds))]
        slots = [self.argument("gs", "i32"), self.positions(masks[0]), self.positions(masks[1])]
        hots = [self.one_hot(v, "c", rng.choice(kinds)) for v in rng.sample(slots, 2) if "c" not in v[1]]
        pool = masks + hots
        dense = [self.argument("gs", "f32"), self.argument("gs", "i1"), self.argument("gse", "f32"),
                 self.argument("ge", "f32")]
        self.divisors = [value for value in dense if value[2] == "f32"]
        for _ in range(rng.randint(2, 6)):
            a = rng.choice(pool)
            b = rng.choice(pool if rng.random() < 0.6 else dense)
            make = self.product if rng.random() < 0.7 else self.sum
            pool.append(make(a, b) if rng.random() < 0.5 else make(b, a))
            if rng.random() < 0.25:
                pool.append(self.cast(pool[-1], rng.choice(kinds)))
            if rng.random() < 0.4:
                pool.append(self.alone(rng.choice(pool)))
        return pool

    def text(self):
        pool = self.body()
        results = []
        big = [v for v in pool if "e" in v[1] and "c" in v[1]] or pool
        mask = self.rng.choice(big)
        if all(c in mask[1] for c in "gsec"):
            tokens, slots = self.argument("gsm", "f32"), self.argument("egcm", "f32")
            results.append(self.contract([mask, tokens], "".join(self.rng.sample("egcm", 4))))
            results.append(self.contract([mask, slots], "".join(self.rng.sample("gsm", 3))))
        for value in self.rng.sample(pool, min(3, len(pool))):
            results.append(self.reduce(value))
        types = [self.type_of(v[1], v[2]) for v in results]
        head = f"  func.func @f{self.number}({', '.join(self.arguments)}) -> ({', '.join(types)}) {{\n"
        end = f"\n    return {', '.join(v[0] for v in results)} : {', '.join(types)}\n  }}\n"
        return head + "\n".join(self.lines) + end


def write(kind, seed, count, sharded=False):
    print("module {\n" + MESH if sharded else "module {")
    for number in range(count):
        print(kind(random.Random(seed * 1000003 + number), number, sharded).text())
    print("}")


if __name__ == "__main__":
    write(Function, int(sys.argv[1]), int(sys.argv[2]), "--sharded" in sys.argv)
