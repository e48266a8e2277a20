// Where temporary buffers lie in a rank's one arena.
//
// A program is a list of steps; a buffer is needed from the step that writes it
// to the last step that reads it. Buffers that are never needed at one time may
// share bytes:
//
//   a: 128 bytes, steps 0-1      offsets 0, 128, 0: c takes a's place, and
//   b:  64 bytes, steps 1-2      the arena has 192 bytes
//   c: 100 bytes, steps 2-3
#pragma once

#include <cstdint>
#include <vector>

namespace moe {

/// A buffer's size in bytes and the first and last step (both included) that
/// need it.
struct Lifetime {
  int64_t bytes = 0;
  int64_t first = 0;
  int64_t last = 0;
};

/// Every offset is a multiple of this many bytes.
inline constexpr int64_t kArenaAlignment = 64;

struct MemoryPlan {
  /// Bytes from the arena's begin, one for each lifetime in its order.
  std::vector<int64_t> offsets;
  /// End of the highest buffer: exactly what a rank needs.
  int64_t arenaBytes = 0;
  /// The most bytes that are needed at any one step. No plan has a smaller
  /// arena; the distance to arenaBytes is what fragmentation costs.
  int64_t lowerBound = 0;
};

/// Places the largest buffers first, each into the smallest gap that fits.
/// Guarantees that buffers needed at a common step never overlap. The same
/// lifetimes give the same plan.
MemoryPlan planMemory(const std::vector<Lifetime> &lifetimes);

} // namespace moe
