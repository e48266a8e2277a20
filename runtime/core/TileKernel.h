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

// Rows x 2 vectors of sums stay in registers over the whole block of k.
template <int Rows>
static void tile(const float *a, int64_t rowStride, const float *panel,
                 int64_t depth, float *out, bool add) {
  Lanes sums[Rows][2] = {};
  for (int64_t k = 0; k < depth; ++k) {
    Lanes b0 = *reinterpret_cast<const Lanes *>(panel + k * kPanelColumns);
    Lanes b1 =
        *reinterpret_cast<const Lanes *>(panel + k * kPanelColumns + kLanes);
    for (int row = 0; row < Rows; ++row) {
      float value = a[row * rowStride + k];
      sums[row][0] += value * b0;
      sums[row][1] += value * b1;
    }
  }
  for (int row = 0; row < Rows; ++row)
    for (int half = 0; half < 2; ++half) {
      auto *to =
          reinterpret_cast<Lanes *>(out + row * kPanelColumns + half * kLanes);
      *to = add ? *to + sums[row][half] : sums[row][half];
    }
}

/// Adds (or writes) `rows` <= 8 rows times one panel to a dense [rows][32]
/// tile.
void MOERT_TILE_NAME(int64_t rows, const float *a, int64_t rowStride,
                     const float *panel, int64_t depth, float *out, bool add) {
  for (int64_t column = 0; column < kPanelColumns; column += 2 * kLanes)
    for (int64_t row = 0; row < rows;) {
      const float *from = a + row * rowStride;
      float *to = out + row * kPanelColumns + column;
      const float *b = panel + column;
      // Eight rows fill the 32 registers of AVX-512, four the 16 of AVX2.
      if (kLanes == 16 && rows - row >= 8) {
        tile<8>(from, rowStride, b, depth, to, add);
        row += 8;
      } else if (rows - row >= 4) {
        tile<4>(from, rowStride, b, depth, to, add);
        row += 4;
      } else if (rows - row >= 2) {
        tile<2>(from, rowStride, b, depth, to, add);
        row += 2;
      } else {
        tile<1>(from, rowStride, b, depth, to, add);
        row += 1;
      }
    }
}

} // namespace moert
