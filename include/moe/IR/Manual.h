// spmd.manual: a region of a global program that is written for one rank.
#pragma once

#include "moe/IR/Spmd.h"

#include "mlir/Interfaces/ControlFlowInterfaces.h"

#define GET_OP_CLASSES
#include "dialects/Spmd/SpmdManual.h.inc"
