// spmd.manual: a region of a global program that is written for one rank.
#pragma once

#include "moe/IR/Spmd.h"

#include "mlir/Interfaces/ControlFlowInterfaces.h"

#define GET_OP_CLASSES
#include "dialects/Spmd/SpmdManual.h.inc"

namespace spmd {

/// The rule of a collective, a mask or an offset in a manual region, for the
/// axes that the region is not written over; nothing for other ops.
std::optional<ShardingRule> ruleInRegion(mlir::Operation *op);

} // namespace spmd
