// Loops over tensors by strides: the shape ops, reductions and scans are these
// loops with different strides.
#pragma once

#include "moe/Interpret/Tensor.h"

#include <array>

namespace moe::interpret {

using Strides = llvm::SmallVector<int64_t, 4>;

/// Walks `shape` in row-major order and calls body(offsets, n, steps) for each
/// row: element i of the row is at offsets[t] + i * steps[t] in tensor t.
///
///   transpose 2x3: forEachRow({3, 2}, {{1, 3}, {2, 1}}, copy)
template <size_t N, typename Body>
void forEachRow(llvm::ArrayRef<int64_t> shape,
                const std::array<Strides, N> &strides, Body body) {
  for (int64_t size : shape)
    if (size == 0)
      return;
  std::array<int64_t, N> offsets{}, steps{};
  if (shape.empty())
    return body(offsets, int64_t(1), steps);
  size_t last = shape.size() - 1;
  for (size_t t = 0; t < N; ++t)
    steps[t] = strides[t][last];
  llvm::SmallVector<int64_t, 4> index(last, 0);
  while (true) {
    body(offsets, shape[last], steps);
    size_t dim = last;
    while (dim-- > 0) {
      ++index[dim];
      for (size_t t = 0; t < N; ++t)
        offsets[t] += strides[t][dim];
      if (index[dim] < shape[dim])
        break;
      for (size_t t = 0; t < N; ++t)
        offsets[t] -= strides[t][dim] * shape[dim];
      index[dim] = 0;
    }
    if (dim == size_t(-1))
      return;
  }
}

/// Calls visit(index) for each index of `shape` in row-major order, until it
/// fails.
template <typename Visit>
mlir::LogicalResult forEachIndex(llvm::ArrayRef<int64_t> shape, Visit visit) {
  if (llvm::is_contained(shape, 0))
    return mlir::success();
  llvm::SmallVector<int64_t, 4> index(shape.size(), 0);
  while (true) {
    if (mlir::failed(visit(llvm::ArrayRef<int64_t>(index))))
      return mlir::failure();
    size_t dim = shape.size();
    while (dim-- > 0 && ++index[dim] == shape[dim])
      index[dim] = 0;
    if (dim == size_t(-1))
      return mlir::success();
  }
}

/// Copies `shape` elements; strides in elements.
inline void copyStrided(llvm::ArrayRef<int64_t> shape, const Word *from,
                        const Strides &fromStrides, Word *to,
                        const Strides &toStrides) {
  forEachRow<2>(shape, {fromStrides, toStrides},
                [&](auto offsets, int64_t n, auto steps) {
                  const Word *source = from + offsets[0];
                  Word *target = to + offsets[1];
                  for (int64_t i = 0; i < n; ++i)
                    target[i * steps[1]] = source[i * steps[0]];
                });
}

/// Calls body(begin, stride, n) for each line along `dim`: its elements are at
/// begin + i * stride.
template <typename Body>
void forEachLine(llvm::ArrayRef<int64_t> shape, int64_t dim, Body body) {
  int64_t outer = elementsOf(shape.take_front(dim)), n = shape[dim],
          inner = elementsOf(shape.drop_front(dim + 1));
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i)
      body(o * n * inner + i, inner, n);
}

} // namespace moe::interpret
