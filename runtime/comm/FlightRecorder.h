// Where a rank is, and where it has been: always on, read by watchers.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace moert {

/// Numbers of the calls that belong to no site of the program.
enum SetUpSite : int32_t {
  barrierSite = -1,
  broadcastSite = -2,
  allGatherSite = -3,
  gatherSite = -4,
  noSite = -5,
};

/// A rank's place in the order of collectives.
struct Position {
  /// Rises on entering and on leaving a collective: who waits for a rank is
  /// further than that rank.
  uint64_t step = 0;
  /// Calls so far (runs, starts, dones and set-up calls), the one entered
  /// included; all ranks make the same calls in the same order.
  uint64_t sequence = 0;
  int32_t site = noSite;
  bool inside = false;
};

/// Ring of a rank's last collectives. The rank's thread writes; any thread
/// reads, without locks; an event being overwritten meanwhile may be read
/// mixed.
class FlightRecorder {
public:
  struct Event {
    uint64_t sequence = 0;
    int32_t site = noSite;
    double entered = 0;
    /// Seconds since the recorder began; 0 while inside.
    double left = 0;
  };
  static constexpr std::size_t capacity = 64;

  FlightRecorder();
  void enter(uint64_t sequence, int32_t site);
  /// Returns the seconds since the call was entered.
  double leave();
  Position position() const;
  /// Oldest first.
  std::vector<Event> last() const;

private:
  struct Slot {
    std::atomic<uint64_t> sequence{0};
    std::atomic<int32_t> site{noSite};
    std::atomic<int64_t> entered{0};
    std::atomic<int64_t> left{0};
  };
  std::array<Slot, capacity> slots_;
  // step << 24 | (site + 64) << 1 | inside, and the sequence beside it.
  std::atomic<uint64_t> place_;
  std::atomic<uint64_t> sequence_{0};
  std::atomic<uint64_t> events_{0};
  int64_t begin_;
};

} // namespace moert
