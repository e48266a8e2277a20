#!/usr/bin/env python3
"""Adds up JUnit reports of ctest and lit and prints what a reader needs.

Each failure by name, each skip with its reason, and last one plain line
`N passed, N failed, N skipped`. Exit status 1 when something failed or when a
report is missing or holds no test: a run that tested nothing has not passed.

  summarize.py [--reasons] REPORT.xml...
"""

import os
import re
import sys
import xml.etree.ElementTree as ElementTree


def reason_of(case, skipped):
    """Why a test did not run: lit says it in the element, programs in their output."""
    message = skipped.get("message", "")
    output = case.findtext("system-out") or ""
    match = re.search(r": Skipped\n+(.+)", output) or re.search(r"skipped: (.+)", output)
    if match:
        return match.group(1).strip()
    return message or "no reason given"


def read(path):
    """(passed, [failure names], [(skipped name, reason)]) of one report."""
    passed, failures, skips = 0, [], []
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = f"{case.get('classname', '')}.{case.get('name')}"
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
            failures.append(name)
        elif skipped is not None:
            skips.append((name, reason_of(case, skipped)))
        else:
            passed += 1
    return passed, failures, skips


def main(paths):
    total, failures, skips = 0, [], []
    for path in paths:
        label = os.path.splitext(os.path.basename(path))[0]
        if not os.path.exists(path):
            failures.append(f"{label}: no report was written")
            continue
        passed, failed, skipped = read(path)
        if not passed and not failed and not skipped:
            failures.append(f"{label}: the report holds no test")
        total += passed
        failures += [f"{label}: {name}" for name in failed]
        skips += [(f"{label}: {name}", reason) for name, reason in skipped]
    for name, reason in skips:
        print(f"skipped: {name}: {reason}")
    for name in failures:
        print(f"failed: {name}")
    print(f"{total} passed, {len(failures)} failed, {len(skips)} skipped")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
