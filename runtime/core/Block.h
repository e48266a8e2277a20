// Where the elements of one rank's block lie in the whole tensor.
#pragma once

#include "runtime/core/Layout.h"

#include <functional>

namespace moert {

/// Elements that are contiguous both in the whole row-major tensor and in the
/// local buffer. Offsets and counts are in elements.
struct Run {
  int64_t global = 0;
  int64_t local = 0;
  int64_t count = 0;
};

/// Calls `visit` for every run of `rank`'s block, in ascending order; together
/// they cover each held element once and no padding.
///
///   [4,6] over {2}{}: rank 1 holds rows 2 and 3: one run {12, 0, 12}
///   [4,6] over {}{2}: rank 1 holds columns 3..5: four runs {3, 0, 3} {9, 3, 3}
///   ...
void forEachRun(const Layout &layout, int64_t rank,
                const std::function<void(const Run &)> &visit);

/// The whole tensor's layout: nothing cut, every rank holds all of it.
Layout wholeLayout(const std::vector<int64_t> &shape);

/// Copies `rank`'s block out of a whole tensor; padding is left as it is.
void copyBlockOut(const Layout &layout, int64_t rank, int64_t elementBytes,
                  const void *whole, void *local);

/// Copies `rank`'s block into its place of a whole tensor.
void copyBlockIn(const Layout &layout, int64_t rank, int64_t elementBytes,
                 const void *local, void *whole);

/// The lowest rank that holds the same block as `rank`.
int64_t lowestHolder(const Layout &layout, int64_t rank);

/// The lowest of `ranks` ranks that holds the element at row-major index
/// `element` of the whole tensor.
int64_t rankHolding(const Layout &layout, int64_t ranks, int64_t element);

/// Row-major index `element` of `shape` as one index a dimension.
std::vector<int64_t> indexOf(const std::vector<int64_t> &shape,
                             int64_t element);

} // namespace moert
