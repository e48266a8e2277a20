#include "tools/moe-run/Floor.h"

#include "runtime/core/Received.h"

namespace moerun {

using namespace moert;

int64_t floorBytes(const CollectiveSite &site, int64_t ranks, int64_t rank) {
  if (site.primitive == Primitive::AllToAllRagged)
    return -1;
  int64_t elements =
      site.map ? receivedElements(site.source, site.target, *site.map, rank)
               : receivedElements(site.source, site.target, ranks, rank);
  return elements * static_cast<int64_t>(sizeOf(site.dtype));
}

} // namespace moerun
