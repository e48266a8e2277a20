// Whether two results of floats differ by rounding alone.
#pragma once

#include "moe/Interpret/Interpreter.h"

namespace moe::fuzz {

/// The results of a program on some inputs.
struct FloatRun {
  mlir::func::FuncOp entry;
  llvm::ArrayRef<moe::interpret::Tensor> inputs, results;
};

/// Whether every element of `actual` is as far from that of
/// `reference` as rounding may bring it. How far that is, is measured: the
/// reference is run with all floats as f64, as it is and with every value off
/// by about the last bit that its own type has, and what that changes, at most,
/// in a result is what rounding is worth there.
///
///   1 - sum(softmax(x))   is 0 or 6e-8, which is all of it: rounding
bool isRounding(const FloatRun &reference,
                llvm::ArrayRef<moe::interpret::Tensor> actual, uint64_t seed);

} // namespace moe::fuzz
