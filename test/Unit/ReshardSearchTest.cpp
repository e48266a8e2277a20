// The planner against all other ways, on every ordered pair of layouts.
//
// Per commit a part of the shapes; all of them with MOE_FULL=1, by hand:
//   MOE_FULL=1 build/test/Unit/ReshardSearchTest
#include "ReshardPlanner.h"

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <gtest/gtest.h>

using namespace exhaustive;
using namespace moe::reshard;
using moert::Digit;
using moert::Layout;

namespace {

const std::vector<Wire> kBytesOnly = {{0, 1}};
const std::vector<Wire> kOneNode = {{2000, 50}};
const std::vector<Wire> kTwoNodes = {{2000, 50}, {5000, 12.5}};

struct Mesh {
  std::string name;
  std::vector<Digit> digits; // major first
  size_t slowDigits = 1;     // how many of them leave the node
};

const std::vector<Mesh> kMeshes = {
    {"2x2", {{2, 2}, {2, 1}}},
    {"2x4", {{2, 4}, {4, 1}}},
    {"3x2", {{3, 2}, {2, 1}}},
    {"2x2x2", {{2, 4}, {2, 2}, {2, 1}}},
    {"6", {{6, 1}}},
    // x=4 in halves, y=2.
    {"4x2 with sub-axes", {{2, 4}, {2, 2}, {2, 1}}, 2},
    // x=2, y=3 as ranks of a mesh whose order is y, x.
    {"2x3 reordered", {{2, 1}, {3, 2}}}};

Machine machineOf(const Mesh &mesh, const std::vector<Wire> &wires) {
  Machine machine{mesh.name, mesh.digits, {}, wires};
  // The major axis leaves the node.
  for (size_t i = 0; i < mesh.digits.size(); ++i)
    machine.wireOf.push_back(i < mesh.slowDigits ? wires.size() - 1 : 0);
  return machine;
}

bool isFull() { return std::getenv("MOE_FULL") != nullptr; }

// What divides, what does not, and less than the mesh.
std::vector<std::vector<int64_t>> shapesOf(const Mesh &mesh, size_t rank) {
  int64_t n = 1;
  for (const Digit &digit : mesh.digits)
    n *= digit.size;
  switch (rank) {
  case 1:
    return {{2 * n}, {2 * n - 1}, {2 * n + 1}, {n - 1}, {n + 1}, {1}};
  case 2:
    if (!isFull())
      return {{n, n}, {n + 1, n - 1}, {2, 3}};
    return {{n, n}, {n + 1, n - 1}, {2 * n - 1, n + 1}, {2, 3}, {1, n}};
  default:
    if (!isFull())
      return {{n - 1, 2, 3}};
    return {{n, n, n}, {n - 1, n + 1, 2}, {2, 3, n}, {1, 2, 3}};
  }
}

double relative(double a, double b) {
  return std::abs(a - b) / std::max({1.0, std::abs(a), std::abs(b)});
}

/// What the meshes' links are, and how large an element is: small ones make
/// messages dear, large ones bytes, and let memory bind.
struct Prices {
  std::vector<Wire> wires;
  int64_t elementBytes;
};

const std::vector<Prices> kPrices = {{kBytesOnly, 4},
                                     {kOneNode, 4},
                                     {kOneNode, 1 << 20},
                                     {kTwoNodes, 4},
                                     {kTwoNodes, 1 << 20}};

/// Chains of layouts that were executed already; prices change plans, not data.
using Executed = std::set<std::vector<size_t>>;

/// One pair: planned, held against the exhaustive search, executed.
void checkPair(const World &world, Planner &planner, size_t from, size_t to,
               Executed &executed) {
  const Layout &source = world.layouts()[from], &target = world.layouts()[to];
  SCOPED_TRACE(source.str() + " to " + target.str());
  SearchResult plan = planner.plan(source, target);
  double least = world.leastTime(from, to);
  ASSERT_LE(relative(plan.time, least), 1e-9)
      << plan.time << " ns planned, " << least << " ns found";
  double counted = 0;
  int communicating = 0;
  std::vector<size_t> chain = {from};
  for (const SearchStep &step : plan.steps) {
    size_t next = world.find(planner.layout(step.target, world.machine()));
    size_t current = chain.back();
    ASSERT_EQ(static_cast<int>(world.edge(current, next)),
              static_cast<int>(step.kind) + 1);
    const Count &count = world.count(current, next);
    ASSERT_LE(relative(step.cost.received, count.received), 1e-9);
    counted += count.time;
    communicating += count.messages > 0;
    ASSERT_TRUE(world.isWhole(to) || !world.isWhole(next));
    ASSERT_LE(world.bufferBytes(current) + world.bufferBytes(next) +
                  std::min(2 * count.received, kChunkBytes),
              world.bufferBytes(from) + world.bufferBytes(to) +
                  std::max(kChunkBytes, count.largest));
    chain.push_back(next);
  }
  ASSERT_EQ(chain.back(), to);
  ASSERT_LE(communicating, 2);
  ASSERT_LE(relative(plan.time, counted), 1e-9);
  if (executed.insert(chain).second) {
    ASSERT_EQ(world.wrongnessOf(chain), "");
  }
}

class EveryPair : public testing::TestWithParam<Mesh> {};

// Digits and prices that another mesh has too.
bool isRepeated(const Mesh &mesh, const Prices &prices) {
  return mesh.slowDigits > 1 && prices.wires.size() == 1;
}

void checkShape(const Mesh &mesh, const std::vector<int64_t> &shape) {
  Executed executed;
  for (size_t price = 0; price < kPrices.size(); ++price) {
    const Prices &prices = kPrices[price];
    if (isRepeated(mesh, prices))
      continue;
    Machine machine = machineOf(mesh, prices.wires);
    World world(machine, shape, static_cast<double>(prices.elementBytes), true);
    Planner planner(machine, shape, prices.elementBytes);
    // Per commit a quarter of the sources where there are many, another one for
    // each price.
    size_t step = world.layouts().size() > 100 && !isFull() ? 4 : 1;
    for (size_t from = price % step; from < world.layouts().size();
         from += step)
      for (size_t to = 0; to < world.layouts().size(); ++to)
        if (world.isPair(from, to)) {
          checkPair(world, planner, from, to, executed);
          if (testing::Test::HasFatalFailure())
            return;
        }
  }
}

} // namespace

