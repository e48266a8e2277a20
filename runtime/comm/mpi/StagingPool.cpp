#include "runtime/comm/mpi/StagingPool.h"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace moert {

void StagingBuffer::Free::operator()(char *memory) const { std::free(memory); }

StagingBuffer::StagingBuffer(size_t payloadBytes)
    : capacity_((payloadBytes + alignment - 1) / alignment * alignment) {
  memory_.reset(static_cast<char *>(
      std::aligned_alloc(alignment, capacity_ + alignment)));
  if (!memory_)
    throw std::bad_alloc();
}

static bool isSmaller(const StagingBuffer &buffer, size_t bytes) {
  return buffer.capacity() < bytes;
}

StagingBuffer StagingPool::take(size_t payloadBytes) {
  // Up to twice as large is still a fit; beyond, small messages would pin the
  // memory of large ones.
  auto found =
      std::lower_bound(free_.begin(), free_.end(), payloadBytes, isSmaller);
  if (found != free_.end() && found->capacity() <= 2 * payloadBytes + 4096) {
    StagingBuffer buffer = std::move(*found);
    free_.erase(found);
    return buffer;
  }
  StagingBuffer buffer(payloadBytes);
  bytes_ += static_cast<int64_t>(buffer.capacity());
  return buffer;
}

void StagingPool::giveBack(StagingBuffer buffer) {
  auto place = std::lower_bound(free_.begin(), free_.end(), buffer.capacity(),
                                isSmaller);
  free_.insert(place, std::move(buffer));
}

} // namespace moert
