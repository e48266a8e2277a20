// The moe dialect: what. Graph ops of Mixture-of-Experts models.
#pragma once

#include "moe/IR/Spmd.h"

#include "dialects/Moe/MoeDialect.h.inc"
#include "dialects/Moe/MoeEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/Moe/MoeAttrs.h.inc"

#define GET_OP_CLASSES
#include "dialects/Moe/MoeOps.h.inc"

namespace moe {

/// Name for users of a function argument or result.
inline constexpr llvm::StringLiteral kNameAttr = "moe.name";
/// Attribute of an argument or result: the data is the same at every call (a
/// weight), so the runtime may keep it in another form.
inline constexpr llvm::StringLiteral kParameterAttr = "moe.parameter";
/// Module attribute after moe-lower-to-calls: the manifest, JSON.
inline constexpr llvm::StringLiteral kManifestAttr = "moe.manifest";
/// Argument attribute: integers of the argument are indices in [0, bound).
inline constexpr llvm::StringLiteral kBoundAttr = "moe.bound";

/// Registers both dialects, the upstream dialects that models use, and the
/// sharding rules of the latter.
void registerDialects(mlir::DialectRegistry &registry);

} // namespace moe
