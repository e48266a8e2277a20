// Bytes that a change of layout moves: the cost by which Propagate decides.
#pragma once

#include "moe/IR/ShardingRule.h"
#include "moe/Propagate/Axes.h"

namespace moe::propagate {

/// Where the blocks of a tensor are: for each dimension the atoms that cut it,
/// and the atoms over which partial values wait for their reduction.
struct Placement {
  llvm::SmallVector<AxisList, 4> dims;
  AxisList unreduced; // ascending
  spmd::ReductionKind reduction = spmd::ReductionKind::Sum;

  bool uses(int atom) const;
  /// The same with the partial values reduced.
  Placement reduced() const;
  friend bool operator==(const Placement &a, const Placement &b) {
    return a.dims == b.dims && a.unreduced == b.unreduced &&
           (a.unreduced.empty() || a.reduction == b.reduction);
  }
  friend bool operator!=(const Placement &a, const Placement &b) {
    return !(a == b);
  }
};

struct TensorShape {
  llvm::SmallVector<int64_t, 4> sizes;
  int64_t elementBytes = 4;

  double bytes() const;
};

/// Bytes that a rank receives, on average over the ranks, when a tensor goes
/// from one placement to another by the best means there is: it receives what
/// it lacks and nothing else; partial values are reduced onto pieces of the
/// target first (reduce-scatter) and the pieces exchanged.
///
///   [8,16] f32 (512 bytes) on 4 ranks x:
///   [{x}, {}] -> [{}, {x}]   32 elements needed, 8 held   24 * 4 = 96 bytes
///   [{x}, {}] -> [{}, {}]    3/4 of the tensor            384
///   [{}, {}] -> [{x}, {}]    a slice                      0
///   unreduced{x} -> [{x}, {}]  3 pieces of a quarter      384
///   unreduced{x} -> [{}, {}]   the same and a gather      768
///
/// Sizes that do not divide count as if they did. Where a dimension trades axes
/// for others that also move in another dimension (or within it), the overlap
/// is that of independent digits, which is an estimate.
double receivedBytes(const Placement &from, const Placement &to,
                     const TensorShape &shape, const AtomTable &atoms);

/// How one produced layout reaches several needed ones: `base` is what it is
/// turned into first when it is unreduced (so that it is reduced once), and
/// `bytes` the sum of all moves.
struct FanOut {
  std::optional<Placement> base;
  double bytes = 0;
};
FanOut planFanOut(const Placement &from, llvm::ArrayRef<Placement> needs,
                  const TensorShape &shape, const AtomTable &atoms);

} // namespace moe::propagate
