#!/usr/bin/env python3
"""How long moe-run takes from the command to its end with the tiny GShard model: cold (it
compiles) and warm (the program is in the cache), beside the start of the transport alone.

  bench/start.py [--rounds 5]

Rounds are interleaved; times are medians in seconds. The transport alone is an mpirun of a
program that calls MPI_Init and MPI_Finalize; threads need nothing of the kind.
"""

import argparse
import os
import shutil
import sys
import time

from model import BIN, OUT, ROOT, median, run
from mpi import mpirun

GSHARD = ROOT / "examples/gshard"
CACHE = OUT / "start-cache"
# The faster of Open MPI's starts, as the transport chooses it.
ENVIRONMENT = {**os.environ, "MOE_CACHE_DIR": str(CACHE), "OMPI_MCA_btl": "self,vader"}


def seconds(command):
    start = time.monotonic()
    run(command, env=ENVIRONMENT)
    return time.monotonic() - start


def program(model, tokens, ranks):
    return [BIN / "moe-run", model, f"--mesh=data=1,expert={ranks}", "--entry=loss", f"--input=tokens={tokens}",
            "--summary=none"]


def measure(command, alone):
    """(cold, warm, transport alone) of one round."""
    shutil.rmtree(CACHE, ignore_errors=True)
    CACHE.mkdir()
    return seconds(command), seconds(command), seconds(alone) if alone else 0.0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    run(["cmake", "--build", ROOT / "build", "--target", "benchmarks"])
    model, tokens = OUT / "gshard-tiny.mlir", OUT / "tokens-tiny.npy"
    run([sys.executable, GSHARD / "generate.py", "-o", model])
    run([sys.executable, GSHARD / "tokens.py", "--rows=8", "--length=32", "-o", tokens])
    cases = {f"local, {ranks} rank{'s' * (ranks > 1)}": (program(model, tokens, ranks), None) for ranks in (1, 2, 4)}
    if mpirun(2, []):
        cases["mpirun, 2 ranks"] = (mpirun(2, program(model, tokens, 2)), mpirun(2, [BIN / "all-to-all-bench"]))
    else:
        print("skipped: mpirun: there is none")
    times = {name: [] for name in cases}
    for _ in range(arguments.rounds):
        for name, case in cases.items():
            times[name].append(measure(*case))
    print(f"{'':>16} {'cold':>6} {'warm':>6} {'transport alone':>15} {'cold beyond':>11} {'warm beyond':>11}")
    for name, rounds in times.items():
        cold, warm, alone = (median(column) for column in zip(*rounds))
        print(f"{name:>16} {cold:6.2f} {warm:6.2f} {alone:15.2f} {cold - alone:11.2f} {warm - alone:11.2f}")


if __name__ == "__main__":
    main()
