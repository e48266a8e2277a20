// Our own matrix product, whose order of summation defines what a matmul means.
//
// Each element of c is one chain of fused multiply-adds over a block of k, from
// the first to the last, starting at zero; the blocks' sums are added in order.
// The length of a block depends on K alone (kBlock). Nothing else - rows,
// columns, strides, vector width, rank count - changes a bit.
//
//   K = 512: one chain of 512        K = 2048: (chain of 1024) + (chain of
//   1024)
//
// A product of bf16 by bf16 is the same on a processor without bf16
// instructions; on one with them a link of the chain adds two products, as
// vdpbf16ps does (denormals are zero there). Which of both it is depends on the
// processor only.
//
// Instruction sets are chosen at run time.
#pragma once

#include "runtime/core/Panels.h"

#include <string>

namespace moert {

/// Length of the blocks that a sum of `k` products is cut into.
int64_t kBlock(int64_t k);

/// The form in which products of these types are computed here: pairs for bf16
/// by bf16 where the processor multiplies them, else floats.
TileFormat tileFormat(DType a, DType b);

/// c[m, n] = a x b; c is f32 or bf16 (rounded once, at the end), strides in
/// elements. `k` is the number of products in a sum and of rows in the panels;
/// where a has fewer words, the other products are zero and left out. With
/// `skipsZeros`, which needs finite panels, tiles of rows that hold only zeros
/// (slots that no token took) are not multiplied: the bits are the same.
/// Returns how many rows were.
int64_t multiplyPanels(const TileRows &a, TileFormat format, int64_t k,
                       const void *panels, bool skipsZeros, void *c,
                       DType cType, int64_t n, int64_t cRowStride,
                       int64_t cColumnStride);

/// "avx512_bf16", "avx512", "avx2" or "scalar": the best that runs here.
const char *tileInstructions();
/// What multiplyPanels runs on for a format.
const char *tileInstructions(TileFormat format);

/// For tests: runs on others than the best; false where the processor lacks
/// them.
bool forceTileInstructions(const std::string &name);

} // namespace moert
