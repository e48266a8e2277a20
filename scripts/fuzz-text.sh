#!/bin/bash
# Fuzzes the parser and the pipeline with text, in the sanitized build.
#
#   scripts/fuzz-text.sh             ten minutes, from the repository's own inputs
#   scripts/fuzz-text.sh 60          one minute
#
# Inputs that crash, hang for 20 s, leak or take 2 GiB end the run and lie in
# build-asan/fuzz/found-*; `build-asan/bin/text-fuzzer FILE` runs one again. What
# the packaged MLIR does wrong by itself is listed in test/Fuzz/upstream.txt and
# passed over.
set -euo pipefail
cd "$(dirname "$0")/.."
. test/sanitizers.sh
seconds=${1:-600}
scripts/build.sh asan text-fuzzer
exec python3 test/Fuzz/fuzz.py build-asan/bin/text-fuzzer build-asan/fuzz "$seconds"
