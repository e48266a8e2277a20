#include "runtime/core/Tiles.h"

#include "runtime/core/Isa.h"
#include "runtime/core/TileJob.h"

#include <algorithm>
#include <atomic>
#include <bitset>
#include <cmath>
#include <cstring>
#include <unistd.h>
#include <utility>
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

using Multiply = void(const TileJob &job);
using Round = void(const float *from, int64_t count, uint16_t *to);

#ifdef __x86_64__
namespace avx512_bf16 {
Multiply multiply;
} // namespace avx512_bf16
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
static void multiply(const TileJob &job) {
  auto *left = static_cast<const float *>(job.a);
  auto *right = static_cast<const float *>(job.panel);
  for (int64_t row = 0; row < job.rows; ++row)
    for (int64_t column = 0; column < job.columns; ++column) {
      float sum = 0;
      for (int64_t k = 0; k < job.words; ++k)
        sum = std::fma(left[row * job.aStride + k], right[k * kPanel + column],
                       sum);
      float &to = job.out[row * job.outStride + column];
      to = job.adds ? to + sum : sum;
    }
}

static void round(const float *from, int64_t count, uint16_t *to) {
  std::transform(from, from + count, to, toBF16);
}
} // namespace scalar

namespace {
struct Instructions {
  const char *name;
  const char *floatsName;
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
      list.push_back({"avx512_bf16", "avx512", avx512::multiply,
                      avx512_bf16::multiply, avx512::round});
    if (isa >= Isa::V4)
      list.push_back(
          {"avx512", "avx512", avx512::multiply, nullptr, avx512::round});
    if (isa >= Isa::V3)
      list.push_back({"avx2", "avx2", avx2::multiply, nullptr, avx2::round});
#endif
    list.push_back(
        {"scalar", "scalar", scalar::multiply, nullptr, scalar::round});
    return list;
  }();
  return usable;
}

static std::atomic<size_t> chosen{0};

static const Instructions &choice() { return choices()[chosen]; }

const char *tileInstructions() { return choice().name; }

const char *tileInstructions(TileFormat format) {
  return format == TileFormat::Floats ? choice().floatsName : choice().name;
}

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
// Bytes of rows of a that are multiplied by all panels before the next ones:
// half of a core's second cache, the panels pass through the other.
static int64_t blockBytes() {
  static const int64_t bytes =
      std::max<int64_t>(::sysconf(_SC_LEVEL2_CACHE_SIZE), 512 << 10) / 2;
  return bytes;
}

// 13 rows are 7 and 6: a short tile waits for its own sums.
static int64_t tileCount(int64_t begin, int64_t end) {
  return (end - begin + kTileRows - 1) / kTileRows;
}
static std::pair<int64_t, int64_t> tileRange(int64_t begin, int64_t end,
                                             int64_t tile) {
  int64_t rows = end - begin, tiles = tileCount(begin, end);
  return {begin + rows * tile / tiles, begin + rows * (tile + 1) / tiles};
}

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
  /// Whether a tile of `columns` may be written straight to here.
  bool takesTiles(int64_t columns) const {
    return dtype == DType::F32 && columnStride == 1 && columns % 16 == 0;
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

static void storeZeros(int64_t rows, int64_t columns, const Target &to) {
  const float zeros[kPanel] = {};
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t first = 0; first < columns; first += kPanel)
      storeRow(zeros, std::min(kPanel, columns - first), to.at(row, first));
}

namespace {
/// Tiles of a block of rows that hold zeros only.
class ZeroTiles {
public:
  static constexpr int64_t most = 4096;

  // Returns how many rows lie in them. The first words tell nearly always.
  int64_t find(const TileRows &a, TileFormat format, int64_t begin,
               int64_t end) {
    int64_t tiles = tileCount(begin, end), rows = 0;
    for (int64_t i = 0; i < tiles; ++i) {
      auto [from, to] = tileRange(begin, end, i);
      bool isZero = allZero(a, format, from, to, 1) &&
                    allZero(a, format, from, to, a.words);
      zero_[static_cast<size_t>(i)] = isZero;
      rows += isZero ? to - from : 0;
    }
    return rows;
  }
  bool operator[](int64_t tile) const {
    return zero_[static_cast<size_t>(tile)];
  }

private:
  static bool allZero(const TileRows &a, TileFormat format, int64_t from,
                      int64_t to, int64_t words) {
    uint32_t signs =
        format == TileFormat::BF16Pairs ? 0x80008000u : 0x80000000u;
    auto *data = static_cast<const uint32_t *>(a.data);
    for (int64_t row = from; row < to; ++row)
      for (int64_t k = 0; k < words; ++k)
        if (data[row * a.stride + k] & ~signs)
          return false;
    return true;
  }

