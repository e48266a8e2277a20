// Makes the small ops that compute factors of an index form.
//
// Equal ops are made once: two factors are the same exactly when they have the
// same value and dimensions, so the algebra can compare them.
#pragma once

#include "moe/IR/Moe.h"
#include "moe/Optimize/Collectives.h"
#include "moe/Optimize/IndexForm.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/DenseSet.h"

namespace moe {

/// Hashes ops by what they compute: name, operands, attributes, types.
struct EquivalentOp : llvm::DenseMapInfo<mlir::Operation *> {
  static unsigned getHashValue(const mlir::Operation *op);
  static bool isEqual(const mlir::Operation *a, const mlir::Operation *b);
};

/// Builds at an insertion point that only moves forward in one block, so that
/// an op made earlier may be used again later.
class FactorBuilder {
public:
  explicit FactorBuilder(mlir::MLIRContext *context)
      : builder(context), location(builder.getUnknownLoc()) {}

  /// New ops come right after `op`, with its location.
  void setAfter(mlir::Operation *op);
  /// New ops come right before `op`, with its location.
  void setBefore(mlir::Operation *op);

  /// Makes an op, or returns the first result of an equal one made before.
  template <typename OpTy, typename... Args> mlir::Value make(Args &&...args) {
    return intern(OpTy::create(builder, location, std::forward<Args>(args)...));
  }
  mlir::Value intern(mlir::Operation *op);

  /// The number as a scalar factor; as an integer or float by the type.
  Factor number(double value, mlir::Type elementType);
  /// The factor's value with exactly `dims` of `sizes`, in this order:
  /// transposed and broadcast.
  mlir::Value align(const Factor &factor, llvm::ArrayRef<DimId> dims,
                    llvm::ArrayRef<int64_t> sizes);

  /// Elementwise ops on factors, over the union of their dimensions.
  Factor multiply(const Factor &a, const Factor &b);
  Factor add(const Factor &a, const Factor &b); // for i1: or
  Factor subtract(const Factor &a, const Factor &b);
  Factor conjoin(const Factor &a, const Factor &b); // and
  Factor negate(const Factor &keep);                // not
  Factor select(const Factor &keep, const Factor &a, const Factor &b);
  Factor compareIntegers(mlir::arith::CmpIPredicate predicate, const Factor &a,
                         const Factor &b);
  /// Makes `op` again on other operands: `operands` replace all of its own.
  Factor repeat(mlir::Operation *op, llvm::ArrayRef<Factor> operands);

  /// The factor in another element type; i1 as 0 and 1.
  Factor convert(const Factor &factor, mlir::Type elementType);
  /// Sum, or for i1 disjunction, over a dimension.
  Factor reduce(const Factor &factor, DimId dim);
  /// table at dim = index: [s e] at e = i(g,s) is t[s, i(g,s)], over g and s.
  /// Arbitrary where the index is out of range.
  Factor lookup(const Factor &table, DimId dim, const Factor &index);
  /// What `move` would make of the factor, if dimension i of the tensor moved
  /// is called i: the factor's dimensions only are moved.
  /// Moves made or noted before are used again, whatever their reason.
  Factor move(const Factor &factor, const Move &move);
  void noteMove(mlir::Operation *op);
  /// The first global index of this rank's block.
  Factor blockOffset(spmd::ShardingAttr sharding, mlir::RankedTensorType global,
                     int64_t dim, mlir::Type elementType);

  /// All keeps in one, null when there is none.
  Factor conjoinAll(llvm::ArrayRef<Factor> keeps);
  /// The term's keeps and weight as one factor of `elementType`.
  Factor coefficient(const Term &term, mlir::Type elementType);

private:
  /// `factors` over the union of their dimensions, which goes to `dims`.
  llvm::SmallVector<mlir::Value> alignAll(llvm::ArrayRef<Factor> factors,
                                          llvm::SmallVector<DimId, 4> &dims);
  Factor gather(const Factor &table, DimId dim, const Factor &index);
  std::optional<Factor> lookupBefore(const Move &move, const Factor &table,
                                     DimId dim, const Factor &index);

  mlir::OpBuilder builder;
  mlir::Location location;
  llvm::DenseSet<mlir::Operation *, EquivalentOp> made;
  llvm::DenseMap<std::tuple<mlir::Value, mlir::Attribute, mlir::Attribute>,
                 mlir::Value>
      moves;
};

} // namespace moe
