#include "runtime/comm/FlightRecorder.h"

#include <chrono>

namespace moert {

static int64_t nanoseconds() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

static uint64_t pack(uint64_t step, int32_t site, bool inside) {
  return step << 24 | static_cast<uint64_t>((site + 64) & 0x7fffff) << 1 |
         static_cast<uint64_t>(inside);
}

FlightRecorder::FlightRecorder()
    : place_(pack(0, noSite, false)), begin_(nanoseconds()) {}

void FlightRecorder::enter(uint64_t sequence, int32_t site) {
  uint64_t event = events_.load(std::memory_order_relaxed);
  Slot &slot = slots_[event % capacity];
  slot.sequence.store(sequence, std::memory_order_relaxed);
  slot.site.store(site, std::memory_order_relaxed);
  slot.entered.store(nanoseconds(), std::memory_order_relaxed);
  slot.left.store(0, std::memory_order_relaxed);
  events_.store(event + 1, std::memory_order_release);
  uint64_t step = (place_.load(std::memory_order_relaxed) >> 24) + 1;
  sequence_.store(sequence, std::memory_order_relaxed);
  place_.store(pack(step, site, true), std::memory_order_release);
}

double FlightRecorder::leave() {
  uint64_t event = events_.load(std::memory_order_relaxed) - 1;
  Slot &slot = slots_[event % capacity];
  int64_t now = nanoseconds();
  slot.left.store(now, std::memory_order_relaxed);
  uint64_t place = place_.load(std::memory_order_relaxed);
  place_.store(((place >> 24) + 1) << 24 | (place & 0xfffffe),
               std::memory_order_release);
  int64_t entered = slot.entered.load(std::memory_order_relaxed);
  return static_cast<double>(now - entered) * 1e-9;
}

Position FlightRecorder::position() const {
  uint64_t place = place_.load(std::memory_order_acquire);
  Position position;
  position.step = place >> 24;
  position.site = static_cast<int32_t>(place >> 1 & 0x7fffff) - 64;
  position.inside = place & 1;
  position.sequence = sequence_.load(std::memory_order_relaxed);
  return position;
}

std::vector<FlightRecorder::Event> FlightRecorder::last() const {
  uint64_t end = events_.load(std::memory_order_acquire);
  uint64_t begin = end > capacity ? end - capacity : 0;
  std::vector<Event> events;
  for (uint64_t event = begin; event < end; ++event) {
    const Slot &slot = slots_[event % capacity];
    int64_t entered = slot.entered.load(std::memory_order_relaxed);
    int64_t left = slot.left.load(std::memory_order_relaxed);
    events.push_back({slot.sequence.load(std::memory_order_relaxed),
                      slot.site.load(std::memory_order_relaxed),
                      static_cast<double>(entered - begin_) * 1e-9,
                      left ? static_cast<double>(left - begin_) * 1e-9 : 0});
  }
  return events;
}

} // namespace moert
