// Which einsums are matrix products for the runtime, and how.
#pragma once

#include "moe/IR/Moe.h"
#include "moe/Lower/Contraction.h"

namespace moe::lower {

/// The product that `op` is; nothing where a kernel computes it. Decided by the
/// equation and the element type, never by sizes.
std::optional<Contraction> matmulOf(EinsumOp op);

/// Letters that are not in the result, in the order of their first occurrence.
std::string summedLetters(EinsumOp op);
int64_t letterSize(EinsumOp op, char letter);

/// Cuts einsums of more than two operands into einsums of two, from the left:
/// "a,b,c->r" becomes "a,b->t" and "t,c->r". t keeps the letters that c or r
/// have, in f32 for floats.
void splitLongEinsums(mlir::Operation *root);

/// Whether `value` is an argument that holds the same data at every call
/// (`moe.parameter`), seen through reshapes; its number then, else -1.
int64_t parameterNumber(mlir::Value value);

} // namespace moe::lower
