"""Checks that docs/memory-plan.md says what the tools do.

Its program must lower to the calls shown, in their order; the plans must be as near to
their bounds as it says, and moe-run must print its table (resident apart).

  check_memory_plan.py SOURCE SCRATCH_FOLDER
"""

import json
import pathlib
import re
import subprocess
import sys

source, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
page = (source / "docs/memory-plan.md").read_text()
blocks = re.findall(r"```(?:mlir)?\n(.*?)```", page, re.DOTALL)


def output(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def plan(model, mesh, entry):
    """(arena, lower bound) of the compiled program."""
    output("moe-opt", model, f"--mesh={mesh}", "--target=cpu", "-o", folder / "program.moe")
    with open(folder / "program.moe", "rb") as file:
        size = int(file.readline().split()[2])
        manifest = json.loads(file.read(size))
    found = next(row for row in manifest["entries"] if row["name"] == entry)
    return found["arena_bytes"], found["arena_lower_bound"]


folder.mkdir(parents=True, exist_ok=True)
model = folder / "mlp.mlir"
model.write_text(blocks[0])
lowered = output("moe-opt", model, "--stop-after=lower")
place = lowered.index("@moe_entry_mlp")
for line in blocks[1].splitlines():
    code = line.split("  ")[0]
    place = lowered.find(code, place)
    if place < 0:
        sys.exit(f"memory-plan.md: moe-opt does not print, or not there: {code}")

bench = folder / "bench.mlir"
output(sys.executable, source / "examples/gshard/generate.py", "--size=bench", "-o", bench)
if plan(model, "x=2", "mlp") != (20480, 20480):
    sys.exit("memory-plan.md: the plan of its program is another")
for name, mesh, entry, most in (
    (source / "examples/layer/layer.mlir", "expert=4", "layer", 1),
    (source / "examples/gshard/model.mlir", "data=2,expert=4", "loss", 1.001),
    (bench, "data=1,expert=4", "loss", 1.001),
):
    arena, bound = plan(name, mesh, entry)
    if not bound <= arena <= most * bound:
        sys.exit(f"memory-plan.md: {entry} of {name} needs {arena} bytes, its lower bound is {bound}")

inputs = folder / "in.npz"
output(sys.executable, source / "examples/layer/inputs.py", "-o", inputs, "x=64x32", "wi=32x128", "wo=128x32")
rows = output("moe-run", model, "--entry=mlp", "--params", inputs)
printed = [line.split()[:-2] for line in rows.splitlines()]
for line in blocks[2].splitlines()[1:]:
    if line.split()[:-2] not in printed:
        sys.exit(f"memory-plan.md: moe-run does not print: {line}\n{rows}")
