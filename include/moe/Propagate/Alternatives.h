// What else a user could have written, and what it would cost.
//
// Nothing is estimated: each alternative is the same graph with one annotation
// changed or added, decided again, and all that moves then is counted.
#pragma once

#include "moe/Propagate/Resharding.h"

namespace moe::propagate {

/// Bytes that a rank receives in all reshardings of the decided graph and
/// inside its ops.
double totalBytes(const Graph &graph, const Decisions &decisions);

/// One change of what is written.
struct Alternative {
  std::string text; // `annotate argument 0 as #spmd.sharding<...>`
  double bytes = 0; // that a rank receives in the whole function then
};

/// The cheapest of these changes, which may cost more than what is written now:
/// the annotations of both ends given the layout of the other end, and the axis
/// of each contest of an end given to the factor that lost. Nothing when there
/// is none.
std::optional<Alternative> cheapestAlternative(const FunctionGraph &graph,
                                               const Decisions &decisions,
                                               const Resharding &resharding);

} // namespace moe::propagate
