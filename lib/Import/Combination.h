// How the elements of a result meet that go around the same place of it.
//
//   ^bb0(%a: f32, %out: f32):
//     %0 = math.exp %a
//     %1 = arith.addf %out, %0       the sum of %0, and of what was there
//     linalg.yield %1
#pragma once

#include "moe/IR/Moe.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace moe::import {

struct Combination {
  spmd::ReductionKind kind;
  /// The op of the body that combines: of the argument that holds the result so
  /// far, and of `element`.
  mlir::Operation *op;
  mlir::Value element;
  /// NaN loses to a number: maxnumf and minnumf.
  bool ignoresNaN = false;

  /// Of result number `result`; nothing where the body combines otherwise.
  static std::optional<Combination> of(mlir::linalg::LinalgOp op,
                                       unsigned result);

  /// Whether a value of the body is made of what results hold so far.
  static bool readsResults(mlir::Value value, mlir::linalg::LinalgOp op);

  /// Whether combining with `init`, a tensor, changes nothing.
  bool isNeutral(mlir::Value init) const;
  /// `init` and `reduced` combined, once.
  mlir::Value finish(mlir::ImplicitLocOpBuilder &b, mlir::Value init,
                     mlir::Value reduced) const;
  /// `elements` with NaN replaced by what changes nothing, where NaN loses.
  mlir::Value withoutNaN(mlir::ImplicitLocOpBuilder &b,
                         mlir::Value elements) const;
};

} // namespace moe::import
