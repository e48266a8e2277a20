// The operands of an einsum as index forms over its letters.
#pragma once

#include "moe/Optimize/IndexAlgebra.h"

namespace moe {

/// Dimensions are letters here: 'g' is the number of the character.
///
///   "gsec,gsm->egcm" of a mask and tokens:
///     operands {Sum [e == i(g,s)] [c == p(g,s)],  tokens(g,s,m)}, summed "s"
struct EinsumForms {
  EinsumForms(EinsumOp op, IndexAlgebra &algebra);

  bool hasIndexed() const { return !indexed.empty(); }
  /// Whether a summed letter is in two dense operands: a true contraction,
  /// which elementwise products must not replace.
  bool sumsDenseProducts();
  int64_t sizeOf(char letter) const { return sizes.lookup(letter); }
  llvm::SmallVector<int64_t> sizesOf(llvm::ArrayRef<DimId> letters) const;

  /// Numbers of all operands.
  llvm::SmallVector<unsigned> all() const;
  /// Product of the operands with these numbers, in the result's type.
  std::optional<Form> product(IndexAlgebra &algebra,
                              llvm::ArrayRef<unsigned> numbers);

  EinsumOp op;
  llvm::SmallVector<Form, 0> operands;
  llvm::SmallVector<unsigned> indexed, dense;
  /// Letters that the result lacks, and those it has, in order.
  std::string summed, result;
  llvm::DenseMap<char, int64_t> sizes;
};

} // namespace moe
