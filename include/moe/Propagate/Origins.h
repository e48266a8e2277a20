// Why a value is cut as it is: the way from the annotation to the value.
#pragma once

#include "moe/Propagate/FunctionGraph.h"

namespace moe::propagate {

/// The cut of one dimension of a value and the way that it came.
struct DimOrigin {
  int dim = 0;
  AxisList axes;
  int origin = kNoOrigin; // the annotation; kNoOrigin if no claim is behind it
  /// Nodes from the one that is annotated to the one that makes the value, each
  /// beside the next; empty without an annotation.
  std::vector<int> chain;
};

/// One entry for each dimension of `tensor` that is cut, or for each of its
/// factors that is.
///
///   %1 = moe.einsum "mk,kn->mn" %a, %b    %a annotated [{"x"}, {}]
///   %2 = math.tanh %1
///   origin of %2, dimension 0: {x}, argument 0 -> moe.einsum -> math.tanh
///
/// The way is a shortest one; time is linear in the graph.
std::vector<DimOrigin> originsOf(const Graph &graph, const Decisions &decisions,
                                 int tensor);

} // namespace moe::propagate
