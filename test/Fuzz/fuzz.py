#!/usr/bin/env python3
"""Runs the text fuzzer for a time and judges what it finds.

  fuzz.py FUZZER FOLDER SECONDS [--seed N]

FOLDER takes the corpus, the dictionary and what is found. A finding whose stack has
a line of upstream.txt in it is not ours and is counted; any other one is an error.
Prints the seed, the number of inputs, and the verdict.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent


def upstream():
    lines = (HERE / "upstream.txt").read_text().splitlines()
    return [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]


def is_upstream(log, known):
    return any(re.search(pattern, log) for pattern in known)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fuzzer", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("seconds", type=int)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    corpus, words = arguments.folder / "corpus", arguments.folder / "words.dict"
    arguments.folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, HERE / "seeds.py", corpus, words], check=True)

    known, failures, passed_over, tally = upstream(), [], 0, [0, 0, 0]
    end, seed = time.time() + arguments.seconds, arguments.seed
    while (left := end - time.time()) > 0:
        command = [arguments.fuzzer, corpus, f"-dict={words}", f"-seed={seed}", f"-max_total_time={int(left) + 1}",
                   "-max_len=6000", "-timeout=20", "-rss_limit_mb=2048", "-malloc_limit_mb=1024", "-reload=0",
                   f"-artifact_prefix={arguments.folder}/found-"]
        result = subprocess.run(command, capture_output=True, text=True, errors="replace")
        log = result.stderr
        for counts in re.findall(r"^tally: (\d+) inputs, (\d+) parsed, (\d+) compiled", log, flags=re.M):
            tally = [a + int(b) for a, b in zip(tally, counts)]
        if result.returncode == 0:
            break
        found = re.search(r"Test unit written to (\S+)", log)
        summary = "\n".join(line for line in log.splitlines() if re.match(r"(SUMMARY|==\d+==|ALARM|    #\d+ )", line))
        if is_upstream(log, known):
            passed_over += 1
            if found:
                pathlib.Path(found[1]).unlink(missing_ok=True)
        else:
            failures.append(f"{found[1] if found else 'no input was kept'}\n{summary[:3000]}")
            break
        seed += 1
    for failure in failures:
        print(f"FAILED: {failure}")
    inputs, parsed, compiled = tally
    print(f"seed {arguments.seed}: {inputs} inputs, {parsed} parsed, {compiled} compiled, {len(failures)} findings"
          f"{f', {passed_over} known upstream passed over' if passed_over else ''}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
