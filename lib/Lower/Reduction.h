// Loops that reduce, with an order of operations that is a function of the
// reduced sizes alone: never of the other sizes, and never of what the compiler
// vectorises.
#pragma once

#include "KernelEmitter.h"

namespace moe::lower {

/// The element that changes nothing: 0, 1, -inf or the least integer, ...
mlir::Value neutralElement(KernelEmitter &k, spmd::ReductionKind kind,
                           mlir::Type type);
/// One reduced with another.
mlir::Value combine(KernelEmitter &k, spmd::ReductionKind kind, mlir::Value x,
                    mlir::Value y);

/// What a reduction adds to its running value: takes the indices of the reduced
/// dimensions and the value so far, returns the next.
using Accumulate = llvm::function_ref<mlir::Value(
    llvm::ArrayRef<mlir::Value> reduced, mlir::Value sum)>;

/// Two running values as one.
using Merge = llvm::function_ref<mlir::Value(mlir::Value x, mlir::Value y)>;

/// Reduces over `sizes` in 16 lanes: element i of the last size goes to lane i
/// mod 16, the other sizes run outside of it; at the end lane l takes lane l +
/// 8, then l + 4, l + 2, l + 1. For a last size that lies densely in memory.
/// Lanes begin with `neutral`.
mlir::Value reduceInLanes(KernelEmitter &k, mlir::Value neutral,
                          llvm::ArrayRef<mlir::Value> sizes,
                          Accumulate accumulate, Merge merge);
/// The same for one of the reductions that are known.
mlir::Value reduceInLanes(KernelEmitter &k, spmd::ReductionKind kind,
                          mlir::Type type, llvm::ArrayRef<int64_t> sizes,
                          Accumulate accumulate);

/// Reduces over `sizes` in row-major order, for `width` neighbours at a time;
/// `accumulate` takes the neighbour's index last. `finish` gets each neighbour
/// and its value.
void reduceNeighbours(
    KernelEmitter &k, spmd::ReductionKind kind, mlir::Type type,
    llvm::ArrayRef<int64_t> sizes, int64_t width, Accumulate accumulate,
    llvm::function_ref<void(mlir::Value neighbour, mlir::Value value)> finish);

} // namespace moe::lower
