"""How measurements start MPI jobs."""

import shutil

from model import ROOT


def mpirun(ranks, command):
    """`command` on processes as ranks, in the environment that tests use; None where mpirun is absent."""
    if not shutil.which("mpirun"):
        return None
    return ["sh", "-c", f'. {ROOT}/test/mpi-env.sh && exec mpirun "$@"', "mpirun", "-n", ranks, *command]
