// From a partitioned module to what a file that moe-run loads holds
// (moert::writeArtifact).
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringRef.h"

#include <string>

namespace moe {

struct LowerOptions {
  /// The linker; empty takes the one found when this was built, else ld.lld of
  /// LLVM's version, ld.lld or ld from PATH.
  std::string linker;
  /// What the code may use: a level of runtime/core/Isa.h; empty is what this
  /// host has.
  std::string isa;
};

/// Code and description of a compiled program.
struct CompiledProgram {
  /// JSON, see runtime/core/Manifest.h.
  std::string manifest;
  /// A shared object that needs nothing but the functions of moert.h.
  std::string code;
};

/// Lowers a copy of `partitioned`, compiles and links it. The same module gives
/// the same bytes for the same level of instructions. Errors are diagnostics at
/// the ops that have no lowering, or at the module when the linker fails.
mlir::FailureOr<CompiledProgram> compileProgram(mlir::ModuleOp partitioned,
                                                const LowerOptions &options);

} // namespace moe
