#include "runtime/core/ByteReader.h"

#include <algorithm>
#include <cstring>

namespace moert {

namespace {
class WindowedReader : public ByteReader {
public:
  WindowedReader(const InputFile &file, uint64_t begin, uint64_t end,
                 uint64_t size)
      : file_(file), end_(end), size_(size), windowAt_(begin) {}

  void read(uint64_t offset, void *to, size_t bytes) override {
    if (bytes >= size_ / 4)
      return file_.read(offset, to, bytes);
    if (offset < windowAt_ || offset + bytes > windowAt_ + window_.size())
      load(offset);
    std::memcpy(to, window_.data() + (offset - windowAt_), bytes);
  }

private:
  void load(uint64_t offset) {
    window_.resize(std::min(size_, end_ - offset));
    file_.read(offset, window_.data(), window_.size());
    windowAt_ = offset;
  }

  const InputFile &file_;
  uint64_t end_;
  uint64_t size_; ///< Of a window.
  uint64_t windowAt_;
  std::string window_;
};
} // namespace

std::unique_ptr<ByteReader> readStored(const InputFile &file, uint64_t begin,
                                       uint64_t end, uint64_t window) {
  return std::make_unique<WindowedReader>(file, begin, end, window);
}

} // namespace moert
