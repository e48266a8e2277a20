// Which choice of a top_k an index is: the facts behind "no two of these
// indices are equal" and "this index is in range".
#pragma once

#include "moe/IR/Moe.h"
#include "moe/Optimize/IndexForm.h"

#include <optional>

namespace moe {

/// An index tensor that is part of the indices of a top_k, seen through
/// slices, reshapes of unit dimensions, casts, moves and the shift into a
/// block. Without a dimension for its choices it is choice number `first`.
///
///   %i = moe.slice (moe.top_k %gates k 2 dim 2)#1 offsets [0, 0, 1] ... :
///   [G,S,1] reshaped to [G,S] is {topK, first = 1, count = 1, dims = {g, s,
///   kNoDim}}
struct Choice {
  TopKOp topK;
  int64_t first = 0, count = 1;
  /// Where each dimension of the top_k's indices lies; kNoDim for unit ones.
  llvm::SmallVector<DimId, 4> dims;
  /// What was subtracted: the offset of this rank's block, or null.
  mlir::Value shift;

  /// Size of the dimension that was searched: indices are in [0, size).
  int64_t getSize();
  /// Where the choices lie, kNoDim for a single one.
  DimId getChoiceDim() { return dims[topK.getDim()]; }
};

/// Traces an index tensor to the top_k that made it.
std::optional<Choice> traceChoice(const Factor &index);

/// Answers the form of a value, for looking into masks.
using FormOf = llvm::function_ref<const Form &(mlir::Value)>;

/// Whether the index is certainly in [0, size).
bool isInRange(const Factor &index, int64_t size);

/// Whether two indices differ at every point of their common dimensions.
///
/// Proven when they are different choices of one top_k, or when one is taken
/// from scores in which the other was masked out by -inf:
///
///   top_k (select one_hot(i), -inf, scores)   never chooses i
///
/// provided enough other experts are left. Assumes finite scores.
bool areDistinct(const Factor &a, const Factor &b, FormOf formOf);

/// Whether no two points along `dim` of the index are equal: `dim` counts the
/// choices of one top_k.
bool isDistinctAlong(const Factor &index, DimId dim);

} // namespace moe
