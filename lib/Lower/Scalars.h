// Numbers that are in no tensor: of a loop's turn, what is made of it, and what
// is taken out of a tensor to decide a way. They lie in no memory: a kernel
// computes those that it needs.
//
//   scf.for %i = ... {
//     %j = arith.addi %i, %c1 : index
//     %n = arith.index_cast %j : index to i32
//     %layer = tensor.from_elements %n : tensor<i32>     read: %i + 1, as i32
#pragma once

#include "KernelEmitter.h"

namespace moe::lower {

/// Whether the op makes a number that kernels can compute.
bool makesScalar(mlir::Operation *op);

/// The number in a kernel; of type index as i64, others in register form.
mlir::Value scalar(KernelEmitter &kernel, mlir::Value value);

/// Calls `visit` with the tensors that `value` is taken from.
void forEachTensorBehind(mlir::Value value,
                         llvm::function_ref<void(mlir::Value)> visit);

} // namespace moe::lower
