// What lies between the products of a chain, as a function on one slice.
#pragma once

#include "SliceChain.h"

namespace moe::lower {

/// Fills in the chain's `middle` and `captured` from `ops`, in their order. The
/// first `dims` dimensions become 1, or all but the last the rows of a block;
/// of what is repeated over slices a block's rows are read.
void buildMiddle(SliceChain &chain, llvm::ArrayRef<mlir::Operation *> ops,
                 unsigned dims);

} // namespace moe::lower
