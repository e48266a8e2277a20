// Prints a host program as code: one function that calls, and branches
// as the program does.
#pragma once

#include "HostProgram.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace moe::lower {

/// Appends `func.func @moe_entry_NAME` to `module`. `constants` are the symbols
/// of the data that Buffer::Place::Constant numbers.
void emitHost(mlir::ModuleOp module, const HostProgram &program,
              llvm::ArrayRef<std::string> constants);

} // namespace moe::lower
