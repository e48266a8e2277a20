#include "runtime/core/Tensor.h"

#include "runtime/core/Error.h"

#include <cstring>
#include <sys/mman.h>

namespace moert {

// Above this size pages come straight from the kernel, zeroed when first
// touched.
static constexpr size_t kMapFrom = size_t{1} << 20;

static void *allocateZeroed(size_t bytes) {
  if (bytes >= kMapFrom) {
    void *pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? nullptr : pages;
  }
  size_t rounded = (bytes + 63) / 64 * 64;
  void *block = std::aligned_alloc(64, rounded ? rounded : 64);
  return block ? std::memset(block, 0, rounded) : nullptr;
}

Buffer::Buffer(size_t bytes) : size_(bytes) {
  bytes_ = std::unique_ptr<void, Free>(allocateZeroed(bytes),
                                       Free{bytes >= kMapFrom ? bytes : 0});
  if (!bytes_)
    throw Error(text("out of memory: ", bytes, " bytes are not to be had"));
}

void Buffer::Free::operator()(void *bytes) const {
  if (mapped)
    ::munmap(bytes, mapped);
  else
    std::free(bytes);
}

int64_t elementCount(const std::vector<int64_t> &shape, int64_t elementBytes) {
  int64_t count = 1, product = elementBytes;
  for (int64_t size : shape)
    if (size < 0 || __builtin_mul_overflow(product, size, &product) ||
        __builtin_mul_overflow(count, size, &count))
      throw Error(text("shape ", shapeText(shape),
                       " is not that of a tensor that fits into memory"));
  return count;
}

Tensor::Tensor(DType dtype, std::vector<int64_t> shape)
    : dtype_(dtype), shape_(std::move(shape)),
      elements_(elementCount(shape_, static_cast<int64_t>(sizeOf(dtype)))),
      buffer_(static_cast<size_t>(elements_) * sizeOf(dtype)) {}

} // namespace moert
