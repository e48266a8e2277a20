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

static BlockTuple tupleOf(const Layout &layout, Range dims, int64_t rank) {
  BlockTuple tuple;
  for (int64_t dim = dims.begin; dim < dims.end; ++dim)
    tuple.push_back(layout.blockIndex(dim, rank));
  return tuple;
}

// What the rank needs less what it has, each a product over groups.
int64_t receivedElements(const Layout &source, const Layout &target,
                         const IndexMap &map, int64_t rank) {
  int64_t needed = 1, held = 1;
  for (const DimGroup &group : groupsOf(map, source.shape, target.shape)) {
    GroupMeeting meeting(map, group, source, target);
    BlockTuple own = tupleOf(source, group.source, rank);
    BlockTuple to = tupleOf(target, group.target, rank);
    int64_t all = 0, mine = 0;
    for (const BlockTuple &from : meeting.sourcesOf(to))
      for (const BoxPair &pair : meeting.meet(from, to)) {
        all += pair.elements();
        mine += from == own ? pair.elements() : 0;
      }
    needed *= all;
    held *= mine;
  }
  return needed - held;
}

} // namespace moert
