// Boxes of row-major buffers, and the contiguous runs that they consist of.
#pragma once

#include "runtime/core/Layout.h"

#include <cstdint>
#include <vector>

namespace moert {

/// The indices begin[i] <= x[i] < begin[i] + size[i] of a local buffer.
struct Box {
  std::vector<int64_t> begin;
  std::vector<int64_t> size;

  int64_t elements() const {
    int64_t count = 1;
    for (int64_t length : size)
      count *= length;
    return count;
  }
  friend bool operator==(const Box &a, const Box &b) {
    return a.begin == b.begin && a.size == b.size;
  }
};

/// One box in two buffers: equal sizes, different places.
struct BoxPair {
  std::vector<int64_t> size;
  /// First index in the buffer that is read and in the one that is written.
  std::vector<int64_t> source;
  std::vector<int64_t> target;

  int64_t elements() const {
    int64_t count = 1;
    for (int64_t length : size)
      count *= length;
    return count;
  }
};

/// The boxes that elements `range` of a row-major box of `shape` make up, in
/// order: at most 2 rank - 1 of them. Example: elements [1,5) of 2x3 are row 0
/// from column 1, then row 1 up to column 2.
std::vector<Box> boxesOf(const std::vector<int64_t> &shape, Range range);

/// How many contiguous runs a box of `size` at `begin` has in a buffer of
/// `shape`.
int64_t runCount(const std::vector<int64_t> &begin,
                 const std::vector<int64_t> &size,
                 const std::vector<int64_t> &shape);

/// Calls run(sourceOffset, targetOffset, elements) for the contiguous runs of
/// `pair`, in row-major order; offsets in elements. Trailing dimensions that
/// are whole in both buffers are merged into the run.
template <typename Run>
void forEachRun(const BoxPair &pair, const std::vector<int64_t> &sourceShape,
                const std::vector<int64_t> &targetShape, const Run &run) {
  size_t rank = pair.size.size();
  if (pair.elements() == 0)
    return;
  // [outer dims][length]: dims from `outer` on are one run.
  int64_t length = 1, sourceStride = 1, targetStride = 1;
  int64_t sourceOffset = 0, targetOffset = 0;
  std::vector<int64_t> sourceStrides(rank), targetStrides(rank);
  for (size_t dim = rank; dim-- > 0;) {
    sourceStrides[dim] = sourceStride;
    targetStrides[dim] = targetStride;
    sourceOffset += pair.source[dim] * sourceStride;
    targetOffset += pair.target[dim] * targetStride;
    sourceStride *= sourceShape[dim];
    targetStride *= targetShape[dim];
  }
  size_t outer = rank;
  while (outer > 0) {
    // Dimension outer-1 joins the run if what lies inside it is whole.
    if (sourceStrides[outer - 1] != length ||
        targetStrides[outer - 1] != length) {
      if (pair.size[outer - 1] != 1)
        break;
    } else {
      length *= pair.size[outer - 1];
    }
    --outer;
  }
  std::vector<int64_t> index(outer, 0);
  while (true) {
    run(sourceOffset, targetOffset, length);
    size_t dim = outer;
    while (dim > 0) {
      --dim;
      sourceOffset += sourceStrides[dim];
      targetOffset += targetStrides[dim];
      if (++index[dim] < pair.size[dim])
        break;
      sourceOffset -= pair.size[dim] * sourceStrides[dim];
      targetOffset -= pair.size[dim] * targetStrides[dim];
      index[dim] = 0;
      if (dim == 0)
        return;
    }
    if (outer == 0)
      return;
  }
}

} // namespace moert
