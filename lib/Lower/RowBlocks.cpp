#include "RowBlocks.h"

#include <algorithm>

using namespace moe::lower;

// Half of a core's second cache, the other half is for the products' operands.
static constexpr int64_t kBlockBytes = 512 << 10;
// With fewer rows a product waits for its other operand.
static constexpr int64_t kLeastRows = 32;
static constexpr int64_t kTileRows = 8;
// Blocks of n rows compute n / 2 columns a row that the mask hides.
static constexpr int64_t kMostCausalRows = 64;

RowBlocks RowBlocks::of(int64_t rows, int64_t columns, int64_t rowBytes,
                        bool isCausal) {
  int64_t most = kBlockBytes / rowBytes / kTileRows * kTileRows;
  most = std::max(most, kLeastRows);
  if (isCausal)
    most = std::min(most, kMostCausalRows);
  if (rows <= most)
    return {};
  int64_t count = (rows + most - 1) / most;
  return {rows, columns, (rows + count - 1) / count, isCausal};
}
