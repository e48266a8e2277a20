// The inner loops, compiled once for each instruction set.
//
// The including file defines MOERT_TILES (namespace), MOERT_TILE_LANES (floats
// of a vector register) and, for pairs of bf16, MOERT_TILE_PAIRS; it is
// compiled with the matching flags and with -ffp-contract=fast, which makes
// each `sum + a * b` below one fused operation.
#include "runtime/core/DType.h"
#include "runtime/core/TileJob.h"

#ifdef MOERT_TILE_PAIRS
#include <immintrin.h>
#endif

namespace moert::MOERT_TILES {

namespace {

typedef float Lanes
    __attribute__((vector_size(MOERT_TILE_LANES * 4), aligned(4)));
constexpr int64_t kLanes = MOERT_TILE_LANES;
constexpr int64_t kPanelColumns = 32;

#ifdef MOERT_TILE_PAIRS
using Word = int32_t;
inline Lanes add(Lanes sum, Word a, Lanes b) {
  return (Lanes)_mm512_dpbf16_ps((__m512)sum, (__m512bh)b,
                                 (__m512bh)_mm512_set1_epi32(a));
}
#else
using Word = float;
inline Lanes add(Lanes sum, Word a, Lanes b) { return sum + a * b; }
#endif

// Rows x Wide vectors of sums stay in registers over the whole block of k.
template <int Rows, int Wide> void tile(const TileJob &job) {
  auto *a = static_cast<const Word *>(job.a);
  auto *panel = static_cast<const float *>(job.panel);
  Lanes sums[Rows][Wide] = {};
  for (int64_t k = 0; k < job.words; ++k) {
    __builtin_prefetch(job.ahead + k * job.aheadStep, /*rw=*/0, /*locality=*/2);
    Lanes b[Wide];
    for (int i = 0; i < Wide; ++i)
      b[i] = *reinterpret_cast<const Lanes *>(panel + k * kPanelColumns +
                                              i * kLanes);
    for (int row = 0; row < Rows; ++row) {
      Word value = a[row * job.aStride + k];
      for (int i = 0; i < Wide; ++i)
        sums[row][i] = add(sums[row][i], value, b[i]);
    }
  }
  for (int row = 0; row < Rows; ++row)
    for (int i = 0; i < Wide; ++i) {
      auto *to =
          reinterpret_cast<Lanes *>(job.out + row * job.outStride + i * kLanes);
      *to = job.adds ? *to + sums[row][i] : sums[row][i];
    }
}

// The tile of job.rows <= Rows rows.
template <int Rows, int Wide> void pick(const TileJob &job) {
  if (job.rows >= Rows)
    return tile<Rows, Wide>(job);
  if constexpr (Rows > 1)
    pick<Rows - 1, Wide>(job);
}

// Two vectors wide, eight rows fill half the registers of AVX-512, four those
// of AVX2.
template <int Wide> void tileRows(TileJob job) {
  constexpr int most = kLanes / Wide;
  for (; job.rows > 0; job.rows -= most) {
    pick<most, Wide>(job);
    job.a = static_cast<const Word *>(job.a) + most * job.aStride;
    job.out += most * job.outStride;
  }
}

} // namespace

void multiply(const TileJob &whole) {
  constexpr int most = kLanes / 2;
  if (whole.rows == most && whole.columns == 2 * kLanes)
    return tile<most, 2>(whole); // Nearly always.
  TileJob job = whole;
  for (; job.columns > 0; job.columns -= 2 * kLanes) {
    if (job.columns > kLanes)
      tileRows<2>(job);
    else
      tileRows<1>(job);
    job.panel = static_cast<const float *>(job.panel) + 2 * kLanes;
    job.out += 2 * kLanes;
  }
}

/// Writes `count` floats as bf16.
void round(const float *from, int64_t count, uint16_t *to) {
  for (int64_t i = 0; i < count; ++i)
    to[i] = toBF16(from[i]);
}

} // namespace moert::MOERT_TILES
