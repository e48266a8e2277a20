// Where the user wrote an op, in words.
#pragma once

#include "mlir/IR/Location.h"
#include <string>

namespace moe {

/// "model.mlir:42:8" of the place where the user wrote the op: the innermost
/// callee of inlined calls, the first of fused locations; "unknown" when there
/// is none. Only the file's name is kept of its path.
std::string describeLocation(mlir::Location location);

} // namespace moe
