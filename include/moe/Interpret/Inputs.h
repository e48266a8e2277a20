// What an entry runs on: tensors from files, parameters from the module's own
// @init, and generated numbers for the rest.
#pragma once

#include "moe/Interpret/Interpreter.h"

#include "llvm/ADT/StringMap.h"

namespace moe::interpret {

/// Tensors by the names of arguments and results.
using NamedTensors = llvm::StringMap<Tensor>;

/// Numbers for one argument, a function of its name, its type and `seed` alone:
/// floats in [-1, 1), in exact mode random residues mixed with -1, 0, 1 and 2
/// so that ties occur; integers in [0, bound), 8 unless the argument says
/// `moe.bound`. A rank-0 integer called "seed" gets `seed` itself.
Tensor generateInput(const Port &port, Mode mode, uint64_t seed);

/// Where inputs come from.
struct InputOptions {
  Mode mode = Mode::Float;
  uint64_t seed = 0;
  /// Whether @init makes the parameters that are not given. Without it they are
  /// generated, so that exact mode meets ties.
  bool useInit = true;
  /// Tensors that the caller has, by name.
  NamedTensors given;
};

/// Inputs for all arguments of `entry`: those given; then, where the module
/// has a function @init whose results carry the argument's name and type, what
/// it returns; generated ones for the rest. Emits a diagnostic and fails where
/// @init does.
mlir::FailureOr<llvm::SmallVector<Tensor>>
makeInputs(mlir::func::FuncOp entry, const InputOptions &options);

/// Reads the tensors that `entry` or @init take from a file (.npy, .npz,
/// .safetensors) into `tensors`. With a `name`, that tensor only; else all
/// whose name is that of an argument of `entry`. Errors name the file, the
/// tensor and both types.
mlir::LogicalResult readTensors(llvm::StringRef path,
                                std::optional<llvm::StringRef> name,
                                mlir::func::FuncOp entry, Mode mode,
                                NamedTensors &tensors);

/// Writes inputs to a file of several tensors by the names of the arguments, as
/// writeResults does.
mlir::LogicalResult writeInputs(llvm::StringRef path, mlir::func::FuncOp entry,
                                llvm::ArrayRef<Tensor> inputs, Mode mode);

/// Writes results to a file of the format that the end of its name says, whole
/// or not at all. Exact numbers become int64 representatives; infinities the
/// extreme ones and undefined the least plus 1.
mlir::LogicalResult writeResults(llvm::StringRef path, mlir::func::FuncOp entry,
                                 llvm::ArrayRef<Tensor> results, Mode mode);

/// Reads what writeResults wrote of floats and integers (not of exact numbers).
/// Errors name the file, the result and both types.
mlir::FailureOr<llvm::SmallVector<Tensor>>
readResults(llvm::StringRef path, mlir::func::FuncOp entry);

} // namespace moe::interpret
