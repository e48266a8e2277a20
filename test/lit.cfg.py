"""How lit runs this folder's tests: MLIR files with RUN lines, and shell tests.

Tools built here come first in PATH, LLVM's own (FileCheck, not, split-file) after
them. Features say what a build has, so that a test names what it needs:
  mpi     the MPI transport is built and mpirun is installed
  asan, tsan   a sanitizer build
"""

import os
import shutil

import lit.formats

config.name = "moe-spmd"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "Unit", "CMakeLists.txt"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.binary_dir, "test")

path = [os.path.join(config.binary_dir, "bin"), config.llvm_tools_dir, config.environment["PATH"]]
config.environment["PATH"] = os.pathsep.join(path)
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "XDG_CACHE_HOME", "MOE_CACHE_DIR"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

config.substitutions += [
    ("%python", config.python),
    ("%source", config.source_dir),
    ("%gshard", os.path.join(config.source_dir, "examples/gshard")),
    ("%llvm_include", config.llvm_include_dir),
    ("%generate", f"{config.python} {config.source_dir}/examples/gshard/generate.py"),
]

if config.has_mpi and shutil.which("mpirun"):
    config.available_features.add("mpi")
    config.substitutions.append(("%mpirun", f". {config.source_dir}/test/mpi-env.sh && mpirun"))
for sanitizer, feature in (("address", "asan"), ("thread", "tsan")):
    if sanitizer in config.sanitize:
        config.available_features.add(feature)
