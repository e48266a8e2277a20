// The forms in which the tiles read a matrix product's operands.
//
// Both forms advance along k in words of four bytes: one float, or two bf16
// that one instruction multiplies and adds.
//
//   Floats        word k of a row is a[k]
//   BF16Pairs     word k of a row is (a[2k], a[2k+1]); behind an odd end is 0
//
// b lies in panels of 32 columns, [ceil(n/32)][words of k][32] words, so that
// the inner loop walks memory straight on; columns beyond n are zero.
#pragma once

#include "runtime/core/DType.h"

#include <cstddef>
#include <cstdint>

namespace moert {

enum class TileFormat { Floats, BF16Pairs };

/// Columns of a panel.
constexpr int64_t kPanel = 32;

/// Words that `k` elements take.
inline int64_t wordsOf(TileFormat format, int64_t k) {
  return format == TileFormat::Floats ? k : (k + 1) / 2;
}

/// Bytes that the panels of a [k, n] matrix take.
inline size_t panelBytes(TileFormat format, int64_t k, int64_t n) {
  int64_t columns = (n + kPanel - 1) / kPanel * kPanel;
  return static_cast<size_t>(columns * wordsOf(format, k)) * 4;
}

/// Bytes that dense rows [m, k] take.
inline size_t rowBytes(TileFormat format, int64_t m, int64_t k) {
  return static_cast<size_t>(m * wordsOf(format, k)) * 4;
}

/// A matrix of f32 or bf16 somewhere in memory, strides in elements.
struct MatrixView {
  const void *data = nullptr;
  DType dtype = DType::F32;
  int64_t rows = 0, columns = 0;
  int64_t rowStride = 0, columnStride = 1;
};

/// Rows that the tiles can read: words one after the other in each row.
struct TileRows {
  const void *data = nullptr;
  int64_t rows = 0, words = 0;
  int64_t stride = 0; ///< Words from a row to the next.
};

/// Writes `b` [k, n] as panels; Floats from f32 or bf16, BF16Pairs from bf16.
void packPanels(const MatrixView &b, TileFormat format, void *panels);

/// Whether no element of the panels of a [k, n] matrix is infinite or NaN.
bool panelsAreFinite(TileFormat format, int64_t k, int64_t n,
                     const void *panels);

/// Whether `a` is in this form as it lies.
bool isTileRows(const MatrixView &a, TileFormat format);
/// `a` as it lies; only where isTileRows.
TileRows asTileRows(const MatrixView &a, TileFormat format);
/// Writes `a` as dense rows, rowBytes() bytes.
TileRows packRows(const MatrixView &a, TileFormat format, void *rows);

} // namespace moert
