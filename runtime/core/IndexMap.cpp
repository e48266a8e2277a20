#include "runtime/core/IndexMap.h"

#include "runtime/core/Error.h"

#include <algorithm>
#include <set>

namespace moert {

namespace {

int64_t ceilDiv(int64_t a, int64_t b) {
  return a >= 0 ? (a + b - 1) / b : -(-a / b);
}
int64_t floorDiv(int64_t a, int64_t b) { return -ceilDiv(-a, b); }

Range intersect(Range a, Range b) {
  return {std::max(a.begin, b.begin), std::min(a.end, b.end)};
}

// The i for which first + i step lies in `range`.
Range inverse(int64_t first, int64_t step, Range range) {
  if (step > 0)
    return {ceilDiv(range.begin - first, step),
            ceilDiv(range.end - first, step)};
  return {floorDiv(first - range.end, -step) + 1,
          floorDiv(first - range.begin, -step) + 1};
}

// Whether first + i step lies in [0, extent) for 0 <= i < size; size is
// positive. In quotients, because products may overflow.
bool staysWithin(int64_t first, int64_t step, int64_t size, int64_t extent) {
  if (first < 0 || first >= extent)
    return false;
  if (size == 1)
    return true;
  return step > 0 ? step <= (extent - 1 - first) / (size - 1)
                  : step >= -(first / (size - 1));
}

// Windows of more elements than any tensor has along a dimension.
constexpr int64_t kWidestWindow = int64_t(1) << 31;

int64_t product(const std::vector<int64_t> &sizes, size_t from = 0) {
  int64_t count = 1;
  for (size_t i = from; i < sizes.size(); ++i)
    count *= sizes[i];
  return count;
}

} // namespace

Range DimMap::fromSource(Range range) const {
  return intersect({0, size}, inverse(source, sourceStep, range));
}

Range DimMap::fromTarget(Range range) const {
  return intersect({0, size}, inverse(target, targetStep, range));
}

Range DimMap::covered(Range windows) const {
  if (windows.size() == 0)
    return {windows.begin * advance, windows.begin * advance};
  return {windows.begin * advance, (windows.end - 1) * advance + reach};
}

void IndexMap::check(const std::vector<int64_t> &source,
                     const std::vector<int64_t> &target) const {
  if (isRowMajor()) {
    if (product(source) != product(target))
      throw Error(text("a row-major map takes ", product(source),
                       " elements to ", product(target)));
    return;
  }
  if (dims.size() != source.size() || dims.size() != target.size())
    throw Error(text("an index map of ", dims.size(), " dimensions takes ",
                     source.size(), " to ", target.size()));
  for (size_t i = 0; i < dims.size(); ++i) {
    const DimMap &dim = dims[i];
    if (dim.size < 0 || dim.sourceStep == 0 || dim.targetStep < 1 ||
        dim.advance < 1 || dim.reach < 1 || dim.advance > kWidestWindow ||
        dim.reach > kWidestWindow)
      throw Error(text("dimension ", i, " of the index map ", str(),
                       " has a negative size, or a step or window that is "
                       "below 1 or too large"));
    if (dim.size == 0)
      continue;
    int64_t extent = dim.covered({0, target[i]}).end;
    if (!staysWithin(dim.source, dim.sourceStep, dim.size, source[i]) ||
        !staysWithin(dim.target, dim.targetStep, dim.size, extent))
      throw Error(text("dimension ", i, " of the index map ", str(),
                       " leaves its ", source[i], " elements for ", extent));
  }
}

std::vector<int64_t> IndexMap::targetLocalShape(const Layout &target) const {
  std::vector<int64_t> shape = target.localShape();
  for (size_t i = 0; i < dims.size(); ++i)
    shape[i] = dims[i].covered({0, shape[i]}).end;
  return shape;
}

std::string IndexMap::str() const {
  if (isRowMajor())
    return "row-major";
  std::string all;
  for (const DimMap &dim : dims)
    all += text(all.empty() ? "" : ", ", dim.source, "+", dim.sourceStep,
                "i -> ", dim.target, "+", dim.targetStep, "i (", dim.size, ")",
                dim.advance == 1 && dim.reach == 1
                    ? std::string()
                    : text(" windows ", dim.advance, " ", dim.reach));
  return all;
}

std::vector<DimGroup> groupsOf(const IndexMap &map,
                               const std::vector<int64_t> &source,
                               const std::vector<int64_t> &target) {
  std::vector<DimGroup> groups;
  if (!map.isRowMajor()) {
    for (int64_t dim = 0; dim < static_cast<int64_t>(source.size()); ++dim)
      groups.push_back({{dim, dim + 1}, {dim, dim + 1}});
    return groups;
  }
  // No elements: nothing meets, one group is as good as several.
  int64_t i = 0, j = 0, ends = static_cast<int64_t>(source.size()),
          endt = static_cast<int64_t>(target.size());
  if (product(source) == 0)
    return {{{0, ends}, {0, endt}}};
  while (i < ends || j < endt) {
    DimGroup group{{i, i}, {j, j}};
    int64_t here = 1, there = 1;
    do {
      if (j == endt || (i < ends && here <= there))
        here *= source[i++];
      else
        there *= target[j++];
    } while (here != there);
    group.source.end = i;
    group.target.end = j;
    groups.push_back(group);
  }
  return groups;
}

//===----------------------------------------------------------------------===//
// One group
//===----------------------------------------------------------------------===//

GroupMeeting::GroupMeeting(const IndexMap &map, const DimGroup &group,
                           const Layout &source, const Layout &target)
    : isRowMajor_(map.isRowMajor()) {
  auto side = [](const Layout &layout, Range dims,
                 const std::vector<int64_t> &local) {
    Side result;
    std::vector<int64_t> strides = rowMajorStrides(local);
    for (int64_t dim = dims.begin; dim < dims.end; ++dim) {
      result.shape.push_back(layout.shape[dim]);
      result.blocks.push_back(layout.blocks(dim));
      result.strides.push_back(strides[dim]);
    }
    return result;
  };
  source_ = side(source, group.source, source.localShape());
  target_ = side(target, group.target, map.targetLocalShape(target));
  if (!isRowMajor_)
    map_ = map.dims[group.source.begin];
}

Range GroupMeeting::sourceRange(int64_t block) const {
  return blockOf(source_.shape[0], source_.blocks[0], block);
}

Range GroupMeeting::targetRange(int64_t block) const {
  return map_.covered(blockOf(target_.shape[0], target_.blocks[0], block));
}

namespace {

// Rows of a block: ranges of elements that are contiguous in the tensor, and
// where each begins in the local buffer.
struct Row {
  Range elements;
  int64_t local;
};

Box boxOf(const std::vector<int64_t> &shape, const std::vector<int64_t> &blocks,
          const BlockTuple &block) {
  Box box;
  for (size_t dim = 0; dim < shape.size(); ++dim) {
    Range range = blockOf(shape[dim], blocks[dim], block[dim]);
    box.begin.push_back(range.begin);
    box.size.push_back(range.size());
  }
  return box;
}

std::vector<Row> rowsOf(const Box &box, const std::vector<int64_t> &shape,
                        const std::vector<int64_t> &localStrides) {
  BoxPair pair{box.size, 0, 0, localStrides, rowMajorStrides(shape)};
  for (size_t dim = 0; dim < shape.size(); ++dim)
    pair.target += box.begin[dim] * pair.targetStrides[dim];
  std::vector<Row> rows;
  // The local buffer's strides differ by a factor from those of its own group.
  int64_t unit = localStrides.empty() ? 1 : localStrides.back();
  for (int64_t &stride : pair.sourceStrides)
    stride /= unit;
  forEachRun(pair, [&](int64_t local, int64_t global, int64_t elements) {
    rows.push_back({{global, global + elements}, local * unit});
  });
  return rows;
}

} // namespace

// Row-major groups: the blocks of `to` that hold elements of a block of `from`.
std::vector<BlockTuple> GroupMeeting::across(const Side &from,
                                             const BlockTuple &block,
                                             const Side &to) {
  std::set<BlockTuple> found;
  Box mine = boxOf(from.shape, from.blocks, block);
  for (const Row &row : rowsOf(mine, from.shape, from.strides))
    for (const Box &box : boxesOf(to.shape, row.elements)) {
      std::vector<int64_t> first, count;
      for (size_t dim = 0; dim < to.shape.size(); ++dim) {
        int64_t n = to.shape[dim], d = to.blocks[dim];
        first.push_back(blockWith(n, d, box.begin[dim]));
        count.push_back(blockWith(n, d, box.begin[dim] + box.size[dim] - 1) -
                        first.back() + 1);
      }
      BlockTuple index(first.size(), 0);
      for (int64_t i = 0, e = product(count); i < e; ++i) {
        int64_t rest = i;
        for (size_t dim = index.size(); dim-- > 0; rest /= count[dim])
          index[dim] = first[dim] + rest % count[dim];
        found.insert(index);
      }
    }
  return {found.begin(), found.end()};
}

std::vector<BlockTuple>
GroupMeeting::sourcesOf(const BlockTuple &target) const {
  if (isRowMajor_)
    return across(target_, target, source_);
  std::vector<BlockTuple> found;
  Range wanted = map_.fromTarget(targetRange(target[0]));
  for (int64_t i = wanted.begin; i < wanted.end;) {
    int64_t block = blockWith(source_.shape[0], source_.blocks[0],
                              map_.source + i * map_.sourceStep);
    found.push_back({block});
    i = map_.fromSource(sourceRange(block)).end;
  }
  return found;
}

std::vector<BlockTuple>
GroupMeeting::targetsOf(const BlockTuple &source) const {
  if (isRowMajor_)
    return across(source_, source, target_);
  std::vector<BlockTuple> found;
  Range held = map_.fromSource(sourceRange(source[0]));
  int64_t windows = target_.shape[0], blocks = target_.blocks[0];
  // The first block that reaches element i of the map or one behind it.
  auto blockFor = [&](int64_t i) {
    int64_t element = map_.target + i * map_.targetStep;
    int64_t window =
        std::max<int64_t>(ceilDiv(element - map_.reach + 1, map_.advance), 0);
    return window < windows ? blockWith(windows, blocks, window) : blocks;
  };
  if (held.size() == 0)
    return found;
  for (int64_t block = blockFor(held.begin); block < blocks;) {
    Range range = blockOf(windows, blocks, block);
    Range wanted = map_.fromTarget(map_.covered(range));
    if (wanted.begin >= held.end)
      break;
    if (intersect(held, wanted).size())
      found.push_back({block});
    block =
        range.end < windows ? blockWith(windows, blocks, range.end) : blocks;
    // Steps may be wider than blocks.
    if (wanted.size() == 0)
      block = std::max(block, blockFor(std::max(held.begin, wanted.begin)));
  }
  return found;
}

std::vector<BoxPair> GroupMeeting::meet(const BlockTuple &source,
                                        const BlockTuple &target) const {
  if (!isRowMajor_) {
    Range from = sourceRange(source[0]), to = targetRange(target[0]);
    Range both = intersect(map_.fromSource(from), map_.fromTarget(to));
    if (both.size() == 0)
      return {};
    int64_t first = map_.source + both.begin * map_.sourceStep - from.begin;
    int64_t place = map_.target + both.begin * map_.targetStep - to.begin;
    return {{{both.size()},
             first * source_.strides[0],
             place * target_.strides[0],
             {map_.sourceStep * source_.strides[0]},
             {map_.targetStep * target_.strides[0]}}};
  }
  std::vector<BoxPair> pairs;
  Box from = boxOf(source_.shape, source_.blocks, source);
  Box to = boxOf(target_.shape, target_.blocks, target);
  std::vector<int64_t> linear = rowMajorStrides(source_.shape);
  int64_t unit = target_.strides.empty() ? 1 : target_.strides.back();
  for (const Row &row : rowsOf(to, target_.shape, target_.strides))
    for (const Box &box : boxesOf(source_.shape, row.elements)) {
      BoxPair pair{{}, 0, row.local - row.elements.begin * unit, {}, {}};
      for (size_t dim = 0; dim < box.size.size(); ++dim) {
        Range range =
            intersect({box.begin[dim], box.begin[dim] + box.size[dim]},
                      {from.begin[dim], from.begin[dim] + from.size[dim]});
        pair.size.push_back(range.size());
        pair.source += (range.begin - from.begin[dim]) * source_.strides[dim];
        pair.target += range.begin * linear[dim] * unit;
        pair.sourceStrides.push_back(source_.strides[dim]);
        pair.targetStrides.push_back(linear[dim] * unit);
      }
      if (pair.elements())
        pairs.push_back(std::move(pair));
    }
  return pairs;
}

} // namespace moert
