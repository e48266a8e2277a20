"""Runs the bench model on four meshes and holds the bytes received against the floor.

  check_bytes.py MODEL.mlir TOKENS.npy
"""

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "bench"))
from summary import received  # noqa: E402

SLOTS = 8 * 8 * 64 * 512 * 4  # E G C M of f32
failed = 0
for data, expert in ((1, 4), (2, 2), (2, 4), (4, 2)):
    command = ["moe-run", sys.argv[1], f"--mesh=data={data},expert={expert}", "--entry=loss", f"--input=tokens={sys.argv[2]}"]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        sys.exit(result.stdout + result.stderr)
    got = received(result.stdout)
    floor = SLOTS / (data * expert) * (1 - 1 / expert) * 4
    print(f"data={data},expert={expert}: received {got / 1e6:.2f} MB, floor {floor / 1e6:.2f} MB")
    # 1 %: the summary rounds, and sums over ranks move some words.
    failed += not floor * 0.99 <= got <= floor * 1.01
sys.exit(1 if failed else 0)
