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
// Where a slice is large and the rows of the first product are the rows of the
// second one, a slice is also cut into blocks of rows; then a chain needs no
// batch, and the hidden layer of a dense feed-forward is one too.
//
// Under a causal mask (CausalMask.h) a block of rows has only the columns up to
// its last row: the products and what lies between leave out the others, whose
// weights are zero. So an infinity or a NaN among the values behind the mask,
// which times zero is NaN, does not reach the result; and a sum that is -0
// because it underflowed does not become 0.
#pragma once

#include "EinsumSites.h"
#include "OpLowering.h"
#include "RowBlocks.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace moe::lower {

/// Marks the call that stands for a chain.
inline constexpr llvm::StringLiteral kSliceChainAttr = "moe.slices";

/// Marks a moe.slice between the products that reads the rows of the present
/// block: its first offset counts from the block's first row.
inline constexpr llvm::StringLiteral kBlockRowsAttr = "moe.block_rows";

/// A chain that has been taken out of its function; a call stands in its place.
struct SliceChain {
  /// The products, out of any block; their operands are still the function's
  /// values. The first one's result has a leading dimension for each letter of
  /// the batch, and so has operand `carried` of the last one.
  EinsumOp first, last;
  unsigned carried = 0;
  Contraction firstProduct, lastProduct;
  /// The rows' cut; a slice of the products is then a block.
  RowBlocks blocks;
  /// What lies between, on one slice (sizes of the batch are 1; a block of rows
  /// is a matrix): from the first's result and `captured` values, the same for
  /// all slices, to the last's operand.
  mlir::func::FuncOp middle;
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
