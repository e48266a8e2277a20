// Which scores a causal mask hides: those of later columns.
#pragma once

#include "moe/IR/Moe.h"

namespace moe::lower {

/// True where `scores` is a select that puts -inf at every column c > r of row
/// r, the rows being its last dimension but one and the columns the last: its
/// condition compares two iotas.
///
///   %visible = arith.cmpi sle, %column, %row      broadcast over the rest
///   %scores = arith.select %visible, %x, %never   never = -inf
bool hidesLaterColumns(mlir::Value scores);

} // namespace moe::lower
