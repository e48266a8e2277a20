// Which value's memory a result may take over.
//
//   %1 = moe.einsum ...          in memory, read by %2 alone
//   %2 = math.tanh %1            may overwrite %1: element i is read, then
//   written
//
// A kernel may overwrite what it reads if nothing reads it afterwards and every
// element is read only for the element of the result at the same place.
#pragma once

#include "Residency.h"

namespace moe::lower {

class Reuse {
public:
  Reuse(mlir::func::FuncOp function, const OpLowerings &lowerings,
        const Residency &residency);

  /// The roots of values of which the one result of `op` may take the memory,
  /// best first.
  llvm::SmallVector<mlir::Value> candidates(mlir::Operation *op) const;

private:
  struct Reads;
  void collect(mlir::Value value, bool atOwnIndex, Reads &reads) const;
  Reads readsOf(mlir::Operation *op) const;
  void noteReader(mlir::Value root, mlir::Operation *op);

  const OpLowerings &lowerings;
  const Residency &residency;
  llvm::DenseMap<mlir::Value, mlir::Operation *> lastReader;
};

} // namespace moe::lower
