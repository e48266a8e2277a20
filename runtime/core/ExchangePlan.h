// Who sends what to whom: one rank's part of a collective, computed from
// layouts.
//
// Nothing here needs to hear from another rank: sender and receiver compute the
// same pieces, each from its own side, in time and memory that grow with the
// blocks the rank touches and not with the machine.
#pragma once

#include "runtime/core/Box.h"
#include "runtime/core/IndexMap.h"
#include "runtime/core/Layout.h"

#include <cstdint>
#include <vector>

namespace moert {

/// Pieces that travel between this rank and `peer`, in message order. Sources
/// are places in the sender's local buffer, targets in the receiver's.
struct Transfer {
  int peer = 0;
  std::vector<BoxPair> pieces;
  /// Elements of all pieces.
  int64_t elements = 0;
};

/// One round of messages.
struct PlanPhase {
  /// Pieces that this rank has already: from its source to its target.
  std::vector<BoxPair> copies;
  /// By rising peer; peers differ within a list.
  std::vector<Transfer> sends;
  std::vector<Transfer> receives;
  /// Pieces are read from the senders' target buffers (a later round of a
  /// collective), not from their sources.
  bool fromTarget = false;
  /// Receives hold one contribution each to the same target pieces, this rank's
  /// own among them under its own number; they are to be reduced in list order.
  bool reduce = false;
};

/// One rank's part of a collective: rounds, and the local buffers' shapes.
struct ExchangePlan {
  std::vector<int64_t> sourceShape;
  std::vector<int64_t> targetShape;
  std::vector<PlanPhase> phases;

  /// Elements to and from other ranks.
  int64_t sentElements(int rank) const;
  int64_t receivedElements(int rank) const;
};

/// Plan of rank `rank` for data that goes from `source` to `target`.
///
/// Receives are exactly the elements of the target block that are not in the
/// rank's source block. Each piece comes from one holder, the one whose
/// replication digits equal the receiver's; where the target uses such a digit
/// to cut a dimension that the source cuts too, that choice would load some
/// holders and spare others, and the piece is shared evenly by the holders
/// along that digit instead. Example on 4 ranks, source rows over (2,2), target
/// rows over (2,1): every rank lacks half of its rows or none, and both holders
/// send half of each piece.
///
/// Both layouts have the same shape and the same unreduced digits. Throws Error
/// otherwise, or where a layout does not fit `ranks`.
ExchangePlan planExchange(const Layout &source, const Layout &target,
                          int64_t ranks, int64_t rank);

/// The same where `map` says which element of the target's tensor is which of
/// the source's. A target dimension that the map counts in windows holds blocks
/// of windows (IndexMap.h).
ExchangePlan planExchange(const Layout &source, const Layout &target,
                          const IndexMap &map, int64_t ranks, int64_t rank);

/// Plan for a sum over the digits that `source` has unreduced and `target` has
/// not; both cut dimensions alike. Two rounds: each member of the group reduces
/// an equal part of the block, then all gather the parts. A rank receives 2
/// (g-1)/g of its block.
ExchangePlan planAllReduce(const Layout &source, const Layout &target,
                           int64_t ranks, int64_t rank);

/// Plan for a sum of which each rank keeps its piece: the dimensions of
/// `target` begin with the digits of `source`'s and go on with the group's. A
/// rank receives g-1 contributions to its piece.
ExchangePlan planReduceScatter(const Layout &source, const Layout &target,
                               int64_t ranks, int64_t rank);

/// The ranks whose partial values meet with those of one rank: how many there
/// are, and how many of them have a lower number than it.
struct ReductionGroup {
  int64_t size = 1;
  int64_t index = 0;
};

/// The group of `rank` where the digits that `source` has unreduced and
/// `target` has not are reduced; of size 1 where there are none.
ReductionGroup reductionGroup(const Layout &source, const Layout &target,
                              int64_t ranks, int64_t rank);

/// Ranks that differ from `rank` only in `digits`, itself included: in
/// mixed-radix order, major digit first.
std::vector<int64_t> groupOf(const std::vector<Digit> &digits, int64_t rank);

} // namespace moert
