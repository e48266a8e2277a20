"""Writes gatings of two choices that are nearly right.

Each function @f0, @f1, ... of the module gives first and second choices slots
as GShard does, up to one step that is another one: the wrong count, the wrong
mask, a comparison that keeps others. Whether the slots of both choices
differ decides what the passes may do with `combine != 0`; whatever they decide,
the result must be the same.

    random_gatings.py SEED COUNT [--right]

With --right no step is another one, in any spelling.
"""

import random
import sys

import random_masks
from random_masks import SIZES, Function

# Few experts, which both choices often agree in.
SIZES.update(s=5, e=2)
GSE = "gse"
NUMBERS = {"f32": ("f", "o"), "i32": ("i", "s")}  # ending of arith ops, prefix of predicates


class Gating(Function):
    shifts = False
    steps = 21  # about as many as a gating has

    def __init__(self, rng, *arguments):
        super().__init__(rng, *arguments)
        self.step = 0
        self.wrong = None if "--right" in sys.argv else rng.randrange(self.steps)

    def pick(self, right, *wrong):
        """What is right, in all steps but one."""
        self.step += 1
        return self.rng.choice(wrong) if self.step - 1 == self.wrong else right

    def op(self, name, a, b):
        return self.emit(f"arith.{name}{NUMBERS[a[2]][0]} {a[0]}, {b[0]} : {self.type_of(a[1], a[2])}", a[1], a[2])

    def select(self, condition, a, b):
        return self.emit(f"arith.select {condition[0]}, {a[0]}, {b[0]} : {self.type_of(a[1], 'i1')}, {self.type_of(a[1], a[2])}",
                         a[1], a[2])

    def others(self, scores, first, third):
        """The scores without the first choice."""
        way = self.rng.choice(["never", "low", "zero", "any", "any", "any", "other"])
        if way == "any":
            return scores
        mask = self.one_hot(third if way == "other" else first, "e", "i1")
        number = {"low": "-1.0e30", "zero": "0.0"}.get(way, "0xFF800000")
        return self.select(mask, self.constant(number, GSE, "f32"), scores)

    def before(self, mask):
        """How many tokens come before each at its expert."""
        letter = self.pick("s", "g")
        dim = mask[1].index(letter)
        kind = self.type_of(mask[1], mask[2])
        if self.rng.random() < 0.5:
            count = self.emit(f"moe.cumsum {mask[0]} dim {dim} exclusive : {kind}", *mask[1:])
            return self.pick(count, self.op("sub", count, mask))
        count = self.emit(f"moe.cumsum {mask[0]} dim {dim} : {kind}", *mask[1:])
        return self.pick(self.op("sub", count, mask), count, self.op("add", count, mask))

    def total(self, mask):
        dim = self.pick(1, 0)
        left = "ge" if dim else "se"
        count = self.emit(f"moe.reduce {self.pick('sum', 'max')} {mask[0]} dims [{dim}] : {self.type_of(*mask[1:])}"
                          f" -> {self.type_of(left, mask[2])}", left, mask[2])
        return self.spread(count, GSE)

    def fits(self, count):
        """Whether a count is below the capacity, either way round."""
        number = self.rng.randint(1, SIZES["c"])
        capacity = self.constant(number if count[2] == "i32" else f"{number}.0", GSE, count[2])
        ending, prefix = NUMBERS[count[2]]
        pair, predicate = self.rng.choice([((count, capacity), "lt"), ((capacity, count), "gt")])
        predicate = self.pick(predicate, "le", "ge", {"lt": "gt", "gt": "lt"}[predicate])
        return self.emit(f"arith.cmp{ending} {prefix}{predicate}, {pair[0][0]}, {pair[1][0]} : {self.type_of(GSE, count[2])}",
                         GSE, "i1")

    def lookup(self, table, mask, index):
        """The entry of the table at the expert of each token, a number [g, s]; of what is dropped by its mask."""
        element = table[2]
        if table[0] not in self.dropped and self.rng.random() < 0.5:
            found = self.emit(f"moe.gather {table[0]}[{index[0]}] batch_dims 2 : {self.type_of(GSE, element)},"
                              f" {self.type_of('gs', 'i32')} -> {self.type_of('gs', element)}", "gs", element)
        else:
            product = self.op("mul", table, mask)
            found = self.emit(f"moe.reduce sum {product[0]} dims [2] : {self.type_of(GSE, element)}"
                              f" -> {self.type_of('gs', element)}", "gs", element)
        return self.cast(found, "i32")

    def body(self):
        self.dropped = set()
        element = self.rng.choice(["f32", "i32"])
        zero = self.constant("0.0" if element == "f32" else "0", GSE, element)
        scores = self.argument(GSE, "f32")
        first = self.best(scores, 1)[0]
        third = self.best(self.argument(GSE, "f32"), 1)[0]
        left = self.others(scores, first, third)
        picks = self.pick(1, 2)
        seconds = self.best(left, picks)
        second = seconds[-1]
        masks = [self.one_hot(v, "e", element) for v in (first, second)]
        one, two = masks
        before = [self.before(self.pick(one, two)), self.before(self.pick(two, one))]
        room = self.fits(self.pick(before[0], before[1], one))
        kept = self.select(room, one, zero)
        lucky = self.select(self.spread(self.argument("gs", "i1"), GSE), one, zero)
        counted, sent = self.rng.choice([(one, one), (one, kept), (kept, kept)])
        start = self.total(self.pick(counted, two, lucky))
        places = [self.pick(before[0], self.op("add", before[0], self.op("mul", before[0], before[0]))), self.pick(self.op("add", before[1], start), before[1], self.op("sub", before[1], start),
                                       self.op("sub", start, before[1]))]
        if sent == kept and self.rng.random() < 0.4:
            places[0] = self.select(self.pick(room, self.fits(before[1])), places[0], zero)
            self.dropped.add(places[0][0])
        any_mask = self.one_hot(third, "e", element)
        slots = [self.pick(self.lookup(place, self.pick(mask, any_mask), self.pick(index, third)), self.argument("gs", "i32"))
                 for place, mask, index in ((places[0], one, first), (places[1], two, second))]
        parts = []
        for mask, slot in zip([self.pick(sent, one, lucky), two], slots):
            hot = self.one_hot(slot, "c", "f32")
            mask = self.cast(mask, "f32")
            parts.append(self.emit(f'moe.einsum "gse,gsc->gsec" {mask[0]}, {hot[0]} : {self.type_of(GSE, "f32")},'
                                   f' {self.type_of("gsc", "f32")} -> {self.type_of("gsec", "f32")}', "gsec", "f32"))
        combine = self.op("add", *parts)
        none = self.constant("0.0", "gsec", "f32")
        taken = self.emit(f"arith.cmpf une, {combine[0]}, {none[0]} : {self.type_of('gsec', 'f32')}", "gsec", "i1")
        return [self.cast(taken, "f32")]


if __name__ == "__main__":
    random_masks.write(Gating, int(sys.argv[1]), int(sys.argv[2]))
