#!/usr/bin/env python3
"""Checks that Propagate does not depend on how a program is written down.

  shuffle.py MOE_OPT PASSES FILE [--rounds N]

Rewrites FILE (straight code, one op a line) N times: ops in another order that
keeps definitions before uses, operands of einsums, sums and products in another
order, other letters. After Propagate every op must have the same shardings as in
the original and every value the same reshards. Ops are recognised by an attribute
`id` that the script gives them.
"""

import argparse
import collections
import random
import re
import subprocess
import sys

DEFINITION = re.compile(r"^\s*(%[\w, %]+?) = (.*)$")
NAME = re.compile(r"%\w+")


def parse(text):
    """[(is an op, [defined], [used], line)]; lines that are no ops stay in place."""
    ops = []
    for line in text.splitlines():
        match = DEFINITION.match(line)
        if match:
            ops.append((True, NAME.findall(match[1]), NAME.findall(match[2]), line))
        else:
            ops.append((False, [], [], line))
    return ops


def with_id(line, number):
    """The op with attribute id, before its types; annotations vanish and need none."""
    if " spmd." in line:
        return line
    if " arith.constant " in line:
        return line.replace(" arith.constant ", f" arith.constant {{id = {number}}} ")
    at = line.rfind(" : ")
    return f"{line[:at]} {{id = {number}}}{line[at:]}"


def shuffled_letters(equation, rng):
    letters = sorted(set(filter(str.isalpha, equation)))
    others = rng.sample("abcdefghijklmnopqrstuvwxyz", len(letters))
    return equation.translate(str.maketrans(dict(zip(letters, others))))


def shuffled_operands(line, rng):
    einsum = re.match(r'(.*moe\.einsum )"(.*?)->(.*?)" (.*?)( \{.*\})? : (.*) -> (.*)$', line)
    if einsum:
        terms, names, types = (einsum[i].split(", " if i != 2 else ",") for i in (2, 4, 6))
        order = rng.sample(range(len(terms)), len(terms))
        equation = shuffled_letters(",".join(terms[i] for i in order) + "->" + einsum[3], rng)
        return (f'{einsum[1]}"{equation}" {", ".join(names[i] for i in order)}{einsum[5] or ""} : '
                f'{", ".join(types[i] for i in order)} -> {einsum[7]}')
    binary = re.match(r"(.*arith\.(?:add|mul)[fi] )(%\w+), (%\w+)(.*)$", line)
    if binary and rng.random() < 0.5:
        return binary[1] + binary[3] + ", " + binary[2] + binary[4]
    return line


def shuffled_block(ops, rng):
    """Any order in which definitions come before uses."""
    local = {name for _, defined, _, _ in ops for name in defined}
    done, left, result = set(), list(ops), []
    while left:
        ready = [op for op in left if all(name not in local or name in done for name in op[2])]
        op = rng.choice(ready)
        left.remove(op)
        done.update(op[1])
        result.append(op)
    return result


def rewritten(ops, rng):
    lines, block = [], []
    for op in ops + [(False, [], [], "")]:
        if op[0]:
            block.append(op)
            continue
        lines += [shuffled_operands(line, rng) for _, _, _, line in shuffled_block(block, rng)]
        block = []
        lines.append(op[3])
    return "\n".join(lines)


def propagated(arguments, text):
    run = subprocess.run([arguments.moe_opt, "-", *arguments.passes.split()], input=text, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"error: moe-opt failed:\n{run.stderr}\n{text}")
    return summary(run.stdout)


def summary(text):
    """What each op and each reshard of its results looks like."""
    owner, facts = {}, collections.Counter()
    for line in text.splitlines():
        if "func.func" in line:
            owner = {}
            facts[line.strip()] += 1
            owner.update({name: f"argument {i}" for i, name in enumerate(re.findall(r"%arg\d+", line))})
        match = DEFINITION.match(line)
        if not match:
            continue
        shardings = re.search(r"spmd\.shardings = \[(#.*?>)\]", line)[1]
        number = re.search(r"\bid = (\d+)", line)
        for index, name in enumerate(NAME.findall(match[1])):
            key = f"op {number[1]}" if number else f"reshard of {owner[NAME.search(match[2])[0]]}"
            owner[name] = f"result {index} of {key}"
        facts[f"{key}: {shardings}"] += 1
    return facts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("moe_opt")
    parser.add_argument("passes")
    parser.add_argument("file")
    parser.add_argument("--rounds", type=int, default=8)
    arguments = parser.parse_args()
    ops = parse(open(arguments.file).read())
    ops = [(is_op, defined, used, with_id(line, number) if is_op else line)
           for number, (is_op, defined, used, line) in enumerate(ops)]
    original = "\n".join(line for _, _, _, line in ops)
    expected = propagated(arguments, original)
    for seed in range(arguments.rounds):
        text = rewritten(ops, random.Random(seed))
        found = propagated(arguments, text)
        if found != expected:
            print(text)
            for fact, count in (expected - found).items():
                print(f"missing x{count}: {fact}")
            for fact, count in (found - expected).items():
                print(f"new x{count}: {fact}")
            sys.exit(f"error: seed {seed} gives another result")
    print(f"{arguments.rounds} ways to write {len(expected)} facts agree")


if __name__ == "__main__":
    main()