  std::bitset<most> zero_;
};

/// One product: what each of its tiles needs to know.
struct Product {
  const TileRows &a;
  Multiply *multiply;
  int64_t block;      ///< Words of a block of k.
  int64_t panelWords; ///< Of a whole panel's columns.
  Target target;
  ZeroTiles zeros = {};

  // Rows [begin, end) of a times the panel whose columns begin at `first`.
  void rows(int64_t begin, int64_t end, const float *panel, int64_t first,
            int64_t columns) const {
    int64_t tiles = tileCount(begin, end);
    for (int64_t i = 0; i < tiles; ++i) {
      auto [from, to] = tileRange(begin, end, i);
      if (zeros[i]) {
        storeZeros(to - from, columns, target.at(from, first));
        continue;
      }
      TileJob job;
      job.rows = to - from;
      job.a = static_cast<const float *>(a.data) + from * a.stride;
      job.aStride = a.stride;
      job.panel = panel;
      job.columns = columns;
      // Each tile fetches its share of the next panel, so that weights arrive
      // at one pace.
      job.aheadStep = std::max<int64_t>(kPanel / tiles, 1);
      job.ahead = panel + panelWords * kPanel + a.words * i * job.aheadStep;
      tile(job, target.at(from, first));
    }
  }

private:
  // By way of a buffer where `c` is not as the tiles write.
  void tile(TileJob job, const Target &to) const {
    if (to.takesTiles(job.columns)) {
      job.out = static_cast<float *>(to.c);
      job.outStride = to.rowStride;
      return sum(job);
    }
    alignas(64) float sums[kTileRows * kPanel];
    job.out = sums;
    job.outStride = kPanel;
    sum(job);
    for (int64_t i = 0; i < job.rows; ++i)
      storeRow(sums + i * kPanel, job.columns, to.at(i, 0));
  }

  void sum(TileJob job) const {
    for (int64_t k = 0; k < a.words; k += block) {
      job.words = std::min(block, a.words - k);
      job.adds = k > 0;
      multiply(job);
      job.a = static_cast<const float *>(job.a) + block;
      job.panel = static_cast<const float *>(job.panel) + block * kPanel;
      job.ahead += block * job.aheadStep;
    }
  }
};
} // namespace

int64_t multiplyPanels(const TileRows &a, TileFormat format, int64_t k,
                       const void *panels, bool skipsZeros, void *c,
                       DType cType, int64_t n, int64_t cRowStride,
                       int64_t cColumnStride) {
  if (a.words == 0) { // There may be no memory behind the pointers.
    storeZeros(a.rows, n, {c, cType, cRowStride, cColumnStride});
    return a.rows;
  }
  bool pairs = format == TileFormat::BF16Pairs;
  Product product{a,
                  pairs ? choice().pairs : choice().floats,
                  wordsOf(format, kBlock(k)),
                  wordsOf(format, k),
                  {c, cType, cRowStride, cColumnStride}};
  int64_t most = std::clamp<int64_t>(blockBytes() / (a.words * 4) / kTileRows,
                                     4, ZeroTiles::most);
  int64_t step = most * kTileRows, multiplied = a.rows;
  for (int64_t begin = 0; begin < a.rows; begin += step) {
    int64_t end = std::min(begin + step, a.rows);
    if (skipsZeros)
      multiplied -= product.zeros.find(a, format, begin, end);
    for (int64_t first = 0; first < n; first += kPanel)
      product.rows(begin, end,
                   static_cast<const float *>(panels) +
                       first * product.panelWords,
                   first, std::min(kPanel, n - first));
  }
  return multiplied;
}

} // namespace moert
