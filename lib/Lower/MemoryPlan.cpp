#include "moe/Lower/MemoryPlan.h"

#include <algorithm>
#include <map>
#include <numeric>

using namespace moe;

static int64_t alignedSize(const Lifetime &lifetime) {
  int64_t bytes = lifetime.bytes + kArenaAlignment - 1;
  return bytes - bytes % kArenaAlignment;
}

static bool meet(const Lifetime &a, const Lifetime &b) {
  return a.first <= b.last && b.first <= a.last;
}

namespace {
struct Span {
  int64_t begin = 0;
  int64_t end = 0;
};
} // namespace

// The smallest gap between `taken` (by begin) that holds `size` bytes, else the
// end of the last span.
static int64_t bestFit(const std::vector<Span> &taken, int64_t size) {
  int64_t free = 0, best = -1, bestGap = 0;
  for (const Span &span : taken) {
    int64_t gap = span.begin - free;
    if (gap >= size && (best < 0 || gap < bestGap)) {
      best = free;
      bestGap = gap;
    }
    free = std::max(free, span.end);
  }
  return best < 0 ? free : best;
}

static int64_t mostAtOnce(const std::vector<Lifetime> &lifetimes) {
  std::map<int64_t, int64_t> changes;
  for (const Lifetime &lifetime : lifetimes) {
    changes[lifetime.first] += alignedSize(lifetime);
    changes[lifetime.last + 1] -= alignedSize(lifetime);
  }
  int64_t now = 0, most = 0;
  for (auto [step, change] : changes)
    most = std::max(most, now += change);
  return most;
}

MemoryPlan moe::planMemory(const std::vector<Lifetime> &lifetimes) {
  MemoryPlan plan;
  plan.offsets.resize(lifetimes.size());
  plan.lowerBound = mostAtOnce(lifetimes);

  std::vector<size_t> order(lifetimes.size()), placed;
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return lifetimes[a].bytes != lifetimes[b].bytes
               ? lifetimes[a].bytes > lifetimes[b].bytes
               : a < b;
  });
  for (size_t buffer : order) {
    std::vector<Span> taken;
    for (size_t other : placed)
      if (meet(lifetimes[buffer], lifetimes[other]))
        taken.push_back({plan.offsets[other],
                         plan.offsets[other] + alignedSize(lifetimes[other])});
    std::sort(taken.begin(), taken.end(),
              [](const Span &a, const Span &b) { return a.begin < b.begin; });
    int64_t size = alignedSize(lifetimes[buffer]);
    plan.offsets[buffer] = bestFit(taken, size);
    plan.arenaBytes = std::max(plan.arenaBytes, plan.offsets[buffer] + size);
    placed.push_back(buffer);
  }
  return plan;
}
