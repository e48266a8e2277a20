#include "runtime/core/Block.h"

#include <cstring>

namespace moert {

static std::vector<int64_t> rowMajorStrides(const std::vector<int64_t> &shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (size_t dim = shape.size(); dim-- > 1;)
    strides[dim - 1] = strides[dim] * shape[dim];
  return strides;
}

// The dimensions from the result on are whole and dense in both buffers; with
// the one before them they make up a run.
static size_t firstWholeDim(const Layout &layout) {
  size_t dim = layout.shape.size();
  while (dim > 0 && layout.blocks(dim - 1) == 1)
    --dim;
  return dim;
}

namespace {
/// Walks the outer dimensions of a block like an odometer.
struct Walk {
  std::vector<Range> ranges;
  std::vector<int64_t> globalStrides, localStrides;
  size_t outer = 0; ///< Dimensions [0, outer) are walked one index at a time.
  int64_t count = 1;
  const std::function<void(const Run &)> &visit;

  void step(size_t dim, int64_t global, int64_t local) {
    if (dim == outer)
      return visit({global, local, count});
    for (int64_t i = 0; i < ranges[dim].size(); ++i)
      step(dim + 1, global + (ranges[dim].begin + i) * globalStrides[dim],
           local + i * localStrides[dim]);
  }
};
} // namespace

void forEachRun(const Layout &layout, int64_t rank,
                const std::function<void(const Run &)> &visit) {
  size_t dims = layout.shape.size();
  Walk walk{{},
            rowMajorStrides(layout.shape),
            rowMajorStrides(layout.localShape()),
            0,
            1,
            visit};
  for (size_t dim = 0; dim < dims; ++dim)
    walk.ranges.push_back(layout.range(dim, rank));
  size_t whole = firstWholeDim(layout);
  for (size_t dim = whole; dim < dims; ++dim)
    walk.count *= layout.shape[dim];
  int64_t start = 0;
  if (whole > 0) {
    walk.outer = whole - 1;
    walk.count *= walk.ranges[walk.outer].size();
    start = walk.ranges[walk.outer].begin * walk.globalStrides[walk.outer];
  }
  if (walk.count > 0)
    walk.step(0, start, 0);
}

Layout wholeLayout(const std::vector<int64_t> &shape) {
  return {shape, std::vector<std::vector<Digit>>(shape.size()), {}};
}

void copyBlockOut(const Layout &layout, int64_t rank, int64_t elementBytes,
                  const void *whole, void *local) {
  forEachRun(layout, rank, [&](const Run &run) {
    std::memcpy(static_cast<char *>(local) + run.local * elementBytes,
                static_cast<const char *>(whole) + run.global * elementBytes,
                static_cast<size_t>(run.count * elementBytes));
  });
}

void copyBlockIn(const Layout &layout, int64_t rank, int64_t elementBytes,
                 const void *local, void *whole) {
  forEachRun(layout, rank, [&](const Run &run) {
    std::memcpy(static_cast<char *>(whole) + run.global * elementBytes,
                static_cast<const char *>(local) + run.local * elementBytes,
                static_cast<size_t>(run.count * elementBytes));
  });
}

std::vector<int64_t> indexOf(const std::vector<int64_t> &shape,
                             int64_t element) {
  std::vector<int64_t> index(shape.size());
  for (size_t dim = shape.size(); dim-- > 0;) {
    index[dim] = element % shape[dim];
    element /= shape[dim];
  }
  return index;
}

// All digits that the layout does not mention are zero.
int64_t lowestHolder(const Layout &layout, int64_t rank) {
  int64_t holder = 0;
  for (const std::vector<Digit> &digits : layout.dims)
    for (const Digit &digit : digits)
      holder += digit.valueOf(rank) * digit.stride;
  return holder;
}

int64_t rankHolding(const Layout &layout, int64_t ranks, int64_t element) {
  std::vector<int64_t> index = indexOf(layout.shape, element);
  for (int64_t rank = 0; rank < ranks; ++rank) {
    bool holds = true;
    for (size_t dim = 0; dim < index.size() && holds; ++dim) {
      Range range = layout.range(dim, rank);
      holds = range.begin <= index[dim] && index[dim] < range.end;
    }
    if (holds)
      return rank;
  }
  return -1;
}

} // namespace moert
