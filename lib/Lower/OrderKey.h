// The order of elements as a number: top_k, arg_reduce, sort and gating share
// it.
#pragma once

#include "KernelEmitter.h"

namespace moe::lower {

/// An i64 that is the greater the earlier `x` comes: the greater `x` first
/// where the order descends, the lesser one otherwise. -0 is 0; NaN comes after
/// all numbers, so that a choice is always made.
mlir::Value orderKey(KernelEmitter &k, mlir::Value x, bool descends = true);

} // namespace moe::lower
