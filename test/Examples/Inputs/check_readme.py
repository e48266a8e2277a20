"""Checks that the README's first screen is true.

Its first block must be examples/layer/layer.mlir without the comment on top; each line
of its second must be printed by moe-opt --stop-after=partition, reasons apart.
"""

import pathlib
import re
import subprocess
import sys

root = pathlib.Path(sys.argv[1])
blocks = re.findall(r"```mlir\n(.*?)```", (root / "README.md").read_text(), re.DOTALL)
layer = root / "examples/layer/layer.mlir"
source = re.sub(r"\A(//.*\n)+", "", layer.read_text())
if blocks[0] != source:
    sys.exit("README.md: the first block is not examples/layer/layer.mlir")
printed = subprocess.run(["moe-opt", str(layer), "--stop-after=partition"], check=True, capture_output=True, text=True).stdout
lines = {re.sub(r' because "[^"]*"', "", line).strip() for line in printed.splitlines()}
for line in blocks[1].splitlines():
    if not line.startswith("...") and line not in lines:
        sys.exit(f"README.md: moe-opt does not print: {line}")
