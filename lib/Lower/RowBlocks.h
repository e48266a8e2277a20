// How the rows between two products are cut, so that a block of them stays in a
// core's second cache.
//
//   100 rows in blocks of at most 32      4 blocks of 25
//   101 rows                              4 blocks of 26: [0, 26) [26, 52)
//                                         [52, 78) [75, 101)
//
// All blocks have the same size. What two blocks share is computed twice, with
// the same bits.
//
// Of causal scores, row i has columns 0 to i only: the block of rows [26, 52)
// needs 52 columns. It gets 64: kernels and matmuls work on 16 at once, and
// pairs of bf16 stay together.
#pragma once

#include <cstdint>

namespace moe::lower {

/// Neighbours that are computed at once; element i of a sum is added in lane i
/// mod 16.
inline constexpr int64_t kLanes = 16;

struct RowBlocks {
  int64_t rows = 0;    ///< Of the whole; 0 where nothing is cut.
  int64_t columns = 0; ///< Of a row.
  int64_t size = 0;    ///< Rows of a block.
  bool isCausal = false;

  int64_t count() const { return (rows + size - 1) / size; }
  /// Where the last block begins.
  int64_t lastFirst() const { return rows - size; }
  bool operator==(const RowBlocks &other) const {
    return rows == other.rows && columns == other.columns &&
           size == other.size && isCausal == other.isCausal;
  }

  /// Blocks of `rows` rows of `rowBytes` bytes; nothing cut where one block has
  /// them all.
  static RowBlocks of(int64_t rows, int64_t columns, int64_t rowBytes,
                      bool isCausal);
};

} // namespace moe::lower
