// Passes of the stage Propagate.
#pragma once

#include "moe/IR/Moe.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace moe {

#define GEN_PASS_DECL
#include "moe/Propagate/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "moe/Propagate/Passes.h.inc"

} // namespace moe
