// Values over the loops of a structured op.
//
// In  linalg.generic { indexing_maps = [(i, j) -> (j, i), (i, j) -> (i)] }  the
// first operand is a tensor over the loops j and i, the second one over i: a
// LoopValue says which of its dimensions is which loop. To compute with both,
// they are expanded to the same loops.
#pragma once

#include "moe/IR/Moe.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace moe::import {

using LoopList = llvm::SmallVector<unsigned, 4>;

/// A tensor with one dimension for each of `loops`, in that order.
struct LoopValue {
  mlir::Value tensor;
  LoopList loops;
};

/// Elements of a tensor are numbers of these types; indices are i64.
mlir::Type elementTypeOf(mlir::Type scalar);

/// Makes tensors over the loops of one op.
class LoopBuilder {
public:
  LoopBuilder(mlir::ImplicitLocOpBuilder &b, llvm::ArrayRef<int64_t> sizes)
      : b(b), sizes(sizes) {}

  mlir::ImplicitLocOpBuilder &b;

  int64_t sizeOf(unsigned loop) const { return sizes[loop]; }
  /// For each list of loops, how many indices they have together.
  llvm::SmallVector<int64_t> sizesOf(llvm::ArrayRef<LoopList> lists) const;
  mlir::RankedTensorType typeOver(llvm::ArrayRef<unsigned> loops,
                                  mlir::Type element) const;
  /// A number that is the same for every index.
  LoopValue scalar(mlir::Value number);
  /// The index of a loop, as an integer of a type that holds it.
  LoopValue iota(unsigned loop, mlir::Type element);
  /// `value` with exactly these loops, in this order; it must have no others.
  mlir::Value expand(const LoopValue &value, llvm::ArrayRef<unsigned> loops);
  /// The loops of all values: in the order of a value that has them all, else
  /// ascending.
  static LoopList unionOf(llvm::ArrayRef<LoopValue> values);

private:
  llvm::SmallVector<int64_t, 8> sizes;
};

/// Einsums and convolutions of bf16 accumulate in f32: where all factors were
/// widened for that, they become what they were before.
void readNarrow(llvm::MutableArrayRef<LoopValue> factors);

} // namespace moe::import
