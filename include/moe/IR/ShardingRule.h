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
#pragma once

#include "moe/IR/Enums.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
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

/// Which factor each dimension of one operand or result carries.
using DimFactors = llvm::SmallVector<int, 4>;

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
  static DimFactors whole(int64_t rank) { return DimFactors(rank, kNoFactor); }
};

/// The rule of an elementwise op: `operands` operands and `results` results of
/// one shape, dimension by dimension together.
ShardingRule elementwiseRule(llvm::ArrayRef<int64_t> shape, unsigned operands,
                             unsigned results);

} // namespace spmd
