"""Compares the bytes that moe-opt --explain prints with those that the transport counts.

  check_explain.py MODEL.mlir ENTRY INPUTS.npz MESH...

Row by row: kind, axes and bytes of the rank that receives most, in one call.
"""

import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "bench"))
from summary import collectives  # noqa: E402


def output(*command):
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        sys.exit(result.stdout + result.stderr)
    return result.stdout


def main(model, entry, inputs, *meshes):
    failed = 0
    for mesh in meshes:
        reports = json.loads(output("moe-opt", model, f"--mesh={mesh}", "--explain=json"))["collectives"]
        said = [(row["kind"], ",".join(row["axes"]), row["bytes"]) for row in reports if row["function"] == entry]
        summary = output("moe-run", model, f"--mesh={mesh}", f"--entry={entry}", f"--params={inputs}")
        counted = []
        for words, _, received, calls, _ in collectives(summary):
            *_, kind, axes = words.split()
            if kind != "slice":
                counted.append((kind, axes, received / calls))
        print(f"{mesh}: {len(said)} collectives, {sum(row[2] for row in said)} bytes")
        if said != counted:
            print(f"  explained: {said}\n  counted:   {counted}")
            failed += 1
    return failed


sys.exit(1 if main(*sys.argv[1:]) else 0)
