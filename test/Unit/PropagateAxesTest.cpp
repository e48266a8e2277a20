// Splitting mesh axes into atoms and reading them back.
#include "moe/Propagate/Axes.h"

#include <gtest/gtest.h>

using namespace moe::propagate;

namespace {

AtomTable tableOf(llvm::ArrayRef<MeshAxis> axes,
                  llvm::ArrayRef<AxisMention> mentions = {}) {
  std::string error;
  std::optional<AtomTable> table = AtomTable::create(axes, mentions, error);
  EXPECT_TRUE(table) << error;
  return *table;
}

TEST(Axes, WholeAxesAreAtoms) {
  AtomTable table = tableOf({{"data", 2}, {"expert", 4}});
  EXPECT_EQ(table.size(), 2u);
  EXPECT_EQ(table.atomsOf({"expert"}), AxisList({1}));
  EXPECT_EQ(table.sizeOf(AxisList({0, 1})), 8);
}

TEST(Axes, AxesOfSizeOneHaveNoAtoms) {
  AtomTable table = tableOf({{"data", 1}, {"expert", 4}});
  EXPECT_EQ(table.size(), 1u);
  EXPECT_TRUE(table.atomsOf({"data"}).empty());
}

TEST(Axes, MentionsOfPartsSplitTheAxis) {
  AtomTable table =
      tableOf({{"data", 2}, {"x", 8}}, {{"x", 1, 2}, {"x", 2, 2}});
  EXPECT_EQ(table.atomsOf({"x"}), AxisList({1, 2, 3}));
  EXPECT_EQ(table.atomsOf({"x", 2, 2}), AxisList({2}));
  EXPECT_EQ(table.sizeOf(3), 2);
}

TEST(Axes, NeighboursReadBackAsOne) {
  AtomTable table =
      tableOf({{"data", 2}, {"x", 8}}, {{"x", 1, 2}, {"x", 2, 2}});
  auto mentions = table.mentionsOf({1, 2, 0, 3});
  ASSERT_EQ(mentions.size(), 3u);
  EXPECT_EQ(mentions[0], (AxisMention{"x", 1, 4}));
  EXPECT_EQ(mentions[1], (AxisMention{"data", 1, 0}));
  EXPECT_EQ(mentions[2], (AxisMention{"x", 4, 2}));
  EXPECT_EQ(table.mentionsOf({1, 2, 3})[0], (AxisMention{"x", 1, 0}));
}

TEST(Axes, PartsThatDoNotNestAreAnError) {
  std::string error;
  EXPECT_FALSE(
      AtomTable::create({{"x", 6}}, {{"x", 1, 2}, {"x", 1, 3}}, error));
  EXPECT_NE(error.find("behind 2 and behind 3"), std::string::npos) << error;
}

TEST(Axes, PrefixesAreCompared) {
  EXPECT_TRUE(isPrefix({}, {1}));
  EXPECT_TRUE(isPrefix({1}, {1, 2}));
  EXPECT_FALSE(isPrefix({2}, {1, 2}));
  EXPECT_EQ(commonPrefix({1, 2, 3}, {1, 2, 4}), AxisList({1, 2}));
}

} // namespace
