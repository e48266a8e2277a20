// Local forms of ops, by what they do along a cut dimension.
#pragma once

#include "moe/Partition/Localizer.h"

namespace spmd {

/// Slice, pad, concatenate, reshape: elements change their place.
void attachMoveModels(mlir::MLIRContext &context);
/// Cumsum, softmax, top-k: elements of a dimension meet.
void attachScanModels(mlir::MLIRContext &context);
/// Scatter and blocks at dynamic places: ranks do what lies in their block.
void attachBlockModels(mlir::MLIRContext &context);
/// Convolution and grouped einsum: attributes and operands tell of the block.
void attachContractionModels(mlir::MLIRContext &context);

} // namespace spmd
