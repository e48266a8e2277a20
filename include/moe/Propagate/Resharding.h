// What a resharding is about: the two ends that disagree, the annotations
// behind them, the rule that forced it, and whether anybody asked for it.
#pragma once

#include "moe/Propagate/FunctionGraph.h"

namespace moe::propagate {

/// A resharding that Materializer inserted.
struct Resharding {
  int tensor = 0;
  Placement from, to;
  int node = 0;            // that needs `to`
  double bytes = 0;        // received by a rank
  mlir::StringAttr reason; // of the spmd.reshard and its collectives
};

/// One end: the node that makes or needs a layout.
struct ReshardEnd {
  int node = 0;
  /// Annotations behind the layout, each once; empty when it is whole because
  /// nobody asked for anything.
  llvm::SmallVector<int, 2> origins;
};

/// The end that makes `from` and the one that needs `to`.
ReshardEnd producerEnd(const Graph &graph, const Decisions &decisions,
                       const Resharding &resharding);
ReshardEnd consumerEnd(const Graph &graph, const Decisions &decisions,
                       const Resharding &resharding);

/// Whether an annotation at the value itself asks for the layout: the node that
/// needs it is an annotation, an annotated result or an annotated argument.
bool isAskedFor(const Graph &graph, const Resharding &resharding);

/// Whether blocks that a rank holds go to others: a cut is given up or changed.
/// Further cuts are slices, and sums are reduced where they were split; neither
/// is a disagreement.
///
///   [{x}, {}] -> [{x}, {y}]           no, a slice
///   [{x}, {}] + unreduced{y} -> [{x}, {}]   no, a reduction
///   [{x}, {}] -> [{}, {x}]            yes
bool givesUpCuts(const Resharding &resharding);

/// Whether a value that had a cut becomes whole on every rank.
bool replicates(const Resharding &resharding);

/// Conflicts that a user may want as errors (spmd-propagate's `error-on`).
struct ErrorOn {
  /// A value that had a cut is made whole though no annotation asks for it.
  bool replicate = false;
  /// A cut is given up for another layout that no annotation at that value asks
  /// for, at a cost in bytes. Includes those of `replicate`.
  bool implicitReshard = false;
};

/// A number of bytes in words: rounded to a whole.
std::string formatBytes(double bytes);

/// "dimension 1 of the result", "a summed dimension of size 8", "none".
std::string describeFactor(const OpNode &op, int factor);

/// The rule that forced the resharding, in words:
///   moe.top_k at f.mlir:3:8 needs dimension 1 whole
///   moe.einsum at f.mlir:3:8 can cut one dimension over {"x"} and cuts
///     dimension 0 of the result
std::string describeRule(const FunctionGraph &graph, const Decisions &decisions,
                         const Resharding &resharding);

/// Emits an error for each conflict in `reshardings` that `errorOn` names, with
/// notes at the annotations that disagree. Fails if there was one.
mlir::LogicalResult refuseConflicts(const FunctionGraph &graph,
                                    const Decisions &decisions,
                                    llvm::ArrayRef<Resharding> reshardings,
                                    const ErrorOn &errorOn);

} // namespace moe::propagate
