// The row of a table that a loop takes in its turn, as memory of the table:
//
//   scf.for %i = 0 to 12 {
//     %n = arith.index_cast %i : index to i32
//     %layer = tensor.from_elements %n : tensor<i32>
//     %w = moe.gather %weights[%layer] batch_dims 0    row %i of %weights: no
//     copy
#pragma once

#include "moe/IR/Moe.h"

namespace moe::lower {

struct TurnView {
  mlir::Value table;
  /// How many loops are around the one whose turn is the row.
  int64_t depth = 0;
  int64_t rowBytes = 0;
};

/// Such a view, where each turn has a row and the table is there before the
/// block of `op`, so that nothing writes to it while the view is used.
std::optional<TurnView> turnViewOf(mlir::Operation *op);

/// How many loops are around the one whose turns `argument` counts.
int64_t depthOf(mlir::BlockArgument argument);

} // namespace moe::lower
