// Control flow as the passes see it: which values of an op with regions are one
// value.
//
//   %r = scf.for ... iter_args(%x = %init) { ... scf.yield %y }
//     one flow: comes from %init and %y, is %x and %r
//   %r = scf.if %c { ... scf.yield %a } else { ... scf.yield %b }
//     one flow: comes from %a and %b, is %r
//   %r = scf.while (%x = %init) { scf.condition(%c) %a } do { ^(%z): scf.yield
//   %y }
//     two flows: from %a, is %z and %r; from %init and %y, is %x
//   %r = func.call @f(%a)      func.func private @f(%x) { ... return %y }
//     two flows: from %y, is %r; from %a, is %x
//
// Whichever way is taken, a value of a flow has one layout: what comes in
// another is resharded before it enters.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/SmallVector.h"

namespace spmd {

struct Flow {
  /// Where its values come from: operands of the op and of its terminators.
  llvm::SmallVector<mlir::OpOperand *, 2> sources;
  /// The arguments of blocks and the results that it is.
  llvm::SmallVector<mlir::Value, 2> values;
};

/// Whether `op` is one of scf.for, scf.if and scf.while, the ops with regions
/// that are distributed.
bool isControlFlow(mlir::Operation *op);

/// The function with a body that `op` calls; null for other ops.
mlir::func::FuncOp calleeOf(mlir::Operation *op);

/// Whether a call leads back to the function that it calls.
bool isRecursive(mlir::func::CallOp call);

/// The regions that `op` runs: its own, or the body of the function it calls.
llvm::SmallVector<mlir::Region *, 2> regionsOf(mlir::Operation *op);

/// The flows of such an op or call. Flow i is result i; those that are no
/// result (what goes around a while loop, or into a function) come behind.
llvm::SmallVector<Flow, 4> flowsOf(mlir::Operation *op);

/// The types of an op's results; of a while loop, those of all its flows. Reads
/// no region.
llvm::SmallVector<mlir::Type, 4> flowTypesOf(mlir::Operation *op);

/// The blocks of `root`, those in regions of ops before the block around them.
llvm::SmallVector<mlir::Block *> blocksOf(mlir::Operation *root);

/// Calls `visit` with all that `op` uses, what its regions use of the blocks
/// around it included.
void forEachUsed(mlir::Operation *op,
                 llvm::function_ref<void(mlir::Value)> visit);
/// Whether `op` uses a result of one of `ops`.
bool usesAny(mlir::Operation *op,
             const llvm::SmallPtrSetImpl<mlir::Operation *> &ops);

/// The op and the number of the flow that a block argument is; nothing for
/// arguments of functions and for the number of a for loop's turn.
std::optional<std::pair<mlir::Operation *, unsigned>>
flowOf(mlir::BlockArgument argument);

} // namespace spmd