TEST_P(EveryPair, IsRightAndCheapestAndInMemory) {
  for (size_t rank = 1; rank <= 3; ++rank)
    for (const std::vector<int64_t> &shape : shapesOf(GetParam(), rank)) {
      checkShape(GetParam(), shape);
      if (HasFatalFailure())
        return;
    }
}

// Without partial values the worst rank receives what it lacks, no more: by
// bytes alone, and where they outweigh messages and no memory is left for more.
TEST_P(EveryPair, IsAtTheFloor) {
  for (const Prices &prices : {kPrices[0], kPrices[2]})
    for (size_t rank = 1; rank <= 3; ++rank)
      for (const std::vector<int64_t> &shape : shapesOf(GetParam(), rank)) {
        Machine machine = machineOf(GetParam(), prices.wires);
        World world(machine, shape, static_cast<double>(prices.elementBytes),
                    false);
        Planner planner(machine, shape, prices.elementBytes);
        for (size_t from = 0; from < world.layouts().size(); ++from)
          for (size_t to = 0; to < world.layouts().size(); ++to) {
            double received = 0;
            for (const SearchStep &step :
                 planner.plan(world.layouts()[from], world.layouts()[to]).steps)
              received += step.cost.received;
            ASSERT_EQ(received, world.floorBytes(from, to))
                << world.layouts()[from].str() << " to "
                << world.layouts()[to].str();
          }
      }
}

INSTANTIATE_TEST_SUITE_P(Meshes, EveryPair, testing::ValuesIn(kMeshes),
                         [](const testing::TestParamInfo<Mesh> &info) {
                           std::string name;
                           for (char c : info.param.name)
                             name += std::isalnum(c) ? c : '_';
                           return name;
                         });

namespace {

const Link kInNode = {false, 2000, 50}, kBetweenNodes = {true, 5000, 12.5};

/// `count` atoms of size 2, of which the major ones leave the node.
std::vector<Atom> pairsOf(size_t count, size_t leaveNode) {
  std::vector<Atom> atoms;
  for (size_t i = 0; i < count; ++i)
    atoms.push_back({{2, int64_t(1) << i},
                     i + leaveNode < count ? kInNode : kBetweenNodes});
  return atoms;
}

} // namespace

// 64 ranks are the most whose parts are looked at one by one. The rank that
// reduces two elements gets two from each other rank, and one that it reduced.
TEST(CollectiveCost, PartsOf64RanksAreCounted) {
  CostModel model({65}, 4, {{{64, 1}, kInNode}});
  StepCost cost = model.allReduce({{{}}, 1}, {{{}}, 0});
  EXPECT_EQ(cost.received, 4 * (63 * 2 + 63));
}

