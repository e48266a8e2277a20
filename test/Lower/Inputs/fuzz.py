"""Compiles random annotated programs, runs them on all their ranks and compares with the
interpreter: fuzz.py FOLDER FIRST COUNT.

Unwritten memory reads as NaN meanwhile. Stops at the first program that differs, whose
text, inputs and log stay in FOLDER.
"""

import json
import os
import pathlib
import random
import re
import struct
import subprocess
import sys

# Name of the format, struct code and a number of the sort that does not need rounding.
TYPES = {
    "f32": ("F32", "f", lambda: random.randint(-64, 64) / 64),
    "i32": ("I32", "i", lambda: random.randint(0, 7)),
}


def arguments(text):
    """(name, sizes, element type) of each argument of @forward."""
    signature = text[text.index("@forward("):]
    signature = signature[:signature.index("->")]
    for name, type_ in re.findall(r"%(\w+): tensor<([^>]*)>", signature):
        *sizes, element = type_.split("x")
        yield name, [int(size) for size in sizes], element


def write_inputs(text, path):
    """All arguments as one safetensors file."""
    header, data = {}, b""
    for name, sizes, element in arguments(text):
        dtype, code, number = TYPES[element]
        count = 1
        for size in sizes:
            count *= size
        block = struct.pack(f"<{count}{code}", *(number() for _ in range(count)))
        header[name] = {"dtype": dtype, "shape": sizes, "data_offsets": [len(data), len(data) + len(block)]}
        data += block
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    path.write_bytes(struct.pack("<Q", len(head)) + head + data)


def check(folder, seed):
    random.seed(seed)
    model, inputs = folder / f"{seed}.mlir", folder / f"{seed}.safetensors"
    text = subprocess.run(["random-program", str(seed)], capture_output=True, text=True, check=True).stdout
    model.write_text(text)
    write_inputs(text, inputs)
    result = subprocess.run(["moe-run", model, "--params", inputs, "--check"], capture_output=True, text=True,
                            env={**os.environ, "MOE_POISON": "1"})
    (folder / f"{seed}.log").write_text(result.stdout + result.stderr)
    if result.returncode or "checked against" not in result.stdout:
        sys.exit(f"seed {seed} differs: {model}\n{result.stdout}{result.stderr}")


def main():
    folder, first, count = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(first, first + count):
        check(folder, seed)
    print(f"{count} programs equal")


if __name__ == "__main__":
    main()
