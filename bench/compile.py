#!/usr/bin/env python3
"""What compiling GShard's 600B configuration costs, by devices, by layers and by stage.

  bench/compile.py [--rounds 5]

Rounds are interleaved; times are medians of CPU seconds of one moe-opt, to a program
file, no cache. Counts are of the program: calls in its entries, bytes of the artifact.
"""

import argparse
import re
import resource
import sys

from model import BIN, OUT, ROOT, median, run

MESHES = ("data=1,expert=2", "data=2,expert=32", "data=2,expert=1024", "data=32,expert=2048")
LAYERS = (9, 18, 36)
STAGES = ("propagate", "partition", "optimize", "lower")


def compile_seconds(model, mesh, program, until="--target=cpu"):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run([BIN / "moe-opt", model, f"--mesh={mesh}", until, "-o", program])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def calls(model, mesh):
    return len(re.findall(r"\bcall @mo", run([BIN / "moe-opt", model, f"--mesh={mesh}", "--stop-after=lower"])))


def measure(title, cases, rounds):
    """One row for each case {name: (model, mesh)}."""
    program = OUT / "compiled.moe"
    times, sizes = {name: [] for name in cases}, {}
    for _ in range(rounds):
        for name, (model, mesh) in cases.items():
            times[name].append(compile_seconds(model, mesh, program))
            sizes[name] = program.stat().st_size
    print(f"{title:>22} {'calls':>7} {'bytes':>8} {'CPU s':>6} {'least':>6}")
    for name, (model, mesh) in cases.items():
        print(f"{name:>22} {calls(model, mesh):7} {sizes[name]:8} {median(times[name]):6.2f} {min(times[name]):6.2f}")


def profile(model, mesh, rounds):
    """What each stage adds to the one before it; the first includes reading the model, each of
    those that are stopped at writes its result as text, which the last does not."""
    untils = {stage: f"--stop-after={stage}" for stage in STAGES} | {"code": "--target=cpu"}
    times = {stage: [] for stage in untils}
    for _ in range(rounds):
        for stage, until in untils.items():
            times[stage].append(compile_seconds(model, mesh, OUT / "compiled.moe", until))
    print(f"{'36 layers, until':>22} {'CPU s':>6}")
    for stage, seconds in times.items():
        print(f"{stage:>22} {median(seconds):6.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    models = {}
    for layers in LAYERS:
        models[layers] = OUT / f"gshard-600b-{layers}.mlir"
        run([sys.executable, ROOT / "examples/gshard/generate.py", "--size=600b", f"--layers={layers}", "-o", models[layers]])
    measure("36 layers, mesh", {mesh: (models[36], mesh) for mesh in MESHES}, arguments.rounds)
    print()
    measure("2048 devices, layers", {str(layers): (models[layers], MESHES[2]) for layers in LAYERS}, arguments.rounds)
    print()
    profile(models[36], MESHES[2], arguments.rounds)


if __name__ == "__main__":
    main()
