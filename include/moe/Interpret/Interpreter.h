// The reference interpreter: runs a function of a module, global or
// partitioned, in floats or in exact numbers.
//
//   Interpreter interpreter(module, Mode::Exact, /*seed=*/1);
//   FailureOr<Program::Tensors> logits = interpreter.run(entry, {w, tokens});
//
// It is the one oracle: a transformation is right when the numbers agree. A
// partitioned program runs for all ranks of its mesh in one process, op by op;
// collectives are carried out by their definition (Distribution.h), never by
// the plans that compiled programs use.
#pragma once

#include "moe/Interpret/Distribution.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace moe::interpret {

/// An argument or result of an entry, as users see it.
struct Port {
  std::string name;
  mlir::Type globalType;
  /// Where its blocks are; every rank holds all of it in a global program.
  Placement placement;
  /// Generated integers lie in [0, bound): attribute `moe.bound`.
  std::optional<int64_t> bound;
};

/// A function's arguments and results. Names come from `moe.name`, else they
/// are arg0, ... and result0, ....
struct Signature {
  llvm::SmallVector<Port> arguments, results;
  /// Whether types are local (`spmd.global` holds the global ones).
  bool isPartitioned = false;
  /// Ranks of the mesh for a partitioned function, else 1.
  int64_t ranks = 1;

  static Signature of(mlir::func::FuncOp func);
};

/// Emits a diagnostic and fails where `func` has a value that cannot be held:
/// its elements are no elements of tensors, its shape is not static, or the
/// copies of all `ranks` take more bytes than the machine has.
mlir::LogicalResult verifyValues(mlir::func::FuncOp func, int64_t ranks);

class Replay;

/// Runs functions of one module.
class Interpreter {
public:
  /// `seed` chooses the bits of padding only.
  Interpreter(Mode mode, uint64_t seed) : mode(mode), seed(seed) {}

  /// Runs `entry` on tensors of the arguments' global types and returns the
  /// results on global shapes. Emits a diagnostic and fails where inputs do not
  /// fit, an op has no evaluation, or holders of one element differ.
  ///
  /// With `replay` a global program without calls follows another run's choices
  /// (Replay.h), in floats.
  mlir::FailureOr<llvm::SmallVector<Tensor>> run(mlir::func::FuncOp entry,
                                                 llvm::ArrayRef<Tensor> inputs,
                                                 Replay *replay = nullptr);

private:
  Mode mode;
  uint64_t seed;
};

} // namespace moe::interpret
