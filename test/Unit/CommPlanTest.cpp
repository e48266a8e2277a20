// Plans of all ranks, executed element by element and held against what each
// rank needs and has.
#include "runtime/core/Error.h"
#include "runtime/core/ExchangePlan.h"
#include "runtime/core/Received.h"
#include "runtime/core/Refinement.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>

using namespace moert;

namespace {

using Indices = std::vector<int64_t>;

int64_t volume(const Indices &shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

template <typename Visit>
void forEachIndex(const Indices &shape, const Visit &visit) {
  for (int64_t flat = 0; flat < volume(shape); ++flat) {
    Indices index(shape.size());
    for (size_t dim = shape.size(), rest = flat; dim-- > 0;) {
      index[dim] = rest % shape[dim];
      rest /= shape[dim];
    }
    visit(index, flat);
  }
}

int64_t flatten(const Indices &index, const Indices &shape) {
  int64_t flat = 0;
  for (size_t dim = 0; dim < shape.size(); ++dim)
    flat = flat * shape[dim] + index[dim];
  return flat;
}

// Local buffer of `rank`: each element's global number, padding -1.
Indices blockNumbers(const Layout &layout, int64_t rank) {
  Indices local(volume(layout.localShape()), -1), held;
  for (size_t dim = 0; dim < layout.shape.size(); ++dim)
    held.push_back(layout.range(dim, rank).size());
  forEachIndex(held, [&](const Indices &index, int64_t) {
    Indices global = index;
    for (size_t dim = 0; dim < global.size(); ++dim)
      global[dim] += layout.range(dim, rank).begin;
    local[flatten(index, layout.localShape())] = flatten(global, layout.shape);
  });
  return local;
}

// The same for a target that `map` fills: numbers of elements of the source.
Indices wantedNumbers(const Indices &source, const Layout &target,
                      const IndexMap &map, int64_t rank) {
  if (map.isRowMajor())
    return blockNumbers(target, rank);
  Indices localShape = map.targetLocalShape(target);
  Indices local(volume(localShape), -1);
  forEachIndex(localShape, [&](const Indices &index, int64_t flat) {
    Indices from(index.size());
    for (size_t dim = 0; dim < index.size(); ++dim) {
      const DimMap &along = map.dims[dim];
      Range held = along.covered(target.range(dim, rank));
      int64_t place = held.begin + index[dim] - along.target;
      int64_t i = place / along.targetStep;
      if (place < 0 || place % along.targetStep || i >= along.size ||
          index[dim] >= held.size())
        return;
      from[dim] = along.source + i * along.sourceStep;
    }
    local[flat] = flatten(from, source);
  });
  return local;
}

void move(const BoxPair &pair, const Indices &from, Indices &to) {
  forEachIndex(pair.size, [&](const Indices &index, int64_t) {
    int64_t source = pair.source, target = pair.target;
    for (size_t dim = 0; dim < index.size(); ++dim) {
      source += index[dim] * pair.sourceStrides[dim];
      target += index[dim] * pair.targetStrides[dim];
    }
    ASSERT_TRUE(source >= 0 && source < static_cast<int64_t>(from.size()));
    ASSERT_TRUE(target >= 0 && target < static_cast<int64_t>(to.size()));
    ASSERT_EQ(to[target], -1) << "written twice";
    to[target] = from[source];
  });
}

bool samePieces(const Transfer &a, const Transfer &b) {
  return a.elements == b.elements && a.pieces == b.pieces;
}

// Each send has its receive with the same pieces in the same order.
void checkPairwise(const std::vector<ExchangePlan> &plans, size_t phase) {
  std::map<std::pair<int, int>, const Transfer *> sent;
  size_t received = 0;
  for (size_t rank = 0; rank < plans.size(); ++rank)
    for (const Transfer &send : plans[rank].phases[phase].sends)
      ASSERT_TRUE(
          sent.insert({{static_cast<int>(rank), send.peer}, &send}).second);
  for (size_t rank = 0; rank < plans.size(); ++rank)
    for (const Transfer &receive : plans[rank].phases[phase].receives) {
      if (receive.peer == static_cast<int>(rank))
        continue;
      auto found = sent.find({receive.peer, static_cast<int>(rank)});
      ASSERT_NE(found, sent.end());
      ASSERT_TRUE(samePieces(*found->second, receive));
      ++received;
    }
  ASSERT_EQ(received, sent.size());
}

struct Loads {
  int64_t sent = 0;
  int64_t received = 0;
};

// Runs the exchange on all ranks; returns the worst rank's loads.
Loads checkExchange(const Layout &source, const Layout &target,
                    const IndexMap &map, int64_t ranks) {
  std::vector<ExchangePlan> plans;
  Loads worst;
  for (int64_t rank = 0; rank < ranks; ++rank)
    plans.push_back(planExchange(source, target, map, ranks, rank));
  checkPairwise(plans, 0);
  for (int64_t rank = 0; rank < ranks; ++rank) {
    const ExchangePlan &plan = plans[rank];
    Indices mine = blockNumbers(source, rank);
    Indices wanted = wantedNumbers(source.shape, target, map, rank);
    Indices got(wanted.size(), -1);
    for (const BoxPair &pair : plan.phases[0].copies) {
      EXPECT_GT(pair.elements(), 0) << "a copy of nothing";
      move(pair, mine, got);
    }
    for (const Transfer &transfer : plan.phases[0].receives)
      for (const BoxPair &pair : transfer.pieces) {
        EXPECT_GT(pair.elements(), 0) << "a message of nothing";
        move(pair, blockNumbers(source, transfer.peer), got);
      }
    EXPECT_EQ(got, wanted) << source.str() << " to " << target.str() << " by "
                           << map.str();
    std::set<int64_t> have(mine.begin(), mine.end());
    int64_t lacking =
        std::count_if(wanted.begin(), wanted.end(), [&](int64_t number) {
          return number >= 0 && !have.count(number);
        });
    EXPECT_EQ(plan.receivedElements(rank), lacking)
        << source.str() << " to " << target.str() << " by " << map.str();
    EXPECT_EQ(receivedElements(source, target, map, rank), lacking);
    worst.sent = std::max(worst.sent, plan.sentElements(rank));
    worst.received = std::max(worst.received, plan.receivedElements(rank));
  }
  return worst;
}

Loads checkExchange(const Layout &source, const Layout &target, int64_t ranks) {
  IndexMap identity;
  for (int64_t size : source.shape)
    identity.dims.push_back(DimMap::identity(size));
  return checkExchange(source, target, identity, ranks);
}

// All ways to give each of `digits` to one dimension of `shape` or to none,
// in listed order and, where two meet, in the other order too.
std::vector<Layout> layoutsOf(const Indices &shape,
                              const std::vector<Digit> &digits) {
  std::vector<Layout> layouts = {
      {shape, std::vector<std::vector<Digit>>(shape.size()), {}}};
  for (const Digit &digit : digits) {
    std::vector<Layout> more = layouts;
    for (const Layout &layout : layouts)
      for (size_t dim = 0; dim < shape.size(); ++dim)
        for (size_t place = 0; place <= layout.dims[dim].size(); ++place) {
          Layout next = layout;
          next.dims[dim].insert(next.dims[dim].begin() + place, digit);
          more.push_back(next);
        }
    layouts = std::move(more);
  }
  return layouts;
}

void checkAllPairs(const std::vector<Layout> &sources,
                   const std::vector<Layout> &targets, int64_t ranks,
                   size_t limit = 1000) {
  std::mt19937_64 random(ranks);
  bool all = sources.size() * targets.size() <= limit;
  size_t count = all ? sources.size() * targets.size() : limit;
  for (size_t i = 0; i < count && !::testing::Test::HasFailure(); ++i) {
    size_t pair = all ? i : random() % (sources.size() * targets.size());
    checkExchange(sources[pair / targets.size()],
                  targets[pair % targets.size()], ranks);
  }
}

const std::vector<Indices> sizes1 = {{8}, {7}, {3}, {1}, {0}};
const std::vector<Indices> sizes2 = {{8, 4}, {7, 5}, {2, 3}};
const std::vector<Indices> sizes3 = {{4, 2, 6}, {3, 5, 2}};

void checkMesh(const std::vector<Digit> &digits, int64_t ranks) {
  for (const std::vector<Indices> &sizes : {sizes1, sizes2, sizes3})
    for (const Indices &shape : sizes) {
      std::vector<Layout> layouts = layoutsOf(shape, digits);
      checkAllPairs(layouts, layouts, ranks);
    }
}

} // namespace

TEST(ExchangePlan, EveryPairOnMesh2x2IsRightAndAtTheFloor) {
  checkMesh({{2, 2}, {2, 1}}, 4);
}
TEST(ExchangePlan, EveryPairOnMesh2x4IsRightAndAtTheFloor) {
  checkMesh({{2, 4}, {4, 1}}, 8);
}
TEST(ExchangePlan, EveryPairOnMesh3x2IsRightAndAtTheFloor) {
  checkMesh({{3, 2}, {2, 1}}, 6);
}
TEST(ExchangePlan, EveryPairOnMesh2x2x2IsRightAndAtTheFloor) {
  checkMesh({{2, 4}, {2, 2}, {2, 1}}, 8);
}
TEST(ExchangePlan, EveryPairOnMesh6IsRightAndAtTheFloor) {
  checkMesh({{6, 1}}, 6);
}

// 4 against its halves: the digits overlap in part.
TEST(ExchangePlan, SubAxesMeetTheirWholeAxis) {
  for (const Indices &shape : {Indices{8, 6}, Indices{5, 3}, Indices{2, 9}})
    checkAllPairs(layoutsOf(shape, {{4, 2}, {2, 1}}),
                  layoutsOf(shape, {{2, 4}, {4, 1}}), 8);
}

// The same mesh with ranks in column order.
TEST(ExchangePlan, DeviceOrdersMeet) {
  for (const Indices &shape : {Indices{8, 6}, Indices{5, 7}})
    checkAllPairs(layoutsOf(shape, {{2, 4}, {4, 1}}),
                  layoutsOf(shape, {{2, 1}, {4, 2}}), 8);
}

// 2x3 against 3x2 has no common digits.
TEST(ExchangePlan, CrossingDigitsMeet) {
  for (const Indices &shape :
       {Indices{6, 6}, Indices{5, 7}, Indices{12}, Indices{2, 3, 5}})
    checkAllPairs(layoutsOf(shape, {{2, 3}, {3, 1}}),
                  layoutsOf(shape, {{3, 2}, {2, 1}}), 6, 300);
}

// Ranks 0 to 5 hold one partial sum and 6 to 11 another; each has its holders.
TEST(ExchangePlan, CrossingDigitsMeetWithinAPartialSum) {
  Layout source{{12}, {{{2, 3}}}, {{2, 6}}};
  Layout target{{12}, {{{3, 2}}}, {{2, 6}}};
  checkExchange(source, target, 12);
  for (int rank = 0; rank < 12; ++rank) {
    ExchangePlan plan = planExchange(source, target, 12, rank);
    for (const Transfer &receive : plan.phases[0].receives)
      EXPECT_EQ(receive.peer / 6, rank / 6);
  }
}

// Digits outside both layouts are replication on both sides.
TEST(ExchangePlan, UnusedDigitsServeThemselves) {
  Layout source{{12}, {{{2, 2}}}, {}}, target{{12}, {{}}, {}};
  Loads worst = checkExchange(source, target, 12);
  EXPECT_EQ(worst.sent, 6);
  EXPECT_EQ(worst.received, 6);
}

// Ranks 0 and 1 hold the upper half, 2 and 3 the lower; rank 1 needs the lower
// half and rank 2 the upper: both holders send half of it, not one the whole.
TEST(ExchangePlan, HoldersShareWhatCutsTheSameDimension) {
  Layout source{{8, 3}, {{{2, 2}}, {}}, {}};
  Layout target{{8, 3}, {{{2, 1}}, {}}, {}};
  Loads worst = checkExchange(source, target, 4);
  EXPECT_EQ(worst.received, 12);
  EXPECT_EQ(worst.sent, 6);
}

// A piece thinner than the number of its holders is still shared.
TEST(ExchangePlan, HoldersShareSquarePieces) {
  Layout source{{4, 2}, {{{2, 4}}, {}}, {}};
  Layout target{{4, 2}, {{{4, 1}, {2, 4}}, {}}, {}};
  EXPECT_LE(checkExchange(source, target, 8).sent, 2);
}

// Where all blocks are equal, no holder sends more than the worst receiver
// gets.
TEST(ExchangePlan, SendersAreEvenWhereBlocksAre) {
  for (const Indices &shape : {Indices{16, 16}, Indices{64}}) {
    std::vector<Layout> layouts = layoutsOf(shape, {{2, 4}, {2, 2}, {2, 1}});
    for (const Layout &source : layouts)
      for (const Layout &target : layouts) {
        Loads worst = checkExchange(source, target, 8);
        EXPECT_LE(worst.sent, worst.received)
            << source.str() << " to " << target.str();
        if (HasFailure())
          return;
      }
  }
}

TEST(ExchangePlan, PartialSumsStayWithTheirDigit) {
  Layout source{{6, 4}, {{{2, 4}}, {}}, {{2, 2}}};
  Layout target{{6, 4}, {{}, {{2, 4}, {2, 1}}}, {{2, 2}}};
  for (int64_t rank = 0; rank < 8; ++rank) {
    ExchangePlan plan = planExchange(source, target, 8, rank);
    for (const Transfer &transfer : plan.phases[0].receives)
      EXPECT_EQ((transfer.peer / 2) % 2, (rank / 2) % 2);
  }
  checkExchange(source, target, 8);
}

// One expert of 2048 per rank: the plan is the size of what the rank moves.
TEST(ExchangePlan, LargeMeshesNeedNoTables) {
  Layout source{{2048, 2048, 4}, {{{2048, 1}}, {}, {}}, {}};
  Layout target{{2048, 2048, 4}, {{}, {{2048, 1}}, {}}, {}};
  ExchangePlan plan = planExchange(source, target, 2048, 77);
  EXPECT_EQ(plan.phases[0].receives.size(), 2047u);
  EXPECT_EQ(plan.receivedElements(77), 2047 * 4);
  Layout halves{{1 << 20}, {{{2, 1 << 19}}}, {}};
  Layout whole{{1 << 20}, {{}}, {}};
  EXPECT_EQ(planExchange(halves, whole, 1 << 20, 5).phases[0].receives.size(),
            1u);
  // A piece is cut in all dimensions at once, not row by row.
  Layout rows{{1024, 64}, {{{2, 1}}, {}}, {}};
  Layout columns{{1024, 64}, {{}, {{2, 1}}}, {}};
  plan = planExchange(rows, columns, 2, 0);
  ASSERT_EQ(plan.phases[0].receives.size(), 1u);
  EXPECT_EQ(plan.phases[0].receives[0].pieces.size(), 1u);
}

TEST(ExchangePlan, RefusesWhatDoesNotFit) {
  Layout rows{{8}, {{{4, 1}}}, {}}, other{{9}, {{}}, {}};
  Layout twice{{8, 8}, {{{2, 1}}, {{4, 1}}}, {}}, whole{{8, 8}, {{}, {}}, {}};
  EXPECT_THROW(planExchange(rows, rows, 6, 0), Error);
  EXPECT_THROW(planExchange(rows, other, 4, 0), Error);
  EXPECT_THROW(planExchange(twice, whole, 4, 0), Error);
  Layout partial{{8, 8}, {{}, {}}, {{4, 1}}};
  EXPECT_THROW(planExchange(partial, whole, 4, 0), Error);
  EXPECT_THROW(planExchange(whole, partial, 4, 0), Error);
}

TEST(ExchangePlan, RefusesLayoutsWithoutDigitsForEachDimension) {
  Layout whole{{8, 8}, {{}, {}}, {}}, fewer{{8, 8}, {{}}, {}};
  Layout more{{8, 8}, {{}, {}, {}}, {}};
  EXPECT_THROW(planExchange(whole, fewer, 4, 0), Error);
  EXPECT_THROW(planExchange(fewer, whole, 4, 0), Error);
  EXPECT_THROW(planExchange(whole, more, 4, 0), Error);
}

//===----------------------------------------------------------------------===//
// Index maps
//===----------------------------------------------------------------------===//

namespace {

// Both shapes over all ways to use `digits`, drawn where there are many.
void checkMap(const Indices &source, const Indices &target, const IndexMap &map,
              const std::vector<Digit> &digits, int64_t ranks) {
  std::vector<Layout> from = layoutsOf(source, digits),
                      to = layoutsOf(target, digits);
  std::mt19937_64 random(ranks);
  size_t pairs = from.size() * to.size(), count = std::min<size_t>(pairs, 40);
  for (size_t i = 0; i < count && !::testing::Test::HasFailure(); ++i) {
    size_t pair = count == pairs ? i : random() % pairs;
    checkExchange(from[pair / to.size()], to[pair % to.size()], map, ranks);
  }
}

void checkMapOnMeshes(const Indices &source, const Indices &target,
                      const IndexMap &map) {
  checkMap(source, target, map, {{2, 2}, {2, 1}}, 4);
  checkMap(source, target, map, {{3, 2}, {2, 1}}, 6);
  checkMap(source, target, map, {{7, 1}}, 7);
  checkMap(source, target, map, {{2, 4}, {2, 2}, {2, 1}}, 8);
}

} // namespace

TEST(IndexMap, SlicesStridesAndOffsetsAreAtTheFloor) {
  for (int64_t n : {1, 2, 7, 8, 9, 13})
    for (int64_t step : {1, 2, 3, 5})
      for (int64_t offset = 0; offset < n; offset += 2) {
        int64_t size = (n - offset + step - 1) / step;
        checkMapOnMeshes({n, 3}, {size, 3},
                         {{{offset, step, 0, 1, size}, DimMap::identity(3)}});
      }
}

TEST(IndexMap, PadsLeaveTheirHolesAlone) {
  for (int64_t n : {0, 1, 3, 8})
    for (int64_t interior : {0, 1, 3}) {
      int64_t padded = 2 + n + std::max<int64_t>(n - 1, 0) * interior + 1;
      checkMapOnMeshes({3, n}, {3, padded},
                       {{DimMap::identity(3), {0, 1, 2, interior + 1, n}}});
    }
}

TEST(IndexMap, ReversesAndStepsBack) {
  for (int64_t n : {1, 5, 8}) {
    checkMapOnMeshes({n, 2}, {n, 2},
                     {{{n - 1, -1, 0, 1, n}, DimMap::identity(2)}});
    checkMapOnMeshes({n}, {(n + 1) / 2}, {{{n - 1, -2, 0, 1, (n + 1) / 2}}});
  }
}

TEST(IndexMap, ReshapesMoveNothingElse) {
  const std::pair<Indices, Indices> shapes[] = {
      {{4, 6}, {24}},    {{24}, {4, 6}},       {{4, 6}, {6, 4}},
      {{3, 5, 2}, {30}}, {{2, 12}, {8, 3}},    {{7, 3}, {21, 1}},
      {{1, 5}, {5}},     {{2, 3, 5}, {6, 5}},  {{2, 6, 2}, {2, 3, 4}},
      {{0, 4}, {2, 0}},  {{4, 2, 3}, {2, 12}}, {{}, {1, 1}}};
  for (const auto &[source, target] : shapes)
    checkMapOnMeshes(source, target, IndexMap());
}

// Windows of a convolution: halos of any reach, strides, holes between windows,
// and padding at both ends that nobody sends.
TEST(IndexMap, WindowsBringTheirHalos) {
  for (int64_t n : {1, 5, 8, 12})
    for (int64_t reach : {1, 2, 3, 6})
      for (int64_t advance : {1, 2, 4})
        for (int64_t low : {0, 1, 3}) {
          int64_t extent = n + low + 1;
          if (extent < reach)
            continue;
          int64_t windows = (extent - reach) / advance + 1;
          int64_t covered = (windows - 1) * advance + reach;
          int64_t size = std::min(n, std::max<int64_t>(covered - low, 0));
          checkMapOnMeshes(
              {n, 2}, {windows, 2},
              {{{0, 1, low, 1, size, advance, reach}, DimMap::identity(2)}});
        }
}

TEST(IndexMap, CrossingDigitsMeet) {
  checkMap({4, 6}, {24}, IndexMap(), {{2, 3}, {3, 1}}, 6);
  for (const Layout &source : layoutsOf({12}, {{2, 3}, {3, 1}}))
    for (const Layout &target : layoutsOf({4}, {{3, 2}, {2, 1}}))
      checkExchange(source, target, {{{1, 3, 0, 1, 4}}}, 6);
}

// The lists of a rank follow its blocks, not the machine.
TEST(IndexMap, LargeMeshesNeedNoTables) {
  int64_t ranks = 65536;
  Layout source{{1 << 20}, {{{ranks, 1}}}, {}};
  Layout target = source;
  IndexMap shift{{{3, 1, 0, 1, (1 << 20) - 3}}};
  ExchangePlan plan = planExchange(source, target, shift, ranks, 4711);
  EXPECT_EQ(plan.phases[0].receives.size(), 1u);
  EXPECT_EQ(plan.phases[0].sends.size(), 1u);
  EXPECT_EQ(plan.receivedElements(4711), 3);
  Layout rows{{1 << 10, 1 << 10}, {{{1 << 10, 64}}, {{64, 1}}}, {}};
  plan = planExchange(source, rows, IndexMap(), ranks, 4711);
  EXPECT_EQ(plan.phases[0].receives.size() + plan.phases[0].copies.size(), 1u);
}

// Nor is anything gone through for all ranks: as many as these take minutes.
TEST(IndexMap, RanksWithoutAPartInItAreNotLookedAt) {
  int64_t ranks = 1 << 28, elements = ranks * 16;
  Layout layout{{elements}, {{{ranks, 1}}}, {}};
  IndexMap shift{{{3, 1, 0, 1, elements - 3}}};
  for (int64_t i = 1; i <= 300; ++i)
    for (int64_t rank : {i, ranks - i})
      EXPECT_EQ(planExchange(layout, layout, shift, ranks, rank)
                    .phases[0]
                    .sends.size(),
                1u);
}

TEST(IndexMap, RefusesWhatDoesNotFit) {
  Layout rows{{8}, {{{4, 1}}}, {}}, other{{9}, {{}}, {}};
  EXPECT_THROW(planExchange(rows, other, IndexMap(), 4, 0), Error);
  EXPECT_THROW(planExchange(rows, other, {{{1, 1, 0, 1, 8}}}, 4, 0), Error);
  EXPECT_THROW(planExchange(rows, other, {{{0, 0, 0, 1, 8}}}, 4, 0), Error);
  EXPECT_THROW(planExchange(rows, other, {{{0, 1, 2, 1, 8}}}, 4, 0), Error);
  EXPECT_THROW(planExchange(rows, other, {{{0, 1, 0, 1, 8, 0}}}, 4, 0), Error);
  // One dimension for one of two.
  Layout two{{8, 1}, {{{4, 1}}, {}}, {}}, one{{8}, {{}}, {}};
  EXPECT_THROW(planExchange(two, one, {{{0, 1, 0, 1, 8}}}, 4, 0), Error);
  EXPECT_THROW(planExchange(one, two, {{{0, 1, 0, 1, 8}}}, 4, 0), Error);
}

TEST(IndexMap, SaysWhatItMaps) {
  EXPECT_EQ(IndexMap().str(), "row-major");
  EXPECT_EQ((IndexMap{{{3, -1, 0, 2, 4}, {0, 1, 0, 1, 8, 2, 3}}}.str()),
            "3+-1i -> 0+2i (4), 0+1i -> 0+1i (8) windows 2 3");
}

TEST(Refinement, DigitsOfOneCutNothing) {
  Layout halves{{6}, {{{1, 4}, {2, 6}}}, {}};
  std::optional<Refinement> refinement = Refinement::of(12, {&halves});
  ASSERT_TRUE(refinement);
  EXPECT_EQ(refinement->atoms().size(), 2u);
}

// Contributions: for every element of the target one from each group member, by
// rising rank, all of the same global element.
static void checkReduction(const std::vector<ExchangePlan> &plans,
                           const Layout &source, const Layout &target,
                           size_t members) {
  checkPairwise(plans, 0);
  for (size_t rank = 0; rank < plans.size(); ++rank) {
    const PlanPhase &phase = plans[rank].phases[0];
    EXPECT_TRUE(phase.reduce);
    if (phase.receives.empty())
      continue;
    EXPECT_EQ(phase.receives.size(), members);
    Indices first;
    for (size_t i = 0; i < phase.receives.size(); ++i) {
      const Transfer &transfer = phase.receives[i];
      if (i) {
        EXPECT_LT(phase.receives[i - 1].peer, transfer.peer);
      }
      Indices got(volume(target.localShape()), -1);
      for (const BoxPair &pair : transfer.pieces)
        move(pair, blockNumbers(source, transfer.peer), got);
      if (i == 0)
        first = got;
      EXPECT_EQ(got, first);
    }
    if (plans[rank].phases.size() == 1) {
      EXPECT_EQ(first, blockNumbers(target, rank));
    }
  }
}

TEST(ReductionPlan, AllReduceCoversUnevenBlocks) {
  for (const Indices &shape : {Indices{8, 4}, Indices{7, 5}, Indices{1, 1}}) {
    Layout source{shape, {{{2, 4}}, {}}, {{2, 2}, {2, 1}}};
    Layout target{shape, {{{2, 4}}, {}}, {}};
    std::vector<ExchangePlan> plans;
    for (int64_t rank = 0; rank < 8; ++rank)
      plans.push_back(planAllReduce(source, target, 8, rank));
    checkReduction(plans, source, target, 4);
    checkPairwise(plans, 1);
    for (int64_t rank = 0; rank < 8; ++rank) {
      int64_t found = 0;
      for (const Transfer &transfer : plans[rank].phases[1].receives)
        found += transfer.elements;
      if (!plans[rank].phases[0].receives.empty())
        found += plans[rank].phases[0].receives[0].elements;
      EXPECT_EQ(found, target.heldElements(rank));
    }
  }
}

TEST(ReductionPlan, ReduceScatterGivesEachMemberItsPiece) {
  for (const Indices &shape : {Indices{8, 4}, Indices{7, 5}, Indices{2, 3}}) {
    Layout source{shape, {{{2, 4}}, {}}, {{2, 2}, {2, 1}}};
    Layout target{shape, {{{2, 4}, {2, 2}}, {{2, 1}}}, {}};
    std::vector<ExchangePlan> plans;
    for (int64_t rank = 0; rank < 8; ++rank)
      plans.push_back(planReduceScatter(source, target, 8, rank));
    checkReduction(plans, source, target, 4);
  }
}

TEST(ReductionPlan, RefusesATargetThatDoesNotRefine) {
  Layout source{{8}, {{{2, 2}}}, {{2, 1}}}, target{{8}, {{{2, 1}, {2, 2}}}, {}};
  EXPECT_THROW(planReduceScatter(source, target, 4, 0), Error);
  EXPECT_THROW(planAllReduce(source, target, 4, 0), Error);
}

TEST(Box, RangesOfARowMajorBoxAreFewBoxes) {
  Indices shape = {3, 4, 5};
  for (int64_t begin = 0; begin <= 60; ++begin)
    for (int64_t end = begin; end <= 60; ++end) {
      std::vector<Box> boxes = boxesOf(shape, {begin, end});
      EXPECT_LE(boxes.size(), 5u);
      int64_t next = begin;
      for (const Box &box : boxes)
        forEachRun(pairOf(box, shape),
                   [&](int64_t from, int64_t to, int64_t elements) {
                     EXPECT_EQ(from, next);
                     EXPECT_EQ(to, next);
                     next += elements;
                   });
      EXPECT_EQ(next, end);
    }
}

TEST(Groups, AreInMixedRadixOrder) {
  EXPECT_EQ(groupOf({{2, 4}, {2, 1}}, 7), (Indices{2, 3, 6, 7}));
  EXPECT_EQ(groupOf({{2, 1}, {2, 4}}, 7), (Indices{2, 6, 3, 7}));
  EXPECT_EQ(groupOf({}, 7), (Indices{7}));
}
