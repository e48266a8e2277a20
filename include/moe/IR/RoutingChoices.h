// The choices of a program: where rounding decides about integers.
//
// Two right programs round differently where a sum is split. That moves a float
// by a little, but a choice between two scores that all but tie by a whole
// token. To compare such programs, one runs with the choices of the other
// (moe-expose-choices returns them, include/moe/Interpret/Replay.h follows
// them); both must then agree on what a choice is, which is said here.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace moe {

/// Unit attribute of a function result that is a choice and no result of the
/// user's.
inline constexpr llvm::StringLiteral kChoiceAttr = "moe.choice";

/// A value that holds choices.
struct RoutingChoice {
  std::string name; // choice.0, choice.1, ... in the order of the program
  mlir::OpResult value;
};

/// The choices of `func` on which its results depend, in program order:
///
///   moe.top_k        the indices
///   moe.arg_reduce   the indices
///   moe.sort         what was moved along with the keys, of integers
///   moe.balanced_assignment   the experts
///   moe.gating       the experts; with random numbers also the slots, which
///                    tell the second choices that were kept
///   arith.cmpf       the result
///   arith.fptosi     the result
///   math.floor/ceil  the result
///
/// Left out is what integers decide: ops on floats that count (made of
/// one-hot masks, casts and constants by sums and products), and a product
/// with such a mask compared with zero, as in GShard's `combine != 0`. These
/// are the values that moe-index-dispatch makes indices of; returned, they
/// would be tensors over groups, tokens, experts and slots.
///
/// `func` must have one block without calls, as right after inlining: what
/// simplifies a program may remove or merge choices.
llvm::SmallVector<RoutingChoice> findRoutingChoices(mlir::func::FuncOp func);

} // namespace moe
