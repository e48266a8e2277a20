// What the rules of many ops have in common.
#pragma once

#include "moe/IR/Moe.h"

namespace moe {

inline llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType()).getShape();
}

/// Every dimension of `shape` its own pass-through factor.
inline spmd::DimFactors addFactors(spmd::ShardingRule &rule,
                                   llvm::ArrayRef<int64_t> shape) {
  spmd::DimFactors dims;
  for (int64_t size : shape)
    dims.push_back(rule.addFactor(size));
  return dims;
}

} // namespace moe
