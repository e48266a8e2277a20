// Passes of the stage Optimize.
#pragma once

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "moe/IR/Moe.h"

namespace moe {

#define GEN_PASS_DECL
#include "moe/Optimize/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "moe/Optimize/Passes.h.inc"

} // namespace moe
