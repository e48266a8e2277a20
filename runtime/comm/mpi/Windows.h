// A round of messages in windows of bounded memory.
//
// Pieces that MPI cannot take from where they lie are packed. To keep packed
// bytes below a chunk, a rank posts the messages of one window, waits for them,
// and goes on with the next; a large transfer is cut into several messages.
//
//   three transfers of 0.4, 1.5 and 0.2 MiB, chunk 1 MiB, all packed, on the
//   sending and on the receiving side:
//     window 0: 0.4 out and in        window 2: third 0.5 MiB of the second
//     window 1: first 0.5 MiB ...     ...
//
// Sender and receiver cut a transfer alike, from what both know of it. Windows
// of two ranks need not agree: each rank goes by rising distance to its peers,
// so the rank that waits for the nearest of all always finds its peer there.
#pragma once

#include "runtime/core/ExchangePlan.h"

#include <deque>
#include <vector>

namespace moert {

/// Below so many bytes packing is cheaper than describing where they lie, and
/// so it is for more runs than this.
inline constexpr int64_t inPlaceBytes = 16384;
inline constexpr int64_t inPlaceRuns = 64;

/// What bounds messages.
struct MessageLimits {
  int64_t elementBytes = 1;
  /// Bytes of one message.
  int64_t messageBytes = 0;
  /// Packed bytes at once, sent and received together.
  int64_t chunkBytes = 0;
  /// Ranks whose contributions meet, where the round reduces.
  int64_t members = 1;
};

/// Whether the transfer's bytes go straight from the sender's buffer or, where
/// `sends` is false, straight to the receiver's.
bool travelsInPlace(const Transfer &transfer, bool sends,
                    const MessageLimits &limits);

/// Messages of one window: a part of a round.
struct Window {
  const PlanPhase *messages;
  /// The round that it is of.
  uint32_t phase;
};

/// The windows of all rounds of a plan, in order. Those that are whole rounds
/// are the plan's own, which must outlive this and stay where it is.
class Windows {
public:
  Windows() = default;
  // Lists point into the parts, which a move leaves where they are.
  Windows(Windows &&) = default;
  Windows &operator=(Windows &&) = default;
  Windows(const ExchangePlan &plan, int rank, int ranks,
          const MessageLimits &limits);

  const std::vector<Window> &list() const { return list_; }

private:
  std::vector<Window> list_;
  std::deque<PlanPhase> parts_;
};

} // namespace moert
