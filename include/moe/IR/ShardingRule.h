// How an op shards, as a plain value: the one thing that propagation,
// partitioning, the cost model and the tests know of an op.
//
// A *factor* is an index that the op iterates over; every dimension of every
// operand and result carries one factor or none:
//
//   einsum "gsec,gsm->egcm"   factors g s e c m
//     operand 0 dims {g s e c}, operand 1 dims {g s m}, result dims {e g c m}
//     g e c m pass through, s is a sum-reduction
//
// Cutting a factor over an axis cuts every dimension that carries it. What
// happens then is the factor's kind. A dimension with kNoFactor must be whole
// before the op may run (need-replication), because the op mixes its elements.
//
// A reshape merges and splits dimensions, which then carry several factors:
//
//   reshape [6, 4] -> [2, 12]     factors i of 2, j of 3, k of 4
//     operand dims {(i j) k}, result dims {i (j k)}
#pragma once

#include "moe/IR/Enums.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <cassert>
#include <cstdint>

namespace spmd {

/// What happens when a factor is cut.
enum class FactorKind {
  /// Each rank computes its own block of the results.
  PassThrough,
  /// Each rank computes a partial value; the results are unreduced over the
  /// factor's axes. Padding of the operands must be masked.
  Reduction,
  /// Each rank holds its block of what carries the factor, and the op's local
  /// form exchanges what the blocks need of each other: scans, softmax, top-k,
  /// and ops that move elements along a dimension (LocalizeOpInterface).
  /// Operands and results may have other sizes of the same factor.
  Joint,
};

struct Factor {
  int64_t size = 0;
  FactorKind kind = FactorKind::PassThrough;
  ReductionKind reduction = ReductionKind::Sum;
  /// Joint: elements that a rank receives for each line along the factor,
  /// about: so many from each other rank, and so many at most.
  int64_t fromEach = 0;
  int64_t atMost = 0;

  void makeJoint(int64_t each, int64_t most) {
    kind = FactorKind::Joint;
    fromEach = each;
    atMost = most;
  }
};

/// Marks a dimension that must be whole.
inline constexpr int kNoFactor = -1;

/// The factors that a dimension carries, major to minor: none where it must be
/// whole, more than one only where dimensions merge or split. The axes of the
/// dimension are those of its factors, one list behind the other.
class FactorList {
public:
  FactorList(int factor = kNoFactor) {
    if (factor != kNoFactor)
      factors.push_back(factor);
  }

  void push_back(int factor) { factors.push_back(factor); }
  bool empty() const { return factors.empty(); }
  size_t size() const { return factors.size(); }
  bool isCompound() const { return factors.size() > 1; }
  bool contains(int factor) const {
    return llvm::is_contained(factors, factor);
  }
  /// The one factor of a dimension that does not merge or split; kNoFactor
  /// where it has none.
  int only() const {
    assert(!isCompound() && "the dimension carries several factors");
    return factors.empty() ? kNoFactor : factors.front();
  }
  const int *begin() const { return factors.begin(); }
  const int *end() const { return factors.end(); }
  friend bool operator==(const FactorList &a, const FactorList &b) {
    return a.factors == b.factors;
  }
  friend bool operator!=(const FactorList &a, const FactorList &b) {
    return !(a == b);
  }

private:
  llvm::SmallVector<int, 2> factors;
};

/// What each dimension of one operand or result carries.
using DimFactors = llvm::SmallVector<FactorList, 4>;

/// Dimension i carries factor i.
inline DimFactors identityFactors(int64_t rank) {
  DimFactors dims;
  for (int64_t dim = 0; dim < rank; ++dim)
    dims.push_back(dim);
  return dims;
}

/// Whether a dimension of `dims` carries `factor`.
inline bool carries(llvm::ArrayRef<FactorList> dims, int factor) {
  return llvm::any_of(
      dims, [&](const FactorList &dim) { return dim.contains(factor); });
}

struct ShardingRule {
  llvm::SmallVector<Factor, 8> factors;
  llvm::SmallVector<DimFactors, 4> operands;
  llvm::SmallVector<DimFactors, 2> results;

  /// Adds a factor and returns its number.
  int addFactor(int64_t size, FactorKind kind = FactorKind::PassThrough,
                ReductionKind reduction = ReductionKind::Sum) {
    factors.push_back({size, kind, reduction, 0, 0});
    return factors.size() - 1;
  }
  /// Adds a tensor of which every dimension must be whole.
  static DimFactors whole(int64_t rank) { return DimFactors(rank); }
};

/// The rule of an elementwise op: `operands` operands and `results` results of
/// one shape, dimension by dimension together.
ShardingRule elementwiseRule(llvm::ArrayRef<int64_t> shape, unsigned operands,
                             unsigned results);

} // namespace spmd
