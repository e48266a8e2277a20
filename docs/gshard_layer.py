"""What GShard's layer exchanges and holds on 1-D, 2-D and 3-D meshes, beside the least that it could.

    docs/gshard_layer.py --moe-opt build/bin/moe-opt            writes docs/gshard-layer.md
    docs/gshard_layer.py --moe-opt build/bin/moe-opt --check    fails where it would differ

The programs are those of examples/gshard: the layer alone, with GShard's few annotations written
here, and the language model as generate.py writes it. Bytes are those of the rank that receives
most, as `--explain=json` has them, memory is the plan in the program's manifest. The bound is a
formula that stands here and on the page; JAX's figures were taken once.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "examples/gshard"))
from generate import module as language_model  # noqa: E402
from layers import experts_function, norm_function  # noqa: E402
from moe_layers import moe_function  # noqa: E402
from page import keep  # noqa: E402
from sizes import make_sizes  # noqa: E402
from writer import Writer  # noqa: E402

SIZES = make_sizes("bench")
MESHES = [{"expert": 4}, {"expert": 8}, {"data": 2, "expert": 2}, {"data": 2, "expert": 4}, {"data": 4, "expert": 2},
          {"data": 2, "expert": 2, "model": 2}, {"data": 2, "expert": 4, "model": 2}, {"data": 2, "expert": 2, "model": 4}]
# By data and expert: MB that a device receives in the model's forward pass, with GShard's annotations,
# and with one more on the tensor that returns.
JAX = {(1, 4): ("20.5", "12.6"), (2, 2): ("11.0", "62.4"), (2, 4): ("14.4", "69.8"), (4, 2): ("9.7", "64.8")}


def layer(gate, mesh):
    """The layer as a module: tokens over all axes but model, expert weights over expert and model."""
    w = Writer(SIZES)
    w("""
      %y, %balance, %unrouted, %load = call @moe(%x, %gain, %router, %wi, %wo, %u)
          : ($gsm, $m.f32, $me.f32, $emh, $ehm, $gs.f32) -> ($gsm, $.f32, $.i32, $e.i32)
    """)

    def cut(*dims):
        lists = ", ".join("{" + ", ".join(f'"{axis}"' for axis in dim if axis in mesh) + "}" for dim in dims)
        return f"{{spmd.sharding = #spmd.sharding<@mesh, [{lists}]>}}"
    tokens = cut(("data", "expert"), (), ())
    head = (f"func.func @layer(%x: $gsm {tokens}, %gain: $m.f32, %router: $me.f32,\n"
            f"      %wi: $emh {cut(('expert',), (), ('model',))}, %wo: $ehm {cut(('expert',), ('model',), ())},\n"
            "      %u: $gs.f32) -> $gsm")
    axes = ", ".join(f'"{axis}"={size}' for axis, size in mesh.items())
    return (f"module {{\n  spmd.mesh @mesh [{axes}]\n" + w.function(head, ["%y"], ["$gsm"])
            + moe_function(SIZES, gate) + experts_function(SIZES) + norm_function(SIZES) + "}\n")


def bound(mesh):
    """Bytes that a rank receives at least; the page says why."""
    data, expert, model = (mesh.get(axis, 1) for axis in ("data", "expert", "model"))
    slots = 4 * SIZES.E * SIZES.G * SIZES.C * SIZES.M / (data * expert)
    tokens = 4 * SIZES.G * SIZES.S * SIZES.M / (data * expert)
    there = (1 - 1 / expert) * slots
    back = (1 - 1 / model) * slots + (1 - 1 / expert) * slots / model + (1 - 1 / model) * tokens
    return there + back


def run(*command, **options):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if result.returncode:
        sys.exit(result.stderr)
    return result.stdout


def measure(moe_opt, text, entry, folder, mesh=()):
    """(collectives by kind, bytes of the worst rank, arena, its lower bound)."""
    report = json.loads(run(moe_opt, "-", *mesh, "--explain=json", input=text))
    kinds, received = {}, 0
    for row in report["collectives"]:
        if row["function"] == entry:
            name = f"{row['kind']} over {', '.join(row['axes'])}"
            kinds[name] = kinds.get(name, 0) + 1
            received += row["bytes"]
    program = folder / "program.moe"
    run(moe_opt, "-", *mesh, "--target=cpu", "-o", program, input=text)
    with open(program, "rb") as file:
        manifest = json.loads(file.read(int(file.readline().split()[2])))
    plan = next(row for row in manifest["entries"] if row["name"] == entry)
    text = ", ".join(f"{count} {name}" if count > 1 else name for name, count in kinds.items())
    return text, received, plan["arena_bytes"], plan["arena_lower_bound"]


def megabytes(count):
    return f"{count / 1e6:.2f}"


def mesh_name(mesh):
    return ",".join(f"{axis}={size}" for axis, size in mesh.items())


def table(head, rows):
    lines = [head, ["---"] * len(head)] + rows
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def row(measured, least):
    kinds, received, arena, plan = measured
    return [kinds, megabytes(received), megabytes(least), f"{received / least:.2f}", megabytes(arena), megabytes(plan)]


def rows(of_gate):
    """A row for each spelling, one for both where they are equal."""
    einsum, ops = of_gate("einsum"), of_gate("ops")
    return [["both"] + ops] if einsum == ops else [["einsum"] + einsum, ["ops"] + ops]


def layer_rows(moe_opt, folder):
    for mesh in MESHES:
        yield from ([mesh_name(mesh)] + cells for cells in rows(
            lambda gate: row(measure(moe_opt, layer(gate, mesh), "layer", folder), bound(mesh))))


def model_rows(moe_opt, folder):
    for sizes, jax in JAX.items():
        mesh = dict(zip(("data", "expert"), sizes))
        flag = [f"--mesh={mesh_name(mesh)}"]
        yield from ([mesh_name(mesh)] + cells + list(jax) for cells in rows(lambda gate: row(
            measure(moe_opt, language_model(SIZES, gate), "forward", folder, flag), SIZES.moe_layers * bound(mesh))))


def page(moe_opt):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        head = ["mesh", "spelling", "collectives", "received", "bound", "ratio", "peak", "peak's bound"]
        layers = table(head, list(layer_rows(moe_opt, folder)))
        models = table(head + ["JAX", "JAX, one more annotation"], list(model_rows(moe_opt, folder)))
    return TEXT.format(layers=layers, models=models)


TEXT = """# What GShard's layer exchanges

