#include "runtime/comm/mpi/Windows.h"

#include <algorithm>
#include <tuple>

namespace moert {

namespace {

// Elements `part` of a transfer, in message order, as a transfer.
Transfer cut(const Transfer &transfer, Range part) {
  return {transfer.peer, partOf(transfer.pieces, part), part.size()};
}

/// One round on its way into windows.
class RoundCutter {
public:
  RoundCutter(const PlanPhase &phase, int rank, int ranks,
              const MessageLimits &limits)
      : phase_(phase), rank_(rank), ranks_(ranks), limits_(limits) {}

  /// Whether the round is one window, and no peer cuts a transfer of it.
  bool fits() const {
    int64_t bytes = 0;
    bool isCut = false;
    for (bool sends : {true, false})
      for (const Transfer &transfer : sends ? phase_.sends : phase_.receives) {
        bytes += packedBytes(transfer, sends);
        isCut |= transfer.elements > partElements(transfer);
      }
    return bytes <= limits_.chunkBytes && !isCut;
  }

  void cutInto(std::deque<PlanPhase> &windows) {
    for (const Transfer &transfer : phase_.sends)
      addParts(transfer, true);
    for (const Transfer &transfer : phase_.receives)
      addParts(transfer, false);
    std::sort(parts_.begin(), parts_.end(), [](const Part &a, const Part &b) {
      return std::tie(a.turn, a.place) < std::tie(b.turn, b.place);
    });
    for (size_t begin = 0, end = 0; begin < parts_.size(); begin = end) {
      end = windowEnd(begin);
      windows.emplace_back();
      PlanPhase &window = windows.back();
      window.fromTarget = phase_.fromTarget;
      window.reduce = phase_.reduce;
      if (begin == 0)
        window.copies = phase_.copies;
      std::sort(parts_.begin() + static_cast<long>(begin),
                parts_.begin() + static_cast<long>(end),
                [](const Part &a, const Part &b) {
                  return std::tie(a.transfer.peer, a.place) <
                         std::tie(b.transfer.peer, b.place);
                });
      for (size_t i = begin; i < end; ++i)
        (parts_[i].sends ? window.sends : window.receives)
            .push_back(std::move(parts_[i].transfer));
    }
  }

private:
  struct Part {
    // Distance to the peer; 0 where contributions meet.
    int64_t turn;
    // Place in the transfer, one after the other.
    int64_t place;
    bool sends;
    int64_t bytes;
    Transfer transfer;
  };

  // Behind the parts from `begin` on that fit into a chunk together; those of
  // one turn and place always do.
  size_t windowEnd(size_t begin) const {
    size_t end = begin;
    for (int64_t packed = 0; end < parts_.size();) {
      size_t next = end;
      int64_t bytes = 0;
      for (; next < parts_.size() && parts_[next].turn == parts_[end].turn &&
             parts_[next].place == parts_[end].place;
           ++next)
        bytes += parts_[next].bytes;
      if (end > begin && (phase_.reduce || packed + bytes > limits_.chunkBytes))
        break;
      packed += bytes;
      end = next;
    }
    return end;
  }

  bool isInPlace(const Transfer &transfer, bool sends) const {
    return (sends || !phase_.reduce) &&
           travelsInPlace(transfer, sends, limits_);
  }

  int64_t packedBytes(const Transfer &transfer, bool sends) const {
    if (transfer.peer == rank_ || isInPlace(transfer, sends))
      return 0;
    return transfer.elements * limits_.elementBytes;
  }

  // The same on both sides.
  int64_t partElements(const Transfer &transfer) const {
    if (!phase_.reduce && isInPlace(transfer, true) &&
        isInPlace(transfer, false))
      return std::max(int64_t(1), transfer.elements);
    int64_t messages =
        phase_.reduce ? 2 * std::max(limits_.members - 1, int64_t(1)) : 2;
    return std::max(int64_t(1),
                    limits_.chunkBytes / messages / limits_.elementBytes);
  }

  void addParts(const Transfer &transfer, bool sends) {
    int64_t length = partElements(transfer);
    int64_t distance = sends ? transfer.peer - rank_ : rank_ - transfer.peer;
    distance = (distance + ranks_) % ranks_;
    for (int64_t begin = 0, i = 0; begin < transfer.elements;
         begin += length, ++i) {
      Range range = {begin, std::min(begin + length, transfer.elements)};
      Transfer part = cut(transfer, range);
      int64_t bytes = packedBytes(part, sends);
      parts_.push_back(
          {phase_.reduce ? 0 : distance, i, sends, bytes, std::move(part)});
    }
  }

  const PlanPhase &phase_;
  int rank_, ranks_;
  const MessageLimits &limits_;
  std::vector<Part> parts_;
};

} // namespace

bool travelsInPlace(const Transfer &transfer, bool sends,
                    const MessageLimits &limits) {
  int64_t bytes = transfer.elements * limits.elementBytes;
  // A header of 32 bytes goes before them.
  if (bytes < inPlaceBytes || bytes + 32 > limits.messageBytes)
    return false;
  int64_t runs = 0;
  for (const BoxPair &pair : transfer.pieces)
    runs += runCount(sends ? pair.readSide() : pair.writtenSide());
  return runs <= inPlaceRuns;
}

Windows::Windows(const ExchangePlan &plan, int rank, int ranks,
                 const MessageLimits &limits) {
  for (uint32_t i = 0; i < plan.phases.size(); ++i) {
    RoundCutter cutter(plan.phases[i], rank, ranks, limits);
    if (cutter.fits()) {
      list_.push_back({&plan.phases[i], i});
      continue;
    }
    size_t first = parts_.size();
    cutter.cutInto(parts_);
    for (size_t part = first; part < parts_.size(); ++part)
      list_.push_back({&parts_[part], i});
  }
}

} // namespace moert
