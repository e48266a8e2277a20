#!/usr/bin/env python3
"""Plants faults one by one and looks whether the tests see them.

  plant.py list                      write sites.txt anew from the sources
  plant.py run [--seed N] [--count N] [--area NAME] [--file PATH] [--test NAME] [--build FOLDER]

A *site* is one expression in the code that decides what is right: sites.txt has a
line for each, with the file, the line of code as it is (so that a site survives
edits elsewhere), the expression, and the wrong one that can take its place. `list`
makes them mechanically: an operator exchanged, a condition dropped or reversed, an
offset one off, a neutral element, a statement left out.

`run` copies the sources to FOLDER/source (build-planted/), where each site becomes
`planted(ID) ? wrong : right`, and builds them once. A fault is then chosen by the
environment variable MOE_PLANTED, and costs no more than the tests of its area that
run until one fails. Prints each fault that no test sees, the score by area, and fails
when a fault in rules or collectives survives or more than 5 % of the others do.
"""

import argparse
import collections
import json
import os
import pathlib
import random
import re
import shlex
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
SITES = HERE / "sites.txt"

# Area: its files, and the tests that look at it, fastest first.
AREAS = {
    "rules": ["lib/IR/MoeRules.cpp", "lib/IR/Sharding.cpp"],
    "collectives": ["lib/Partition/ReshardPlan.cpp", "runtime/core/Layout.cpp", "runtime/core/Box.cpp",
                    "runtime/core/ExchangePlan.cpp", "runtime/core/IndexMap.cpp", "runtime/core/Received.cpp", "runtime/core/Refinement.cpp",
                    "runtime/comm/Reduce.cpp", "runtime/comm/Pieces.cpp"],
    "partition": ["lib/Partition/Partition.cpp", "lib/Partition/LocalizeModels.cpp",
                  "lib/Partition/LocalizeMoves.cpp", "lib/Partition/LocalizeScans.cpp", "lib/Partition/Localizer.cpp"],
    "propagate": ["lib/Propagate/Traffic.cpp", "lib/Propagate/Claims.cpp", "lib/Propagate/Candidates.cpp",
                  "lib/Propagate/SplitSums.cpp", "lib/Propagate/Axes.cpp"],
    "optimize": ["lib/Optimize/Collectives.cpp", "lib/Optimize/SimplifyCollectives.cpp",
                 "lib/Optimize/CombineAllReduces.cpp", "lib/Optimize/StartCollectives.cpp",
                 "lib/Optimize/IndexAlgebra.cpp", "lib/Optimize/SlotOrder.cpp"],
    "lower": ["lib/Lower/MemoryPlan.cpp", "lib/Lower/Contraction.cpp", "lib/Lower/ShapeOps.cpp",
              "lib/Lower/ReductionOps.cpp", "lib/Lower/IndexOps.cpp", "lib/Lower/RoutingOps.cpp",
              "lib/Lower/SliceChain.cpp"],
}
STRICT = ("rules", "collectives")

UNIT = "unit:"
LIT = "lit:"
TESTS = {
    "rules": [UNIT + "RuleSoundnessTest", LIT + "Propagate", LIT + "Oracle", LIT + "Partition", LIT + "IR",
              UNIT + "ReshardTest"],
    "collectives": [UNIT + "LayoutTest", UNIT + "CommPlanTest", UNIT + "ReshardTest",
                    LIT + "Partition", UNIT + "CommLocalTest"],
    "partition": [LIT + "Partition", LIT + "Oracle", UNIT + "RuleSoundnessTest", LIT + "Regressions",
                  UNIT + "ReshardTest"],
    "propagate": [UNIT + "PropagateTest", LIT + "Propagate", LIT + "Oracle"],
    "optimize": [LIT + "Optimize", LIT + "Regressions", LIT + "Oracle"],
    "lower": [UNIT + "LowerPlanTest", UNIT + "LowerOpsTest", LIT + "Lower"],
}
# What the tests with RUN lines call.
TOOLS = ["moe-opt", "moe-interpret", "pass-oracle"]
MORE_TOOLS = {"lower": ["moe-run", "random-program"]}

Site = collections.namedtuple("Site", "area file line expression wrong")


# --- Sites ---------------------------------------------------------------------


