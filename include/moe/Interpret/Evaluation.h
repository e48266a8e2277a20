// What an op's evaluation reads and writes, and how evaluations are attached.
//
//   static LogicalResult evaluate(moe::CumsumOp op, Evaluation &evaluation) {
//     Tensor &result = evaluation.result(0);
//     evaluation.withNumbers(result, [&](auto numbers) { ... });
//     return success();
//   }
//   ...
//   attachEvaluation<moe::CumsumOp, &evaluate>(context);
#pragma once

#include "moe/IR/Spmd.h"
#include "moe/Interpret/Tensor.h"

namespace moe::interpret {

/// One op on one rank: its operands, and its results as tensors of zeros to be
/// filled. Rounding to the element type happens afterwards, once.
class Evaluation {
public:
  Evaluation(mlir::Operation *op, Mode mode, int64_t rank,
             llvm::ArrayRef<Tensor> operands);

  Mode getMode() const { return mode; }
  /// The rank that evaluates; 0 in a global program.
  int64_t getRank() const { return rank; }
  /// Operand `i`; behind the operands is what the op's regions use from
  /// outside, in the order of getUsedValuesDefinedAbove.
  const Tensor &operand(unsigned i) const { return operands[i]; }
  Tensor &result(unsigned i) { return results[i]; }
  /// Replaces a result, to share an operand's elements.
  void setResult(unsigned i, Tensor tensor) { results[i] = std::move(tensor); }
  llvm::MutableArrayRef<Tensor> getResults() { return results; }

  /// Calls body(numbers) with the arithmetic of the tensor's elements.
  template <typename Body> auto withNumbers(const Tensor &tensor, Body body) {
    return interpret::withNumbers(mode, tensor.getElementType(), body);
  }
  /// The same for a tensor of floats.
  template <typename Body> auto withFloats(Body body) {
    return interpret::withFloats(mode, body);
  }

private:
  Mode mode;
  int64_t rank;
  llvm::ArrayRef<Tensor> operands;
  llvm::SmallVector<Tensor, 1> results;
};

} // namespace moe::interpret

#include "lib/Interpret/EvaluableOpInterface.h.inc"

namespace moe::interpret {

/// The external model that calls `function`.
template <typename OpTy, mlir::LogicalResult (*function)(OpTy, Evaluation &)>
struct EvaluableModel
    : EvaluableOpInterface::ExternalModel<EvaluableModel<OpTy, function>,
                                          OpTy> {
  mlir::LogicalResult evaluate(mlir::Operation *op,
                               Evaluation &evaluation) const {
    return function(mlir::cast<OpTy>(op), evaluation);
  }
};

/// Says that `function` evaluates OpTy.
template <typename OpTy, mlir::LogicalResult (*function)(OpTy, Evaluation &)>
void attachEvaluation(mlir::MLIRContext &context) {
  OpTy::template attachInterface<EvaluableModel<OpTy, function>>(context);
}

/// Adds the evaluations of moe, spmd, arith and math ops to the registry; a
/// context needs it before Interpreter runs anything.
void registerEvaluations(mlir::DialectRegistry &registry);

} // namespace moe::interpret
