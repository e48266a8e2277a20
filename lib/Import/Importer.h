// From one op to the ops that it means. Each function builds behind the
// importer's builder and returns the new results, or emits a diagnostic and
// fails.
#pragma once

#include "moe/IR/Moe.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace moe::import {

using Results = mlir::FailureOr<llvm::SmallVector<mlir::Value>>;

/// A structured op whose operands are indexed by loops.
Results importStructured(mlir::linalg::LinalgOp op,
                         mlir::ImplicitLocOpBuilder &b);
/// A structured op that reads its first operand in windows.
Results importWindows(mlir::linalg::LinalgOp op, mlir::ImplicitLocOpBuilder &b);
/// A structured op as a loop over the indices of `turns`, loops that no result
/// has.
Results importTurns(mlir::linalg::LinalgOp op, llvm::ArrayRef<unsigned> turns,
                    mlir::ImplicitLocOpBuilder &b);
/// An op of the tensor dialect, or one of linalg that is not structured; what
/// none of the functions above takes.
Results importPlain(mlir::Operation *op, mlir::ImplicitLocOpBuilder &b);

/// Whether the op stays what it is: numbers in and out of tensors.
bool isKept(mlir::Operation *op);

} // namespace moe::import