def balanced(text):
    depth = 0
    for char in text:
        depth += char in "([{"
        depth -= char in ")]}"
        if depth < 0:
            return False
    return depth == 0 and text.count('"') % 2 == 0


SWAPS = [(" + ", " - "), (" - ", " + "), (" * ", " + "), (" / ", " * "), (" % ", " / "), (" <= ", " < "), (" < ", " <= "),
         (" >= ", " > "), (" > ", " >= "), (" == ", " != "), (" != ", " == "), (" && ", " || "), (" || ", " && "),
         ("std::max", "std::min"), ("std::min", "std::max"), (".front()", ".back()"), (".back()", ".front()"),
         (" : 0", " : 1"), ("from", "to"), ("source", "target"), ("lhs", "rhs"), ("begin", "end")]


def swaps(expression):
    """The expression with one operator or name exchanged, for each that it has once."""
    for old, new in SWAPS:
        pattern = re.escape(old) if not old.isalpha() else rf"\b{old}\b(?!\()"
        if len(re.findall(pattern, expression)) == 1:
            yield re.sub(pattern, lambda _: new, expression)


def wrongs(kind, expression):
    yield from swaps(expression)
    if kind == "condition":
        for operator in (" && ", " || "):
            parts = expression.split(operator)
            if len(parts) == 2 and all(balanced(part) for part in parts):
                yield parts[0]
                yield parts[1]
        yield "false"
    if kind == "value" and re.fullmatch(r"[\w.\[\]()>-]+", expression) is None and re.search(r" [-+*/] ", expression):
        yield expression + " + 1"


# One line each, so that the expression is whole.
PATTERNS = [
    ("condition", re.compile(r"^\s*(?:\} else )?if \((?P<e>[^;{]+)\)(?: \{)?$")),
    ("condition", re.compile(r"^\s*return (?P<e>[^;]* (?:&&|\|\||==|!=|<=|>=|<|>) [^;]*);$")),
    ("value", re.compile(r"^\s*return (?P<e>[^;]* [-+*/%] [^;]*);$")),
    ("value", re.compile(r"^\s*(?:const )?(?:int64_t|size_t|int|unsigned|double|auto|bool)?\s*[\w.\[\]>-]+ [-+*|&]?= (?P<e>[^;]+);$")),
    ("statement", re.compile(r"^\s*(?P<e>[\w.\[\]]+ [-+*|&]?= [^;=]+);$")),
    ("statement", re.compile(r"^\s*(?P<e>(?:\w+\.)*(?:push_back|insert|append|erase|emplace_back)\(.+\));$")),
]
STATEMENT = r"(?:\w+\.)*(?:push_back|insert|append|erase|emplace_back)\("
FORBIDDEN = re.compile(r"\bauto \w+ =$|assert|\[&|emitError|emitOpError|notify|constexpr|static_cast<\w+>\($|^\s*case|\+ \"")


def sites_of(area, path):
    lines = (SOURCE / path).read_text().splitlines()
    for line in lines:
        if lines.count(line) > 1 or FORBIDDEN.search(line) or line.lstrip().startswith("//"):
            continue
        for kind, pattern in PATTERNS:
            match = pattern.match(line)
            if not match or not balanced(match["e"]):
                continue
            expression = match["e"]
            if kind == "statement":
                yield Site(area, path, line.strip(), expression, "")
                exchanged = re.sub(r"\{(\w+), (\w+)", r"{\2, \1", expression, count=1)
                if exchanged != expression:
                    yield Site(area, path, line.strip(), expression, exchanged)
                continue
            if kind == "condition" and re.match(r"^\w[\w:<>*& ]* \*?\w+ = ", expression):
                continue  # if (T x = ...): a declaration
            yield from (Site(area, path, line.strip(), expression, wrong) for wrong in dict.fromkeys(wrongs(kind, expression)))


def read_sites():
    return [Site(*line.split("\t")) for line in SITES.read_text().splitlines() if line and not line.startswith("#")]


def write_sites(sites):
    text = "# area, file, line of code, expression, what takes its place (nothing: left out); see plant.py\n"
    SITES.write_text(text + "".join("\t".join(site) + "\n" for site in sites))


# --- Planting ------------------------------------------------------------------

