// Einsums with a one-hot mask of two indexed letters, as dispatch and combine.
//
//   "gsec,gsm->egcm"   e and c kept, s summed:    moe.dispatch
//   "gsec,egcm->gsm"   e and c summed:            moe.combine
//
// for any letters, any order of them, any number of mask operands ("gse,gsc,
// gsm->egcm"), and several letters, or none, in the place of g, s or m.
#pragma once

#include "moe/Optimize/EinsumForms.h"

namespace moe {

/// Rewrites the einsums of one block, in order.
class DispatchRewriter {
public:
  explicit DispatchRewriter(IndexAlgebra &algebra) : algebra(algebra) {}

  /// The value that replaces `op`, made where the algebra builds; null when it
  /// is neither a dispatch nor a combine.
  mlir::Value rewrite(EinsumOp op);

  int64_t dispatches = 0, combines = 0;

private:
  /// Which letters stand for which dimension of the MoE ops.
  struct Roles {
    DimId expert = kNoDim, slot = kNoDim;
    llvm::SmallVector<DimId> groups, tokens, model;
  };
  /// Expert and slot of each choice, [G, S, k], and what they were made of.
  struct Choices {
    struct Part {
      mlir::Value expert, position;
      llvm::SmallVector<mlir::Value> keeps;
    };
    llvm::SmallVector<Part> parts;
    mlir::Value expert, slot;
  };

  std::optional<Roles> findDispatch(EinsumForms &forms, const Form &mask);
  std::optional<Roles> findCombine(EinsumForms &forms, const Form &mask);
  bool assignIndexed(Roles &roles, const Form &mask, llvm::StringRef order);
  mlir::Value makeDispatch(EinsumForms &forms, const Form &mask,
                           const Roles &roles);
  mlir::Value makeCombine(EinsumForms &forms, const Form &mask,
                          const Roles &roles);

  /// A factor over groups, tokens and bound dimensions as [G, S, choices].
  mlir::Value perChoice(EinsumForms &forms, const Roles &roles,
                        const Term &term, const Factor &factor);
  Choices makeChoices(EinsumForms &forms, const Form &mask, const Roles &roles);
  /// The choices of a dispatch made before, when the combine may read the slots
  /// that it filled.
  const Choices *findFilled(const Choices &choices, const Form &mask);
  mlir::Value concatenate(llvm::ArrayRef<mlir::Value> parts);
  mlir::Value reshaped(mlir::Value value, llvm::ArrayRef<int64_t> shape);
  /// `value`, whose merged dimensions are `letters`, as the einsum's result.
  mlir::Value asResult(EinsumForms &forms, mlir::Value value,
                       llvm::ArrayRef<DimId> letters);

  IndexAlgebra &algebra;
  llvm::SmallVector<Choices> filled;
};

} // namespace moe
