// Reduction and collective kinds, generated from dialects/Spmd/SpmdAttrs.td.
#pragma once

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectImplementation.h"

#include "dialects/Spmd/SpmdEnums.h.inc"
