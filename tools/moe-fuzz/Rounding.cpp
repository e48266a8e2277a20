#include "tools/moe-fuzz/Rounding.h"

#include "moe/IR/Moe.h"
#include "moe/Interpret/Compare.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace moe::interpret;

namespace moe::fuzz {

// A factor on what was measured: another order of a sum rounds differently.
static constexpr double kSlack = 64;
// What rounding to f64 is of rounding to f32.
static constexpr double kWideOfNarrow = 1.0 / (1 << 29);

//===----------------------------------------------------------------------===//
// The same program in another type
//===----------------------------------------------------------------------===//

static Type inFloat(Type type, FloatType element) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (tensor && isa<FloatType>(tensor.getElementType()))
    return tensor.clone(element);
  return isa<FloatType>(type) ? element : type;
}

static APFloat converted(APFloat number, FloatType element) {
  bool losesInfo;
  number.convert(element.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                 &losesInfo);
  return number;
}

static Attribute inFloat(Attribute attr, FloatType element) {
  if (auto number = dyn_cast<FloatAttr>(attr))
    return FloatAttr::get(element, converted(number.getValue(), element));
  auto elements = dyn_cast<DenseFPElementsAttr>(attr);
  if (!elements)
    return attr;
  return elements.mapValues(element, [&](const APFloat &number) {
    return converted(number, element).bitcastToAPInt();
  });
}

static void castFloats(func::FuncOp func, FloatType element) {
  for (Operation &op : llvm::make_early_inc_range(func.getBody().front())) {
    for (OpResult result : op.getResults())
      result.setType(inFloat(result.getType(), element));
    // Of a constant and of a padding.
    if (Attribute value = op.getAttr("value"))
      op.setAttr("value", inFloat(value, element));
    if (isa<arith::ExtFOp, arith::TruncFOp>(op)) {
      op.getResult(0).replaceAllUsesWith(op.getOperand(0));
      op.erase();
    }
  }
  for (BlockArgument argument : func.getArguments())
    argument.setType(inFloat(argument.getType(), element));
  func.setType(FunctionType::get(
      func.getContext(), func.getBody().front().getArgumentTypes(),
      func.getBody().front().getTerminator()->getOperandTypes()));
}

static Tensor inFloat(const Tensor &tensor, FloatType element) {
  if (!tensor.hasFloats())
    return tensor;
  Tensor cast(tensor.getShape(), element);
  std::copy_n(tensor.words(), tensor.getElements(), cast.words());
  roundToType(cast, Mode::Float);
  return cast;
}

// What the program gives with all its floats of type `element`.
static FailureOr<SmallVector<Tensor>>
runInFloat(const FloatRun &run, FloatType element, uint64_t seed) {
  func::FuncOp original = run.entry;
  OwningOpRef<ModuleOp> copy = original->getParentOfType<ModuleOp>().clone();
  auto entry = copy->lookupSymbol<func::FuncOp>(original.getSymName());
  castFloats(entry, element);
  SmallVector<Tensor> inputs;
  for (const Tensor &input : run.inputs)
    inputs.push_back(inFloat(input, element));
  return Interpreter(Mode::Float, seed).run(entry, inputs);
}

//===----------------------------------------------------------------------===//
// How far results are apart
//===----------------------------------------------------------------------===//

// The greatest difference of two elements; infinite where one only is finite.
static double distance(const Tensor &a, const Tensor &b) {
  double greatest = 0;
  for (int64_t i = 0, e = a.getElements(); i < e; ++i) {
    double x = a.data<double>()[i], y = b.data<double>()[i];
    if (x == y || (std::isnan(x) && std::isnan(y)))
      continue;
    double difference = std::fabs(x - y);
    greatest = std::isfinite(difference)
                   ? std::max(greatest, difference)
                   : std::numeric_limits<double>::infinity();
  }
  return greatest;
}

static bool sameBits(const Tensor &a, const Tensor &b) {
  return std::equal(a.words(), a.words() + a.getElements(), b.words());
}

bool isRounding(const FloatRun &reference, func::FuncOp candidate,
                uint64_t seed) {
  MLIRContext *context = candidate.getContext();
  auto actual = Interpreter(Mode::Float, seed).run(candidate, reference.inputs);
  auto wide = runInFloat(reference, Float64Type::get(context), seed);
  auto narrow = runInFloat(reference, Float32Type::get(context), seed);
  if (failed(actual) || failed(wide) || failed(narrow))
    return false;
  for (size_t i = 0; i < reference.results.size(); ++i) {
    const Tensor &expected = reference.results[i], &have = (*actual)[i];
    if (!expected.hasFloats()) {
      if (!sameBits(expected, have))
        return false;
      continue;
    }
    double rounding = distance(expected, (*wide)[i]) +
                      kWideOfNarrow * distance((*narrow)[i], (*wide)[i]);
    double allowed =
        toleranceOf(expected.getElementType()) * greatestMagnitude(expected) +
        kSlack * rounding;
    if (!(distance(expected, have) <= allowed))
      return false;
  }
  return true;
}

} // namespace moe::fuzz
