// Sharding rules of upstream ops, attached as external models: elementwise
// arith and math on tensors, splat constants, and the tensor ops between
// tensors and scalars.
#include "moe/IR/Moe.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/Extensions/InlinerExtension.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace spmd;

namespace {

// One element of each result from the same element of each operand. Factors of
// an operand that is no tensor, such as a scalar condition, mean nothing.
template <typename OpTy>
struct ElementwiseModel
    : ShardingRuleOpInterface::ExternalModel<ElementwiseModel<OpTy>, OpTy> {
  ShardingRule getShardingRule(Operation *op) const {
    auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
    if (!type)
      return {};
    return elementwiseRule(type.getShape(), op->getNumOperands(),
                           op->getNumResults());
  }
};

// Elements with places of their own: no dimension can be cut. A scalar is the
// same number on every rank, so what it is taken from is whole.
template <typename OpTy>
struct WholeModel
    : ShardingRuleOpInterface::ExternalModel<WholeModel<OpTy>, OpTy> {
  ShardingRule getShardingRule(Operation *op) const {
    auto wholeOf = [](Type type) {
      auto tensor = dyn_cast<RankedTensorType>(type);
      return ShardingRule::whole(tensor ? tensor.getRank() : 0);
    };
    ShardingRule rule;
    for (Type type : op->getOperandTypes())
      rule.operands.push_back(wholeOf(type));
    for (Type type : op->getResultTypes())
      rule.results.push_back(wholeOf(type));
    return rule;
  }
};

template <typename... OpTys> void attachElementwise(MLIRContext *context) {
  (OpTys::template attachInterface<ElementwiseModel<OpTys>>(*context), ...);
}

} // namespace

void moe::registerDialects(DialectRegistry &registry) {
  registry.insert<MoeDialect, SpmdDialect, arith::ArithDialect,
                  func::FuncDialect, linalg::LinalgDialect, math::MathDialect,
                  scf::SCFDialect, tensor::TensorDialect>();
  func::registerInlinerExtension(registry);
  registry.addExtension(+[](MLIRContext *context, arith::ArithDialect *) {
    attachElementwise<
        arith::ConstantOp, arith::AddFOp, arith::SubFOp, arith::MulFOp,
        arith::DivFOp, arith::NegFOp, arith::MaximumFOp, arith::MinimumFOp,
        arith::MaxNumFOp, arith::MinNumFOp, arith::AddIOp, arith::SubIOp,
        arith::MulIOp, arith::DivSIOp, arith::RemSIOp, arith::MaxSIOp,
        arith::MinSIOp, arith::AndIOp, arith::OrIOp, arith::XOrIOp,
        arith::CmpFOp, arith::CmpIOp, arith::SelectOp, arith::SIToFPOp,
        arith::UIToFPOp, arith::FPToSIOp, arith::ExtFOp, arith::TruncFOp,
        arith::ExtSIOp, arith::ExtUIOp, arith::TruncIOp>(context);
  });
  registry.addExtension(+[](MLIRContext *context, math::MathDialect *) {
    attachElementwise<math::ExpOp, math::LogOp, math::Log1pOp, math::TanhOp,
                      math::ErfOp, math::SqrtOp, math::RsqrtOp, math::SinOp,
                      math::CosOp, math::AbsFOp, math::AbsIOp, math::FloorOp,
                      math::CeilOp>(context);
  });
  registry.addExtension(+[](MLIRContext *context, tensor::TensorDialect *) {
    tensor::ExtractOp::attachInterface<WholeModel<tensor::ExtractOp>>(*context);
    tensor::FromElementsOp::attachInterface<WholeModel<tensor::FromElementsOp>>(
        *context);
  });
}
