// Collectives as values, for the rewrites of this stage.
#pragma once

#include "moe/IR/Moe.h"

#include <optional>

namespace moe {

/// A collective that moves elements and reduces none.
struct Move {
  mlir::Value input;
  spmd::ShardingAttr from, to;
  mlir::RankedTensorType global;
  mlir::StringAttr reason;
  spmd::MeshOp mesh;
};

/// The move that `op` is; nothing for other ops, reductions and spmd.start.
std::optional<Move> asMove(mlir::Operation *op);

/// Whether a dimension is in one block.
bool isWhole(spmd::ShardingAttr sharding, int64_t dim, spmd::MeshOp mesh);

/// The sharding of a tensor that has only these dimensions of another, in this
/// order. Example: [{"x"}, {}, {"y"}] and {2, 0} is [{"y"}, {"x"}].
spmd::ShardingAttr keepDims(spmd::ShardingAttr sharding,
                            llvm::ArrayRef<int64_t> dims);

/// Replaces each move by an earlier one of the same value between the same
/// layouts, whatever their reasons. Returns how many went.
int64_t shareEqualMoves(mlir::Block &block);

/// Shares equal ops and equal moves until there is none: the algebra compares
/// values, so what is equal must be one.
int64_t shareEqual(mlir::Block &block);

} // namespace moe
