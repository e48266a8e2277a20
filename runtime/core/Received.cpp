#include "runtime/core/Received.h"

#include "runtime/core/ExchangePlan.h"

#include <algorithm>

namespace moert {

static int64_t sharedElements(const Layout &a, const Layout &b, int64_t rank) {
  int64_t count = 1;
  for (size_t dim = 0; dim < a.shape.size(); ++dim) {
    Range x = a.range(dim, rank), y = b.range(dim, rank);
    count *= Range{std::max(x.begin, y.begin), std::min(x.end, y.end)}.size();
  }
  return count;
}

int64_t receivedElements(const Layout &source, const Layout &target,
                         int64_t ranks, int64_t rank) {
  int64_t block = target.heldElements(rank);
  ReductionGroup group = reductionGroup(source, target, ranks, rank);
  if (group.size == 1)
    return block - sharedElements(source, target, rank);
  if (source.dims != target.dims)
    return (group.size - 1) * block;
  int64_t own = blockOf(block, group.size, group.index).size();
  return (group.size - 1) * own + block - own;
}

} // namespace moert
