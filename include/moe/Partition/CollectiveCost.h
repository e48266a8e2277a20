// What a collective costs: alpha and beta over the axes of a mesh.
//
// A message from one rank to another takes
//
//   latency + bytes / bandwidth
//
// of its link, and the link is the slowest of the axes in which the two ranks
// differ. A step takes as long as its worst rank, which waits for all of its
// messages. Example, [8,16] f32 on node=2 (5000 ns, 12.5 bytes/ns), gpu=2
// (2000 ns, 50 bytes/ns):
//
//   [node, gpu] -> []   three messages of 128 bytes, two from the other node:
//                       2 * (5000 + 128 / 12.5) + 2000 + 128 / 50 ns
//
// Messages are counted as the runtime's lists make them (ExchangePlan.h) but
// never listed: blocks of one dimension fall into few groups of equal size and
// link, and a rank's messages are products of those.
#pragma once

#include "runtime/core/Layout.h"

#include <cstdint>
#include <vector>

namespace moe::reshard {

/// How ranks reach each other that differ along one axis.
struct Link {
  bool leavesNode = false;
  double latency = 0;   // ns a message
  double bandwidth = 1; // bytes a ns

  double time(double messages, double bytes) const {
    return messages * latency + bytes / bandwidth;
  }
  friend bool operator==(const Link &a, const Link &b) {
    return a.leavesNode == b.leavesNode && a.latency == b.latency &&
           a.bandwidth == b.bandwidth;
  }
};

/// Whether a message that crosses both kinds of links is one of `a`.
bool isSlower(const Link &a, const Link &b);

/// A digit of the rank number that no layout of a search cuts further, and the
/// link between ranks that differ in it.
struct Atom {
  moert::Digit digit;
  Link link;
};

/// A layout in atoms.
struct AtomLayout {
  /// For each dimension the numbers of the atoms that cut it, major to minor.
  std::vector<std::vector<uint8_t>> dims;
  /// The set of atoms over which values are partial, as bits.
  uint32_t unreduced = 0;

  /// The set of atoms that cut a dimension, as bits.
  uint32_t cut() const;
  friend bool operator==(const AtomLayout &a, const AtomLayout &b) {
    return a.dims == b.dims && a.unreduced == b.unreduced;
  }
};

/// Whether the ranks have `to` already: each dimension of `from` is a beginning
/// of that of `to`, and both are partial over the same atoms.
bool isSlice(const AtomLayout &from, const AtomLayout &to);

/// What one step costs its worst rank.
struct StepCost {
  double time = 0;     // ns
  double received = 0; // bytes
  double messages = 0;
  double largest = 0; // bytes of the largest message
};

/// Costs for one tensor on one mesh.
///
/// Exact (the same as counting all lists of all ranks) where at most 64 ranks
/// take part and a rank meets at most 32 blocks of a dimension. Beyond, the
/// worst of the ranks at both ends of each atom counts, and blocks of a
/// dimension count as equal: within one element per message where sizes divide
/// each other.
/// Time and memory do not depend on the number of ranks.
class CostModel {
public:
  CostModel(std::vector<int64_t> shape, int64_t elementBytes,
            std::vector<Atom> atoms);

  /// A move: slice, permute, all-gather, all-to-all or exchange. Both layouts
  /// are partial over the same atoms.
  StepCost move(const AtomLayout &from, const AtomLayout &to) const;
  /// Reduces the atoms that `to` is not partial over any more; they, and
  /// perhaps others that replicate in `from`, cut dimensions of `to` behind the
  /// atoms of `from`.
  StepCost reduceScatter(const AtomLayout &from, const AtomLayout &to) const;
  /// Reduces them; dimensions stay.
  StepCost allReduce(const AtomLayout &from, const AtomLayout &to) const;

  /// A time that no way from one layout to the other undercuts that has at most
  /// `steps` communicating steps, 1 or 2. Cheap, for cutting a search short.
  double lowerBound(const AtomLayout &from, const AtomLayout &to,
                    int steps) const;
  /// The time that a rank needs at least to receive `bytes` in `messages`.
  double leastTime(double messages, double bytes) const;

  /// Bytes of a rank's buffer: ceil(n/d) in each dimension.
  double bufferBytes(const AtomLayout &layout) const;
  double tensorBytes() const;

  const std::vector<int64_t> &shape() const { return shape_; }
  const std::vector<Atom> &atoms() const { return atoms_; }

private:
  friend class MoveCounter;
  int64_t sizeOf(const std::vector<uint8_t> &atoms) const;
  /// Members of the group over the atoms `group` by the link to one of them.
  std::vector<double> membersByLink(uint32_t group) const;
  /// Links by rising slowness; the link of a message is an index, 0 stands for
  /// the rank itself.
  std::vector<Link> links_;
  std::vector<int> linkOf_;
  std::vector<int64_t> shape_;
  double elementBytes_;
  std::vector<Atom> atoms_;
  double leastLatency_ = 0;
  double mostBandwidth_ = 1;
};

} // namespace moe::reshard
