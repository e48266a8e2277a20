// The inner loop, compiled once for each instruction set.
//
// The including file defines MOERT_TILE_NAME (function) and MOERT_TILE_LANES
// (floats of a vector register) and is compiled with the matching flags and
// with -ffp-contract=fast, which makes each `sum += a * b` below one fused
// operation.
#include <cstdint>

namespace moert {

typedef float Lanes
    __attribute__((vector_size(MOERT_TILE_LANES * 4), aligned(4)));
constexpr int64_t kLanes = MOERT_TILE_LANES;
constexpr int64_t kPanelColumns = 32;

// Rows x Wide vectors of sums stay in registers over the whole block of k.
template <int Rows, int Wide>
static void tile(const float *a, int64_t rowStride, const float *panel,
                 int64_t depth, float *out, bool add) {
  Lanes sums[Rows][Wide] = {};
  for (int64_t k = 0; k < depth; ++k) {
    Lanes b[Wide];
    for (int i = 0; i < Wide; ++i)
      b[i] = *reinterpret_cast<const Lanes *>(panel + k * kPanelColumns +
                                              i * kLanes);
    for (int row = 0; row < Rows; ++row) {
      float value = a[row * rowStride + k];
      for (int i = 0; i < Wide; ++i)
        sums[row][i] += value * b[i];
    }
  }
  for (int row = 0; row < Rows; ++row)
    for (int i = 0; i < Wide; ++i) {
      auto *to =
          reinterpret_cast<Lanes *>(out + row * kPanelColumns + i * kLanes);
      *to = add ? *to + sums[row][i] : sums[row][i];
    }
}

// Two vectors wide, eight rows fill the 32 registers of AVX-512, four the 16 of
// AVX2.
template <int Wide>
static void column(int64_t rows, const float *a, int64_t rowStride,
                   const float *panel, int64_t depth, float *out, bool add) {
  auto step = [&](auto run, int64_t count) {
    run(a, rowStride, panel, depth, out, add);
    a += count * rowStride;
    out += count * kPanelColumns;
    rows -= count;
  };
  while (rows > 0) {
    if (rows >= 8 && (kLanes == 16 || Wide == 1))
      step(tile<8, Wide>, 8);
    else if (rows >= 4)
      step(tile<4, Wide>, 4);
    else if (rows >= 2)
      step(tile<2, Wide>, 2);
    else
      step(tile<1, Wide>, 1);
  }
}

/// Adds (or writes) `rows` <= 8 rows times the first `columns` of one panel to
/// a dense [rows][32] tile; what is right of them is unspecified.
void MOERT_TILE_NAME(int64_t rows, const float *a, int64_t rowStride,
                     const float *panel, int64_t columns, int64_t depth,
                     float *out, bool add) {
  for (int64_t at = 0; at < columns; at += 2 * kLanes) {
    if (columns - at > kLanes)
      column<2>(rows, a, rowStride, panel + at, depth, out + at, add);
    else
      column<1>(rows, a, rowStride, panel + at, depth, out + at, add);
  }
}

} // namespace moert
