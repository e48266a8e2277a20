// Bytes that changes of layout move, against counting elements rank by rank.
#include "moe/Propagate/Traffic.h"

#include "runtime/core/Received.h"

#include <gtest/gtest.h>
#include <random>

using namespace moe::propagate;

namespace {

struct Mesh {
  std::vector<int64_t> sizes;
  AtomTable atoms;

  explicit Mesh(std::vector<int64_t> axisSizes) : sizes(std::move(axisSizes)) {
    llvm::SmallVector<MeshAxis> axes;
    for (size_t i = 0; i < sizes.size(); ++i)
      axes.push_back({std::string(1, 'a' + i), sizes[i]});
    std::string error;
    atoms = *AtomTable::create(axes, {}, error);
  }
  int64_t ranks() const {
    int64_t product = 1;
    for (int64_t size : sizes)
      product *= size;
    return product;
  }
  moert::Layout layoutOf(const Placement &placement,
                         const TensorShape &shape) const {
    moert::Layout layout;
    layout.shape.assign(shape.sizes.begin(), shape.sizes.end());
    for (const AxisList &dim : placement.dims) {
      layout.dims.emplace_back();
      for (int atom : dim)
        layout.dims.back().push_back(digitOf(atom));
    }
    for (int atom : placement.unreduced)
      layout.unreduced.push_back(digitOf(atom));
    return layout;
  }

private:
  moert::Digit digitOf(int atom) const {
    int64_t stride = 1;
    for (size_t i = atom + 1; i < sizes.size(); ++i)
      stride *= sizes[i];
    return {sizes[atom], stride};
  }
};

Placement placement(llvm::ArrayRef<AxisList> dims, AxisList unreduced = {}) {
  Placement result;
  result.dims.assign(dims.begin(), dims.end());
  result.unreduced = unreduced;
  return result;
}

// What the transport will count, averaged over the ranks.
double countedBytes(const Mesh &mesh, const Placement &from,
                    const Placement &to, const TensorShape &shape) {
  moert::Layout have = mesh.layoutOf(from, shape),
                need = mesh.layoutOf(to, shape);
  double total = 0;
  for (int64_t rank = 0; rank < mesh.ranks(); ++rank)
    total += moert::receivedElements(have, need, mesh.ranks(), rank);
  return total * shape.elementBytes / mesh.ranks();
}

const TensorShape kMatrix{{8, 16}, 4};

TEST(Traffic, ExamplesOfTheHeader) {
  Mesh mesh({4});
  Placement rows = placement({{0}, {}}), columns = placement({{}, {0}}),
            whole = placement({{}, {}}), partial = placement({{}, {}}, {0});
  auto bytes = [&](const Placement &from, const Placement &to) {
    return receivedBytes(from, to, kMatrix, mesh.atoms);
  };
  EXPECT_EQ(bytes(rows, columns), 96);
  EXPECT_EQ(bytes(rows, whole), 384);
  EXPECT_EQ(bytes(whole, rows), 0);
  EXPECT_EQ(bytes(partial, rows), 384);
  EXPECT_EQ(bytes(partial, whole), 768);
}

// Axes behind the common beginning of a dimension: before and after.
std::pair<AxisList, AxisList> changeOf(const AxisList &from,
                                       const AxisList &to) {
  size_t common = commonPrefix(from, to).size();
  return {AxisList(from.begin() + common, from.end()),
          AxisList(to.begin() + common, to.end())};
}

bool overlaps(const AxisList &a, const AxisList &b) {
  return std::any_of(a.begin(), a.end(),
                     [&](int atom) { return contains(b, atom); });
}

// Where a dimension trades axes for others, these stay out of the other
// dimension, and no dimension reorders its own: then the average is exact.
bool isExact(const Placement &from, const Placement &to) {
  for (int dim = 0; dim < 2; ++dim) {
    auto [lost, gained] = changeOf(from.dims[dim], to.dims[dim]);
    auto [lostBeside, gainedBeside] =
        changeOf(from.dims[1 - dim], to.dims[1 - dim]);
    if (overlaps(lost, gained))
      return false;
    AxisList here(lost), beside(lostBeside);
    here.append(gained.begin(), gained.end());
    beside.append(gainedBeside.begin(), gainedBeside.end());
    if (!lost.empty() && !gained.empty() && overlaps(here, beside))
      return false;
  }
  return true;
}

// Pairs of layouts of a matrix on 2x2x2.
TEST(Traffic, AgreesWithCountingElements) {
  Mesh mesh({2, 2, 2});
  std::vector<Placement> all;
  std::mt19937 random(7);
  for (int i = 0; i < 60; ++i) {
    Placement p = placement({{}, {}});
    std::vector<int> axes = {0, 1, 2};
    std::shuffle(axes.begin(), axes.end(), random);
    for (int atom : axes)
      if (int where = random() % 3)
        p.dims[where - 1].push_back(atom);
    all.push_back(p);
  }
  int compared = 0;
  for (const Placement &from : all)
    for (const Placement &to : all) {
      if (!isExact(from, to))
        continue;
      ++compared;
      EXPECT_DOUBLE_EQ(receivedBytes(from, to, kMatrix, mesh.atoms),
                       countedBytes(mesh, from, to, kMatrix));
    }
  EXPECT_GT(compared, 1000);
}

// Sums that stay where they are or are scattered: one collective each.
TEST(Traffic, AgreesWithCountingReducedElements) {
  Mesh mesh({2, 4});
  for (const AxisList &unreduced : {AxisList{0}, AxisList{1}, AxisList{0, 1}}) {
    Placement from = placement({{}, {}}, unreduced);
    for (const Placement &to : {placement({{}, {}}), placement({unreduced, {}}),
                                placement({{}, unreduced})})
      EXPECT_DOUBLE_EQ(receivedBytes(from, to, kMatrix, mesh.atoms),
                       countedBytes(mesh, from, to, kMatrix));
  }
}

// Summing the pieces of 2 peers, then sending them to where they are needed.
TEST(Traffic, PartialValuesAreReducedOntoPiecesOfTheTarget) {
  Mesh mesh({2, 2});
  Placement from = placement({{0}, {}}, {1});
  // Scattered over rows: the piece of the one peer.
  EXPECT_EQ(receivedBytes(from, placement({{0, 1}, {}}), kMatrix, mesh.atoms),
            128);
  // The axis that is reduced cuts the columns, rows are gathered.
  EXPECT_EQ(receivedBytes(from, placement({{}, {1}}), kMatrix, mesh.atoms),
            128 + 128);
  // All-reduce: a piece comes in, another is gathered.
  EXPECT_EQ(receivedBytes(from, placement({{0}, {}}), kMatrix, mesh.atoms),
            256);
}

// Values that are whole go to each user from where they are, though one could
// have them of the other for less: rows over both axes, wanted by columns over
// one or both.
TEST(Traffic, WholeValuesGoToEachUser) {
  Mesh mesh({2, 2});
  Placement from = placement({{0, 1}, {}}), first = placement({{}, {0}}),
            second = placement({{}, {0, 1}});
  FanOut plan = planFanOut(from, {first, second}, kMatrix, mesh.atoms);
  EXPECT_FALSE(plan.base);
  EXPECT_EQ(plan.bytes, receivedBytes(from, first, kMatrix, mesh.atoms) +
                            receivedBytes(from, second, kMatrix, mesh.atoms));
}

TEST(Traffic, SeveralUsersShareOneReduction) {
  Mesh mesh({2, 2});
  Placement from = placement({{}, {}}, {0});
  FanOut plan = planFanOut(from, {placement({{}, {}}), placement({{0}, {}})},
                           kMatrix, mesh.atoms);
  ASSERT_TRUE(plan.base);
  // Scattered for the one, gathered from there for the other.
  EXPECT_EQ(plan.bytes,
            receivedBytes(from, placement({{}, {}}), kMatrix, mesh.atoms));
  // The way by the second moves less: it needs what the sum is scattered to.
  Placement second = placement({{1}, {0}});
  plan = planFanOut(placement({{1}, {}}, {0}), {placement({{}, {1}}), second},
                    kMatrix, mesh.atoms);
  EXPECT_EQ(plan.base, second);
  // Either way moves as much: by the first.
  Placement rows = placement({{0}, {}}), columns = placement({{}, {0}});
  EXPECT_EQ(planFanOut(from, {rows, columns}, kMatrix, mesh.atoms).base, rows);
  EXPECT_EQ(planFanOut(from, {columns, rows}, kMatrix, mesh.atoms).base,
            columns);
  // One user needs no base.
  EXPECT_FALSE(
      planFanOut(from, {placement({{0}, {}})}, kMatrix, mesh.atoms).base);
}

} // namespace
