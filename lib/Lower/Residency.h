// Which values of a function lie in memory, and which are computed where they
// are read.
//
//   %0 = arith.mulf %a, %b      read by elementwise ops of one kernel: computed
//   there %1 = moe.iota dim 0         costs nothing: computed wherever it is
//   read %2 = arith.addf %0, %c      read by a matmul: in memory, one kernel
//   with %0
#pragma once

#include "OpLowering.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace moe::lower {

class Residency {
public:
  /// Decides for all values of `function`; what goes through control flow, and
  /// what a region reads of the blocks around it, lies in memory. Fails with an
  /// error at the first op that has no lowering.
  static mlir::FailureOr<Residency> decide(mlir::func::FuncOp function,
                                           const OpLowerings &lowerings);

  /// Whether `value` lies in memory: arguments, and what is marked.
  bool isStored(mlir::Value value) const;
  /// The value whose memory `value` is: looks through reshapes and the like.
  static mlir::Value root(mlir::Value value);
  /// Whether anything needs a result of `op`.
  bool isLive(mlir::Operation *op) const;

private:
  mlir::LogicalResult visit(mlir::Block &block, const OpLowerings &lowerings);
  mlir::LogicalResult visit(mlir::Operation *op, const OpLowerings &lowerings);
  mlir::LogicalResult visitControlFlow(mlir::Operation *op,
                                       const OpLowerings &lowerings);
  void use(mlir::OpOperand &operand, const OpLowering *lowering, int times);
  void store(mlir::Value value);
  mlir::Operation *onlyKernel(mlir::Value value,
                              const OpLowerings &lowerings) const;
  void splitLongChains(mlir::func::FuncOp function,
                       const OpLowerings &lowerings);

  llvm::DenseSet<mlir::Value> stored;
  /// How many kernels read a value that is not (yet) stored.
  llvm::DenseMap<mlir::Value, int> readers;
  /// The op whose kernel alone computes a value that is not stored; null where
  /// there are several.
  llvm::DenseMap<mlir::Value, mlir::Operation *> kernels;
};

/// The operand whose memory the op's result is (reshape, stop_gradient, done);
/// null for other ops.
mlir::Value viewedOperand(mlir::Operation *op);
/// The data of a constant that lies in memory, because its elements differ;
/// null for all other values.
mlir::DenseElementsAttr constantData(mlir::Value value);
/// Whether the einsum is a matrix product for the runtime.
bool isMatmul(mlir::Operation *op);

} // namespace moe::lower
