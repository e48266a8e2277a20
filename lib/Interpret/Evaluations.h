// Each file Evaluate*.cpp attaches the evaluations that it defines.
#pragma once

#include "moe/Interpret/Evaluation.h"

namespace moe::interpret {

void attachArithEvaluations(mlir::MLIRContext &context);
void attachMathEvaluations(mlir::MLIRContext &context);
void attachContractionEvaluations(mlir::MLIRContext &context);
void attachReductionEvaluations(mlir::MLIRContext &context);
void attachOrderEvaluations(mlir::MLIRContext &context);
void attachShapeEvaluations(mlir::MLIRContext &context);
void attachSliceEvaluations(mlir::MLIRContext &context);
void attachWindowEvaluations(mlir::MLIRContext &context);
void attachIndexEvaluations(mlir::MLIRContext &context);
void attachExpertEvaluations(mlir::MLIRContext &context);
void attachSpmdEvaluations(mlir::MLIRContext &context);
void attachTensorEvaluations(mlir::MLIRContext &context);
void attachLinalgEvaluations(mlir::MLIRContext &context);

/// Softmax of the first operand along `dim`.
mlir::LogicalResult softmaxAlong(int64_t dim, Evaluation &evaluation);
/// The first `count` operands, one behind the other along `dim`.
mlir::LogicalResult concatenateAlong(int64_t dim, unsigned count,
                                     Evaluation &evaluation);

} // namespace moe::interpret
