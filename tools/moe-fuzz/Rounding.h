// Whether two results of floats differ by rounding alone.
#pragma once

#include "moe/Interpret/Interpreter.h"

namespace moe::fuzz {

/// The results of a program on some inputs.
struct FloatRun {
  mlir::func::FuncOp entry;
  llvm::ArrayRef<moe::interpret::Tensor> inputs, results;
};

/// Whether every element that `candidate` gives is as far from that of
/// `reference` as rounding may bring it. How far that is, is measured: the
/// reference is run once with all floats as f64 and once with all as f32, and
/// what that changes, at most, in a result is what its last bits are worth.
///
///   1 - sum(softmax(x))   is 0 or 6e-8, and so are the two runs: rounding
bool isRounding(const FloatRun &reference, mlir::func::FuncOp candidate,
                uint64_t seed);

} // namespace moe::fuzz
