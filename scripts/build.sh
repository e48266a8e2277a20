#!/bin/bash
# Configures (once) and builds a preset of CMakePresets.json.
#
#   scripts/build.sh                    release, everything, into build/
#   scripts/build.sh asan moe-opt       one target of another preset
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${1:-release}
shift || true
case $preset in
  release) folder=build ;;
  asan | tsan) folder=build-$preset ;;
  *) echo "error: preset must be release, asan or tsan, got $preset" >&2; exit 1 ;;
esac

# The log speaks only when something fails; ninja itself reconfigures when a CMake
# file changes.
if [ ! -f "$folder/build.ninja" ]; then
  mkdir -p "$folder"
  cmake --preset "$preset" > "$folder/configure.log" 2>&1 || { cat "$folder/configure.log" >&2; exit 1; }
fi
targets=()
for target in "$@"; do
  targets+=(--target "$target")
done
cmake --build --preset "$preset" -j "$(nproc)" "${targets[@]}"
