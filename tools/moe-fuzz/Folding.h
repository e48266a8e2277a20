// Whether two exact results differ because a constant was folded.
//
// In exact numbers exp(0.5) is some fixed number, 1 / 3 the inverse of 3, and
// 0.5 as an integer its representative. MLIR's own folders know nothing of this
// and make constants of what floats give. Behind them a program that is right
// gives other exact numbers, which only its floats can judge.
#pragma once

#include "moe/Interpret/Inputs.h"

#include "mlir/IR/OwningOpRef.h"

namespace moe::fuzz {

/// The program folded by MLIR's canonicalizer alone and by no pass of ours, as
/// it is or, where MLIR sees through them in the end, without its annotations;
/// null where that fails.
mlir::OwningOpRef<mlir::ModuleOp> foldConstants(mlir::ModuleOp global,
                                                bool keepsAnnotations);

/// The program without linalg and tensor ops, which MLIR's folders do not see
/// through; null where that fails.
mlir::OwningOpRef<mlir::ModuleOp> importLinalg(mlir::ModuleOp global);

/// The same behind the canonicalizer, which sees other linalg ops than import
/// leaves, and masks as indices: the sum of a choice's mask is the constant 1,
/// of which MLIR's folders make sin(1); null where that fails.
mlir::OwningOpRef<mlir::ModuleOp> sumMasks(mlir::ModuleOp global);

} // namespace moe::fuzz
