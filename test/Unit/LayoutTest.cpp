#include "runtime/core/Layout.h"

#include <gtest/gtest.h>

using namespace moert;

TEST(Layout, BlocksDifferByAtMostOneAndCover) {
  for (int64_t n = 0; n < 30; ++n)
    for (int64_t d = 1; d < 12; ++d) {
      int64_t next = 0;
      for (int64_t k = 0; k < d; ++k) {
        Range block = blockOf(n, d, k);
        EXPECT_EQ(block.begin, next);
        EXPECT_GE(block.size(), n / d);
        EXPECT_LE(block.size(), (n + d - 1) / d);
        for (int64_t i = block.begin; i < block.end; ++i)
          EXPECT_EQ(blockWith(n, d, i), k);
        next = block.end;
      }
      EXPECT_EQ(next, n);
    }
}

TEST(Layout, CoarseBlocksAreUnionsOfFineOnes) {
  for (int64_t n = 0; n < 30; ++n)
    for (int64_t coarse = 1; coarse < 6; ++coarse)
      for (int64_t factor = 1; factor < 5; ++factor)
        for (int64_t k = 0; k < coarse; ++k) {
          Range block = blockOf(n, coarse, k);
          int64_t fine = coarse * factor;
          EXPECT_EQ(block.begin, blockOf(n, fine, k * factor).begin);
          EXPECT_EQ(block.end, blockOf(n, fine, (k + 1) * factor - 1).end);
        }
}

TEST(Layout, RankSixOfDataTwoExpertFourHoldsRowSix) {
  Layout layout{{8, 16}, {{{2, 4}, {4, 1}}, {}}, {}};
  EXPECT_EQ(layout.range(0, 6), (Range{6, 7}));
  EXPECT_EQ(layout.range(1, 6), (Range{0, 16}));
  EXPECT_EQ(layout.localShape(), (std::vector<int64_t>{1, 16}));
  EXPECT_EQ(layout.str(), "[8,16] {(2,4)(4,1)} {}");
}
