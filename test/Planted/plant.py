#!/usr/bin/env python3
"""Plants faults one by one and looks whether the tests see them.

  plant.py check                     whether every site is still in its file: a test runs this
  plant.py renew                     make the sites of files anew that have none or a stale one
  plant.py list [--file PATH]        make all sites anew, or those of some files
  plant.py run [--seed N] [--count N] [--area NAME] [--file PATH] [--test NAME] [--survivors FILE] [--quick]
               [--sparse] [--jobs N] [--score FILE] [--build FOLDER]

A *site* is one expression in the code that decides what is right: sites.txt has a
line for each, with the file, the line of code as it is (so that a site survives
edits elsewhere), the expression, and the wrong one that can take its place. `list`
makes them mechanically: an operator exchanged, a condition dropped or reversed, an
offset one off, a neutral element, a statement left out. equivalent.txt names those
that cannot make a difference, with the reason; they are not drawn.

`run` copies the sources to FOLDER/source (build-planted/), where each site becomes
`planted(ID) ? wrong : right`, and builds them once. A fault is then chosen by the
environment variable MOE_PLANTED, and costs no more than the tests of its area that
run until one fails, does not end, or crashes. Prints each fault that no test sees, the
score by area, and fails when a fault in rules or collectives survives or more than 5 %
of the others do. `--score` writes the same to a file, with what saw the faults.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zlib

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
SITES = HERE / "sites.txt"
EQUIVALENT = HERE / "equivalent.txt"


def below(folder, names):
    return [f"{folder}/{name}.cpp" for name in names.split()]


# Area: its files.
AREAS = {
    # What an op says of how it can be cut. Of files of ops only the functions that make rules.
    "rules": below("lib/IR", "MoeRules Sharding AssignmentOps ForeignRules GroupedOps OrderOps ScatterOps SliceOps WindowOps "
                             "WrittenRule"),
    # Which collectives, who sends what to whom, and what is done with it there.
    "collectives": [*below("lib/Partition", "ReshardPlan"),
                    *below("runtime/core", "Layout Box ExchangePlan IndexMap Received Refinement"),
                    *below("runtime/comm", "Reduce Pieces")],
    "ir": below("lib/IR", "Collectives ControlFlow Manual MoeChecks MoeOps RoutingChoices SpmdAttrs SpmdOps"),
    "partition": below("lib/Partition", "Partition LocalParts Localizer LocalizeBlocks LocalizeGrouped LocalizeModels "
                                        "LocalizeMoves LocalizeScans LocalizeWindows SetMesh ShareCalls"),
    # Which of the right ways is the cheapest.
    "ways": below("lib/Partition", "CollectiveCost ReshardSearch"),
    "propagate": below("lib/Propagate", "Alternatives Axes Candidates Decide ExposeChoices Origins Resharding SpecializeCalls "
                                        "SettleTogether SplitSums TakePieces Traffic"),
    "optimize": below("lib/Optimize", "Choice Collectives CombineAllReduces DispatchRewrite EinsumForms ExpandGating "
                                      "FactorBuilder IndexAlgebra IndexDispatch IndexForm IndexRules SimplifyCollectives "
                                      "SlotOrder StartCollectives"),
    "lower": below("lib/Lower", "AssignmentOps CausalMask Contraction EinsumSites ElementwiseOps GroupedOps IndexOps MemoryPlan "
                                "OrderOps Reduction ReductionOps Reuse RoutingOps ScatterOps ShapeOps SliceChain SliceMiddle "
                                "SliceOps SoftmaxOps WindowOps"),
    # How ranks meet: threads and what both transports share.
    "transport": [*below("runtime/comm", "CollectiveSite CommOptions Communicator JobTable"),
                  *below("runtime/comm/local", "LocalCommunicator LocalWorld")],
}
STRICT = ("rules", "collectives")
# In files of rules: what is no rule but says what an op may look like.
RULE_FILES_ONLY = {"lib/IR/MoeRules.cpp", "lib/IR/Sharding.cpp", "lib/IR/WrittenRule.cpp"}
RULE_FUNCTIONS = re.compile(r"\b(getShardingRule|slide|slidingOf|attach\w*|registerDialects)\b")

# Tests: the first cases of the fuzzer's fixed seed, a program with GoogleTest, a folder of tests with RUN lines,
# those of them that are one program each.
FUZZ = "fuzz:"
UNIT = "unit:"
LIT = "lit:"
MLIR = "mlir:"
COMPILER = [FUZZ + "150", UNIT + "RuleSoundnessTest", MLIR + "Propagate", MLIR + "Partition", MLIR + "Optimize",
            MLIR + "Regressions", MLIR + "IR", MLIR + "Public", MLIR + "Interpret", FUZZ + "2000", UNIT + "ReshardTest",
            LIT + "Propagate", LIT + "Partition", LIT + "Optimize", LIT + "Pipeline"]


def first(*tests):
    """These tests, then the others of the compiler."""
    return [*tests, *(test for test in COMPILER if test not in tests)]


# Tests that look at an area, fastest first.
TESTS = {
    "rules": first(UNIT + "RuleTextTest", UNIT + "RuleSoundnessTest", FUZZ + "150", MLIR + "IR"),
    "collectives": [UNIT + "LayoutTest", UNIT + "CommHeaderTest", UNIT + "ExchangeScaleTest", UNIT + "CommPlanTest",
                    *first(FUZZ + "150", UNIT + "ReshardTest"), UNIT + "CommLocalTest"],
    "ir": first(MLIR + "IR"),
    "partition": first(FUZZ + "150", MLIR + "Partition"),
    "ways": [*first(UNIT + "ReshardTest", FUZZ + "150"), UNIT + "ReshardSearchTest"],
    "propagate": first(UNIT + "PropagateTest", MLIR + "Propagate", FUZZ + "150"),
    "optimize": first(FUZZ + "150", MLIR + "Optimize"),
    "lower": [UNIT + "LowerPlanTest", UNIT + "LowerOpsTest", LIT + "Lower", LIT + "Fuzz/Local"],
    "transport": [UNIT + "CommHeaderTest", UNIT + "CommJobTableTest", UNIT + "CommLocalTest", UNIT + "MoeRunTest"],
}
# Minutes of tests, only for what the others do not see.
RUNS = [LIT + "Run/Local", LIT + "Run/Oracle"]
SLOW = {
    "rules": [LIT + "Oracle", *RUNS],
    "collectives": [LIT + "Oracle", *RUNS],
    "ir": [LIT + "Oracle", *RUNS],
    "partition": [LIT + "Oracle", LIT + "Examples", *RUNS],
    "ways": RUNS,
    "propagate": [LIT + "Oracle", LIT + "Examples", *RUNS],
    "optimize": [LIT + "Oracle", LIT + "Examples", *RUNS],
    "lower": [LIT + "Regressions", LIT + "Pipeline", LIT + "Examples", *RUNS],
    "transport": [UNIT + "MoeRunPartsTest", *RUNS, LIT + "Run/Mpi"],
}
# What the tests with RUN lines call.
TOOLS = ["moe-opt", "moe-fuzz", "moe-interpret", "pass-oracle", "moe-run", "reshard-table"]
NEEDS = {"MoeRunTest": ["moe-run", "HandProgram"]}

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


def statements_of(lines):
    """For each line whether a statement can begin there, not go on."""
    before = ";"
    for line in lines:
        stripped = line.strip()
        yield before.endswith((";", "{", "}", ":", ")", ">", "else"))
        if stripped and not stripped.startswith("//"):
            before = stripped


def functions_of(lines):
    """For each line the one that opened its function: the last without indentation that could."""
    opened = ""
    for line in lines:
        if re.match(r"[A-Za-z].*\(", line):
            opened = line
        yield opened


def sites_of(area, path):
    lines = (SOURCE / path).read_text().splitlines()
    counts = collections.Counter(line.strip() for line in lines)
    for line, function, begins in zip(lines, functions_of(lines), statements_of(lines)):
        if not begins or counts[line.strip()] > 1 or FORBIDDEN.search(line) or line.lstrip().startswith("//"):
            continue
        if area == "rules" and path not in RULE_FILES_ONLY and not RULE_FUNCTIONS.search(function):
            yield from sites_on("ir", path, line)
        else:
            yield from sites_on(area, path, line)


def sites_on(area, path, line):
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


def lines_of(path):
    """The lines with something in them, without comments."""
    if not path.exists():
        return []
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def read_sites():
    return [Site(*line.split("\t")) for line in lines_of(SITES)]


def read_equivalent():
    """Why a site cannot make a difference, by file, line, expression and wrong expression."""
    return {tuple(line.split("\t")[:4]): line.split("\t")[4] for line in lines_of(EQUIVALENT)}


def write_sites(sites):
    text = "# area, file, line of code, expression, what takes its place (nothing: left out); see plant.py\n"
    order = {path: place for place, path in enumerate(path for paths in AREAS.values() for path in paths)}
    sites = sorted(sites, key=lambda site: order[site.file])  # stable: a file's sites stay in its order
    SITES.write_text(text + "".join("\t".join(site) + "\n" for site in sites))


def id_of(site):
    """Stays when other sites come and go, so that only files whose sites change are built anew."""
    return zlib.crc32("\t".join(site[1:]).encode()) >> 1


# --- Planting ------------------------------------------------------------------

HEADER = """#pragma once
#include <cstdio>
#include <cstdlib>
#include <unordered_set>
// Whether fault `id` is the one that MOE_PLANTED names. Where MOE_PLANTED_REACHED names a file, each that was asked for
// is written there, at once, since not every program ends well.
inline bool planted(int id) {
  static const int chosen = std::getenv("MOE_PLANTED") ? std::atoi(std::getenv("MOE_PLANTED")) : 0;
  static const char *const reached = std::getenv("MOE_PLANTED_REACHED");
  static thread_local std::unordered_set<int> told;
  if (reached && told.insert(id).second)
    if (std::FILE *file = std::fopen(reached, "a")) {
      std::fprintf(file, "%d\\n", id);
      std::fclose(file);
    }
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
    # Of the compiler's functions the build costs more than the runs.
    start = '#include "test/Planted/planted.h"\n' + ("#pragma clang optimize off\n" if path.startswith("lib/") else "")
    return start + "\n".join(out) + "\n"


def stale(sites):
    """Sites whose line is not in its file exactly once."""
    texts = {}
    for site in sites:
        path = SOURCE / site.file
        if site.file not in texts:
            lines = path.read_text().splitlines() if path.exists() else []
            texts[site.file] = collections.Counter(line.strip() for line in lines)
        if texts[site.file][site.line] != 1:
            yield site


def write(path, data):
    """Leaves the file alone where it is the same, so that it is not built again."""
    if not path.exists() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def quick_build(paths):
    """What the top CMakeLists.txt says more, so that the compiler's planted files are built quickly."""
    by_folder = collections.defaultdict(list)
    for path in paths:
        if path.startswith("lib/"):
            by_folder[os.path.dirname(path)].append(os.path.basename(path))
    return "".join(f"set_source_files_properties({' '.join(names)} DIRECTORY {folder} PROPERTIES COMPILE_OPTIONS -O1)\n"
                   for folder, names in by_folder.items())


def compile_errors(path, text, build):
    """Lines of `text` that do not compile in the place of `path`."""
    probe = build / f"planted/{zlib.crc32(path.encode())}.cpp"
    probe.write_text(text)
    database = json.loads((build / "compile_commands.json").read_text())
    entry = next(entry for entry in database if entry["file"] == str(SOURCE / path))
    words = shlex.split(entry["command"])
    command = [word for word in words[words[0].endswith("ccache"):] if word != entry["file"]]
    command = command[: command.index("-o")] + ["-fsyntax-only", "-w", "-ferror-limit=0", f"-I{build}/planted",
                                               f"-I{(SOURCE / path).parent}", str(probe)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=entry["directory"])
    bad = {int(number) for number in re.findall(rf"{re.escape(probe.name)}:(\d+):\d+: error", result.stderr)}
    if result.returncode and (not bad or "fatal error" in result.stderr):
        sys.exit(f"error: {path} does not compile:\n{result.stderr[:2000]}")
    return bad


def list_file(area, path, build):
    """The sites of one file that compile."""
    sites = list(sites_of(area, path))
    # All at once, in some tries: what does not compile beside others goes.
    for _ in range(10):
        if not sites:
            break
        text = planted_text(path, list(enumerate(sites, 1)))
        bad = compile_errors(path, text, build)
        if not bad:
            break
        lines = text.splitlines()
        wrong = {int(n) for number in bad for n in re.findall(r"planted\((\d+)\)", lines[number - 1])}
        sites = [site for number, site in enumerate(sites, 1) if number not in wrong]
    else:
        sites = []
    rules = [site for site in sites if site.area == "rules"]
    return rules + thin([site for site in sites if site.area != "rules"])


def make_list(build, files, jobs):
    """Writes sites.txt with the sites of these files anew."""
    if not (build / "compile_commands.json").exists():
        sys.exit(f"error: {build} has no compile_commands.json; build the project first: scripts/build.sh release")
    (build / "planted/test/Planted").mkdir(parents=True, exist_ok=True)
    (build / "planted/test/Planted/planted.h").write_text(HEADER)
    known = {path for paths in AREAS.values() for path in paths}
    sites = [site for site in read_sites() if site.file not in files and site.file in known]
    named = [(area, path) for area, paths in AREAS.items() for path in paths if path in files]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for (_, path), made in zip(named, pool.map(lambda entry: list_file(*entry, build), named)):
            print(f"{path}: {len(made)}", flush=True)
            sites += made
    write_sites(sites)
    print(f"{len(sites)} sites in all")


def needs_renewal():
    """Files of areas that have no site, or one that is stale."""
    sites = read_sites()
    old = {site.file for site in stale(sites)}
    have = {site.file for site in sites}
    return [path for paths in AREAS.values() for path in paths if path in old or path not in have]


def check():
    """Fails where a site or an entry of equivalent.txt is no longer in the code."""
    gone = list(stale(read_sites()))
    for site in gone:
        print(f"stale: {site.file}: {site.line}")
    if gone:
        print(f"{len(gone)} sites of test/Planted/sites.txt are not in their files exactly once, since those have changed.\n"
              "Make them anew, behind a build, and commit the file: test/Planted/plant.py renew")
    known = {tuple(site[1:]) for site in read_sites()}
    useless = [entry for entry in read_equivalent() if entry not in known]
    for entry in useless:
        print(f"no such site: {entry[0]}: {entry[1]}")
    if useless:
        print(f"{len(useless)} entries of test/Planted/equivalent.txt name no site; drop them, or say anew why they hold")
    if not gone and not useless:
        print(f"{len(known)} sites are as the code is")
    return 1 if gone or useless else 0


def thin(sites, most=14):
    """At most `most` of a file, evenly spread."""
    if len(sites) <= most:
        return sites
    return [sites[i * len(sites) // most] for i in range(most)]


# --- Running -------------------------------------------------------------------


def files_of_sources():
    return subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=SOURCE, capture_output=True, text=True,
                          check=True).stdout.split()


def prepare(build, sites, targets):
    """The sources with all faults in them, built."""
    folder = build / "source"
    files = files_of_sources()
    by_file = collections.defaultdict(list)
    for site in sites:
        by_file[site.file].append((id_of(site), site))
    # What is no longer in the sources is no longer in the copy.
    kept = {*files, "test/Planted/planted.h"}
    for path in folder.glob("*/**/*"):
        name = str(path.relative_to(folder))
        if path.is_file() and name not in kept and not name.startswith("build/"):
            path.unlink()
    for path in files:
        if not (SOURCE / path).is_file():
            continue
        if path in by_file:
            write(folder / path, planted_text(path, by_file[path]).encode())
        elif path == "CMakeLists.txt":
            write(folder / path, (SOURCE / path).read_bytes() + quick_build(by_file).encode())
        elif not (folder / path).exists() or (folder / path).read_bytes() != (SOURCE / path).read_bytes():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(SOURCE / path, folder / path)
    write(folder / "test/Planted/planted.h", HEADER.encode())
    build = subprocess.run(["scripts/build.sh", "release", *targets], cwd=folder, capture_output=True, text=True)
    if build.returncode:
        errors = [line for line in build.stdout.splitlines() if "error:" in line] or [build.stdout[-2000:] + build.stderr]
        sys.exit("error: the planted sources do not build; make their sites anew with `plant.py list --file PATH`\n" +
                 "\n".join(errors[:20]))
    return folder


# Two at a time would tear the file of times, and fail.
LIT_PROGRAM = [shutil.which("lit") or "/usr/lib/llvm-22/bin/lit", "-q", "--skip-test-time-recording"]


def command_of(tests, folder, scratch, jobs):
    """Runs one of the fuzzer's or GoogleTest's, or any number of files with RUN lines."""
    kind, _, name = tests[0].partition(":")
    if kind == "fuzz":
        return [str(folder / "build/bin/moe-fuzz"), f"--cases={name}", f"--output={scratch}"]
    if kind == "unit":
        return [str(folder / "build/bin" / name), "--gtest_brief=1", "--gtest_fail_fast"]
    return [*LIT_PROGRAM, f"-j{jobs}", "--max-failures=1", *(f"{folder}/build/test/{test.partition(':')[2]}" for test in tests)]


def end(process):
    """With all that it started: each test is a process group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def run_tests(tests, folder, limit, jobs, **variables):
    """passes, fails, or ends not; with the time it took."""
    environment = {**os.environ, "MOE_CACHE_DIR": "", "PATH": f"{folder}/build/bin:{os.environ['PATH']}", **variables}
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        process = subprocess.Popen(command_of(tests, folder, scratch, jobs), env=environment, stdin=subprocess.DEVNULL, cwd=scratch,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
        late = threading.Event()
        timer = threading.Timer(limit, lambda: (late.set(), end(process)))
        timer.start()
        if tests[0].startswith(FUZZ):
            # Tells of a failure before it makes it small.
            said = any(b" fails behind " in line for line in process.stderr)
            if said:
                end(process)
        else:
            said = False
            process.stderr.read()
        process.wait()
        took = time.monotonic() - start
        timer.cancel()
        end(process)
    if late.is_set():
        return "ends not", took
    return "fails" if said or process.returncode else "passes", took


class Suite:
    """The tests of one build, each run once without a fault before it is believed: how long it takes, and which faults it comes
    by, as no other can make a difference to it."""

    def __init__(self, folder, groups, jobs):
        self.folder, self.jobs = folder, jobs
        # Two runs of one file with RUN lines would write the same files.
        self.locks = collections.defaultdict(threading.Lock)
        self.parts = {group: self.parts_of(group) for group in groups}
        file = folder.parent / "reached.json"
        known = json.loads(file.read_text()) if file.exists() else {}
        programs = self.stamp_of(path for path in files_of_sources() if not path.endswith((".mlir", ".test", ".txt", ".md")))
        keys = {test: f"{programs} {self.stamp_of(['test/' + test.partition(':')[2]])}"
                for parts in self.parts.values() for test in parts}
        fresh = {test: key for test, key in keys.items() if test not in known or known[test][0] != key}
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            known.update(zip(fresh, pool.map(self.look, fresh, fresh.values())))
        self.known = {test: known[test] for test in keys}
        file.write_text(json.dumps(known))
        self.reached = {test: set(ids) for test, (_, _, ids) in self.known.items()}

    def parts_of(self, group):
        """The files of a folder, or the group itself."""
        kind, _, name = group.partition(":")
        if kind not in ("lit", "mlir"):
            return [group]
        shown = subprocess.run([*LIT_PROGRAM, "--show-tests", f"{self.folder}/build/test/{name}"], capture_output=True, text=True, check=True)
        names = re.findall(r"^ *moe-spmd :: (.+)$", shown.stdout, re.MULTILINE)
        return [f"lit:{part}" for part in names if kind == "lit" or part.endswith(".mlir")]

    def stamp_of(self, paths):
        """Of what is in these files."""
        stamp = 0
        for path in sorted(paths):
            if (self.folder / path).is_file():
                stamp = zlib.crc32((self.folder / path).read_bytes(), stamp)
        return stamp

    def look(self, test, key):
        with tempfile.NamedTemporaryFile(mode="r") as file:
            outcome, took = run_tests([test], self.folder, 600, 1, MOE_PLANTED="0", MOE_PLANTED_REACHED=file.name)
            if outcome != "passes":
                print(f"error: {test} {outcome} without a fault", flush=True)
                os._exit(2)
            return key, took, sorted({int(line) for line in file})

    def first_to_see(self, site, groups):
        """The first group of tests that sees the fault, and how; None where none does."""
        passed = set()
        for group in groups:
            tests = [test for test in self.parts[group] if id_of(site) in self.reached[test] and test not in passed]
            if not tests:
                continue
            # Generous: what others do on the machine is no fault seen.
            limit = 30 + 10 * sum(self.known[test][1] for test in tests)
            with contextlib.ExitStack() as stack:
                for test in sorted(tests):
                    if test.startswith(LIT):
                        stack.enter_context(self.locks[test])
                outcome, _ = run_tests(tests, self.folder, limit, self.jobs, MOE_PLANTED=str(id_of(site)))
            if outcome != "passes":
                return group, outcome
            passed.update(tests)
        return None


def draw(arguments):
    """All sites that can be planted, and those of them to look at."""
    sites = read_sites()
    gone = set(stale(sites))
    if gone:
        print(f"{len(gone)} sites are stale and left out; `plant.py check` names them")
    equivalent = read_equivalent()
    # Drawn first, so that what is left out changes nothing for the others.
    drawn = list(sites)
    random.Random(arguments.seed).shuffle(drawn)
    drawn = [site for site in drawn
             if site not in gone and tuple(site[1:]) not in equivalent
             and (not arguments.area or site.area in arguments.area) and (not arguments.file or site.file in arguments.file)]
    if arguments.survivors:
        survived = arguments.survivors.read_text()
        drawn = [site for site in drawn if f"survived: {tell(site)}\n" in survived]
    return [site for site in sites if site not in gone], drawn[: arguments.count or len(drawn)]


def targets_of(tests):
    units = {test[len(UNIT):] for test in tests if test.startswith(UNIT)}
    needed = {target for unit in units for target in [unit, *NEEDS.get(unit, [])]}
    return sorted(needed | set(TOOLS)) if any(not test.startswith(UNIT) for test in tests) else sorted(needed)


def tell(site):
    return f"{site.file}: {site.line}\n  {site.expression}  ->  {site.wrong or '(left out)'}"


def run(arguments):
    everything, drawn = draw(arguments)
    tests = {area: [test for test in TESTS[area] + ([] if arguments.quick else SLOW[area])
                    if not arguments.test or test.partition(":")[2] in arguments.test]
             for area in {site.area for site in drawn}}
    folder = prepare(arguments.build, drawn if arguments.sparse else everything, targets_of({test for area in tests for test in tests[area]}))
    suite = Suite(folder, {test for area in tests for test in tests[area]}, os.cpu_count() or 1)
    start = time.monotonic()
    seen = {}

    def look(site):
        if arguments.seconds and time.monotonic() - start > arguments.seconds:
            return
        seen[site] = suite.first_to_see(site, tests[site.area])
        if not seen[site]:
            print(f"survived: {tell(site)}", flush=True)
        elif arguments.verbose:
            print(f"{' '.join(seen[site])}: {tell(site)}", flush=True)

    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(look, drawn))
    if len(seen) < len(drawn):
        print(f"stopped after {arguments.seconds} s")
    drawn = [site for site in drawn if site in seen]
    score = score_of(drawn, seen, arguments.seed)
    print(score, end="")
    if arguments.score:
        arguments.score.write_text(f"# {' '.join(['plant.py', *sys.argv[1:]])}\n" + score)
    missed = [site for site in drawn if not seen[site]]
    strict = [site for site in missed if site.area in STRICT]
    others = sum(site.area not in STRICT for site in drawn)
    return 1 if strict or len(missed) - len(strict) > 0.05 * others else 0


def score_of(drawn, seen, seed):
    text = ""
    for area in AREAS:
        here = [site for site in drawn if site.area == area]
        if here:
            text += f"{area}: {sum(seen[site] is not None for site in here)} of {len(here)} caught\n"
    caught = [seen[site] for site in drawn if seen[site]]
    text += f"seed {seed}: {len(caught)} of {len(drawn)} faults caught, {len(drawn) - len(caught)} survived\n"
    for test, count in collections.Counter(test for test, _ in caught).most_common():
        text += f"  {count} first by {test}\n"
    text += f"  {sum(outcome == 'ends not' for _, outcome in caught)} of them since the test did not end\n"
    for site in drawn:
        if not seen[site]:
            text += f"survived: {tell(site)}\n"
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("check", "renew", "list", "run"))
    parser.add_argument("--seed", default="1", help="a number, or fresh: draw one")
    parser.add_argument("--count", type=int, help="faults to draw; all of them")
    parser.add_argument("--seconds", type=int, help="stop drawing after this time")
    parser.add_argument("--jobs", type=int, default=1, help="faults or files at a time")
    parser.add_argument("--test", action="append", help="run these tests only, such as CommPlanTest")
    parser.add_argument("--file", action="append", help="these files only")
    parser.add_argument("--area", action="append", choices=tuple(AREAS))
    parser.add_argument("--survivors", type=pathlib.Path, help="only those that this score has as survived")
    parser.add_argument("--quick", action="store_true", help="leave out the slow tests, which others seldom need")
    parser.add_argument("--sparse", action="store_true", help="plant the drawn faults only, where a build of all costs more")
    parser.add_argument("--score", type=pathlib.Path, help="write the score here too")
    parser.add_argument("--verbose", action="store_true", help="say what sees each fault")
    parser.add_argument("--build", type=pathlib.Path, default=SOURCE / "build-planted")
    arguments = parser.parse_args()
    arguments.build = arguments.build.resolve()
    if arguments.seed == "fresh":
        arguments.seed = random.SystemRandom().randrange(10**6)
    arguments.seed = int(arguments.seed)
    if arguments.action == "check":
        return check()
    if arguments.action == "run":
        return run(arguments)
    files = arguments.file or [path for paths in AREAS.values() for path in paths]
    make_list(SOURCE / "build", needs_renewal() if arguments.action == "renew" else files, arguments.jobs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
