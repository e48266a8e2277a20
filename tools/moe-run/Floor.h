// What a collective cannot do without: bytes printed beside those really moved.
#pragma once

#include "runtime/comm/CollectiveSite.h"

namespace moerun {

/// The least bytes that `rank` of `ranks` must receive in one call of `site`,
/// from the layouts alone (moert::receivedElements); -1 where split sizes are
/// values.
int64_t floorBytes(const moert::CollectiveSite &site, int64_t ranks,
                   int64_t rank);

} // namespace moerun
