// oneDNN's packed matmul for one shape, behind plain functions.
#pragma once

#include "runtime/core/Tensor.h"

#include <memory>

namespace moert {

/// A row-major f32 product with b packed by the library: c[m,n] = a[m,k]
/// b[k,n].
struct DenseShape {
  int64_t m = 0, n = 0, k = 0;
  int64_t aRowStride = 0, cRowStride = 0;
};

/// One site's use of a primitive of oneDNN. Primitives are made on first use,
/// one for each exact shape, and shared by the sites and ranks of a process: a
/// bounded table keeps those used last. Not for several threads at once.
class OneDnnMatmul {
public:
  /// Null when the library is absent or has no packed kernel for the shape.
  static std::unique_ptr<OneDnnMatmul> create(const DenseShape &shape);
  virtual ~OneDnnMatmul();

  /// Bytes of one packed b.
  virtual size_t packedBytes() const = 0;
  /// Bytes that a run needs besides.
  virtual size_t scratchBytes() const = 0;
  /// Packs b [k, n] with the given strides, in elements.
  virtual void pack(const float *b, int64_t rowStride, int64_t columnStride,
                    void *packed) = 0;
  /// `scratch` has scratchBytes() bytes, 64-byte aligned. Any thread may run
  /// it, one at a time.
  virtual void run(const float *a, const void *packed, float *c,
                   void *scratch) = 0;
};

/// The instructions that the library uses here, as it numbers them.
int oneDnnIsa();

/// Primitives that the table keeps; more exist only while sites use them.
constexpr size_t kMostPrimitives = 128;
/// How many there are now, for tests.
size_t primitivesKept();

} // namespace moert
