#include "runtime/comm/mpi/StagingPool.h"

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

StagingBuffer StagingPool::take(size_t payloadBytes) {
  // Up to twice as large is still a fit; beyond, small messages would pin the
  // memory of large ones.
  auto found = free_.lower_bound(payloadBytes);
  if (found != free_.end() && found->first <= 2 * payloadBytes + 4096) {
    StagingBuffer buffer = std::move(found->second);
    free_.erase(found);
    return buffer;
  }
  StagingBuffer buffer(payloadBytes);
  bytes_ += static_cast<int64_t>(buffer.capacity());
  return buffer;
}

void StagingPool::giveBack(StagingBuffer buffer) {
  size_t capacity = buffer.capacity();
  free_.emplace(capacity, std::move(buffer));
}

} // namespace moert
