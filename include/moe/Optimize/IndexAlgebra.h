// Computes the index form of every value, op by op.
//
// Each op that the algebra knows has one rule (lib/Optimize/IndexRules.cpp);
// values of other ops are dense. Rules assume finite values: 0 * x is 0, and
// an element outside of all supports is 0 whatever the dense operands hold
// there.
//
// A function f with f(0) = 0 that is not linear maps a sum term by term only
// where at most one term is nonzero at each element; the algebra does so when
// it can prove that (`areDisjoint`), and says that it could not otherwise.
#pragma once

#include "moe/Optimize/Choice.h"
#include "moe/Optimize/FactorBuilder.h"

#include <memory>

namespace moe {

class IndexAlgebra {
public:
  using Rule = Form (*)(mlir::Operation *, IndexAlgebra &);

  explicit IndexAlgebra(mlir::MLIRContext *context);

  /// The form of a value, computed once. Ops that it needs are made where
  /// `build()` stands, which must be behind the value: ask for values in the
  /// order of the program, moving along.
  const Form &formOf(mlir::Value value);

  /// Says what form a value made by the caller has.
  void setForm(mlir::Value value, Form form) {
    forms[value] = std::make_unique<Form>(std::move(form));
  }

  /// Small ops are made with this.
  FactorBuilder &build() { return builder; }

  /// Whether at most one term is nonzero at each element.
  bool areDisjoint(const Form &form);
  /// The same; when it cannot be proven, says at `op` that it stays dense.
  bool requireDisjoint(mlir::Operation *op, const Form &form);

  /// Product of two terms, the weight of the first of `elementType` already;
  /// none when two indices depend on each other.
  std::optional<Term> multiply(Term a, Term b, mlir::Type elementType);
  /// Product of two forms.
  std::optional<Form> multiply(const Form &a, const Form &b,
                               mlir::Type elementType);
  /// b where a is 0: the terms of b whose element is not in a's support. Only
  /// where each term of a is decided at the indices of b's.
  std::optional<Form> multiplyByComplement(const Form &a, const Form &b,
                                           mlir::Type elementType);

  /// Sums the term over a dimension of `size`, which it then no longer has.
  /// False when the index of another dimension varies along it and the terms
  /// at different places may meet.
  bool sumOver(Term &term, DimId dim, int64_t size, mlir::Type elementType);

  /// A dense form's value as one factor of its element type.
  Factor denseFactor(const Form &form, mlir::Type elementType);
  /// Any form as a tensor of `type`, dimensions 0, 1, ... in order. One-hot
  /// where indexed.
  mlir::Value materialize(const Form &form, mlir::RankedTensorType type);
  /// An elementwise op whose operands are all dense: computed before its
  /// broadcasts when those come out smaller, else as it is.
  Form elementwise(mlir::Operation *op);

  /// Operands found non-disjoint, for the pass's report.
  int64_t keptDense = 0;

private:
  bool areDisjoint(const Term &a, const Term &b);
  bool substituteIndices(Term &term);
  /// Sums a term without indices over its bound dimensions.
  void sumBound(Term &term, mlir::Type elementType);
  /// Sums keeps and weight over a dimension that no index has.
  void sumCoefficient(Term &term, DimId dim, mlir::Type elementType);
  /// `count` times the term.
  void scale(Term &term, int64_t count, mlir::Type elementType);

  FactorBuilder builder;
  llvm::DenseMap<mlir::TypeID, Rule> rules;
  llvm::DenseMap<mlir::Value, std::unique_ptr<Form>> forms;
};

/// The rules of all ops that the algebra knows.
void addIndexRules(llvm::DenseMap<mlir::TypeID, IndexAlgebra::Rule> &rules);

} // namespace moe
