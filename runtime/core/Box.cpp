#include "runtime/core/Box.h"

#include <algorithm>

namespace moert {

// Peels dimension `dim`: a partial first row, whole rows, a partial last row.
static void collect(const std::vector<int64_t> &shape, size_t dim, Range range,
                    Box &prefix, std::vector<Box> &boxes) {
  if (range.size() == 0)
    return;
  if (dim == shape.size()) {
    boxes.push_back(prefix);
    return;
  }
  int64_t row = 1;
  for (size_t inner = dim + 1; inner < shape.size(); ++inner)
    row *= shape[inner];
  auto emit = [&](int64_t begin, int64_t count, Range inside) {
    prefix.begin[dim] = begin;
    prefix.size[dim] = count;
    collect(shape, dim + 1, inside, prefix, boxes);
  };
  int64_t first = range.begin / row, last = range.end / row;
  int64_t head = range.begin % row, tail = range.end % row;
  if (first == last) {
    emit(first, 1, {head, tail});
    return;
  }
  if (head) {
    emit(first, 1, {head, row});
    ++first;
  }
  if (first < last)
    emit(first, last - first, {0, row});
  if (tail)
    emit(last, 1, {0, tail});
}

std::vector<Box> boxesOf(const std::vector<int64_t> &shape, Range range) {
  std::vector<Box> boxes;
  Box prefix{std::vector<int64_t>(shape.size()),
             std::vector<int64_t>(shape.size())};
  collect(shape, 0, range, prefix, boxes);
  return boxes;
}

std::vector<int64_t> rowMajorStrides(const std::vector<int64_t> &shape) {
  std::vector<int64_t> strides(shape.size());
  int64_t stride = 1;
  for (size_t dim = shape.size(); dim-- > 0; stride *= shape[dim])
    strides[dim] = stride;
  return strides;
}

BoxPair pairOf(const Box &box, const std::vector<int64_t> &shape) {
  std::vector<int64_t> strides = rowMajorStrides(shape);
  int64_t offset = 0;
  for (size_t dim = 0; dim < shape.size(); ++dim)
    offset += box.begin[dim] * strides[dim];
  return {box.size, offset, offset, strides, strides};
}

int64_t elementsOf(const std::vector<BoxPair> &pieces) {
  int64_t count = 0;
  for (const BoxPair &pair : pieces)
    count += pair.elements();
  return count;
}

void addPart(const BoxPair &whole, Range part, std::vector<BoxPair> &pieces) {
  for (const Box &box : boxesOf(whole.size, part)) {
    BoxPair pair = whole;
    pair.size = box.size;
    for (size_t dim = 0; dim < box.size.size(); ++dim) {
      pair.source += box.begin[dim] * whole.sourceStrides[dim];
      pair.target += box.begin[dim] * whole.targetStrides[dim];
    }
    pieces.push_back(std::move(pair));
  }
}

std::vector<BoxPair> partOf(const std::vector<BoxPair> &pieces, Range part) {
  std::vector<BoxPair> result;
  int64_t begin = 0;
  for (const BoxPair &pair : pieces) {
    int64_t end = begin + pair.elements();
    Range mine{std::max(part.begin, begin) - begin,
               std::min(part.end, end) - begin};
    if (mine.size())
      addPart(pair, mine, result);
    begin = end;
  }
  return result;
}

int64_t runCount(const BoxPair &pair) {
  int64_t count = 0;
  forEachRun(pair, [&](int64_t, int64_t, int64_t) { ++count; });
  return count;
}

} // namespace moert
