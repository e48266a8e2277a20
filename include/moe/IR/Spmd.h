// The spmd dialect: where. Meshes, shardings, annotations, collectives.
#pragma once

#include "moe/IR/ShardingRule.h"
#include "runtime/core/IndexMap.h"
#include "runtime/core/Layout.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/Spmd/SpmdDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/Spmd/SpmdAttrs.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/Spmd/SpmdTypes.h.inc"

namespace spmd {
class Localizer; // include/moe/Partition/Localizer.h

/// Whether tensors may hold elements of `type`: f32, bf16, f64, i1, i8, i32 or
/// i64, as the runtime does (moert::DType).
bool isElementType(mlir::Type type);
} // namespace spmd

#include "dialects/Spmd/SpmdInterfaces.h.inc"

#define GET_OP_CLASSES
#include "dialects/Spmd/SpmdOps.h.inc"

namespace spmd {

/// Checks the constraints of ShardingAttr for a tensor of `type`; `where` names
/// the value in errors ("argument 0"). Emits the first violation at
/// `emitError`.
mlir::LogicalResult
verifySharding(ShardingAttr sharding, mlir::RankedTensorType type, MeshOp mesh,
               llvm::StringRef where,
               llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

/// The mesh that `sharding` names, looked up from `op`; null when there is
/// none.
MeshOp lookupMesh(mlir::Operation *op, mlir::FlatSymbolRefAttr mesh);

/// The axis as it is written: "x", or "x":(1)2 for a part.
std::string describeAxis(AxisRefAttr axis);

/// The digits of the rank number that `axes` are on `mesh`, in their order.
std::vector<moert::Digit> digitsOf(llvm::ArrayRef<AxisRefAttr> axes,
                                   MeshOp mesh);

/// The runtime's form of a verified sharding of a tensor with global `shape`.
/// Example: [{"data","expert"}, {}] on ["data"=2, "expert"=4] for 8x16 is
/// shape {8,16}, dims {{(2,4),(4,1)}, {}}.
moert::Layout layoutOf(ShardingAttr sharding, llvm::ArrayRef<int64_t> shape,
                       MeshOp mesh);

/// Cuts the digits of both layouts into common ones, so that an axis equals its
/// parts. Digits that cross stay as they are.
void cutAlike(moert::Layout &a, moert::Layout &b, int64_t ranks);

/// Names of the mesh axes whose ranks hold other blocks or partial values under
/// `to` than under `from`, in the mesh's order: axes that stand, in some
/// dimension, behind the common beginning of both, and axes that are unreduced
/// in one of them only. Parts of an axis count for it.
///
///   [{"x"}, {}]      -> [{}, {"x"}]                 x
///   [{"x", "y"}]     -> [{"x"}]                     y
///   [{"x", "y"}]     -> [{"y", "x"}]                x, y
///   [{"x"}]          -> [{"x":(1)2}]                x
///   [{"x"}]          -> [{"x":(1)2, "x":(2)2}]      none, x=4 is its two parts
std::vector<std::string> movedAxes(ShardingAttr from, ShardingAttr to,
                                   MeshOp mesh);

/// Names of the mesh axes that cut a dimension under `from` or `to`, in the
/// order in which they stand there.
std::vector<std::string> cuttingAxes(ShardingAttr from, ShardingAttr to);

/// The most telling name of a move between layouts without a reduction; nothing
/// when they are the same.
std::optional<CollectiveKind> classifyMove(const moert::Layout &from,
                                           const moert::Layout &to);

/// The type of the local buffer of a tensor of type `global`: ceil(n/d) per
/// dimension.
mlir::RankedTensorType localType(mlir::RankedTensorType global,
                                 ShardingAttr sharding, MeshOp mesh);

/// Makes a collective of any kind.
mlir::Operation *createCollective(mlir::OpBuilder &builder, mlir::Location loc,
                                  CollectiveKind kind, mlir::Value input,
                                  ShardingAttr from, ShardingAttr to,
                                  mlir::RankedTensorType global,
                                  mlir::StringAttr reason, MeshOp mesh);

/// The user's or Propagate's sharding of a value: argument attribute or the
/// defining op's `spmd.shardings`, for what goes around a loop that of the
/// loop; null when it has none.
ShardingAttr getSharding(mlir::Value value);
/// Sets it.
void setSharding(mlir::Value value, ShardingAttr sharding);

/// Name of the attribute that gives an argument or result of a partitioned
/// function its global type.
inline constexpr llvm::StringLiteral kGlobalAttrName = "spmd.global";

} // namespace spmd
