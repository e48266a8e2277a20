// From one layout to another: which collectives, in which order.
//
// On a mesh without topology bytes alone count, and then one collective does it
// at the floor (a rank receives what it lacks and nothing else) unless there
// are partial values; its name is the most telling claim that holds, in this
// order:
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
//   unreduced{x=4}: []  -> []   where y=2 replicates: reduce_scatter onto
//   pieces
//                               [x,y], all_gather
//
// Where messages cost time (the mesh has a topology), two steps over one axis
// each may take the place of one over both. ReshardSearch.h has the search.
#pragma once

#include "moe/IR/Spmd.h"
#include "moe/Partition/ReshardSearch.h"

#include "llvm/ADT/DenseMap.h"

#include <memory>

namespace spmd {

/// One collective of a plan: it leads to `target`.
struct ReshardStep {
  CollectiveKind kind;
  ShardingAttr target;
  /// Bytes that the worst rank receives.
  double bytes = 0;
};

/// The collectives from one layout to another, in order; none when both are the
/// same layout. At most two communicate.
struct ReshardPlan {
  llvm::SmallVector<ReshardStep, 2> steps;
  /// What the steps cost and a bound that no other way undercuts, in ns; equal
  /// where the search was exact. Without topology they are bytes.
  double time = 0;
  double bound = 0;
};

/// Plans for the values of one mesh, which must outlive it; remembers them.
class ReshardPlanner {
public:
  explicit ReshardPlanner(MeshOp mesh) : mesh(mesh) {}

  /// The plan from `from` to `to` for a tensor of global type `global`. Fails,
  /// with a message in `error`, when `to` is unreduced over an axis that `from`
  /// is not.
  mlir::FailureOr<ReshardPlan> plan(ShardingAttr from, ShardingAttr to,
                                    mlir::RankedTensorType global,
                                    std::string &error);

private:
  moe::reshard::ReshardSearch &
  searchFor(mlir::RankedTensorType global,
            llvm::ArrayRef<moe::reshard::Atom> atoms);

  MeshOp mesh;
  llvm::DenseMap<std::tuple<ShardingAttr, ShardingAttr, mlir::Type>,
                 ReshardPlan>
      plans;
  /// By shape, bytes of an element and atoms.
  std::map<std::vector<int64_t>, std::unique_ptr<moe::reshard::ReshardSearch>>
      searches;
};

/// The steps of one plan that is not asked for again.
mlir::FailureOr<llvm::SmallVector<ReshardStep, 2>>
planReshard(ShardingAttr from, ShardingAttr to, mlir::RankedTensorType global,
            MeshOp mesh, std::string &error);

} // namespace spmd
