#include "runtime/core/Tiles.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <vector>

namespace moert {

// The cuts that oneDNN's packed kernels make, so that they may compute a site
// too.
int64_t kBlock(int64_t k) {
  if (k <= 512)
    return std::max<int64_t>(k, 1);
  return k <= 1024 ? 512 : 1024;
}

//===-- Choice of instructions --------------------------------------------===//

using TileFunction = void (*)(int64_t rows, const float *a, int64_t rowStride,
                              const float *panel, int64_t columns,
                              int64_t depth, float *out, bool add);

#ifdef __x86_64__
void tileAvx512(int64_t, const float *, int64_t, const float *, int64_t,
                int64_t, float *, bool);
void tileAvx2(int64_t, const float *, int64_t, const float *, int64_t, int64_t,
              float *, bool);
#endif

// Without fused instructions the same bits come from the library, slowly.
static void tileScalar(int64_t rows, const float *a, int64_t rowStride,
                       const float *panel, int64_t columns, int64_t depth,
                       float *out, bool add) {
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column) {
      float sum = 0;
      for (int64_t k = 0; k < depth; ++k)
        sum = std::fma(a[row * rowStride + k], panel[k * kPanel + column], sum);
      float &to = out[row * kPanel + column];
      to = add ? to + sum : sum;
    }
}

namespace {
struct TileChoice {
  TileFunction run;
  const char *name;
};
} // namespace

// What this processor runs, best first.
static const std::vector<TileChoice> &choices() {
  static const std::vector<TileChoice> usable = [] {
    std::vector<TileChoice> list;
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma"))
      list.push_back({tileAvx512, "avx512"});
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
      list.push_back({tileAvx2, "avx2"});
#endif
    list.push_back({tileScalar, "scalar"});
    return list;
  }();
  return usable;
}

static std::atomic<size_t> chosen{0};

static const TileChoice &choice() { return choices()[chosen]; }

const char *tileInstructions() { return choice().name; }

bool forceTileInstructions(const std::string &name) {
  for (size_t i = 0; i < choices().size(); ++i)
    if (name == choices()[i].name) {
      chosen = i;
      return true;
    }
  return false;
}

//===-- Packing -----------------------------------------------------------===//

namespace {
/// Reads elements of either type as floats.
template <typename Element> float widened(Element value);
template <> float widened(float value) { return value; }
template <> float widened(uint16_t value) { return fromBF16(value); }
} // namespace

template <typename Element>
static void packPanelsOf(const MatrixView &b, float *to) {
  auto *from = static_cast<const Element *>(b.data);
  for (int64_t first = 0; first < b.columns; first += kPanel) {
    int64_t width = std::min(kPanel, b.columns - first);
    for (int64_t row = 0; row < b.rows; ++row, to += kPanel) {
      const Element *at = from + row * b.rowStride + first * b.columnStride;
      for (int64_t column = 0; column < width; ++column)
        to[column] = widened(at[column * b.columnStride]);
      std::fill(to + width, to + kPanel, 0.0f);
    }
  }
}

template <typename Element>
static void packRowsOf(const MatrixView &a, float *to) {
  auto *from = static_cast<const Element *>(a.data);
  for (int64_t row = 0; row < a.rows; ++row)
    for (int64_t column = 0; column < a.columns; ++column)
      *to++ = widened(from[row * a.rowStride + column * a.columnStride]);
}

void packPanels(const MatrixView &b, float *panels) {
  if (b.dtype == DType::BF16)
    packPanelsOf<uint16_t>(b, panels);
  else
    packPanelsOf<float>(b, panels);
}

void packRows(const MatrixView &a, float *rows) {
  if (a.dtype == DType::BF16)
    packRowsOf<uint16_t>(a, rows);
  else
    packRowsOf<float>(a, rows);
}

//===-- The product -------------------------------------------------------===//

static constexpr int64_t kTileRows = 8;

static void storeTile(const float *tile, int64_t rows, int64_t columns, void *c,
                      DType cType, int64_t rowStride, int64_t columnStride) {
  bool dense = cType == DType::F32 && columnStride == 1;
  for (int64_t row = 0; row < rows; ++row) {
    const float *from = tile + row * kPanel;
    if (dense) {
      std::memcpy(static_cast<float *>(c) + row * rowStride, from,
                  static_cast<size_t>(columns) * sizeof(float));
      continue;
    }
    for (int64_t column = 0; column < columns; ++column) {
      int64_t at = row * rowStride + column * columnStride;
      if (cType == DType::BF16)
        static_cast<uint16_t *>(c)[at] = toBF16(from[column]);
      else
        static_cast<float *>(c)[at] = from[column];
    }
  }
}

void multiplyPanels(const MatrixView &a, const float *panels, void *c,
                    DType cType, int64_t n, int64_t cRowStride,
                    int64_t cColumnStride) {
  const TileFunction run = choice().run;
  const int64_t depth = a.columns, block = kBlock(depth);
  alignas(64) float tile[kTileRows * kPanel];
  for (int64_t first = 0; first < n; first += kPanel) {
    const float *panel = panels + first * depth;
    int64_t columns = std::min(kPanel, n - first);
    for (int64_t row = 0; row < a.rows; row += kTileRows) {
      int64_t rows = std::min(kTileRows, a.rows - row);
      auto *from = static_cast<const float *>(a.data) + row * a.rowStride;
      if (depth == 0) // An empty sum is zero.
        std::fill(tile, tile + kTileRows * kPanel, 0.0f);
      for (int64_t k = 0; k < depth; k += block)
        run(rows, from + k, a.rowStride, panel + k * kPanel, columns,
            std::min(block, depth - k), tile, k > 0);
      auto *to =
          static_cast<char *>(c) + (row * cRowStride + first * cColumnStride) *
                                       static_cast<int64_t>(sizeOf(cType));
      storeTile(tile, rows, columns, to, cType, cRowStride, cColumnStride);
    }
  }
}

} // namespace moert