HEADER = """#pragma once
#include <cstdlib>
// Whether fault `id` is the one that MOE_PLANTED names.
inline bool planted(int id) {
  static const int chosen = std::getenv("MOE_PLANTED") ? std::atoi(std::getenv("MOE_PLANTED")) : 0;
  return id == chosen;
}
"""


def planted_text(path, numbered):
    """The file with all its sites in it, nested where they share an expression."""
    text = (SOURCE / path).read_text()
    by_line = collections.defaultdict(lambda: collections.defaultdict(list))
    for number, site in numbered:
        by_line[site.line][site.expression].append((number, site.wrong))
    out = []
    for line in text.splitlines():
        # A statement before what it is made of.
        here = by_line.get(line.strip(), {})
        for expression, faults in sorted(here.items(), key=lambda entry: -len(entry[0])):
            right = expression
            for number, wrong in faults:
                if wrong and expression.endswith(")") and re.match(STATEMENT, expression):
                    right = f"(planted({number}) ? (void)({wrong}) : (void)({right}))"
                elif wrong:
                    right = f"(planted({number}) ? ({wrong}) : ({right}))"
                else:
                    right = f"(planted({number}) ? (void)0 : (void)({right}))"
            line = line.replace(expression, right, 1)
        out.append(line)
    return '#include "test/Planted/planted.h"\n' + "\n".join(out) + "\n"


def unplanted(text, numbered):
    """The faults that `text` does not have."""
    return [number for number, _ in numbered if f"planted({number})" not in text]


def stale(sites):
    """Sites whose line is no longer in its file."""
    texts = {}
    for site in sites:
        path = SOURCE / site.file
        if site.file not in texts:
            texts[site.file] = [line.strip() for line in path.read_text().splitlines()] if path.exists() else []
        if site.line not in texts[site.file]:
            yield site


def write_planted(path, numbered, text, folder):
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists() or target.read_text() != text:
        target.write_text(text)


def compile_errors(path, text, build):
    """Lines of `text` that do not compile in the place of `path`."""
    probe = build / "probe.cpp"
    probe.write_text(text)
    database = json.loads((build / "compile_commands.json").read_text())
    entry = next(entry for entry in database if entry["file"] == str(SOURCE / path))
    words = shlex.split(entry["command"])
    command = [word for word in words[words[0].endswith("ccache"):] if word != entry["file"]]
    command = command[: command.index("-o")] + ["-fsyntax-only", "-w", "-ferror-limit=0", f"-I{build}/planted", str(probe)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=entry["directory"])
    return {int(number) for number in re.findall(r"probe\.cpp:(\d+):\d+: error", result.stderr)}


def make_list(build):
    (build / "planted/test/Planted").mkdir(parents=True, exist_ok=True)
    (build / "planted/test/Planted/planted.h").write_text(HEADER)
    kept = []
    for area, paths in AREAS.items():
        for path in paths:
            sites = list(sites_of(area, path))
            # Each on its own, in a few tries: what does not compile beside others goes.
            for _ in range(4):
                text = planted_text(path, list(enumerate(sites, 1)))
                bad = compile_errors(path, text, build)
                if not bad:
                    break
                lines = text.splitlines()
                wrong = {int(n) for number in bad for n in re.findall(r"planted\((\d+)\)", lines[number - 1])}
                sites = [site for number, site in enumerate(sites, 1) if number not in wrong]
            else:
                sites = []
            print(f"{path}: {len(sites)}", flush=True)
            kept += sites if area == "rules" else thin(sites)
    write_sites(kept)
    print(f"{len(kept)} sites")


