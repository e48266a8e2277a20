// Where the user wrote an op, in words.
#pragma once

#include "mlir/IR/Location.h"
#include "mlir/IR/Operation.h"
#include <string>

namespace moe {

/// "model.mlir:42:8" of the place where the user wrote the op: the innermost
/// callee of inlined calls, the first of fused locations; "unknown" when there
/// is none. Only the file's name is kept of its path.
std::string describeLocation(mlir::Location location);

/// The location of the ops that `op` becomes: what is said of them names `op`
/// and its place.
mlir::Location locationOf(mlir::Operation *op);

/// "linalg.matmul": the name of the op as the user wrote it, where `op` was
/// made of it (locationOf), else its own.
std::string describeName(mlir::Operation *op);

} // namespace moe
