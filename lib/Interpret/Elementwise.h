// Evaluation of ops that work element by element.
#pragma once

#include "moe/Interpret/Evaluation.h"

namespace moe::interpret {

/// Result element from one operand element by Fn()(numbers, a), with numbers
/// those of the operand.
template <typename OpTy, typename Fn>
mlir::LogicalResult evaluateUnary(OpTy, Evaluation &evaluation) {
  Tensor &result = evaluation.result(0);
  evaluation.withNumbers(evaluation.operand(0), [&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    const auto *a = evaluation.operand(0).data<Value>();
    auto *out = result.data<Value>();
    for (int64_t i = 0, e = result.getElements(); i < e; ++i)
      out[i] = Fn()(numbers, a[i]);
  });
  return mlir::success();
}

/// The same from two operands.
template <typename OpTy, typename Fn>
mlir::LogicalResult evaluateBinary(OpTy, Evaluation &evaluation) {
  Tensor &result = evaluation.result(0);
  evaluation.withNumbers(evaluation.operand(0), [&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    const auto *a = evaluation.operand(0).data<Value>();
    const auto *b = evaluation.operand(1).data<Value>();
    auto *out = result.data<Value>();
    for (int64_t i = 0, e = result.getElements(); i < e; ++i)
      out[i] = Fn()(numbers, a[i], b[i]);
  });
  return mlir::success();
}

/// Fn for ops that exist on integers only: the other arithmetics never reach
/// it.
template <typename Fn> struct OnIntegers {
  template <typename Numbers, typename... Values>
  auto operator()(Numbers numbers, Values... values) const {
    if constexpr (Numbers::isFloat)
      return std::get<0>(std::tuple(values...));
    else
      return Fn()(numbers, values...);
  }
};

/// Fn for ops that exist on floats only.
template <typename Fn> struct OnFloats {
  template <typename Numbers, typename... Values>
  auto operator()(Numbers numbers, Values... values) const {
    if constexpr (Numbers::isFloat)
      return Fn()(numbers, values...);
    else
      return std::get<0>(std::tuple(values...));
  }
};

template <typename Fn, typename... OpTys>
void attachUnary(mlir::MLIRContext &context) {
  (attachEvaluation<OpTys, &evaluateUnary<OpTys, Fn>>(context), ...);
}
template <typename Fn, typename... OpTys>
void attachBinary(mlir::MLIRContext &context) {
  (attachEvaluation<OpTys, &evaluateBinary<OpTys, Fn>>(context), ...);
}

} // namespace moe::interpret
