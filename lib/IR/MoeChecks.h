// Checks that verifiers of many ops share. Each emits its error and fails.
#pragma once

#include "moe/IR/Moe.h"

namespace moe {

inline mlir::RankedTensorType tensorType(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType());
}

/// `dim` is a dimension of a tensor of `rank`.
mlir::LogicalResult verifyDim(mlir::Operation *op, int64_t dim, int64_t rank);
/// `dims` are dimensions of a tensor of `rank`, in ascending order.
mlir::LogicalResult verifyAscendingDims(mlir::Operation *op,
                                        llvm::ArrayRef<int64_t> dims,
                                        int64_t rank);
/// The operand or result `name` has integer elements.
mlir::LogicalResult verifyIntegers(mlir::Operation *op, llvm::StringRef name,
                                   mlir::Value value);
/// Its integers hold every index below `size`.
mlir::LogicalResult verifyHolds(mlir::Operation *op, llvm::StringRef name,
                                mlir::Value value, int64_t size);
/// It has `shape`, and `elementType` unless that is null.
mlir::LogicalResult verifyShape(mlir::Operation *op, llvm::StringRef name,
                                mlir::Value value,
                                llvm::ArrayRef<int64_t> shape,
                                mlir::Type elementType = {});
/// The first `batch` dimensions of both go together; the next one of `indexed`
/// is what `indices` index.
mlir::LogicalResult verifyBatchDims(mlir::Operation *op, int64_t batch,
                                    mlir::RankedTensorType indexed,
                                    mlir::RankedTensorType indices);
/// It has `rank` dimensions.
mlir::LogicalResult verifyRank(mlir::Operation *op, llvm::StringRef name,
                               mlir::Value value, int64_t rank);
/// The list `name` has `rank` entries.
mlir::LogicalResult verifyEntries(mlir::Operation *op, llvm::StringRef name,
                                  llvm::ArrayRef<int64_t> list, int64_t rank);
/// None of its entries is below `least`.
mlir::LogicalResult verifyAtLeast(mlir::Operation *op, llvm::StringRef name,
                                  llvm::ArrayRef<int64_t> list, int64_t least);
/// No value has a dynamic dimension.
mlir::LogicalResult verifyStatic(mlir::Operation *op, mlir::ValueRange values);
/// Operands have one element type, the result the same or f32 of bf16.
mlir::LogicalResult verifyAccumulates(mlir::Operation *op,
                                      mlir::ValueRange operands,
                                      mlir::Value result);

} // namespace moe
