#include "lib/Interpret/Evaluations.h"

#include "moe/IR/Moe.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

void moe::interpret::registerEvaluations(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, arith::ArithDialect *) {
    attachArithEvaluations(*context);
  });
  registry.addExtension(+[](MLIRContext *context, math::MathDialect *) {
    attachMathEvaluations(*context);
  });
  registry.addExtension(+[](MLIRContext *context, MoeDialect *) {
    attachContractionEvaluations(*context);
    attachReductionEvaluations(*context);
    attachOrderEvaluations(*context);
    attachShapeEvaluations(*context);
    attachSliceEvaluations(*context);
    attachWindowEvaluations(*context);
    attachIndexEvaluations(*context);
    attachExpertEvaluations(*context);
  });
  registry.addExtension(+[](MLIRContext *context, spmd::SpmdDialect *) {
    attachSpmdEvaluations(*context);
  });
  registry.addExtension(+[](MLIRContext *context, tensor::TensorDialect *) {
    attachTensorEvaluations(*context);
  });
  registry.addExtension(+[](MLIRContext *context, linalg::LinalgDialect *) {
    attachLinalgEvaluations(*context);
  });
}
