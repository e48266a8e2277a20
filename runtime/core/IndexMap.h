// Which element of one tensor is which of another, where a collective does not
// only change the layout: slice, pad, reverse, concatenate, reshape, halo.
//
//   slice  [8] offset 2 stride 2 -> [3]   source 2 step 2, target 0 step 1, 3
//   pad    [3] low 1 interior 1  -> [6]   source 0 step 1, target 1 step 2, 3
//   reverse [4] -> [4]                    source 3 step -1, target 0 step 1, 4
//   reshape [4,6] -> [24]                 row-major: no dims
//
// *Blocks may overlap*: with `advance` and `reach` a dimension of the target is
// counted in windows. Window t covers target elements [t advance, t advance +
// reach); a rank that has windows [t0, t1) by its layout holds the elements of
// all of them, each once. A convolution of width 3 over [8] on two ranks:
//
//   6 windows, advance 1, reach 3: ranks have windows [0,3) and [3,6), hold
//   elements [0,5) and [3,8): their blocks and a halo of two
//
// Elements of the target that the map does not reach keep what its buffer held.
#pragma once

#include "runtime/core/Box.h"
#include "runtime/core/Layout.h"

namespace moert {

/// Element source + i sourceStep becomes element target + i targetStep, for 0
/// <= i < size.
struct DimMap {
  int64_t source = 0;
  int64_t sourceStep = 1; // not 0
  int64_t target = 0;
  int64_t targetStep = 1; // positive
  int64_t size = 0;
  int64_t advance = 1; // positive
  int64_t reach = 1;   // positive

  /// Every element of a dimension of `size` becomes itself.
  static DimMap identity(int64_t size) { return {0, 1, 0, 1, size}; }
  /// The i whose source, or target, lies in `range`.
  Range fromSource(Range range) const;
  Range fromTarget(Range range) const;
  /// Target elements that windows [t0, t1) cover.
  Range covered(Range windows) const;

  friend bool operator==(const DimMap &a, const DimMap &b) {
    return a.source == b.source && a.sourceStep == b.sourceStep &&
           a.target == b.target && a.targetStep == b.targetStep &&
           a.size == b.size && a.advance == b.advance && a.reach == b.reach;
  }
};

/// A map for each dimension, or none: the same elements in row-major order.
struct IndexMap {
  std::vector<DimMap> dims;

  bool isRowMajor() const { return dims.empty(); }
  /// Throws Error where it does not map `source` to `target`: other ranks or
  /// counts of elements, an index out of range, a step or window that is not
  /// positive.
  void check(const std::vector<int64_t> &source,
             const std::vector<int64_t> &target) const;
  /// Local buffer of a target layout, whose shape counts windows.
  std::vector<int64_t> targetLocalShape(const Layout &target) const;
  /// Reads "2+2i -> 0+1i (3)" for each dimension, or "row-major".
  std::string str() const;
};

/// Dimensions of source and target that depend on each other only: one of each
/// for strided maps; for row-major ones the least runs of dimensions with equal
/// counts of elements.
struct DimGroup {
  Range source;
  Range target;
};
std::vector<DimGroup> groupsOf(const IndexMap &map,
                               const std::vector<int64_t> &source,
                               const std::vector<int64_t> &target);

/// Block numbers of the dimensions of a group.
using BlockTuple = std::vector<int64_t>;

/// How blocks of the source meet blocks of the target within one group.
class GroupMeeting {
public:
  GroupMeeting(const IndexMap &map, const DimGroup &group, const Layout &source,
               const Layout &target);

  /// The source blocks that have elements of a target block, and the target
  /// blocks that want elements of a source block; found in time that grows with
  /// them and with the rows of the block, never with the number of blocks.
  std::vector<BlockTuple> sourcesOf(const BlockTuple &target) const;
  std::vector<BlockTuple> targetsOf(const BlockTuple &source) const;

  /// What the two have in common, in an order that depends on them only.
  /// Offsets and strides are those of the two local buffers, in elements.
  std::vector<BoxPair> meet(const BlockTuple &source,
                            const BlockTuple &target) const;

private:
  // One dimension of one side: how a block number becomes elements.
  struct Side {
    std::vector<int64_t> shape; // in elements, or windows
    std::vector<int64_t> blocks;
    std::vector<int64_t> strides; // of the local buffer
  };
  Range sourceRange(int64_t block) const;
  Range targetRange(int64_t block) const;
  static std::vector<BlockTuple>
  across(const Side &from, const BlockTuple &block, const Side &to);

  bool isRowMajor_;
  DimMap map_;
  Side source_, target_;
};

} // namespace moert
