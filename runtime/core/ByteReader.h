// The bytes of one tensor, read once from front to back, wherever they lie.
#pragma once

#include "runtime/core/File.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace moert {

/// A member of a zip archive that is packed by deflate, as the directory
/// declares it.
struct DeflatedMember {
  uint64_t offset = 0;      ///< Of its packed bytes in the file.
  uint64_t packedBytes = 0; ///< Of them in the file.
  uint64_t bytes = 0;       ///< Unpacked.
  uint32_t crc = 0;         ///< Of the unpacked bytes.
};

class ByteReader {
public:
  virtual ~ByteReader() = default;
  /// Fills `to` with `bytes` bytes from `offset`, which is not before the end
  /// of what was read last. Throws Error where they are not there or are
  /// damaged.
  virtual void read(uint64_t offset, void *to, size_t bytes) = 0;
  /// After the last read. Throws Error where the whole is not what it should
  /// be.
  virtual void finish() {}
};

/// Reads [begin, end) of a file in windows, so that many short reads that lie
/// near each other cost one.
std::unique_ptr<ByteReader> readStored(const InputFile &file, uint64_t begin,
                                       uint64_t end,
                                       uint64_t window = 64 << 10);

/// Unpacks `member`, called `what` in messages; offsets are those of its
/// unpacked bytes. Takes memory for a window, not for the member, and never
/// makes more bytes than are declared: a small file cannot grow into a large
/// one.
std::unique_ptr<ByteReader> readDeflated(const InputFile &file,
                                         const DeflatedMember &member,
                                         const std::string &what);

} // namespace moert
