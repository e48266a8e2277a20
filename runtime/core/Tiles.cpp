#include "runtime/core/Tiles.h"

#include "runtime/core/Isa.h"

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

using Multiply = void(int64_t rows, const void *a, int64_t aStride,
                      const void *panel, int64_t columns, int64_t words,
                      float *out, bool adds);
using Round = void(const float *from, int64_t count, uint16_t *to);

#ifdef __x86_64__
namespace avx512_bf16 {
Multiply multiply;
}
namespace avx512 {
Multiply multiply;
Round round;
} // namespace avx512
namespace avx2 {
Multiply multiply;
Round round;
} // namespace avx2
#endif

// Without fused instructions the same bits come from the library, slowly.
namespace scalar {
static void multiply(int64_t rows, const void *a, int64_t aStride,
                     const void *panel, int64_t columns, int64_t words,
                     float *out, bool adds) {
  auto *left = static_cast<const float *>(a);
  auto *right = static_cast<const float *>(panel);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column) {
      float sum = 0;
      for (int64_t k = 0; k < words; ++k)
        sum =
            std::fma(left[row * aStride + k], right[k * kPanel + column], sum);
      float &to = out[row * kPanel + column];
      to = adds ? to + sum : sum;
    }
}

static void round(const float *from, int64_t count, uint16_t *to) {
  std::transform(from, from + count, to, toBF16);
}
} // namespace scalar

namespace {
struct Instructions {
  const char *name;
  Multiply *floats;
  Multiply *pairs; ///< Null where bf16 is widened.
  Round *round;
};
} // namespace

// What this processor runs, best first.
static const std::vector<Instructions> &choices() {
  static const std::vector<Instructions> usable = [] {
    std::vector<Instructions> list;
#ifdef __x86_64__
    Isa isa = hostIsa();
    if (isa >= Isa::V4BF16)
      list.push_back({"avx512_bf16", avx512::multiply, avx512_bf16::multiply,
                      avx512::round});
    if (isa >= Isa::V4)
      list.push_back({"avx512", avx512::multiply, nullptr, avx512::round});
    if (isa >= Isa::V3)
      list.push_back({"avx2", avx2::multiply, nullptr, avx2::round});
#endif
    list.push_back({"scalar", scalar::multiply, nullptr, scalar::round});
    return list;
  }();
  return usable;
}

static std::atomic<size_t> chosen{0};

static const Instructions &choice() { return choices()[chosen]; }

const char *tileInstructions() { return choice().name; }

bool forceTileInstructions(const std::string &name) {
  for (size_t i = 0; i < choices().size(); ++i)
    if (name == choices()[i].name) {
      chosen = i;
      return true;
    }
  return false;
}

TileFormat tileFormat(DType a, DType b) {
  bool narrow = a == DType::BF16 && b == DType::BF16;
  return narrow && choice().pairs ? TileFormat::BF16Pairs : TileFormat::Floats;
}

//===-- The product -------------------------------------------------------===//

static constexpr int64_t kTileRows = 8;
// Rows of a that are multiplied by all panels before the next ones: as many as
// stay in a core's second cache beside a panel.
static constexpr int64_t kBlockBytes = int64_t{256} << 10;

namespace {
/// Where one tile of c goes.
struct Target {
  void *c;
  DType dtype;
  int64_t rowStride, columnStride;

  Target at(int64_t row, int64_t column) const {
    int64_t offset = row * rowStride + column * columnStride;
    return {static_cast<char *>(c) +
                offset * static_cast<int64_t>(sizeOf(dtype)),
            dtype, rowStride, columnStride};
  }
};
} // namespace

static void storeRow(const float *from, int64_t columns, const Target &to) {
  auto *narrow = static_cast<uint16_t *>(to.c);
  auto *wide = static_cast<float *>(to.c);
  if (to.columnStride == 1 && to.dtype == DType::F32)
    std::memcpy(wide, from, static_cast<size_t>(columns) * sizeof(float));
  else if (to.columnStride == 1)
    choice().round(from, columns, narrow);
  else if (to.dtype == DType::F32)
    for (int64_t column = 0; column < columns; ++column)
      wide[column * to.columnStride] = from[column];
  else
    for (int64_t column = 0; column < columns; ++column)
      narrow[column * to.columnStride] = toBF16(from[column]);
}

namespace {
/// One product: what each of its tiles needs to know.
struct Product {
  const TileRows &a;
  Multiply *multiply;
  int64_t block; ///< Words of a block of k.
  Target target;

  // Up to eight rows from `row` times the panel whose columns begin at `first`.
  void tile(int64_t row, int64_t rows, const float *panel, int64_t first,
            int64_t columns) const {
    alignas(64) float sums[kTileRows * kPanel];
    if (a.words == 0) // An empty sum is zero.
      std::fill(sums, sums + kTileRows * kPanel, 0.0f);
    auto *from = static_cast<const float *>(a.data) + row * a.stride;
    for (int64_t k = 0; k < a.words; k += block)
      multiply(rows, from + k, a.stride, panel + k * kPanel, columns,
               std::min(block, a.words - k), sums, k > 0);
    for (int64_t i = 0; i < rows; ++i)
      storeRow(sums + i * kPanel, columns, target.at(row + i, first));
  }

  void rows(int64_t begin, int64_t end, const float *panel, int64_t first,
            int64_t columns) const {
    // 13 rows are 7 and 6: a short tile waits for its own sums.
    int64_t tiles = (end - begin + kTileRows - 1) / kTileRows;
    for (int64_t i = 0; i < tiles; ++i) {
      int64_t from = begin + (end - begin) * i / tiles;
      int64_t to = begin + (end - begin) * (i + 1) / tiles;
      tile(from, to - from, panel, first, columns);
    }
  }
};
} // namespace

void multiplyPanels(const TileRows &a, TileFormat format, int64_t k,
                    const void *panels, void *c, DType cType, int64_t n,
                    int64_t cRowStride, int64_t cColumnStride) {
  bool pairs = format == TileFormat::BF16Pairs;
  Product product{a,
                  pairs ? choice().pairs : choice().floats,
                  wordsOf(format, kBlock(k)),
                  {c, cType, cRowStride, cColumnStride}};
  int64_t rowBytes = std::max<int64_t>(a.words, 1) * 4;
  int64_t most = std::max<int64_t>(kBlockBytes / rowBytes / kTileRows, 4);
  int64_t step = most * kTileRows;
  for (int64_t begin = 0; begin < a.rows; begin += step)
    for (int64_t first = 0; first < n; first += kPanel)
      product.rows(begin, std::min(begin + step, a.rows),
                   static_cast<const float *>(panels) + first * a.words, first,
                   std::min(kPanel, n - first));
}

} // namespace moert
