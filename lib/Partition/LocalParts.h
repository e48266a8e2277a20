// What local forms of several ops are made of.
#pragma once

#include "moe/Partition/Localizer.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace spmd {

/// The type of a tensor.
inline mlir::RankedTensorType typeOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType());
}

/// Blocks begin at an i32 or i64: narrower integers are counted in i32.
mlir::Type countingType(mlir::Type elementType);
/// Indices, which are not negative as i1, as integers of type `element`.
mlir::Value castIndices(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::Value indices, mlir::Type element);
/// `indices` in their counting type.
mlir::Value widenIndices(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::Value indices);
/// Indices minus the first index of a block: an index outside of the block
/// falls outside of [0, size), which every op that takes indices defines.
mlir::Value shiftIntoBlock(Localizer &localizer, mlir::Location loc,
                           mlir::Value localIndices, mlir::Value cutValue,
                           int64_t dim);
/// A tensor of one number everywhere.
mlir::Value splatOf(mlir::OpBuilder &builder, mlir::Location loc,
                    mlir::RankedTensorType type, int64_t value);
/// A tensor of the element that is neutral to `kind`.
mlir::Value neutralOf(mlir::OpBuilder &builder, mlir::Location loc,
                      mlir::RankedTensorType type, ReductionKind kind);
/// The scalar repeated in all of `type`'s shape.
mlir::Value repeat(mlir::OpBuilder &builder, mlir::Location loc,
                   mlir::Value scalar, llvm::ArrayRef<int64_t> shape);

} // namespace spmd
