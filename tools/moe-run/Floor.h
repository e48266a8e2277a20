// What a collective cannot do without: bytes printed beside those really moved.
#pragma once

#include "runtime/comm/CollectiveSite.h"

namespace moerun {

/// The least bytes that `rank` must receive in one call of `site`, from the
/// layouts alone: what it holds afterwards and did not before; for reductions
/// over g ranks what the best reduce-scatter (and gather) of its block takes,
/// (g-1)/g of the block each way. -1 where split sizes are values.
///
///   [8,4] f32 from rows over 4 to whole: 6 rows, 96 bytes
int64_t floorBytes(const moert::CollectiveSite &site, int64_t rank);

} // namespace moerun
