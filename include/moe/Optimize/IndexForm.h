// The index form of a tensor: what a one-hot tensor says, without its zeros.
//
//   one_hot(i)            of [G,S,E]:   [e == i(g,s)]
//   w * one_hot * one_hot of [G,S,E,C]: [e == i(g,s)] [c == p(g,s)] w(g,s)
//
// A *form* is a sum of *terms*; a term is a product of
//   index factors  [d == index]: 1 where the coordinate of dimension d is the
//                  index, 0 elsewhere,
//   keeps          i1 tensors: the term is 0 where one of them is false,
//   a weight       the value where it is not 0; none stands for 1.
// Factors are small tensors over some of the dimensions. No factor of a term
// varies along a dimension that the term indexes.
//
// A term may also be summed over *bound* dimensions, which the tensor itself
// does not have: Sum_k [e == i(g,s,k)] w(g,s,k). They are numbered from
// kFirstBound.
#pragma once

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

namespace moe {

/// A dimension of the tensor described, or of an einsum: any number that its
/// user has agreed on (positions, or letters).
using DimId = int;

inline constexpr DimId kFirstBound = 1000;

/// Marks a dimension of size 1 whose coordinate does not matter.
inline constexpr DimId kNoDim = -1;

/// A tensor that varies along `dims`: its dimension i lies along dims[i].
struct Factor {
  mlir::Value value;
  llvm::SmallVector<DimId, 4> dims;

  explicit operator bool() const { return static_cast<bool>(value); }
  bool operator==(const Factor &other) const {
    return value == other.value && dims == other.dims;
  }
  bool operator!=(const Factor &other) const { return !(*this == other); }

  mlir::RankedTensorType getType() const {
    return mlir::cast<mlir::RankedTensorType>(value.getType());
  }
  bool dependsOn(DimId dim) const { return llvm::is_contained(dims, dim); }
  int64_t sizeOf(DimId dim) const {
    return getType().getDimSize(llvm::find(dims, dim) - dims.begin());
  }
};

/// 1 where the coordinate of `dim` is the index. An index outside of the
/// dimension is nowhere.
struct IndexFactor {
  DimId dim;
  Factor index;

  bool operator==(const IndexFactor &other) const {
    return dim == other.dim && index == other.index;
  }
};

struct Term {
  llvm::SmallVector<IndexFactor, 2> indices; // in any order
  llvm::SmallVector<Factor, 2> keeps;
  Factor weight; // null: 1
  llvm::SmallVector<int64_t, 1> boundSizes;

  const Factor *indexOf(DimId dim) const;
  bool dependsOn(DimId dim) const;
  /// Whether the keep, or each part of a conjunction, is one of the term's.
  bool implies(const Factor &keep) const;
  /// Adds a keep unless the term has it.
  void addKeep(const Factor &keep);
  /// Calls `visit` on every factor: indices, keeps, weight.
  void forEach(llvm::function_ref<void(Factor &)> visit);
  void forEach(llvm::function_ref<void(const Factor &)> visit) const;
  /// Renames the dimensions; bound ones stay.
  void rename(llvm::function_ref<DimId(DimId)> map);
};

/// The tensor is the sum of the terms; none is the zero tensor.
///
/// Either each term has an index factor (`isIndexed`), or there is at most one
/// term and it has no index and no bound dimension (a dense tensor, seen
/// through broadcasts).
struct Form {
  llvm::SmallVector<Term, 2> terms;

  bool isZero() const { return terms.empty(); }
  bool isIndexed() const {
    return !terms.empty() && !terms.front().indices.empty();
  }
  void rename(llvm::function_ref<DimId(DimId)> map);
};

/// One term that is the value itself.
Form denseForm(mlir::Value value);

/// Where each dimension of `from` is in `to` if only dimensions of one element
/// come and go, for which it is kNoDim; nothing where others change.
std::optional<llvm::SmallVector<DimId>>
placesBesidesUnits(llvm::ArrayRef<int64_t> from, llvm::ArrayRef<int64_t> to);

} // namespace moe
