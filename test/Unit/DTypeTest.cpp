#include "runtime/core/DType.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace moert;

TEST(DType, NamesReadBack) {
  for (DType dtype : allDTypes)
    EXPECT_EQ(parseDType(nameOf(dtype)), dtype);
  EXPECT_THROW(parseDType("f16"), Error);
}

TEST(DType, EveryBF16ValueSurvivesTheRoundTrip) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    float value = fromBF16(static_cast<uint16_t>(bits));
    if (std::isnan(value))
      EXPECT_TRUE(std::isnan(fromBF16(toBF16(value))));
    else
      EXPECT_EQ(toBF16(value), bits);
  }
}

TEST(DType, BF16RoundsToNearestAndTiesToEven) {
  EXPECT_EQ(fromBF16(toBF16(1.0f + 1.0f / 256)), 1.0f);
  EXPECT_EQ(fromBF16(toBF16(1.0f + 3.0f / 256)), 1.0f + 2.0f / 128);
  EXPECT_EQ(fromBF16(toBF16(1.0f + 1.1f / 256)), 1.0f + 1.0f / 128);
  EXPECT_TRUE(std::isinf(fromBF16(toBF16(std::numeric_limits<float>::max()))));
}
