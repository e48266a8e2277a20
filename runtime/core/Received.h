// What a change of layout cannot do without: the elements that a rank receives.
#pragma once

#include "runtime/core/IndexMap.h"
#include "runtime/core/Layout.h"

#include <cstdint>

namespace moert {

/// The elements that `rank` of `ranks` receives from others when a tensor goes
/// from `source` to `target` by one collective; as many as its plan has, but
/// counted from two blocks, whatever the number of ranks.
///
/// Nothing is reduced: the elements of the target block that the rank lacks.
/// Partial values of g ranks are reduced, and the target cuts its dimensions
///   alike (all-reduce): g-1 contributions to the rank's own g-th part of the
///     block, and the other parts of it;
///   further (reduce-scatter): g-1 contributions to its piece.
///
///   [8,4] on 4 ranks, rows to whole: 6 rows, 24 elements
///   [7] unreduced over 4 ranks to whole: rank 0 has a part of 2, 3*2 + 5 = 11;
///     rank 3 one of 1, 3*1 + 6 = 9
///
/// Throws Error where planAllReduce and planReduceScatter do because digits
/// cross.
int64_t receivedElements(const Layout &source, const Layout &target,
                         int64_t ranks, int64_t rank);

/// The same for an exchange through an index map.
int64_t receivedElements(const Layout &source, const Layout &target,
                         const IndexMap &map, int64_t rank);

} // namespace moert
