// Local forms of ops, by what they do along a cut dimension.
#pragma once

#include "moe/Partition/Localizer.h"

namespace spmd {

/// Slice, reverse, pad, concatenate, reshape: elements change their place.
void attachMoveModels(mlir::MLIRContext &context);
/// Scans, softmax, top-k, arg_reduce: elements of a dimension meet.
void attachScanModels(mlir::MLIRContext &context);
/// Blocks at dynamic places: ranks do what lies in their block.
void attachBlockModels(mlir::MLIRContext &context);
/// Scatter: the same, and parts of the result where updates are cut.
void attachScatterModels(mlir::MLIRContext &context);
/// Reduce_window and convolution: blocks with a halo.
void attachWindowModels(mlir::MLIRContext &context);
/// Einsum: sums end where the rank's elements do.
void attachEinsumModels(mlir::MLIRContext &context);
/// Grouped einsum: groups seen from the rank's first row and expert.
void attachGroupedModels(mlir::MLIRContext &context);

} // namespace spmd