Written by `docs/gshard_layer.py`, and held current by a test. M 512, H 2048, E 8, 8 groups of 256 tokens, top-2, C 64,
f32, forward. Megabytes are 10^6 bytes.

## The layer

Norm, router, top-2 gate with capacity, dispatch, two products of each expert, combine, residual: `einsum` is the paper's one-hot
masks and einsums, `ops` the dialect's MoE ops. The annotations are GShard's and no others: tokens over `data` and `expert` as they
come, expert weights over `expert`, and the dispatched tensor split over `expert`. Where there is a third axis, `model`, the weights'
hidden dimension is over it, and tokens are alike on its ranks.

{layers}

- *spelling*: `both` where all figures are equal.
- *received*: bytes of the rank that receives most, as the transport counts them, summed over collectives.
- *bound*: derived by hand. With slots = E G C M f32 / (data expert), the slots that a rank's experts work on, and tokens =
  G S M f32 / (data expert), a rank's tokens:

  | | a rank receives |
  |---|---|
  | tokens to slots | (1 - 1/expert) slots |
  | sums over the hidden dimension | (1 - 1/model) slots, each of the model's ranks a piece of them |
  | slots to tokens | (1 - 1/expert) slots / model, the pieces |
  | a token's sum over its experts, on all of the model's ranks again | (1 - 1/model) tokens |

  Without `model` the first and the third line are left. Nothing undercuts them while experts stay with their weights (33 MB or
  more of which lie on other ranks): E C is 2 S, so that there are routings that fill all slots and send no token twice to a
  rank. With `model` the bound is the best way that we know; that there is no better one is not proven.
- *peak*: the arena, all temporaries of a rank at once, in MB; *peak's bound* is the most that any one step needs. Arguments,
  the result, packed weights and what MPI stages are not in it ([memory-plan.md](memory-plan.md)).

## Beside JAX

The language model of `examples/gshard` (`generate.py --size=bench`): 4 layers, 2 of them MoE, entry `forward`. Attention and
dense layers exchange nothing, since their tokens are over all axes and their weights whole.

{models}

*JAX* is JAX 0.10.2 (Shardy's propagation, XLA's partitioner, host devices) with the same sizes and annotations, its bytes counted
from the collectives of its program; *one more annotation* stands on the tensor that returns from the experts. Without it no
all-to-all of tokens appears there: tokens and masks are gathered, and the output is reduced. With it, on 2-D meshes,
the masks or the slots are made whole.

- It was measured once, on a model of its own with the same sizes, not on this text.
- Nothing of JAX was measured for the layer alone, for expert=8 and for 3-D meshes.
- Of its memory there is one figure, 18.9 MB of temporaries on expert=4. It is what XLA says of its program, and other things may
  count as temporary there.
- It has figures for training steps, which we have not.
"""


if __name__ == "__main__":
    keep(__file__, "gshard-layer.md", "moe-opt", page)
