"""How lit runs this folder's tests: MLIR files with RUN lines, and shell tests.

Tools built here come first in PATH, LLVM's own (FileCheck, not, split-file) after
them. Features say what a build has, so that a test names what it needs:
  mpi     the MPI transport is built and mpirun is installed
  asan, tsan   a sanitizer build
  x86-64       the processor is one
"""

import os
import platform
import shutil
import subprocess

import lit.formats

config.name = "moe-spmd"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "Unit", "CMakeLists.txt"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.binary_dir, "test")

path = [os.path.join(config.binary_dir, "bin"), config.llvm_tools_dir, config.environment["PATH"]]
config.environment["PATH"] = os.pathsep.join(path)
for name in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "XDG_CACHE_HOME", "MOE_PLANTED",
             "MOE_PLANTED_REACHED"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

# Tests are of the compiler as it is now, and leave the user's own cache alone.
config.environment["MOE_CACHE_DIR"] = ""

config.substitutions += [
    ("%python", config.python),
    ("%source", config.source_dir),
    ("%gshard", os.path.join(config.source_dir, "examples/gshard")),
    ("%text_fuzzer", os.path.join(config.binary_dir, "bin/text-fuzzer")),
    ("%llvm_include", config.llvm_include_dir),
    ("%generate", f"{config.python} {config.source_dir}/examples/gshard/generate.py"),
]

if config.has_mpi and shutil.which("mpirun"):
    config.available_features.add("mpi")
    # What mpirun needs is said once, in a file that shells source.
    settings = subprocess.run(
        ["sh", "-c", f". {config.source_dir}/test/mpi-env.sh && env"], capture_output=True, text=True, check=True)
    for line in settings.stdout.splitlines():
        if line.startswith("OMPI_"):
            name, _, value = line.partition("=")
            config.environment[name] = value
if platform.machine() in ("x86_64", "AMD64"):
    config.available_features.add("x86-64")
for sanitizer, feature in (("address", "asan"), ("thread", "tsan")):
    if sanitizer in config.sanitize:
        config.available_features.add(feature)

# Random programs: sanitizers are slow, so they see fewer.
has_sanitizer = bool({"asan", "tsan"} & set(config.available_features))
config.substitutions += [
    ("%fuzz_cases", "200" if has_sanitizer else "2000"),
    ("%fuzz_runs", "4" if has_sanitizer else "12"),
]