def thin(sites, most=14):
    """At most `most` of a file, evenly spread."""
    if len(sites) <= most:
        return sites
    return [sites[i * len(sites) // most] for i in range(most)]


# --- Running -------------------------------------------------------------------


def prepare(build, sites, targets):
    """The sources with all faults in them, built."""
    folder = build / "source"
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=SOURCE, capture_output=True, text=True,
                           check=True).stdout.split()
    numbered = list(enumerate(sites, 1))
    by_file = collections.defaultdict(list)
    for number, site in numbered:
        by_file[site.file].append((number, site))
    for path in files:
        if not (SOURCE / path).is_file():
            continue
        target = folder / path
        if path in by_file:
            write_planted(path, by_file[path], planted_text(path, by_file[path]), folder)
            continue
        data = (SOURCE / path).read_bytes()
        if not target.exists() or target.read_bytes() != data:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(SOURCE / path, target)
    header = folder / "test/Planted/planted.h"
    if not header.exists():
        header.write_text(HEADER)
    subprocess.run(["scripts/build.sh", "release", *targets], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder


def run_test(test, folder, number):
    """Whether the test passes with the fault."""
    kind, _, name = test.partition(":")
    environment = {**os.environ, "MOE_PLANTED": str(number), "PATH": f"{folder}/build/bin:{os.environ['PATH']}"}
    command = [str(folder / "build/bin" / name), "--gtest_brief=1", "--gtest_fail_fast"]
    if kind == "lit":
        lit = shutil.which("lit") or "/usr/lib/llvm-22/bin/lit"
        command = [lit, "-q", "-j2", "--max-failures=1", str(folder / "build/test" / name)]
    try:
        result = subprocess.run(command, env=environment, capture_output=True, timeout=180)
    except subprocess.TimeoutExpired:
        return False
    return result.returncode == 0


def run(arguments):
    sites = read_sites()
    # A fault that cannot be planted would count as survived.
    gone = list(stale(sites))
    sites = [site for site in sites if site not in gone]
    if gone:
        print(f"{len(gone)} sites are stale, such as {gone[0].file}: {gone[0].line}; write sites.txt anew with `plant.py list`")
    numbered = list(enumerate(sites, 1))
    if arguments.area:
        numbered = [(number, site) for number, site in numbered if site.area in arguments.area]
    if arguments.file:
        numbered = [(number, site) for number, site in numbered if site.file in arguments.file]
    random.Random(arguments.seed).shuffle(numbered)
    numbered = numbered[: arguments.count or len(numbered)]
    areas = {site.area for _, site in numbered}
    tests = {area: [test for test in TESTS[area] if not arguments.test or test.partition(":")[2] in arguments.test]
             for area in areas}
    units = {test[len(UNIT):] for area in areas for test in tests[area] if test.startswith(UNIT)}
    runs_tools = any(test.startswith(LIT) for area in areas for test in tests[area])
    tools = TOOLS + [tool for area in areas for tool in MORE_TOOLS.get(area, [])] if runs_tools else []
    folder = prepare(arguments.build, sites, [*tools, *sorted(units)])
    for test in sorted({test for area in areas for test in tests[area]}):
        if not run_test(test, folder, 0):
            sys.exit(f"error: {test} fails without a fault")
    caught, drawn, survivors = collections.Counter(), collections.Counter(), []
    start = time.time()
    for number, site in numbered:
        if arguments.seconds and time.time() - start > arguments.seconds:
            print(f"stopped after {arguments.seconds} s")
            break
        drawn[site.area] += 1
        seen = next((test for test in tests[site.area] if not run_test(test, folder, number)), None)
        caught[site.area] += seen is not None
        if not seen:
            survivors.append((number, site))
            print(f"survived: {number} {site.file}: {site.line}\n  {site.expression}  ->  {site.wrong or '(left out)'}", flush=True)
    for area in AREAS:
        if drawn[area]:
            print(f"{area}: {caught[area]} of {drawn[area]} caught")
    print(f"seed {arguments.seed}: {sum(caught.values())} of {sum(drawn.values())} faults caught, {len(survivors)} survived")
    strict = [site for _, site in survivors if site.area in STRICT]
    others = sum(drawn[area] for area in drawn if area not in STRICT)
    return 1 if strict or len(survivors) - len(strict) > 0.05 * others else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("list", "run"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, help="faults to draw; all of them")
    parser.add_argument("--seconds", type=int, help="stop drawing after this time")
    parser.add_argument("--test", action="append", help="run these tests only, such as CommPlanTest")
    parser.add_argument("--file", action="append", help="faults in these files only")
    parser.add_argument("--area", action="append", choices=tuple(AREAS))
    parser.add_argument("--build", type=pathlib.Path, default=SOURCE / "build-planted")
    arguments = parser.parse_args()
    arguments.build = arguments.build.resolve()
    if arguments.action == "list":
        make_list(SOURCE / "build")
        return 0
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
