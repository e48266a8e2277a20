#include "moe/Lower/MemoryPlan.h"

#include <gtest/gtest.h>
#include <random>

using namespace moe;

static std::vector<Lifetime> randomLifetimes(unsigned seed, size_t count) {
  std::mt19937 random(seed);
  std::vector<Lifetime> lifetimes;
  for (size_t i = 0; i < count; ++i) {
    // Most buffers live for a few steps, some for long, as in a model.
    int64_t first = random() % 100;
    int64_t length = random() % 10 ? random() % 4 : random() % 60;
    lifetimes.push_back({int64_t(random() % 5000), first, first + length});
  }
  return lifetimes;
}

static bool meet(const Lifetime &a, const Lifetime &b) {
  return a.first <= b.last && b.first <= a.last;
}

TEST(MemoryPlan, BuffersNeededTogetherNeverOverlap) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::vector<Lifetime> all = randomLifetimes(seed, 120);
    MemoryPlan plan = planMemory(all);
    for (size_t i = 0; i < all.size(); ++i)
      for (size_t j = 0; j < i; ++j)
        if (meet(all[i], all[j]))
          EXPECT_TRUE(plan.offsets[i] + all[i].bytes <= plan.offsets[j] ||
                      plan.offsets[j] + all[j].bytes <= plan.offsets[i]);
  }
}

TEST(MemoryPlan, ArenaIsTheHighestEndAndOffsetsAreAligned) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::vector<Lifetime> all = randomLifetimes(seed, 60);
    MemoryPlan plan = planMemory(all);
    int64_t end = 0;
    for (size_t i = 0; i < all.size(); ++i) {
      EXPECT_EQ(plan.offsets[i] % kArenaAlignment, 0);
      int64_t size = (all[i].bytes + 63) / 64 * 64;
      end = std::max(end, plan.offsets[i] + size);
    }
    EXPECT_EQ(plan.arenaBytes, end);
  }
}

TEST(MemoryPlan, IsNearTheLeastThatAnyPlanNeeds) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    MemoryPlan plan = planMemory(randomLifetimes(seed, 200));
    EXPECT_GE(plan.arenaBytes, plan.lowerBound);
    EXPECT_LE(plan.arenaBytes, plan.lowerBound * 1.15);
  }
}

TEST(MemoryPlan, AChainOfStepsNeedsTwoBuffers) {
  std::vector<Lifetime> chain;
  for (int64_t step = 0; step < 100; ++step)
    chain.push_back({1000, step, step + 1});
  EXPECT_EQ(planMemory(chain).arenaBytes, 2 * 1024);
}

// Beside the first, third and fifth there are gaps of 512 and 192 bytes.
TEST(MemoryPlan, TheSmallestGapIsTaken) {
  MemoryPlan plan = planMemory({{1024, 0, 1},
                                {512, 0, 0},
                                {448, 0, 1},
                                {192, 0, 0},
                                {128, 0, 1},
                                {64, 1, 1}});
  EXPECT_EQ(plan.offsets,
            (std::vector<int64_t>{0, 1024, 1536, 1984, 2176, 1984}));
}

TEST(MemoryPlan, NothingNeedsNothing) {
  EXPECT_EQ(planMemory({}).arenaBytes, 0);
  EXPECT_EQ(planMemory({{0, 0, 3}}).arenaBytes, 0);
}
