"""Compares what moe-opt makes of models with and without --expose-choices.

  check_exposed.py MODEL.mlir...

On each mesh: --explain says the same, two all-to-alls a MoE layer among it, the exposed
program returns choices, and it has no tensor of four of the sizes of groups (cut),
tokens, experts and slots of GShard's tiny model.
"""

import re
import subprocess
import sys

MESHES = ("data=1,expert=1", "data=1,expert=4", "data=2,expert=2", "data=2,expert=4")
MASK = re.compile(r"tensor<[1248]x32x8x8x")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def problems(model, mesh):
    command = ("moe-opt", model, f"--mesh={mesh}")
    plain, exposed = output(*command, "--explain"), output(*command, "--explain", "--expose-choices")
    program = output(*command, "--stop-after=optimize", "--expose-choices")
    if plain != exposed:
        yield f"--explain differs:\n{plain}\nwith choices:\n{exposed}"
    if not mesh.endswith("expert=1") and exposed.count("  all_to_all over") != 2 * 2 * 2:
        yield f"{exposed.count('  all_to_all over')} all_to_alls, wanted 2 in each of 2 layers of 2 entries"
    if '"choice.3"' not in program:
        yield "the program returns no choice.3"
    if MASK.search(program):
        yield f"the program has {MASK.search(program).group()}...>"


failed = False
for model in sys.argv[1:]:
    for mesh in MESHES:
        for problem in problems(model, mesh):
            print(f"failed: {model}, {mesh}: {problem}", flush=True)
            failed = True
sys.exit(1 if failed or len(sys.argv) == 1 else 0)
