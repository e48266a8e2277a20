"""Partitions a model for several meshes and compares each with the global program.

  check_meshes.py MODEL.mlir [--float] [--entries=init,loss] DATA,EXPERT...

Each mesh is compiled up to Optimize by moe-opt; moe-interpret then runs both programs
on all ranks in exact mode (--float: in floats) and compares bit for bit.
"""

import subprocess
import sys


def main(arguments):
    flags = [argument for argument in arguments if argument.startswith("--")]
    model, *meshes = [argument for argument in arguments if not argument.startswith("--")]
    mode = [] if "--float" in flags else ["--exact"]
    entries = next((flag.split("=")[1] for flag in flags if flag.startswith("--entries=")), "init,forward,loss")
    stage = next((flag.split("=")[1] for flag in flags if flag.startswith("--stage=")), "optimize")
    failed = 0
    for mesh in meshes:
        data, expert = mesh.split(",")
        local = f"{model}.{data}x{expert}.mlir"
        axes = f"--mesh=data={data},expert={expert}"
        if subprocess.run(["moe-opt", model, axes, f"--stop-after={stage}", "-o", local]).returncode:
            print(f"failed: moe-opt {axes}", flush=True)
            failed += 1
            continue
        for entry in entries.split(","):
            command = ["moe-interpret", model, f"--entry={entry}", *mode, f"--compare={local}"]
            if subprocess.run(command).returncode:
                print(f"failed: entry {entry}, {axes}", flush=True)
                failed += 1
    return 1 if failed else 0


sys.exit(main(sys.argv[1:]))
