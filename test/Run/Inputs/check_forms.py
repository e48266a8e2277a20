"""Partitions every .mlir file of a folder and compares it with its global program.

  check_forms.py FOLDER [--float]
"""

import pathlib
import subprocess
import sys

mode = [] if "--float" in sys.argv else ["--exact"]
failed = 0
models = sorted(path for path in pathlib.Path(sys.argv[1]).glob("*.mlir") if not path.name.endswith(".local.mlir"))
for model in models:
    local = model.with_suffix(".local.mlir")
    commands = (["moe-opt", str(model), "--stop-after=optimize", "-o", str(local)],
                ["moe-interpret", str(model), *mode, f"--compare={local}"])
    if any(subprocess.run(command).returncode for command in commands):
        print(f"failed: {model.name}", flush=True)
        failed += 1
sys.exit(1 if failed or not models else 0)
