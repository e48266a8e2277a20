// The inner loops, compiled once for each instruction set.
//
// The including file defines MOERT_TILES (namespace), MOERT_TILE_LANES (floats
// of a vector register) and, for pairs of bf16, MOERT_TILE_PAIRS; it is
// compiled with the matching flags and with -ffp-contract=fast, which makes
// each `sum + a * b` below one fused operation.
#include "runtime/core/DType.h"

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
  return (Lanes)_mm512_dpbf16_ps((__m512)sum, (__m512bh)_mm512_set1_epi32(a),
                                 (__m512bh)b);
}
#else
using Word = float;
inline Lanes add(Lanes sum, Word a, Lanes b) { return sum + a * b; }
#endif

/// What a tile reads and where it adds.
struct Job {
  const Word *a;
  int64_t aStride;
  const float *panel;
  int64_t words;
  float *out;
  bool adds;
};

// Rows x Wide vectors of sums stay in registers over the whole block of k.
template <int Rows, int Wide> void tile(const Job &job) {
  Lanes sums[Rows][Wide] = {};
  for (int64_t k = 0; k < job.words; ++k) {
    Lanes b[Wide];
    for (int i = 0; i < Wide; ++i)
      b[i] = *reinterpret_cast<const Lanes *>(job.panel + k * kPanelColumns +
                                              i * kLanes);
    for (int row = 0; row < Rows; ++row) {
      Word value = job.a[row * job.aStride + k];
      for (int i = 0; i < Wide; ++i)
        sums[row][i] = add(sums[row][i], value, b[i]);
    }
  }
  for (int row = 0; row < Rows; ++row)
    for (int i = 0; i < Wide; ++i) {
      auto *to =
          reinterpret_cast<Lanes *>(job.out + row * kPanelColumns + i * kLanes);
      *to = job.adds ? *to + sums[row][i] : sums[row][i];
    }
}

// The tile of `rows` <= Rows rows.
template <int Rows, int Wide> void pick(int64_t rows, const Job &job) {
  if (rows >= Rows)
    return tile<Rows, Wide>(job);
  if constexpr (Rows > 1)
    pick<Rows - 1, Wide>(rows, job);
}

// Two vectors wide, eight rows fill half the registers of AVX-512, four those
// of AVX2.
template <int Wide> void tileRows(int64_t rows, Job job) {
  constexpr int most = kLanes / Wide;
  for (; rows > 0; rows -= most) {
    int64_t now = rows < most ? rows : most;
    pick<most, Wide>(now, job);
    job.a += now * job.aStride;
    job.out += now * kPanelColumns;
  }
}

} // namespace

/// Adds (or writes) `rows` rows times the first `columns` of one panel to
/// a dense [rows][32] tile; what is right of them is unspecified.
void multiply(int64_t rows, const void *a, int64_t aStride, const void *panel,
              int64_t columns, int64_t words, float *out, bool adds) {
  Job job{static_cast<const Word *>(a),
          aStride,
          static_cast<const float *>(panel),
          words,
          out,
          adds};
  for (int64_t at = 0; at < columns; at += 2 * kLanes) {
    if (columns - at > kLanes)
      tileRows<2>(rows, job);
    else
      tileRows<1>(rows, job);
    job.panel += 2 * kLanes;
    job.out += 2 * kLanes;
  }
}

/// Writes `count` floats as bf16.
void round(const float *from, int64_t count, uint16_t *to) {
  for (int64_t i = 0; i < count; ++i)
    to[i] = toBF16(from[i]);
}

} // namespace moert::MOERT_TILES
