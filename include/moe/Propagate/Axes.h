// Mesh axes as small numbers: what all of Propagate's algorithms work on.
//
// Before anything else every axis is split at each place where some sharding
// mentions a part of it; the pieces are *atoms*. Then no two axis mentions
// overlap in part, and a sharding is nothing but lists of atom numbers:
//
//   mesh "data"=2, "x"=8; mentions "x":(1)2 and "x":(2)2
//     atoms  0 = data (2)   1 = "x":(1)2   2 = "x":(2)2   3 = "x":(4)2
//     "x" whole is {1, 2, 3};  {1, 2} reads back as "x":(1)4
//
// Axes of size 1 cut nothing and have no atoms.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>
#include <string>

namespace moe::propagate {

/// Atoms that cut a dimension, major to minor.
using AxisList = llvm::SmallVector<int, 4>;

/// A part of a mesh axis as ShardingAttr writes it: digits pre x sub x rest of
/// the axis, of which this is `sub`; sub 0 is the whole axis.
struct AxisMention {
  std::string axis;
  int64_t pre = 1;
  int64_t sub = 0;

  friend bool operator==(const AxisMention &a, const AxisMention &b) {
    return a.axis == b.axis && a.pre == b.pre && a.sub == b.sub;
  }
};

struct MeshAxis {
  std::string name;
  int64_t size = 1;
};

class AtomTable {
public:
  /// Splits `axes` at every mention. Nothing when the mentions of an axis have
  /// no common refinement ("x":(1)2 and "x":(1)3 of "x"=6); `error` then names
  /// the axis and both places.
  static std::optional<AtomTable> create(llvm::ArrayRef<MeshAxis> axes,
                                         llvm::ArrayRef<AxisMention> mentions,
                                         std::string &error);

  /// The atoms of a mention that `create` has seen, or of a whole axis.
  AxisList atomsOf(const AxisMention &mention) const;
  /// The shortest spelling of `atoms`: neighbours of one axis become one.
  llvm::SmallVector<AxisMention, 4> mentionsOf(const AxisList &atoms) const;

  size_t size() const { return atoms.size(); }
  int64_t sizeOf(int atom) const { return atoms[atom].size; }
  /// Product of sizes.
  int64_t sizeOf(llvm::ArrayRef<int> list) const;

private:
  struct Atom {
    int axis;
    int64_t pre; // product of the digits before it
    int64_t size;
  };
  llvm::SmallVector<MeshAxis, 4> axes;
  llvm::SmallVector<Atom, 8> atoms;
};

/// Whether `prefix` is the beginning of `list`.
bool isPrefix(const AxisList &prefix, const AxisList &list);
/// The longest common beginning.
AxisList commonPrefix(const AxisList &a, const AxisList &b);
bool contains(const AxisList &list, int atom);

} // namespace moe::propagate
