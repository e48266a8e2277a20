// Message buffers that are used again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace moert {

/// A message: header, then payload, in one piece of memory. The payload is
/// aligned to 64 bytes.
class StagingBuffer {
public:
  StagingBuffer() = default;
  explicit StagingBuffer(size_t payloadBytes);

  /// Where the message begins: headerBytes before the payload.
  char *message() { return payload() - headerBytes; }
  char *payload() { return memory_.get() + alignment; }
  const char *payload() const { return memory_.get() + alignment; }
  size_t capacity() const { return capacity_; }

  static constexpr size_t headerBytes = 32;

private:
  static constexpr size_t alignment = 64;
  struct Free {
    void operator()(char *memory) const;
  };
  std::unique_ptr<char, Free> memory_;
  size_t capacity_ = 0;
};

/// Buffers by capacity. A program's collectives repeat, so after the first pass
/// nothing is allocated.
class StagingPool {
public:
  /// A buffer for at least `payloadBytes`.
  StagingBuffer take(size_t payloadBytes);
  void giveBack(StagingBuffer buffer);
  /// Bytes allocated so far; buffers are never given back to the system.
  int64_t bytes() const { return bytes_; }

private:
  /// By rising capacity; a map would allocate at every turn.
  std::vector<StagingBuffer> free_;
  int64_t bytes_ = 0;
};

} // namespace moert
