// Lists of one rank among 65,536: time and memory follow the blocks that the
// rank touches, counted in allocations, and not the machine.
#include "runtime/core/ExchangePlan.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <new>

using namespace moert;

static size_t allocations = 0, allocatedBytes = 0;

void *operator new(size_t size) {
  ++allocations;
  allocatedBytes += size;
  if (void *memory = std::malloc(size))
    return memory;
  throw std::bad_alloc();
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, size_t) noexcept { std::free(memory); }

namespace {

struct Work {
  size_t blocks = 0;
  size_t allocations = 0;
  size_t bytes = 0;
};

Work workOf(const Layout &source, const Layout &target, int64_t ranks,
            int64_t rank) {
  size_t before = allocations, bytesBefore = allocatedBytes;
  ExchangePlan plan = planExchange(source, target, ranks, rank);
  Work work{0, allocations - before, allocatedBytes - bytesBefore};
  const PlanPhase &phase = plan.phases[0];
  work.blocks = phase.sends.size() + phase.receives.size() + 1;
  return work;
}

// Whole racks of ranks and a few of each kind.
const std::vector<int64_t> kSampled = {0, 1, 255, 256, 12345, 40000, 65535};

void expectLinear(const Layout &source, const Layout &target, size_t blocks) {
  for (int64_t rank : kSampled) {
    Work work = workOf(source, target, 65536, rank);
    EXPECT_LE(work.blocks, blocks + 1) << "rank " << rank;
    EXPECT_LE(work.allocations, 400 + 40 * work.blocks) << "rank " << rank;
    EXPECT_LE(work.bytes, 20000 + 2000 * work.blocks) << "rank " << rank;
  }
}

} // namespace

// 256 x 256 ranks throughout.
TEST(ExchangeScale, PermutesTakeOneMessage) {
  expectLinear({{1 << 20}, {{{256, 256}, {256, 1}}}, {}},
               {{1 << 20}, {{{256, 1}, {256, 256}}}, {}}, 2);
}

TEST(ExchangeScale, AllToAllsOfOneAxisTakeItsPeers) {
  expectLinear({{512, 65536}, {{{256, 256}}, {{256, 1}}}, {}},
               {{512, 65536}, {{{256, 256}, {256, 1}}, {}}, {}}, 2 * 255);
}

TEST(ExchangeScale, GathersOfOneAxisTakeItsPeers) {
  expectLinear({{1 << 20}, {{{256, 256}, {256, 1}}}, {}},
               {{1 << 20}, {{{256, 256}}}, {}}, 2 * 255);
}

TEST(ExchangeScale, UnevenBlocksTakeTheirNeighbours) {
  // 1,000,003 rows over all ranks, then over one axis and back.
  expectLinear({{1000003}, {{{65536, 1}}}, {}}, {{1000003}, {{{256, 256}}}, {}},
               2 * 255);
  expectLinear({{1000003}, {{{256, 256}}}, {}}, {{1000003}, {{{65536, 1}}}, {}},
               2);
}

TEST(ExchangeScale, TensorsSmallerThanTheMachineTakeWhatThereIs) {
  expectLinear({{1000}, {{{65536, 1}}}, {}}, {{1000}, {{{256, 1}}}, {}},
               65536 / 256 + 8);
}
