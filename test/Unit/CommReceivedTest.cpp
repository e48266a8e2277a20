// Elements counted from two blocks, against those that the plans move.
#include "runtime/core/Error.h"
#include "runtime/core/ExchangePlan.h"
#include "runtime/core/Received.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

using namespace moert;

namespace {

/// Random layouts over the digits of a mesh.
class RandomLayouts {
public:
  RandomLayouts(std::vector<Digit> digits, uint64_t seed)
      : digits_(std::move(digits)), random_(seed) {}

  /// One to three dimensions of 0 to 9 elements.
  std::vector<int64_t> shape() {
    std::vector<int64_t> sizes(1 + below(3));
    for (int64_t &size : sizes)
      size = below(10);
    return sizes;
  }

  /// `base` with each digit that it leaves free appended to some dimension or
  /// to none.
  Layout refine(Layout base) {
    std::vector<Digit> free = digits_;
    std::shuffle(free.begin(), free.end(), random_);
    for (const Digit &digit : free)
      if (size_t where = below(base.shape.size() + 1);
          where && !uses(base, digit))
        base.dims[where - 1].push_back(digit);
    return base;
  }

  /// `base` with some of the digits that it leaves free unreduced.
  Layout makePartial(Layout base) {
    for (const Digit &digit : digits_)
      if (!uses(base, digit) && below(2))
        base.unreduced.push_back(digit);
    return base;
  }

  /// `base` with some of its unreduced digits reduced.
  Layout reduceSome(Layout base) {
    for (size_t i = base.unreduced.size(); i-- > 0;)
      if (below(3))
        base.unreduced.erase(base.unreduced.begin() + i);
    return base;
  }

  /// `base` with each digit of `reduced` appended to a dimension.
  Layout scatter(Layout base, const std::vector<Digit> &reduced) {
    for (const Digit &digit : reduced)
      base.dims[below(base.shape.size())].push_back(digit);
    return base;
  }

private:
  size_t below(size_t bound) { return random_() % bound; }

  static bool uses(const Layout &layout, const Digit &digit) {
    auto has = [&](const std::vector<Digit> &list) {
      return std::find(list.begin(), list.end(), digit) != list.end();
    };
    return has(layout.unreduced) ||
           std::any_of(layout.dims.begin(), layout.dims.end(), has);
  }

  std::vector<Digit> digits_;
  std::mt19937_64 random_;
};

Layout whole(const std::vector<int64_t> &shape) {
  return {shape, std::vector<std::vector<Digit>>(shape.size()), {}};
}

using Plan = ExchangePlan(const Layout &, const Layout &, int64_t, int64_t);

void checkAllRanks(Plan plan, const Layout &source, const Layout &target,
                   int64_t ranks) {
  for (int64_t rank = 0; rank < ranks; ++rank)
    ASSERT_EQ(receivedElements(source, target, ranks, rank),
              plan(source, target, ranks, rank).receivedElements(rank))
        << source.str() << " to " << target.str() << ", rank " << rank;
}

struct Mesh {
  int64_t ranks;
  std::vector<Digit> digits;
};
const std::vector<Mesh> meshes = {{4, {{2, 2}, {2, 1}}},
                                  {6, {{3, 2}, {2, 1}}},
                                  {8, {{2, 1}, {2, 2}, {2, 4}}},
                                  {12, {{2, 6}, {3, 2}, {2, 1}}}};

template <typename Check> void forEachMesh(const Check &check) {
  for (const Mesh &mesh : meshes) {
    RandomLayouts layouts(mesh.digits, mesh.ranks);
    for (int i = 0; i < 300 && !::testing::Test::HasFatalFailure(); ++i)
      check(layouts, mesh.ranks);
  }
}

} // namespace

TEST(Received, EqualsTheExchangesOfRandomLayouts) {
  forEachMesh([](RandomLayouts &layouts, int64_t ranks) {
    Layout base = whole(layouts.shape());
    checkAllRanks(planExchange, layouts.refine(base), layouts.refine(base),
                  ranks);
  });
}

TEST(Received, EqualsTheAllReducesOfRandomLayouts) {
  forEachMesh([](RandomLayouts &layouts, int64_t ranks) {
    Layout source = layouts.makePartial(layouts.refine(whole(layouts.shape())));
    checkAllRanks(planAllReduce, source, layouts.reduceSome(source), ranks);
  });
}

TEST(Received, EqualsTheReduceScattersOfRandomLayouts) {
  forEachMesh([](RandomLayouts &layouts, int64_t ranks) {
    Layout source = layouts.makePartial(layouts.refine(whole(layouts.shape())));
    Layout target = layouts.reduceSome(source);
    std::vector<Digit> reduced;
    for (const Digit &digit : source.unreduced)
      if (std::find(target.unreduced.begin(), target.unreduced.end(), digit) ==
          target.unreduced.end())
        reduced.push_back(digit);
    checkAllRanks(planReduceScatter, source, layouts.scatter(target, reduced),
                  ranks);
  });
}

TEST(Received, HasTheExamplesOfTheHeader) {
  Layout rows{{8, 4}, {{{4, 1}}, {}}, {}};
  EXPECT_EQ(receivedElements(rows, whole({8, 4}), 4, 0), 24);
  Layout partial{{7}, {{}}, {{4, 1}}};
  EXPECT_EQ(receivedElements(partial, whole({7}), 4, 0), 11);
  EXPECT_EQ(receivedElements(partial, whole({7}), 4, 3), 9);
}

// One element has one reducer, which receives from the three others.
TEST(Received, CountsWholeElements) {
  Layout partial{{}, {}, {{4, 1}}};
  EXPECT_EQ(receivedElements(partial, whole({}), 4, 0), 3);
  EXPECT_EQ(receivedElements(partial, whole({}), 4, 1), 1);
}

// Half of an axis is reduced, the other half stays.
TEST(Received, ReducesPartsOfAnAxis) {
  Layout source{{6}, {{}}, {{4, 1}}}, target{{6}, {{}}, {{2, 2}}};
  checkAllRanks(planAllReduce, source, target, 4);
  EXPECT_EQ(receivedElements(source, target, 4, 0), 6);
}

// 2x3 against 3x2.
TEST(Received, LetsExchangedDigitsCross) {
  Layout source{{6, 6}, {{{2, 3}}, {{3, 1}}}, {}};
  Layout target{{6, 6}, {{{3, 2}}, {{2, 1}}}, {}};
  checkAllRanks(planExchange, source, target, 6);
  source.unreduced = {{2, 1}};
  source.dims = {{}, {}};
  target.dims = {{{3, 1}}, {}};
  EXPECT_THROW(receivedElements(source, target, 6, 0), Error);
}
