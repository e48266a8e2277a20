#include "moe/Interpret/Evaluation.h"

using namespace mlir;

#include "lib/Interpret/EvaluableOpInterface.cpp.inc"

namespace moe::interpret {

Evaluation::Evaluation(Operation *op, Mode mode, int64_t rank,
                       ArrayRef<Tensor> operands)
    : mode(mode), rank(rank), operands(operands) {
  for (Type type : op->getResultTypes())
    results.push_back(Tensor::ofType(type));
}

} // namespace moe::interpret
