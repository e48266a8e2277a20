// Passes of the stage Partition.
#pragma once

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Pass/Pass.h"
#include "moe/IR/Moe.h"

namespace moe {

#define GEN_PASS_DECL
#include "moe/Partition/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "moe/Partition/Passes.h.inc"

} // namespace moe
