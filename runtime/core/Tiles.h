// Our own matrix product, whose order of summation defines what a matmul means.
//
// Each element of c is one chain of fused multiply-adds over a block of k, from
// the first to the last, starting at zero; the blocks' sums are added in order.
// The length of a block depends on K alone (kBlock). Nothing else - rows,
// columns, strides, vector width, rank count - changes a bit.
//
//   K = 512: one chain of 512        K = 2048: (chain of 1024) + (chain of
//   1024)
//
// b is read from panels of 32 columns, so that the inner loop walks memory
// straight on; columns beyond N are zero. Instruction sets are chosen at run
// time.
#pragma once

#include "runtime/core/DType.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace moert {

/// Length of the blocks that a sum of `k` products is cut into.
int64_t kBlock(int64_t k);

/// Columns of a panel.
constexpr int64_t kPanel = 32;

/// Floats that the panels of a [k, n] matrix take.
inline int64_t panelElements(int64_t k, int64_t n) {
  return (n + kPanel - 1) / kPanel * kPanel * k;
}

/// A matrix somewhere in memory, strides in elements.
struct MatrixView {
  const void *data = nullptr;
  DType dtype = DType::F32;
  int64_t rows = 0, columns = 0;
  int64_t rowStride = 0, columnStride = 1;
};

/// Writes `b` [k, n] (f32 or bf16) as panels: [ceil(n/32)][k][32] floats.
void packPanels(const MatrixView &b, float *panels);

/// Writes `a` (f32 or bf16) as dense rows of floats.
void packRows(const MatrixView &a, float *rows);

/// c[m, n] = a x b, with `a` dense in k (columnStride 1, f32) and `b` in
/// panels; c is f32 or bf16 (rounded once, at the end).
void multiplyPanels(const MatrixView &a, const float *panels, void *c,
                    DType cType, int64_t n, int64_t cRowStride,
                    int64_t cColumnStride);

/// "avx512", "avx2" or "scalar": what multiplyPanels runs on here.
const char *tileInstructions();

/// For tests: runs on others than the best; false where the processor lacks
/// them.
bool forceTileInstructions(const std::string &name);

} // namespace moert
