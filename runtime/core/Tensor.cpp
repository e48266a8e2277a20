#include "runtime/core/Tensor.h"

#include "runtime/core/Error.h"

#include <cstdint>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

namespace moert {

// Above this size pages come straight from the kernel, zeroed when first
// touched: so they lie near the rank that writes them first.
static constexpr size_t kMapFrom = size_t{1} << 20;
// A walk over many weights misses the tables of small pages.
static constexpr size_t kHugePage = size_t{2} << 20;

// `bytes` bytes, from a huge page's begin on where they hold one.
static void *mapPages(size_t bytes) {
  size_t slack = bytes >= kHugePage ? kHugePage : 0;
  void *pages = ::mmap(nullptr, bytes + slack, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED || !slack)
    return pages == MAP_FAILED ? nullptr : pages;
  auto *first = static_cast<char *>(pages);
  size_t before = -reinterpret_cast<uintptr_t>(first) % kHugePage;
  auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  size_t whole = (bytes + page - 1) / page * page;
  if (before)
    ::munmap(first, before);
  ::munmap(first + before + whole, slack - before + bytes - whole);
  ::madvise(first + before, bytes, MADV_HUGEPAGE);
  return first + before;
}

static void *allocateZeroed(size_t bytes) {
  if (bytes >= kMapFrom)
    return mapPages(bytes);
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
