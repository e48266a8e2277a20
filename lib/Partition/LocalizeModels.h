// Local forms of ops, by what they do along a cut dimension.
#pragma once

#include "moe/Partition/Localizer.h"

namespace spmd {

/// Slice, pad, concatenate, reshape: elements change their place.
void attachMoveModels(mlir::MLIRContext &context);
/// Cumsum, softmax, top-k: elements of a dimension meet.
void attachScanModels(mlir::MLIRContext &context);

} // namespace spmd
