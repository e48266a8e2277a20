#include "tools/moe-run/Floor.h"

#include <algorithm>

namespace moerun {

using namespace moert;

static int64_t sharedElements(const Layout &a, const Layout &b, int64_t rank) {
  int64_t count = 1;
  for (size_t dim = 0; dim < a.shape.size(); ++dim) {
    Range x = a.range(dim, rank), y = b.range(dim, rank);
    count *= std::max<int64_t>(0, std::min(x.end, y.end) -
                                      std::max(x.begin, y.begin));
  }
  return count;
}

// Ranks whose partial values meet: digits that only the source has unreduced.
static int64_t groupSize(const CollectiveSite &site) {
  int64_t size = 1;
  for (const Digit &digit : site.source.unreduced)
    if (std::find(site.target.unreduced.begin(), site.target.unreduced.end(),
                  digit) == site.target.unreduced.end())
      size *= digit.size;
  return size;
}

static int64_t ceilDiv(int64_t n, int64_t d) { return (n + d - 1) / d; }

// A reducing rank receives g-1 contributions to its g-th part of the block and
// the other parts, whole elements each.
static int64_t floorElements(const CollectiveSite &site, int64_t rank) {
  int64_t group = groupSize(site);
  int64_t block = site.source.heldElements(rank);
  switch (site.primitive) {
  case Primitive::Exchange:
    return site.target.heldElements(rank) -
           sharedElements(site.source, site.target, rank);
  case Primitive::ReduceScatter:
    return (group - 1) * site.target.heldElements(rank);
  case Primitive::AllReduce:
    return (group - 2) * ceilDiv(block, group) + block;
  case Primitive::AllToAllRagged:
    break;
  }
  return -1;
}

int64_t floorBytes(const CollectiveSite &site, int64_t rank) {
  int64_t elements = floorElements(site, rank);
  return elements < 0 ? -1
                      : elements * static_cast<int64_t>(sizeOf(site.dtype));
}

} // namespace moerun
