// A body of scalar ops, run element by element: of structured ops and of those
// of the tensor dialect that have one.
#pragma once

#include "moe/Interpret/Evaluation.h"

namespace moe::interpret {

class ScalarBody {
public:
  /// `evaluation` is that of the op around the block; behind its operands it
  /// holds what the op's regions use from outside.
  ScalarBody(mlir::Block &block, Evaluation &evaluation);

  /// Runs the block at `index`, which linalg.index reads. What the terminator
  /// hands on is not rounded yet: sums accumulate in more digits than they
  /// have.
  mlir::FailureOr<llvm::SmallVector<Tensor>>
  run(llvm::ArrayRef<Tensor> arguments, llvm::ArrayRef<int64_t> index);

private:
  mlir::LogicalResult runOp(mlir::Operation &op, llvm::ArrayRef<int64_t> index);

  mlir::Block &block;
  Mode mode;
  int64_t rank;
  llvm::DenseMap<mlir::Value, Tensor> values;
};

/// A number of rank 0.
Tensor scalarAt(const Tensor &tensor, int64_t position);

} // namespace moe::interpret
