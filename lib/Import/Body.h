// The body of a structured op, value by value as tensors.
//
//   ^bb0(%a: f32, %b: f32, %out: f32):     %a over (i, k), %b over (j)
//     %0 = math.exp %a                     a tensor over (i, k)
//     %1 = arith.mulf %0, %b               a tensor over (i, j, k)
//
// No value is larger than it must be, and only what is asked for is made.
#pragma once

#include "LoopValue.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace moe::import {

class Body {
public:
  Body(LoopBuilder &loops, mlir::Block &block) : loops(loops), block(block) {}

  /// Says what an argument of the block is.
  void set(mlir::Value argument, LoopValue value) {
    values[argument] = std::move(value);
  }
  /// Says what linalg.index of `loop` is; by default an iota.
  void setIndex(unsigned loop, LoopValue value) {
    indices[loop] = std::move(value);
  }
  /// `scalar`, of the block or from around it, as a tensor. Emits a diagnostic
  /// and fails where an op has no form on tensors.
  mlir::FailureOr<LoopValue> lift(mlir::Value scalar);

private:
  mlir::FailureOr<LoopValue> make(mlir::Value scalar);
  mlir::FailureOr<LoopValue> elementwise(mlir::Operation *op);
  LoopValue castIndex(mlir::Operation *op, LoopValue value);
  mlir::FailureOr<LoopValue> lookUp(mlir::tensor::ExtractOp op);
  std::optional<unsigned> loopOf(mlir::Value index);
  mlir::Value rowNumber(llvm::ArrayRef<LoopValue> indices,
                        llvm::ArrayRef<int64_t> sizes,
                        llvm::ArrayRef<unsigned> over);

  LoopBuilder &loops;
  mlir::Block &block;
  llvm::DenseMap<mlir::Value, LoopValue> values;
  llvm::DenseMap<unsigned, LoopValue> indices;
};

} // namespace moe::import
