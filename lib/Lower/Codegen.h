// From a lowered module to object bytes.
#pragma once

#include "runtime/core/Isa.h"

#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace moe::lower {

/// Compiles kernels at full optimisation and entries at none (they are lists of
/// calls) for processors that have `isa`. Position-independent; the module is
/// turned into the LLVM dialect.
mlir::FailureOr<std::string> compileObject(mlir::ModuleOp lowered,
                                           moert::Isa isa);

/// Links object bytes to a shared object whose symbols moert_* stay open.
/// Emits errors at `module`.
mlir::FailureOr<std::string> linkObject(mlir::ModuleOp module,
                                        const std::string &object,
                                        const std::string &linker);

} // namespace moe::lower
