// The operands of a structured op as values over its loops.
#pragma once

#include "Body.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace moe::import {

/// The loops that a map names, result by result, where each result is a loop of
/// its own or 0; nothing for any other map.
std::optional<LoopList> loopsOf(mlir::AffineMap map);

/// The loops of result number `result`, which are all that it is indexed by.
LoopList loopsOfResult(mlir::linalg::LinalgOp op, unsigned result);

/// `operand` over its loops; a map's 0 is a dimension of size 1 and falls away.
LoopValue operandOver(LoopBuilder &loops, mlir::OpOperand &operand,
                      mlir::linalg::LinalgOp op);

} // namespace moe::import