// No way is faster than the best latency and the best bandwidth of all links,
// which need not be those of one, nor of the one in the node.
TEST(CollectiveCost, LeastTimeIsThatOfTheBestLinks) {
  Link direct{true, 1000, 20}, wide{true, 4000, 100};
  CostModel model({64}, 4,
                  {{{2, 1}, kInNode}, {{2, 2}, direct}, {{2, 4}, wide}});
  EXPECT_EQ(model.leastTime(3, 500), 3 * 1000 + 500 / 100);
}

// Five atoms cut one dimension in 326 ways and two in 1631, four atoms two in
// 261 and three in 685. Up to 512 all are tried, and the bound is what is
// found.
TEST(ReshardSearch, IsExactUpTo512Layouts) {
  auto isExact = [](std::vector<int64_t> shape, size_t atoms) {
    AtomLayout cut{{{}}, 0}, whole{{}, 0};
    for (uint8_t atom = 0; atom < atoms; ++atom)
      cut.dims[0].push_back(atom);
    cut.dims.resize(shape.size());
    whole.dims.resize(shape.size());
    SearchResult plan =
        ReshardSearch(CostModel(std::move(shape), 4, pairsOf(atoms, 1)))
            .plan(cut, whole);
    return plan.bound == plan.time;
  };
  EXPECT_TRUE(isExact({64}, 5));
  EXPECT_FALSE(isExact({64, 64}, 5));
  EXPECT_TRUE(isExact({64, 64}, 4));
  EXPECT_FALSE(isExact({64, 64, 64}, 4));
}

// Sums over nodes and in them, wanted in pieces in each node: the pieces are
// made there, so that less of them leaves it. So it is with one dimension,
// where all layouts are tried, and with three, where not all are.
TEST(ReshardSearch, SumsAreMadeInNodesBeforeBetweenThem) {
  for (size_t rank : {1, 3}) {
    ReshardSearch search(CostModel(std::vector<int64_t>(rank, 64), 4,
                                   pairsOf(4, /*leaveNode=*/1)));
    AtomLayout sums{std::vector<std::vector<uint8_t>>(rank), 0b1001},
        pieces{sums.dims, 0};
    pieces.dims[0] = {0};
    SearchResult plan = search.plan(sums, pieces);
    ASSERT_EQ(plan.steps.size(), 2u);
    EXPECT_EQ(plan.steps[0].kind, StepKind::ReduceScatter);
    EXPECT_EQ(plan.steps[0].target, (AtomLayout{pieces.dims, 0b1000}));
    EXPECT_EQ(plan.steps[1].kind, StepKind::AllReduce);
  }
}

// Where not all layouts are tried, those between the two are: 2 * 3 messages in
// place of 15.
TEST(ReshardSearch, GathersGoInTwoStepsOnLargeMeshes) {
  ReshardSearch search(CostModel({16, 16, 16}, 4, pairsOf(4, 2)));
  SearchResult plan =
      search.plan({{{0, 1, 2, 3}, {}, {}}, 0}, {{{}, {}, {}}, 0});
  ASSERT_EQ(plan.steps.size(), 2u);
  EXPECT_EQ(plan.steps[0].cost.messages + plan.steps[1].cost.messages, 6);
}

// Sums are scattered over both axes at once, or over one and then the other for
// as many bytes in fewer messages: where only bytes count, one step is better.
TEST(ReshardSearch, OneStepIsBetterThanTwo) {
  Link bytesOnly{false, 0, 1};
  ReshardSearch search(
      CostModel({8}, 4, {{{2, 1}, bytesOnly}, {{2, 2}, bytesOnly}}));
  SearchResult plan = search.plan({{{}}, 0b11}, {{{0, 1}}, 0});
  ASSERT_EQ(plan.steps.size(), 1u);
  EXPECT_EQ(plan.steps[0].cost.messages, 3);
}

// Any of 2^14 groups of them could be reduced first: to try them takes seconds.
TEST(ReshardSearch, SumsOverManyAtomsAreMadeAtOnce) {
  ReshardSearch search(CostModel({64, 64, 64}, 4, pairsOf(14, 7)));
  SearchResult plan =
      search.plan({{{}, {}, {}}, (1u << 14) - 1}, {{{0}, {}, {}}, 0});
  EXPECT_EQ(plan.steps.front().target.unreduced, 0u);
}
