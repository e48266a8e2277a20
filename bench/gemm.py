#!/usr/bin/env python3
"""Our matrix products beside the best of oneDNN and libxsmm, weights packed, one thread.

  bench/gemm.py [--rounds 5] [--filter REGEX]

Builds and runs build/bin/gemm-bench. Rounds are interleaved at random and medians
compared, since hosts are noisy; a ratio above 1 means that ours is faster.
"""

import argparse
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def medians(report):
    """{(dtype/shape): {who: GFLOP/s}} from Google Benchmark's JSON."""
    table = {}
    for run in report["benchmarks"]:
        if run.get("aggregate_name") == "median" and not run.get("error_occurred"):
            dtype, shape, who = run["run_name"].split("/")[:3]
            table.setdefault(f"{dtype}/{shape}", {})[who] = (run["items_per_second"] * 1e-9, run.get("label", ""))
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--filter", default=".")
    arguments = parser.parse_args()
    subprocess.run(["cmake", "--build", ROOT / "build", "--target", "benchmarks"], check=True, capture_output=True)
    result = subprocess.run(
        [ROOT / "build/bin/gemm-bench", f"--benchmark_filter={arguments.filter}", "--benchmark_format=json",
         f"--benchmark_repetitions={arguments.rounds}", "--benchmark_enable_random_interleaving=true",
         "--benchmark_min_time=0.05"], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"error: gemm-bench failed:\n{result.stderr}")
    print(f"{'product':>22} {'ours':>7} {'onednn':>7} {'libxsmm':>7} {'ours/best':>9}  kernel")
    for name, row in medians(json.loads(result.stdout)).items():
        speeds = {who: speed for who, (speed, _) in row.items()}
        cells = " ".join(f"{speeds[who]:7.0f}" if who in speeds else f"{'-':>7}" for who in ("ours", "onednn", "libxsmm"))
        others = [speed for who, speed in speeds.items() if who != "ours"]
        ratio = f"{speeds['ours'] / max(others):9.2f}" if others else f"{'-':>9}"
        print(f"{name:>22} {cells} {ratio}  {row['ours'][1]}")


if __name__ == "__main__":
    main()
