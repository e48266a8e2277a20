// From one layout to another: which collectives, in which order.
//
// Without partial values one collective always does it at the floor (a rank
// receives what it lacks and nothing else); its name is the most telling claim
// that holds, in this order:
//
//   [a,b][]  -> [a][]    all_gather      [a][] -> [a,b][]    slice (nothing
//   moves) [a][]    -> [b][]    permute         [a,x][] -> [a][x]   all_to_all
//   anything else        exchange
//
// Partial values are reduced first, each rank its piece:
//
//   unreduced{x}: []   -> [x]   reduce_scatter
//   unreduced{x}: [a]  -> [a]   all_reduce
//   unreduced{x}: [a]  -> [b]   reduce_scatter onto pieces [a,x], then one move
#pragma once

#include "moe/IR/Spmd.h"

namespace spmd {

/// One collective of a plan: it leads to `target`.
struct ReshardStep {
  CollectiveKind kind;
  ShardingAttr target;
};

/// The collectives from `from` to `to` for a tensor of global `shape`, in
/// order; none when both are the same layout. At most two.
///
/// Fails, with a message in `error`, when `to` is unreduced over an axis that
/// `from` is not.
mlir::FailureOr<llvm::SmallVector<ReshardStep, 2>>
planReshard(ShardingAttr from, ShardingAttr to, llvm::ArrayRef<int64_t> shape,
            MeshOp mesh, std::string &error);

/// The most telling name of a move between layouts without a reduction; nothing
/// when they are the same.
std::optional<CollectiveKind> classifyMove(const moert::Layout &from,
                                           const moert::Layout &to);

} // namespace spmd
