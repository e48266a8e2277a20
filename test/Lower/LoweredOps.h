// What tests of single ops share: one op, compiled, loaded and run, against
// numbers written by hand.
#pragma once

#include "LoweredProgram.h"

#include <gtest/gtest.h>

namespace moe::test {

using Numbers = std::vector<double>;

/// The numbers that one op of one result gives.
inline Numbers runOne(const std::string &op, const std::string &arguments,
                      const std::string &result,
                      const std::vector<Data> &inputs) {
  return runOps("%r = " + op, arguments, result, "%r", inputs)[0].values();
}

inline void expectNear(const Numbers &have, const Numbers &want,
                       double tolerance) {
  ASSERT_EQ(have.size(), want.size());
  for (size_t i = 0; i < have.size(); ++i)
    EXPECT_NEAR(have[i], want[i], tolerance) << "at " << i;
}

} // namespace moe::test
