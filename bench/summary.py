"""Reads what moe-run prints and traces, for measurements and tests."""

import json
import re

UNITS = {"B": 1.0, "KB": 1e3, "MB": 1e6, "GB": 1e9}
# A collective's row ends: sent, received, floor, calls, milliseconds.
ROW = re.compile(r"([\d.]+ [KMG]?B)\s+([\d.]+ [KMG]?B)\s+(-|[\d.]+ [KMG]?B)\s+(\d+)\s+([\d.]+)$")


def bytes_of(text):
    """
    >>> bytes_of("1.5 MB")
    1500000.0
    """
    number, unit = text.split()
    return float(number) * UNITS[unit]


def collectives(summary):
    """[(words, sent, received, calls, ms)] of the collectives in a summary; `words` are
    op, line, kind and axes.

    >>> collectives("x\\n  moe.einsum  m.mlir:3:8  all_to_all  expert  64 B  1.5 KB  1.5 KB  2  0.100\\n")
    [('moe.einsum  m.mlir:3:8  all_to_all  expert', 64.0, 1500.0, 2, 0.1)]
    """
    rows = []
    for line in summary.splitlines():
        match = ROW.search(line.rstrip())
        if match:
            sent, received, _, calls, milliseconds = match.groups()
            words = line[:match.start()].strip()
            rows.append((words, bytes_of(sent), bytes_of(received), int(calls), float(milliseconds)))
    return rows


def milliseconds(summary):
    """The median time of a run, as moe-run prints it: the entry and the barrier around it.

    >>> milliseconds("x\\n\\ntime 12.5 ms (median of 3, 12.0 to 13.0)\\n")
    12.5
    """
    return float(re.search(r"^time ([\d.]+) ms", summary, re.MULTILINE).group(1))


def received(summary):
    """Bytes received by the rank that received most, summed over the collectives."""
    return sum(row[2] for row in collectives(summary))


def shares(trace_file, entry):
    """Per run of an entry on the slowest rank: milliseconds in the compiled entry, in its
    matmuls and in its collectives, as medians over the runs; the first run (packing, page
    faults) apart. What is left of the entry are its kernels.

    Returns (first, entry, matmul, collective).
    """
    with open(trace_file) as file:
        events = [event for event in json.load(file)["traceEvents"] if event["ph"] == "X"]
    by_rank = {}
    for event in events:
        by_rank.setdefault(event["tid"], []).append(event)
    ranks = [_runs(row, entry) for row in by_rank.values()]
    first = max(rank[0][0] for rank in ranks)
    later = [_medians(rank[1:] or rank) for rank in ranks]
    slowest = max(later)
    return (first, *slowest)


def _runs(events, entry):
    """[(total, matmul, collective)] of each run of the entry on one rank, ms."""
    runs = []
    for run in sorted((e for e in events if e["cat"] == "entry" and e["name"] == entry), key=lambda e: e["ts"]):
        begin, end = run["ts"], run["ts"] + run["dur"]
        inside = [e for e in events if begin <= e["ts"] < end]
        times = [sum(e["dur"] for e in inside if e["cat"] == category) / 1e3 for category in ("matmul", "collective")]
        runs.append((run["dur"] / 1e3, *times))
    return runs


def _medians(runs):
    return tuple(sorted(column)[len(column) // 2] for column in zip(*runs))
