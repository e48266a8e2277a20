// Passes of the stage Lower.
#pragma once

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Pass/Pass.h"
#include "moe/IR/Moe.h"

namespace moe {

#define GEN_PASS_DECL
#include "moe/Lower/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "moe/Lower/Passes.h.inc"

} // namespace moe
