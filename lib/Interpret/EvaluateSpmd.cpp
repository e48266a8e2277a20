// Evaluations of the spmd ops that need no other rank. Collectives are
// evaluated on all ranks together (Distribution.h).
#include "lib/Interpret/Evaluations.h"
#include "lib/Interpret/Strided.h"

using namespace mlir;
using namespace spmd;

namespace moe::interpret {
namespace {

// Annotations change where a value lies, never the value.
template <typename OpTy>
LogicalResult evaluateIdentity(OpTy, Evaluation &evaluation) {
  evaluation.setResult(0, evaluation.operand(0));
  return success();
}

template <typename OpTy> moert::Layout layoutOfGlobal(OpTy op) {
  return layoutOf(op.getSharding(), shapeOf(op.getGlobal()),
                  lookupMesh(op, op.getSharding().getMesh()));
}

LogicalResult evaluateBlockOffset(BlockOffsetOp op, Evaluation &evaluation) {
  moert::Range block =
      layoutOfGlobal(op).range(op.getDim(), evaluation.getRank());
  *evaluation.result(0).data<int64_t>() = block.begin;
  return success();
}

LogicalResult evaluateMask(MaskOp op, Evaluation &evaluation) {
  moert::Layout layout = layoutOfGlobal(op);
  const Tensor &operand = evaluation.operand(0);
  Tensor &result = evaluation.result(0);
  std::copy_n(operand.words(), operand.getElements(), result.words());
  evaluation.withNumbers(result, [&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    Value neutral = numbers.neutral(op.getReduction());
    auto *out = result.data<Value>();
    for (int64_t dim : op.getDims()) {
      int64_t held = layout.range(dim, evaluation.getRank()).size();
      forEachLine(result.getShape(), dim,
                  [&](int64_t begin, int64_t stride, int64_t n) {
                    for (int64_t i = held; i < n; ++i)
                      out[begin + i * stride] = neutral;
                  });
    }
  });
  return success();
}

template <typename... OpTys> void attachIdentity(MLIRContext &context) {
  (attachEvaluation<OpTys, &evaluateIdentity<OpTys>>(context), ...);
}

} // namespace

void attachSpmdEvaluations(MLIRContext &context) {
  attachIdentity<AnnotateOp, SplitOp, ReplicateOp, ShardOp, ReshardOp, DoneOp>(
      context);
  attachEvaluation<BlockOffsetOp, &evaluateBlockOffset>(context);
  attachEvaluation<MaskOp, &evaluateMask>(context);
}

} // namespace moe::interpret
