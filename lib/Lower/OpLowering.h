// How one op becomes code, and the table of all of them.
//
// Most ops say what one element of their result is; such ops are computed where
// they are read, or in a loop over all elements where the value must lie in
// memory. The others write their results in loops of their own.
#pragma once

#include "moe/IR/Moe.h"

namespace moe::lower {

class KernelEmitter;

struct OpLowering {
  /// The element of `result` at `index` (i64 numbers, one a dimension), in
  /// register form (KernelEmitter::registerType).
  using Element = mlir::Value (*)(KernelEmitter &, mlir::OpResult result,
                                  llvm::ArrayRef<mlir::Value> index);
  /// Writes all elements of all results.
  using Kernel = void (*)(KernelEmitter &, mlir::Operation *);
  /// Whether the operand may be computed where the op reads it; not so where
  /// the op reads an element many times.
  using MayFuse = bool (*)(mlir::OpOperand &);

  Element element = nullptr;
  Kernel kernel = nullptr;
  MayFuse mayFuse = nullptr;
  /// Computing an element costs no more than loading it.
  bool isCheap = false;
  /// An element of the result depends on the same element of the operands only.
  bool isPointwise = false;
  /// Whether an element of the result depends on its row-major index and on
  /// scalars only; `index` may then be that one number.
  bool (*isFlat)(mlir::Operation *) = nullptr;
  /// What the op reads of an operand, it reads before it writes there: an
  /// element's result does not depend on operands at results written before.
  bool readsOwnIndex = false;
};

/// The lowerings of all ops, by operation name.
class OpLowerings {
public:
  explicit OpLowerings(mlir::MLIRContext *context);

  /// Null when the op has no kernel form (collectives, views) or none at all.
  const OpLowering *find(mlir::Operation *op) const;

  bool contains(mlir::OperationName name) const { return table.contains(name); }

  template <typename... OpTys> void add(OpLowering lowering) {
    (table.insert(
         {mlir::OperationName(OpTys::getOperationName(), context), lowering}),
     ...);
  }

private:
  mlir::MLIRContext *context;
  llvm::DenseMap<mlir::OperationName, OpLowering> table;
};

// One family of ops each, next to their code.
void addElementwiseLowerings(OpLowerings &table);
void addShapeLowerings(OpLowerings &table);
void addIndexLowerings(OpLowerings &table);
void addReductionLowerings(OpLowerings &table);
void addSoftmaxLowerings(OpLowerings &table);
void addRoutingLowerings(OpLowerings &table);
void addRandomLowerings(OpLowerings &table);
void addScalarLowerings(OpLowerings &table);
void addOrderLowerings(OpLowerings &table);
void addSliceLowerings(OpLowerings &table);
void addScatterLowerings(OpLowerings &table);
void addWindowLowerings(OpLowerings &table);
void addAssignmentLowerings(OpLowerings &table);
void addGroupedLowerings(OpLowerings &table);

/// MayFuse: no operand is fused.
bool fuseNothing(mlir::OpOperand &);
/// MayFuse: only operands that other ops make at no cost, such as iota.
bool fuseCheap(mlir::OpOperand &operand);

} // namespace moe::lower
