// What one call of the inner loops does: some rows of a times one panel of b.
#pragma once

#include <cstdint>

namespace moert {

/// Adds (or writes) rows [rows, words] of a times the first `columns` of a
/// panel [words, 32] to `out`; of its columns the next ones to a multiple of 16
/// are unspecified then.
struct TileJob {
  int64_t rows = 0;
  const void *a = nullptr;
  int64_t aStride = 0; ///< Words from a row to the next.
  const void *panel = nullptr;
  int64_t columns = 0, words = 0;
  float *out = nullptr;
  int64_t outStride = 0; ///< Floats from a row to the next.
  bool adds = false;
  /// Memory that a later job reads, fetched on the way: `aheadStep` floats
  /// further for each word.
  const float *ahead = nullptr;
  int64_t aheadStep = 0;
};

} // namespace moert
