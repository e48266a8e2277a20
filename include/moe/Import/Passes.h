// Passes of the stage Import.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Pass/Pass.h"
#include "moe/IR/Moe.h"

namespace moe {

#define GEN_PASS_DECL
#include "moe/Import/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "moe/Import/Passes.h.inc"

} // namespace moe
