"""Breaks a rank of a running job from outside and checks how the job ends.

  check_fault.py kill|stop PROGRAM.moe TOKENS.npy WORD...

Starts 4 ranks of moe-run under mpirun with endless repetitions, sends SIGKILL or
SIGSTOP to the process of one rank when all compute, and wants: a non-zero exit code
within 10 s (stop: the limit of 2 s + 5 s), every WORD in the message, none of the
job's processes alive 3 s later, no shared-memory segment left.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

RANKS = 4
SILENT_SECONDS = 2


def processes(executable):
    """{pid: rank} of the processes that run `executable`."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if os.readlink(entry / "exe") != executable:
                continue
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        for line in environment:
            if line.startswith(b"OMPI_COMM_WORLD_RANK="):
                found[int(entry.name)] = int(line.split(b"=")[1])
    return found


def segments():
    return set(os.listdir("/dev/shm"))


def wait_until(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def compute_time(pids):
    """Clock ticks that the processes have used; they grow while ranks compute."""
    total = 0
    for pid in pids:
        fields = (pathlib.Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
        total += int(fields[11])
    return total


def main(fault, program, tokens, *words):
    folder = tempfile.mkdtemp()
    problems = []
    try:
        # A copy has a name of its own, by which the job's processes are found.
        tools = pathlib.Path(shutil.which("moe-run")).resolve().parent
        job = os.path.join(folder, "moe-run-job")
        shutil.copy(tools / "moe-run", job)
        before = segments()
        environment = {**os.environ, "MOE_SILENT_SECONDS": str(SILENT_SECONDS)}
        run = subprocess.Popen(["mpirun", "-n", str(RANKS), job, program, "--entry=loss", f"--input=tokens={tokens}",
                                "--repeat=1000000"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, start_new_session=True)
        if not wait_until(lambda: len(processes(job)) == RANKS, 30):
            raise SystemExit(f"the job never had {RANKS} processes:\n{run.communicate(timeout=5)[0]}")
        pids = processes(job)
        start = compute_time(pids)
        wait_until(lambda: compute_time(pids) > start + 60, 20)
        victim = next(pid for pid, rank in pids.items() if rank == 2)
        begin = time.monotonic()
        os.kill(victim, signal.SIGKILL if fault == "kill" else signal.SIGSTOP)
        try:
            output = run.communicate(timeout=40)[0]
        except subprocess.TimeoutExpired:
            raise SystemExit("the job does not end")
        took = time.monotonic() - begin
        print(output)
        print(f"{fault}: exit code {run.returncode} after {took:.1f} s")
        limit = 10 if fault == "kill" else SILENT_SECONDS + 5
        if run.returncode == 0:
            problems.append("exit code 0")
        if took > limit:
            problems.append(f"took {took:.1f} s, limit {limit} s")
        problems += [f"the message lacks '{word}'" for word in words if word not in output]
        if not wait_until(lambda: not processes(job), 3):
            problems.append(f"alive 3 s later: {processes(job)}")
        # Other jobs come and go on the same machine: only names of this one count.
        left = [name for name in segments() - before if any(str(pid) in name for pid in (*pids, run.pid))]
        if left:
            problems.append(f"left in /dev/shm: {left}")
    finally:
        for pid in processes(os.path.join(folder, "moe-run-job")):
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(folder)
    for problem in problems:
        print(f"FAILED: {problem}")
    return 1 if problems else 0


sys.exit(main(*sys.argv[1:]))
