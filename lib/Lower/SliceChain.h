// Two matrix products joined by work on each slice of what the first one makes:
//
//   %s = moe.einsum "gqnd,gknd->gnqk" %q, %k      for each g and n:
//   %w = moe.softmax (scaled and masked %s)         s = q[g, n] k[g, n]^T
//   %o = moe.einsum "gnqk,gknd->gqnd" %w, %v        o[g, n] = softmax(s) v[g,
//   n]
//
// Run slice by slice, the scores of all groups and heads never lie in memory at
// once, and those of one slice stay in a core's cache. No bit changes: a slice
// is what the products compute one after the other anyway. The hidden layer
// between the two products of each expert is such a chain too.
//
// Where a causal mask hides the scores of later keys, a slice runs in blocks of
// queries, and a block computes the scores of keys up to its last query only:
// softmax gives all others weight 0. That leaves out 3/8 of the work in 4
// blocks; the sums keep their order and so their bits. What is behind the mask
// no longer reaches the result at all: 0 times an infinite value is not NaN.
#pragma once

#include "EinsumSites.h"
#include "OpLowering.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace moe::lower {

/// Marks the call that stands for a chain.
inline constexpr llvm::StringLiteral kSliceChainAttr = "moe.slices";

/// Some rows of a slice, and as many of its columns as they need.
struct SliceBlock {
  int64_t begin = 0, rows = 0, columns = 0;
  /// What lies between the products, on one block (sizes of the batch are 1):
  /// from the first's result and `captured` values to the last's operand.
  mlir::func::FuncOp middle;
};

/// A chain that has been taken out of its function; a call stands in its place.
struct SliceChain {
  /// The products, out of any block; their operands are still the function's
  /// values. The first one's result has a leading dimension for each letter of
  /// the batch, and so has operand `carried` of the last one.
  EinsumOp first, last;
  unsigned carried = 0;
  Contraction firstProduct, lastProduct;
  /// A slice's blocks, that with most columns first; one of the whole slice
  /// where nothing hides any.
  llvm::SmallVector<SliceBlock> blocks;
  /// The same for all slices.
  llvm::SmallVector<mlir::Value> captured;
  int64_t slices = 1;
};

/// Chains by the calls that stand for them.
using SliceChains = llvm::DenseMap<mlir::Operation *, SliceChain>;

/// Takes all chains out of `function` whose values between the products are
/// larger than a core's second cache.
SliceChains takeSliceChains(mlir::func::FuncOp function,
                            const OpLowerings &lowerings);

/// Destroys what takeSliceChains() made.
void destroySliceChains(SliceChains &chains);

} // namespace moe::lower
