#!/usr/bin/env python3
"""All-to-alls of both transports beside a memcpy of the same bytes.

  bench/all-to-all.py [--ranks 2] [--rounds 5] [--repeat 4]

Each of --repeat turns starts threads as ranks, then MPI, for --rounds interleaved rounds
each. The microseconds are medians of the slowest rank; a ratio's memcpy is of the same
processes: every rank copies as many bytes between its own buffers at the same time.

`bytes` is a rank's whole buffer: `cross` of them go to other ranks and come from them, the
rest is its own block, copied by each of the three alike. `blocks` is MPI_Alltoall's own
case, one block for each rank; `dispatch` and `combine` are what an MoE layer makes, with 8
experts and 2 groups a rank, where a peer's rows lie apart. MPI_Alltoall moves blocks there
too, as many bytes without putting them where they belong.
"""

import argparse

from model import BIN, ROOT, median, run
from mpi import mpirun

BENCH = BIN / "all-to-all-bench"


def samples(output):
    """{(shape, bytes): {what: [numbers]}} of what the program prints.

    >>> samples("blocks 64 run 0.5\\nblocks 64 memcpy 0.1\\nblocks 64 run 0.7\\n")
    {('blocks', 64): {'run': [0.5, 0.7], 'memcpy': [0.1]}}
    """
    table = {}
    for line in output.splitlines():
        shape, size, what, number = line.split()
        table.setdefault((shape, int(size)), {}).setdefault(what, []).append(float(number))
    return table


def size_name(size):
    """
    >>> size_name(64), size_name(4096), size_name(2 << 20)
    ('64 B', '4 KB', '2 MB')
    """
    for unit in ("B", "KB"):
        if size < 1024:
            return f"{size} {unit}"
        size //= 1024
    return f"{size} MB"


def medians(row):
    return {what: median(numbers) for what, numbers in row.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeat", type=int, default=4)
    arguments = parser.parse_args()
    run(["cmake", "--build", ROOT / "build", "--target", "benchmarks"])
    commands = {"local": [BENCH, arguments.rounds, arguments.ranks],
                "mpi": mpirun(arguments.ranks, [BENCH, arguments.rounds])}
    if not commands["mpi"]:
        print("skipped: mpi: no mpirun")
        del commands["mpi"]
    outputs = {name: "" for name in commands}
    for _ in range(arguments.repeat):
        for name, command in commands.items():
            outputs[name] += run(command)
    tables = {name: samples(output) for name, output in outputs.items()}

    print(f"{'shape':>9} {'bytes':>7} {'cross':>7} {'memcpy us':>9} {'local us':>9} {'/ memcpy':>8} {'mpi us':>9} "
          f"{'/ memcpy':>8} {'MPI_Alltoall us':>15} {'mpi / it':>8}")
    for (shape, size), local in tables["local"].items():
        middle = medians(local)
        print(f"{shape:>9} {size_name(size):>7} {size_name(int(middle['crossing'])):>7} {middle['memcpy']:9.3g} "
              f"{middle['run']:9.2f} {middle['run'] / middle['memcpy']:8.2f}", end="")
        if "mpi" in tables:
            middle = medians(tables["mpi"][shape, size])
            raw = middle.get("MPI_Alltoall", float("nan"))
            print(f" {middle['run']:9.2f} {middle['run'] / middle['memcpy']:8.2f} {raw:15.2f} {middle['run'] / raw:8.2f}", end="")
        print()


if __name__ == "__main__":
    main()
