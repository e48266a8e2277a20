#!/bin/bash
# From a fresh Debian 12 to a partitioned GShard model on real text:
# installs what is missing, builds, compiles examples/gshard/model.mlir for 4 ranks,
# runs it under mpirun and on 4 threads of one process, and compares both with the
# one-device reference. A second run takes seconds.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

step "packages and build"
scripts/install-dependencies.sh
scripts/build.sh release moe-opt moe-run moe-interpret | tail -1
# What mpirun needs on a small machine or as root; the tests use the same file.
. test/mpi-env.sh

out=build/quickstart
mkdir -p "$out"
model=examples/gshard/model.mlir
program=$out/gshard.moe

step "text"
if command -v bible >/dev/null; then
  # The King James Bible, a verse a line, without its "Ge1:1" labels.
  [ -s "$out/text" ] || bible -f gen1:1-rev22:21 </dev/null | sed 's/^[^ ]* //' > "$out/text"
  echo "King James Bible, $(stat -c %s "$out/text") bytes"
  python3 examples/gshard/tokens.py --rows 8 --length 32 --text "$out/text" -o "$out/tokens.npy"
else
  echo "the package bible-kjv is absent: a synthetic text stands in"
  python3 examples/gshard/tokens.py --rows 8 --length 32 -o "$out/tokens.npy"
fi

step "compile $model for 4 ranks"
if [ "$program" -nt "$model" ] && [ "$program" -nt build/bin/moe-opt ]; then
  echo "$program is current"
else
  build/bin/moe-opt "$model" --mesh=data=1,expert=4 --target=cpu -o "$program"
  echo "$program, $(stat -c %s "$program") bytes"
fi

run=(build/bin/moe-run "$program" --entry=loss --input "tokens=$out/tokens.npy" --seed 1 --check --model "$model")
step "4 processes under mpirun, compared with one device"
mpirun -n 4 "${run[@]}" --output "$out/mpi.npz"

step "4 threads of one process, compared with one device"
"${run[@]}" --ranks=4 --output "$out/local.npz"

step "mpirun against threads"
if cmp "$out/mpi.npz" "$out/local.npz"; then
  echo "bitwise equal"
else
  echo "error: $out/mpi.npz and $out/local.npz differ" >&2
  exit 1
fi
