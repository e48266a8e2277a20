// Evaluations of upstream math ops.
#include "lib/Interpret/Elementwise.h"
#include "lib/Interpret/Evaluations.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace moe::interpret {
namespace {

template <Function function> struct Apply {
  template <typename Numbers, typename... Values>
  auto operator()(Numbers numbers, Values... values) const {
    return numbers.apply(function, values...);
  }
};
struct Abs {
  template <typename Numbers, typename Value>
  Value operator()(Numbers numbers, Value a) const {
    return numbers.abs(a);
  }
};
struct Floor {
  template <typename Numbers, typename Value>
  Value operator()(Numbers numbers, Value a) const {
    return numbers.floor(a);
  }
};
struct Ceil {
  template <typename Numbers, typename Value>
  Value operator()(Numbers numbers, Value a) const {
    return numbers.ceil(a);
  }
};

template <Function function, typename OpTy>
void attachFunction(MLIRContext &context) {
  attachUnary<OnFloats<Apply<function>>, OpTy>(context);
}

} // namespace

void attachMathEvaluations(MLIRContext &context) {
  attachFunction<Function::Exp, math::ExpOp>(context);
  attachFunction<Function::Exp2, math::Exp2Op>(context);
  attachFunction<Function::Expm1, math::ExpM1Op>(context);
  attachFunction<Function::Log, math::LogOp>(context);
  attachFunction<Function::Log1p, math::Log1pOp>(context);
  attachFunction<Function::Tanh, math::TanhOp>(context);
  attachFunction<Function::Erf, math::ErfOp>(context);
  attachFunction<Function::Sqrt, math::SqrtOp>(context);
  attachFunction<Function::Rsqrt, math::RsqrtOp>(context);
  attachFunction<Function::Sin, math::SinOp>(context);
  attachFunction<Function::Cos, math::CosOp>(context);
  attachBinary<OnFloats<Apply<Function::Pow>>, math::PowFOp>(context);
  attachUnary<Abs, math::AbsFOp, math::AbsIOp>(context);
  attachUnary<OnFloats<Floor>, math::FloorOp>(context);
  attachUnary<OnFloats<Ceil>, math::CeilOp>(context);
}

} // namespace moe::interpret
