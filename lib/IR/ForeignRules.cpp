// Sharding rules of upstream ops, attached as external models: elementwise
// arith and math on tensors, and splat constants.
#include "moe/IR/Moe.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/Extensions/InlinerExtension.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"

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

template <typename... OpTys> void attachElementwise(MLIRContext *context) {
  (OpTys::template attachInterface<ElementwiseModel<OpTys>>(*context), ...);
}

} // namespace

void moe::registerDialects(DialectRegistry &registry) {
  registry.insert<MoeDialect, SpmdDialect, arith::ArithDialect,
                  func::FuncDialect, math::MathDialect>();
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
}
