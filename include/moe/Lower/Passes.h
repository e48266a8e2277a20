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

/// Argument attribute: the data is the same at every call (a weight), so the
/// runtime may keep it in another form.
inline constexpr llvm::StringLiteral kParameterAttr = "moe.parameter";

/// Module attribute after moe-lower-to-calls: the manifest, JSON.
inline constexpr llvm::StringLiteral kManifestAttr = "moe.manifest";

#define GEN_PASS_DECL
#include "moe/Lower/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "moe/Lower/Passes.h.inc"

} // namespace moe
