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

/// The same elements in two buffers: in each, element x of a box of `size` lies
/// at its offset plus the sum of x[i] times its stride i, in elements.
struct BoxPair {
  std::vector<int64_t> size;
  int64_t source = 0;
  int64_t target = 0;
  std::vector<int64_t> sourceStrides;
  std::vector<int64_t> targetStrides;

  int64_t elements() const {
    int64_t count = 1;
    for (int64_t length : size)
      count *= length;
    return count;
  }
  /// The buffer that is read, and the one that is written, on both sides.
  BoxPair readSide() const {
    return {size, source, source, sourceStrides, sourceStrides};
  }
  BoxPair writtenSide() const {
    return {size, target, target, targetStrides, targetStrides};
  }
  friend bool operator==(const BoxPair &a, const BoxPair &b) {
    return a.size == b.size && a.source == b.source && a.target == b.target &&
           a.sourceStrides == b.sourceStrides &&
           a.targetStrides == b.targetStrides;
  }
};

/// Strides of a row-major buffer: {2,3,4} has {12,4,1}.
std::vector<int64_t> rowMajorStrides(const std::vector<int64_t> &shape);

/// `box` of a buffer of `shape`, on both sides.
BoxPair pairOf(const Box &box, const std::vector<int64_t> &shape);

/// Elements `part` of `whole`, in row-major order, behind `pieces`.
void addPart(const BoxPair &whole, Range part, std::vector<BoxPair> &pieces);

/// Elements `part` of all `pieces`, one behind the other.
std::vector<BoxPair> partOf(const std::vector<BoxPair> &pieces, Range part);

/// How many all have.
int64_t elementsOf(const std::vector<BoxPair> &pieces);

/// The boxes that elements `range` of a row-major box of `shape` make up, in
/// order: at most 2 rank - 1 of them. Example: elements [1,5) of 2x3 are row 0
/// from column 1, then row 1 up to column 2.
std::vector<Box> boxesOf(const std::vector<int64_t> &shape, Range range);

/// Calls run(sourceOffset, targetOffset, elements) for the runs of `pair` that
/// are contiguous on both sides, in row-major order; offsets in elements.
template <typename Run> void forEachRun(const BoxPair &pair, const Run &run) {
  if (pair.elements() == 0)
    return;
  // [outer dims][length]: dims from `outer` on are one run.
  int64_t length = 1;
  size_t outer = pair.size.size();
  for (; outer > 0; --outer) {
    size_t dim = outer - 1;
    if (pair.size[dim] == 1)
      continue;
    if (pair.sourceStrides[dim] != length || pair.targetStrides[dim] != length)
      break;
    length *= pair.size[dim];
  }
  int64_t source = pair.source, target = pair.target;
  std::vector<int64_t> index(outer, 0);
  while (true) {
    run(source, target, length);
    size_t dim = outer;
    while (true) {
      if (dim == 0)
        return;
      --dim;
      source += pair.sourceStrides[dim];
      target += pair.targetStrides[dim];
      if (++index[dim] < pair.size[dim])
        break;
      source -= pair.size[dim] * pair.sourceStrides[dim];
      target -= pair.size[dim] * pair.targetStrides[dim];
      index[dim] = 0;
    }
  }
}

/// How many of them there are.
int64_t runCount(const BoxPair &pair);

} // namespace moert
