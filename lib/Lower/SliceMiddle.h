// What lies between the products of a chain, as a function on one block.
#pragma once

#include "SliceChain.h"

namespace moe::lower {

/// `ops`, in their order, as a function from `block`'s part of the first
/// product's result and the chain's captured values to the last product's
/// operand. The first `dims` dimensions become 1; what is repeated over slices
/// is cut to the block's rows and columns.
mlir::func::FuncOp buildMiddle(SliceChain &chain, const SliceBlock &block,
                               int64_t dims,
                               llvm::ArrayRef<mlir::Operation *> ops);

} // namespace moe::lower
