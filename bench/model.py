#!/usr/bin/env python3
"""First figures of the whole GShard model at bench size (512 wide, 4 layers, 8 experts,
8 groups of 256 tokens): speed, where the time goes, start-up, bytes.

  bench/model.py [--dtype f32|bf16] [--gate einsum|ops] [--repeat 7] [--rounds 3]

Runs build/bin; needs scripts/build.sh first. Hosts are noisy: one and two ranks are
interleaved over --rounds and medians are printed; compare only figures of one run.
"""

import argparse
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import time

from summary import milliseconds, received, shares

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = ROOT / "build/bin"
OUT = ROOT / "build/bench"
TOKENS = 8 * 256
# Bytes that the slowest rank must receive: two MoE layers, slots there and back.
#   mesh (data, expert): (E G C M 4 bytes / ranks) * (1 - 1/expert) * 4
SLOTS = 8 * 8 * 64 * 512 * 4
MESHES = ((1, 4), (2, 2), (2, 4), (4, 2))


def run(command, **more):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)
    if result.returncode:
        sys.exit(f"error: {' '.join(map(str, command))} failed:\n{result.stdout}{result.stderr}")
    return result.stdout


def median(values):
    return sorted(values)[len(values) // 2]


def compile_model(model, data, expert):
    program = OUT / f"{model.stem}-{data}x{expert}.moe"
    start = time.monotonic()
    run([BIN / "moe-opt", model, f"--mesh=data={data},expert={expert}", "--target=cpu", "-o", program])
    return program, time.monotonic() - start


def start_up(model, tokens, expert):
    """(cold, warm) seconds from the command to its end: compiling, and from the cache."""
    cache = OUT / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir()
    command = [BIN / "moe-run", model, f"--mesh=data=1,expert={expert}", "--entry=loss",
               f"--input=tokens={tokens}", "--summary=none"]
    times = []
    for _ in range(2):
        start = time.monotonic()
        run(command, env={**os.environ, "MOE_CACHE_DIR": str(cache)})
        times.append(time.monotonic() - start)
    return times


def cpu_per_run(program, tokens, repeat):
    """CPU seconds of one run over all its threads: what a busy host does not change.
    Start-up is taken off by a second command that runs once."""
    def spent(times):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        run([BIN / "moe-run", program, "--entry=loss", f"--input=tokens={tokens}", f"--repeat={times}", "--summary=none"])
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    return (spent(1 + repeat) - spent(1)) / repeat


def speed(model, tokens, arguments):
    programs = {expert: compile_model(model, 1, expert)[0] for expert in (1, 2)}
    figures = {expert: [] for expert in programs}
    for _ in range(arguments.rounds):
        for expert, program in programs.items():
            trace = OUT / "trace.json"
            summary = run([BIN / "moe-run", program, "--entry=loss", f"--input=tokens={tokens}",
                           f"--repeat={arguments.repeat}", f"--trace={trace}"])
            figures[expert].append((milliseconds(summary), *shares(trace, "loss")))
    print(f"{'ranks':>5} {'tokens/s':>9} {'ms':>8} {'matmul':>7} {'collective':>10} {'kernels':>8} {'overhead':>8} "
          f"{'first run ms':>12} {'CPU s':>6}")
    for expert, rounds in figures.items():
        total, first, entry, matmul, collective = (median(column) for column in zip(*rounds))
        kernels, overhead = entry - matmul - collective, max(0, total - entry)
        print(f"{expert:5} {TOKENS / total * 1e3:9.0f} {total:8.1f} {matmul / total:7.1%} {collective / total:10.1%} "
              f"{kernels / total:8.1%} {overhead / total:8.1%} {first:12.1f} "
              f"{cpu_per_run(programs[expert], tokens, arguments.repeat):6.2f}")


def traffic(model, tokens):
    print(f"\n{'mesh':>16} {'received MB':>11} {'floor MB':>8}")
    for data, expert in MESHES:
        program, _ = compile_model(model, data, expert)
        summary = run([BIN / "moe-run", program, "--entry=loss", f"--input=tokens={tokens}"])
        floor = SLOTS / (data * expert) * (1 - 1 / expert) * 4
        print(f"{f'data={data},expert={expert}':>16} {received(summary) / 1e6:11.2f} {floor / 1e6:8.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dtype", default="f32", choices=("f32", "bf16"))
    parser.add_argument("--gate", default="einsum", choices=("einsum", "ops"))
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.repeat < 2 or arguments.rounds < 1:
        parser.error("--repeat must be at least 2 and --rounds at least 1")
    OUT.mkdir(parents=True, exist_ok=True)
    model, tokens = OUT / f"gshard-{arguments.gate}-{arguments.dtype}.mlir", OUT / "tokens.npy"
    gshard = ROOT / "examples/gshard"
    run([sys.executable, gshard / "generate.py", "--size=bench", f"--gate={arguments.gate}", f"--dtype={arguments.dtype}",
         "-o", model])
    run([sys.executable, gshard / "tokens.py", "--rows=8", "--length=256", "-o", tokens])
    print(f"GShard, {arguments.dtype}, gate {arguments.gate}, entry loss, {TOKENS} tokens, threads as ranks\n")
    speed(model, tokens, arguments)
    for expert in (1, 2):
        cold, warm = start_up(model, tokens, expert)
        print(f"\nstart to end on {expert} rank{'s' if expert > 1 else ''}: cold (compiles) {cold:.2f} s, warm (cache) {warm:.2f} s",
              end="")
    print()
    if arguments.dtype == "f32":
        traffic(model, tokens)


if __name__ == "__main__":
    main()
