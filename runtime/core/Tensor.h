// A tensor in memory: owned bytes with an element type and a shape.
#pragma once

#include "runtime/core/DType.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace moert {

/// Owned bytes, zeroed, aligned to 64 (one cache line, one AVX-512 register).
/// Large buffers come from untouched pages, so what is never written costs no
/// memory. Throws Error when the machine has not that much.
class Buffer {
public:
  Buffer() = default;
  explicit Buffer(size_t bytes);

  void *data() { return bytes_.get(); }
  const void *data() const { return bytes_.get(); }
  size_t size() const { return size_; }

private:
  struct Free {
    size_t mapped; ///< Bytes to unmap, 0 for a block of the heap.
    void operator()(void *bytes) const;
  };
  std::unique_ptr<void, Free> bytes_{nullptr, Free{0}};
  size_t size_ = 0;
};

/// Product of `shape`, 1 for a scalar. Throws Error on a negative size or where
/// the product with `elementBytes` passes 2^63 - 1.
int64_t elementCount(const std::vector<int64_t> &shape,
                     int64_t elementBytes = 1);

/// A row-major tensor that owns its elements; a whole one or one rank's block.
///
///   Tensor tokens(DType::I32, {4, 128});
///   tokens.as<int32_t>()[0] = 7;
class Tensor {
public:
  Tensor() = default;
  Tensor(DType dtype, std::vector<int64_t> shape);

  DType dtype() const { return dtype_; }
  const std::vector<int64_t> &shape() const { return shape_; }
  int64_t elements() const { return elements_; }
  size_t bytes() const { return buffer_.size(); }
  void *data() { return buffer_.data(); }
  const void *data() const { return buffer_.data(); }
  template <typename T> T *as() { return static_cast<T *>(data()); }
  template <typename T> const T *as() const {
    return static_cast<const T *>(data());
  }

private:
  DType dtype_ = DType::F32;
  std::vector<int64_t> shape_;
  int64_t elements_ = 0;
  Buffer buffer_;
};

/// A tensor under the name that files and manifests know it by.
struct NamedTensor {
  std::string name;
  Tensor tensor;
};

} // namespace moert
