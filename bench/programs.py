"""Small programs for one rank: compiled, and timed by Google Benchmark in interleaved rounds."""

import json

from model import BIN, OUT, ROOT, run

# gelu by tanh of a value %x of type $T, as %r.
GELU = """
  %half = arith.constant dense<0.5> : $T
  %one = arith.constant dense<1.0> : $T
  %cubic = arith.constant dense<0.044715> : $T
  %slope = arith.constant dense<0.7978845608028654> : $T
  %x2 = arith.mulf %x, %x : $T
  %x3 = arith.mulf %x2, %x : $T
  %bent = arith.mulf %x3, %cubic : $T
  %inner = arith.addf %x, %bent : $T
  %steep = arith.mulf %inner, %slope : $T
  %tanh = math.tanh %steep : $T
  %gate = arith.addf %tanh, %one : $T
  %halved = arith.mulf %x, %half : $T
  %r = arith.mulf %halved, %gate : $T"""


def gelu(tensor):
    """
    >>> gelu("tensor<4xf32>").splitlines()[-1]
    '  %r = arith.mulf %halved, %gate : tensor<4xf32>'
    """
    return GELU.replace("$T", tensor)


def build_benchmarks():
    OUT.mkdir(parents=True, exist_ok=True)
    run(["cmake", "--build", ROOT / "build", "--target", "benchmarks"])


def compile_program(name, text):
    """The program file that moe-opt makes of a module for one rank of this host."""
    source, program = OUT / f"{name}.mlir", OUT / f"{name}.moe"
    source.write_text(text)
    run([BIN / "moe-opt", source, "--target=cpu", "-o", program])
    return program


def medians(report):
    """{program: {who: row}} of the medians in Google Benchmark's report.

    >>> row = {"aggregate_name": "median", "run_name": "gelu/memcpy", "real_time": 5}
    >>> medians({"benchmarks": [row, {**row, "aggregate_name": "mean"}]}) == {"gelu": {"memcpy": row}}
    True
    """
    table = {}
    for row in report["benchmarks"]:
        if row.get("aggregate_name") == "median":
            name, who = row["run_name"].split("/")[:2]
            table.setdefault(name, {})[who] = row
    return table


def measure(benchmark, programs, rounds, only="."):
    """medians() of build/bin/`benchmark` on `programs`, rounds interleaved at random."""
    return medians(json.loads(run(
        [BIN / benchmark, *programs, f"--benchmark_filter={only}", "--benchmark_format=json",
         f"--benchmark_repetitions={rounds}", "--benchmark_enable_random_interleaving=true",
         "--benchmark_min_time=0.05"])))
