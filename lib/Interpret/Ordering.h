// The order in which choices are made: top_k and gating share it.
#pragma once

#include "llvm/ADT/SmallVector.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace moe::interpret {

/// The indices [0, n) by descending value(i); equal values in order of index,
/// undefined ones last.
template <typename Numbers, typename ValueAt>
void orderDescending(Numbers numbers, int64_t n, ValueAt value,
                     llvm::SmallVectorImpl<int64_t> &order) {
  order.resize(n);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int64_t i, int64_t j) {
    auto a = value(i), b = value(j);
    bool isLast = numbers.isUndefined(a), isOtherLast = numbers.isUndefined(b);
    if (isLast != isOtherLast)
      return isOtherLast;
    if (numbers.less(b, a) || numbers.less(a, b))
      return numbers.less(b, a);
    return i < j;
  });
}

} // namespace moe::interpret
