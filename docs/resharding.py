"""What resharding costs: every ordered pair of layouts of small meshes, through the compiler.

    docs/resharding.py --table build/bin/reshard-table            writes docs/resharding.md
    docs/resharding.py --table build/bin/reshard-table --check    fails where it would differ

The figures are reshard-table's (test/Unit/ReshardTable.cpp), those of JAX were taken once.
"""

import subprocess
import sys

from page import keep

# By mesh and rank, from JAX 0.10.2: pairs right, received / floor in total, of the worst pair, whole
# tensors gathered.
JAX = {
    ("2x2", 2): ("110", "1.36", "3.5", "12"),
    ("2x4", 2): ("110", "1.40", "4.0", "10"),
    ("3x2", 2): ("110", "1.59", "7.5", "15"),
    ("2x2", 3): ("342", "1.65", "6.0", "64"),
    ("2x2x2", 2): ("700 of 700 drawn", "1.85", "21.0", "97"),
}


class Row:
    """A line of reshard-table."""

    def __init__(self, line):
        self.mesh, self.sizes, source, *numbers = line.split("\t")
        self.is_partial = source == "partial"
        self.pairs, self.right, self.whole, self.steps = (int(numbers[i]) for i in (0, 1, 5, 6))
        self.received, self.floor, self.worst, self.large_received, self.beyond = (float(numbers[i]) for i in (2, 3, 4, 7, 8))
        ranks = {"2x2": 4, "2x4": 8, "3x2": 6, "2x2x2": 8, "4x2": 8, "6": 6}[self.mesh.split(",")[0].split(" ")[0]]
        self.is_even = all(int(size) % ranks == 0 for size in self.sizes.split("x"))

    def cells(self):
        large_floor = self.floor / 4 * 2**20  # elements of 1 MiB, not of 4 bytes
        return [self.mesh, self.sizes, self.pairs, self.right, f"{self.received / self.floor:.3f}", f"{self.worst:.2f}",
                self.whole, self.steps, f"{self.large_received / large_floor:.3f}", f"{self.beyond:.2f}"]

    def jax(self):
        return list(JAX.get((self.mesh, self.sizes.count("x") + 1), ("-",) * 4))


HEAD = ["mesh", "sizes", "pairs", "right", "received / floor", "worst pair", "whole", "steps", "large: received / floor",
        "large: beyond"]


def table(head, rows):
    lines = [head, ["---"] * len(head)] + rows
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def page(tool):
    result = subprocess.run([tool], capture_output=True, text=True)
    if result.returncode:
        sys.exit(result.stderr)
    rows = [Row(line) for line in result.stdout.splitlines()]
    plain = [row for row in rows if not row.is_partial]
    return TEXT.format(
        pairs=sum(row.pairs for row in rows), right=sum(row.right for row in rows),
        even=table(HEAD + ["JAX right", "JAX received / floor", "JAX worst pair", "JAX whole"],
                   [row.cells() + row.jax() for row in plain if row.is_even]),
        uneven=table(HEAD, [row.cells() for row in plain if not row.is_even]),
        partial=table(HEAD, [row.cells() for row in rows if row.is_partial]))


TEXT = """# What resharding costs

Written by `docs/resharding.py`, and held current by a test. All ordered pairs of two different layouts of small meshes, none
drawn: {right} of {pairs} are right.

## Sizes that divide, beside JAX

{even}

JAX is 0.10.2 (Shardy's propagation, XLA's partitioner, host devices), measured once, on sizes that divide; on 2x2x2, 700 of the
2352 pairs were drawn. Its bytes were counted from the collectives of its program, its floor is the one below. `-`: not
measured.

## Sizes that do not divide

JAX refuses them as sizes of a function's arguments and results.

{uneven}

## Partial sums

The source is partial over one or more axes, the target over none.

{partial}

## What the columns mean

- *mesh*: the axes, and into which parts an axis is cut if a layout may have a part of it. 4x2 with its 4 in parts is cut like
  2x2x2, by other names.
- *pairs*: a layout gives each axis, or part of one, to a dimension or to none, in each order within a dimension. Two
  axes and two dimensions have 11 layouts, and 110 pairs.
- *right*: the pair as a function that reshards its argument, or the partial sums that it made of it, goes through
  `spmd-partition` and its verifier. It is right if the interpreter gives each element of the function before, bit for bit in exact
  mode, if each collective is what its name says, and if the runtime's lists of sends and receives for these collectives,
  executed on elements that all differ (and on other numbers on each rank that has a part of a sum), leave each rank what
  the definition of the target says, element by element.
- *received / floor*: bytes that the worst rank receives, summed over all pairs, beside the sum of floors. A pair's steps
  each count with their own worst rank; bytes are counted in the lists of all ranks (`ReshardExhaustive.h`), f32. The floor is what the
  worst rank's target has and its source has not. For partial sums it is the least of all ways that there are in at most two
  steps that communicate, tried one by one, in any amount of memory but never through a whole tensor; such a way begins
  with a reduction, by pieces or whole.
- *worst pair*: the largest quotient of one pair. A floor of 0 with bytes would be infinite.
- *whole*: pairs on whose way a rank has all of the tensor, though neither source nor target is replicated.
- *steps*: collectives that communicate, the most of a pair. A slice does not.
- *large*: the same plans for elements of 1 MiB, where the bound on memory is no longer hidden by small buffers. *beyond*: what a
  step's source, target and pack buffers take more than the pair's source and target, in chunks, the most of all pairs.

## How steps and memory are bounded

The planner (`ReshardSearch.h`) looks for ways of at most two collectives that communicate, with slices before, between and
after. Without partial sums one exchange is always such a way, and at the floor; a collective with a name of its own
takes its place where it does the same. Partial sums take a reduction to pieces and an exchange of these, or one of both.

Each step's source, target and pack buffers together may take as much as the pair's source and target and one chunk: 1 MiB
or, if it is larger, the largest message. So *beyond* is at most 1. (MPI packs 1 MiB at a time; threads pack nothing.) No step
makes a whole copy of the tensor unless the target is one. A tensor that is small beside the chunk may take a way with
buffers larger than source and target where that saves bytes; what a large one pays for its memory is in *large*.

All of it is for a mesh without topology, where bytes alone count. Where links have a latency the planner takes fewer messages
for more bytes; `test/Unit/ReshardSearchTest.cpp` holds its time against all other ways, on the same meshes.

Not in these tables: parts of one axis that overlap (6 cut as 2x3 in one layout and as 3x2 in the other), targets that stay
partial, maxima and minima, 4 dimensions and 4 axes.
"""


if __name__ == "__main__":
    keep(__file__, "resharding.md", "table", page)
