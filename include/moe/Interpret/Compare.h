// Whether two programs compute the same: the question that every
// transformation must answer with yes.
#pragma once

#include "moe/Interpret/Inputs.h"

namespace moe::interpret {

/// The share of the greatest magnitude that a difference of floats may have:
/// 1e-5, of bf16 2e-2, of f64 1e-12.
double toleranceOf(mlir::Type elementType);

/// The greatest finite magnitude of a tensor of floats in float mode; 0 where
/// there is none.
double greatestMagnitude(const Tensor &tensor);

/// The first element in which a result differs beyond what is allowed.
struct Difference {
  int64_t position = 0;
  /// The lowest rank of the candidate that holds the element.
  int64_t rank = 0;
  /// Greatest magnitude of the expected tensor, and the share of it that a
  /// difference may have; both 0 where bits must be equal.
  double magnitude = 0;
  double tolerance = 0;
};

/// Compares a result; `port` and `ranks` are those of the candidate. Exact
/// numbers and integers must be equal bit for bit. Floats may differ by 1e-5 of
/// the greatest magnitude in `expected` (bf16: 2e-2); NaN equals NaN.
std::optional<Difference> findDifference(const Tensor &expected,
                                         const Tensor &actual, const Port &port,
                                         int64_t ranks, Mode mode);

/// Runs `entry` of both modules, in either form each, on the same inputs and
/// compares all results. Emits a diagnostic that names result, global index,
/// both values and rank, and fails, where they differ; also where either does
/// not run. Both modules must belong to one context.
///
///   OwningOpRef<ModuleOp> before = module.clone();
///   ... transform module ...
///   compareExecutions(*before, module, "forward", Mode::Exact, /*seed=*/7);
mlir::LogicalResult compareExecutions(mlir::ModuleOp reference,
                                      mlir::ModuleOp candidate,
                                      llvm::StringRef entry,
                                      const InputOptions &options);

/// The half of it that follows once `reference` has given `expected` for
/// `inputs`: runs `candidate` and compares.
mlir::LogicalResult compareWith(mlir::func::FuncOp reference,
                                llvm::ArrayRef<Tensor> inputs,
                                llvm::ArrayRef<Tensor> expected,
                                mlir::func::FuncOp candidate,
                                const InputOptions &options);

/// The same with generated inputs and what @init makes.
inline mlir::LogicalResult compareExecutions(mlir::ModuleOp reference,
                                             mlir::ModuleOp candidate,
                                             llvm::StringRef entry, Mode mode,
                                             uint64_t seed) {
  InputOptions options;
  options.mode = mode;
  options.seed = seed;
  return compareExecutions(reference, candidate, entry, options);
}

/// The function called `name`; with an empty name @forward, else the only
/// function. Emits an error that lists what there is.
mlir::FailureOr<mlir::func::FuncOp> findEntry(mlir::ModuleOp module,
                                              llvm::StringRef name);

} // namespace moe::interpret
