#!/usr/bin/env python3
"""Runs what the tests' inputs compute before and after each pass under test.

  over_tests.py AT_LEAST [PATH...]

Takes every RUN line below test/ that gives an .mlir file to moe-opt, and lets
pass-oracle run each public function before and after each pass of that line, in
exact mode; files that tests only interpret go through the pipeline up to Optimize. Prints what could not run and why, by number of runs. Fails when numbers
differ, and when fewer than AT_LEAST runs were compared: a test that stops being
run is a loss that nobody sees.
"""

import collections
import pathlib
import re
import shlex
import subprocess
import sys

TESTS = pathlib.Path(__file__).resolve().parents[2]

# Flags of moe-opt that are no passes.
OTHER = re.compile(r"^-?-(split-input-file|verify-diagnostics|o|mlir-.*|allow-.*|explain.*|expose-choices|target.*|isa.*|"
                   r"error-on.*|help.*|emit-bytecode|color.*)$")

# Runs that differ for a known reason: MLIR folds constants by its own arithmetic.
KNOWN = {
    ("Interpret/exact.mlir", "differs @functions inline"): "tanh of a constant; exact mode has its own",
    ("Interpret/exact.mlir", "differs @dyadic inline"): "a constant divided by zero is inf, in exact mode 0",
    ("Interpret/elementwise.mlir", "differs @functions inline"): "cos of a constant; exact mode has its own",
    ("Interpret/elementwise.mlir", "differs @float_arithmetic inline"): "constants are rounded, in exact mode not",
    ("Interpret/elementwise.mlir", "differs @integer_arithmetic inline"): "floordivsi of 5 by 0 is 5, here 0",
}


def passes_of(command):
    """The passes of one moe-opt command as pass-oracle takes them; None if it is another command."""
    words = [word for word in command if not word.startswith(("%t", "2>"))]
    if words[:2] != ["moe-opt", "%s"]:
        return None
    passes = []
    for word in words[2:]:
        if not word.startswith("-"):
            return None
        flag, _, value = word.lstrip("-").partition("=")
        if OTHER.match(word):
            continue
        if flag == "pass-pipeline":
            passes.append(re.sub(r"^\s*builtin\.module\((.*)\)\s*$", r"\1", value, flags=re.S))
        elif flag in ("stop-after", "mesh"):
            passes.append(f"{flag}={value}")
        else:
            passes.append(f"{flag}{{{value}}}" if value else flag)
    return passes


def commands(path):
    """Pass lists of a file's RUN lines, each once."""
    found = []
    text = re.sub(r"\\\n\s*//\s*RUN:", " ", path.read_text())
    for line in re.findall(r"//\s*RUN:(.*)", text):
        for part in line.split("|"):
            try:
                command = shlex.split(part)
            except ValueError:
                continue
            passes = passes_of(command)
            # What only the interpreter runs goes through the pipeline too.
            if command[:2] == ["moe-interpret", "%s"]:
                passes = ["stop-after=optimize"]
            if passes and passes not in found:
                found.append(passes)
    return found


def main():
    least = int(sys.argv[1])
    paths = [pathlib.Path(path) for path in sys.argv[2:]] or sorted(TESTS.glob("**/*.mlir"))
    equal, failures, cannot = 0, [], collections.Counter()
    for path in paths:
        name = path.relative_to(TESTS)
        for passes in commands(path):
            result = subprocess.run(["pass-oracle", str(path), *passes], capture_output=True, text=True)
            if result.returncode not in (0, 1) or result.stderr:
                failures.append(f"{name} {' '.join(passes)}: exit status {result.returncode}: {result.stderr.strip()}")
            for line in result.stdout.splitlines():
                verdict, _, rest = line.partition(" ")
                if verdict == "equal":
                    equal += 1
                elif reason := KNOWN.get((str(name), line.partition(":")[0])):
                    cannot[f"{name}: {reason}"] += 1
                elif verdict == "differs":
                    failures.append(f"{name}: {line}")
                elif verdict == "cannot":
                    where, _, why = rest.partition(": ")
                    cannot[f"{name} after {where.split(' ', 1)[1]}: {re.sub('@[^ ]*', '@...', why)}"] += 1
                else:
                    cannot[f"{name}: refused by {rest.partition(':')[0]}"] += 1
    for why, count in sorted(cannot.items()):
        print(f"cannot run ({count}): {why}")
    for failure in failures:
        print(f"FAILED: {failure}")
    print(f"{equal} runs equal, {sum(cannot.values())} cannot run, {len(failures)} failed")
    if equal < least:
        print(f"FAILED: {equal} runs were compared, {least} were before; lower the number only with a test that you remove")
    return 1 if failures or equal < least else 0


if __name__ == "__main__":
    sys.exit(main())
