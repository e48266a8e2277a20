#!/bin/bash
# Sets up, builds and runs every test, in three builds:
#   release   everything
#   asan      dialects, passes, runtime and the local transport (address, undefined)
#   tsan      runtime, local transport and unit tests (thread)
# Ends with one line `N passed, N failed, N skipped` over all of them; the exit status
# is 0 only when nothing failed.
#
#   test/run.sh              all three
#   test/run.sh release      only one
set -uo pipefail
cd "$(dirname "$0")/.."
builds=("$@")
[ ${#builds[@]} -gt 0 ] || builds=(release asan tsan)

scripts/install-dependencies.sh || exit 1
lit=$(command -v lit || echo /usr/lib/llvm-22/bin/lit)
jobs=$(nproc)
reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT
report_files=()

. test/sanitizers.sh

# run_ctest BUILD [ctest arguments...]: GoogleTest and other registered programs.
run_ctest() {
  local build=$1
  shift
  report_files+=("$reports/$build-ctest.xml")
  echo "== $build: ctest"
  ctest --test-dir "$(folder_of "$build")" -j "$jobs" --timeout 120 --output-on-failure --no-tests=error \
    --output-junit "$reports/$build-ctest.xml" -E '^lit$' "$@" > "$reports/$build-ctest.log" 2>&1 ||
    grep -v -E '^ *(Start|[0-9]+/[0-9]+ .*(Passed|Skipped))' "$reports/$build-ctest.log"
}

# run_lit BUILD FOLDERS...: the tests with RUN lines below test/.
run_lit() {
  local build=$1
  shift
  local folder paths=()
  folder=$(folder_of "$build")
  for path in "$@"; do
    paths+=("$folder/test/$path")
  done
  report_files+=("$reports/$build-lit.xml")
  echo "== $build: lit"
  # A limit for the whole, as lit's own for one test needs a Python package.
  timeout 1200 "$lit" -s -v -j "$jobs" --xunit-xml-output "$reports/$build-lit.xml" "${paths[@]}" \
    > "$reports/$build-lit.log" 2>&1 || cat "$reports/$build-lit.log"
}

folder_of() {
  if [ "$1" = release ]; then echo build; else echo "build-$1"; fi
}

for build in "${builds[@]}"; do
  echo "== $build: build"
  if ! scripts/build.sh "$build" > "$reports/$build-build.log" 2>&1; then
    tail -60 "$reports/$build-build.log"
    report_files+=("$reports/$build-build.xml") # never written: counts as a failure
    continue
  fi
  case $build in
    release)
      run_ctest release
      run_lit release .
      ;;
    asan)
      run_ctest asan -LE 'mpi|exhaustive'
      run_lit asan IR Interpret Import Propagate Partition Optimize Lower Public Run/Local \
        Fuzz/Local Fuzz/programs_compute_the_same.test Fuzz/text_is_answered.test
      ;;
    tsan)
      run_ctest tsan -LE 'mpi|exhaustive'
      run_lit tsan Run/Local Fuzz/Local
      ;;
  esac
done

python3 test/summarize.py "${report_files[@]}"
