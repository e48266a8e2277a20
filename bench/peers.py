#!/usr/bin/env python3
"""The whole model beside other systems that run the same model, in interleaved rounds.

  bench/peers.py --peer jax='python gshard_jax.py --devices 2 --time 7 --what fwd' [--rounds 3]

Each round runs ours on one and two ranks and every peer once; a peer is any command that
prints "median X ms" for one forward pass of 2048 tokens. A peer whose command cannot be
started is skipped, saying so. A loop of fused multiply-adds on one and on two threads
goes along, since processors of one kind may have one core or two for two threads.

Ours multiplies no expert slots that no token took; peers do. Rows "all slots" are ours
with that work done too.
"""

import argparse
import concurrent.futures
import os
import re
import shlex
import subprocess
import sys

from model import BIN, OUT, ROOT, TOKENS, compile_model, median, run
from summary import milliseconds


def ours(program, tokens, repeat, all_slots):
    environment = {**os.environ, "MOE_MULTIPLY_EMPTY_SLOTS": "1"} if all_slots else None
    summary = run([BIN / "moe-run", program, "--entry=loss", f"--input=tokens={tokens}", f"--repeat={repeat}"], env=environment)
    return milliseconds(summary)


def theirs(command):
    """Milliseconds as a peer prints them, or the reason why there are none."""
    try:
        result = subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    found = re.search(r"median ([\d.]+) ms", result.stdout)
    if found:
        return float(found.group(1))
    return (result.stderr or result.stdout or "no output").strip().splitlines()[-1]


def peak(threads):
    """GFLOP/s of `threads` processes that only multiply and add."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        loops = [pool.submit(run, [BIN / "fma-loop"]) for _ in range(threads)]
        return sum(float(loop.result()) for loop in loops)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--dtype", action="append", choices=("f32", "bf16"), help="ours in these types; default both")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    run(["cmake", "--build", ROOT / "build", "--target", "benchmarks"])
    gshard, tokens = ROOT / "examples/gshard", OUT / "tokens.npy"
    run([sys.executable, gshard / "tokens.py", "--rows=8", "--length=256", "-o", tokens])
    programs = {}
    for dtype in arguments.dtype or ("f32", "bf16"):
        model = OUT / f"gshard-peers-{dtype}.mlir"
        run([sys.executable, gshard / "generate.py", "--size=bench", f"--dtype={dtype}", "-o", model])
        for ranks in (1, 2):
            program = compile_model(model, 1, ranks)[0]
            for all_slots in (False, True):
                words = f"ours {dtype}, {ranks} rank{'s' * (ranks > 1)}" + ", all slots" * all_slots
                programs[words] = (program, all_slots)
    peers = dict(peer.split("=", 1) for peer in arguments.peer)
    times = {name: [] for name in (*programs, *peers)}
    peaks = {1: [], 2: []}
    for _ in range(arguments.rounds):
        for name, (program, all_slots) in programs.items():
            times[name].append(ours(program, tokens, arguments.repeat, all_slots))
        for name in list(peers):
            result = theirs(peers[name])
            if isinstance(result, str):
                print(f"skipped: {name}: {result}")
                del peers[name], times[name]
            else:
                times[name].append(result)
        for threads, list_of in peaks.items():
            list_of.append(peak(threads))
    print(f"{'':>28} {'ms':>8} {'least':>8} {'tokens/s':>9}")
    for name, values in times.items():
        print(f"{name:>28} {median(values):8.1f} {min(values):8.1f} {TOKENS / median(values) * 1e3:9.0f}")
    print(f"multiply-add loop: {median(peaks[1]):.0f} GFLOP/s on one thread, {median(peaks[2]):.0f} on two")


if __name__ == "__main__":
    main()
