// The order in which choices are made: top_k, arg_reduce, sort and gating share
// it.
#pragma once

#include "llvm/ADT/SmallVector.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace moe::interpret {

/// Whether `a` comes before `b` wherever they stand: the greater one where the
/// order descends, the lesser one otherwise; undefined numbers come last.
template <typename Numbers>
bool comesBefore(Numbers numbers, typename Numbers::Value a,
                 typename Numbers::Value b, bool descends) {
  if (numbers.isUndefined(a) || numbers.isUndefined(b))
    return !numbers.isUndefined(a);
  return descends ? numbers.less(b, a) : numbers.less(a, b);
}

/// The indices [0, n) in the order of value(i); equal values in order of index.
template <typename Numbers, typename ValueAt>
void orderOf(Numbers numbers, int64_t n, bool descends, ValueAt value,
             llvm::SmallVectorImpl<int64_t> &order) {
  order.resize(n);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int64_t i, int64_t j) {
    auto a = value(i), b = value(j);
    return comesBefore(numbers, a, b, descends) ||
           (i < j && !comesBefore(numbers, b, a, descends));
  });
}

/// The same by descending values.
template <typename Numbers, typename ValueAt>
void orderDescending(Numbers numbers, int64_t n, ValueAt value,
                     llvm::SmallVectorImpl<int64_t> &order) {
  orderOf(numbers, n, /*descends=*/true, value, order);
}

} // namespace moe::interpret
