// How an einsum of two operands becomes one batched matrix product.
//
//   "gsm,mh->gsh"  g 2, s 4, m 8, h 16     batch {}, m 8 (g and s as one),
//                                          k 8, n 16
//   "egcm,emh->egch"                       batch {e}, m = g and c as one
//   "gsnd,gtnd->gnst"                      batch {g, n}, m s, n t, k d
//
// Transposes are strides. A letter that cannot be one with its neighbours
// becomes a batch dimension; only the summed letters must be one dimension, and
// where strides forbid that an operand is copied into another order first.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace moe {

/// "ab,bc->ac" by its parts, with the size of each letter.
struct ContractionProblem {
  std::string a, b, c;
  std::map<char, int64_t> sizes;
  /// Operands that are the same at every call (weights).
  bool isConstantA = false;
  bool isConstantB = false;
};

/// c[batch, m, n] = sum over k of a[batch, m, k] * b[batch, k, n].
struct Contraction {
  /// The product's a is the problem's b and the other way round, so that the
  /// weight comes second.
  bool isSwapped = false;
  std::vector<int64_t> batch;
  /// The letters of the batch, in the order in which it is counted.
  std::string batchLetters;
  int64_t m = 1, n = 1, k = 1;
  /// In elements; the batch's first, then [m, k], [k, n], [m, n]. A batch
  /// stride of 0 repeats an operand.
  std::vector<int64_t> aStrides, bStrides, cStrides;
  /// Order of letters into which the product's a (b) must be copied first;
  /// empty where the buffer is used as it is.
  std::string aCopy, bCopy;
  /// Where rows are cut into blocks of m: all of them, else 0. The last
  /// dimension of the batch then counts the blocks, with strides of one row.
  int64_t rows = 0;
};

/// The matrix product that `problem` is; nothing where it is none: without a
/// summed letter in both operands, without a letter of the result in only a and
/// another in only b, or with a letter summed in one operand alone. The order
/// of summation follows the letters' order in the operands and never their
/// sizes.
std::optional<Contraction> planContraction(const ContractionProblem &problem);

} // namespace moe
