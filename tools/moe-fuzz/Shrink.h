// From a program that fails to a small one that fails in the same way.
#pragma once

#include "tools/moe-fuzz/Draws.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <functional>

namespace moe::fuzz {

/// Drops parts of the draws and makes numbers less, for as long as `stillFails`
/// says yes of what is left and fewer than `attempts` were tried: fewer ops,
/// smaller sizes and mesh, no annotations.
Parts shrinkDraws(Parts parts, int64_t attempts,
                  const std::function<bool(const Parts &)> &stillFails);

/// Drops results, ops (arguments take the place of what they gave), annotations
/// and arguments of the function @forward, for as long as `stillFails` says yes
/// of the module. Each attempt is made on a copy.
mlir::OwningOpRef<mlir::ModuleOp>
shrinkModule(mlir::ModuleOp module,
             const std::function<bool(mlir::ModuleOp)> &stillFails);

} // namespace moe::fuzz
