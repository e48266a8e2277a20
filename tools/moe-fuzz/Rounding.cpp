#include "tools/moe-fuzz/Rounding.h"

#include "moe/IR/Moe.h"
#include "moe/Interpret/Compare.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <random>

using namespace mlir;
using namespace moe::interpret;

namespace moe::fuzz {

// A factor on what was measured: a sum in another order has many roundings.
static constexpr double kSlack = 64;
// In one draw the noise of a single number may happen to cancel.
static constexpr unsigned kNoises = 4;

//===----------------------------------------------------------------------===//
// The same program in f64
//===----------------------------------------------------------------------===//

static Type asWide(Type type) {
  auto wide = Float64Type::get(type.getContext());
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (tensor && isa<FloatType>(tensor.getElementType()))
    return tensor.clone(wide);
  return isa<FloatType>(type) ? wide : type;
}

static APFloat asWide(APFloat number) {
  bool losesInfo;
  number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                 &losesInfo);
  return number;
}

static Attribute asWide(Attribute attr) {
  auto wide = Float64Type::get(attr.getContext());
  if (auto number = dyn_cast<FloatAttr>(attr))
    return FloatAttr::get(wide, asWide(number.getValue()));
  auto elements = dyn_cast<DenseFPElementsAttr>(attr);
  if (!elements)
    return attr;
  return elements.mapValues(wide, [](const APFloat &number) {
    return asWide(number).bitcastToAPInt();
  });
}

// The last bit of a number in [1, 2).
static double lastBit(FloatType type) {
  return std::ldexp(1.0, 1 - static_cast<int>(type.getFPMantissaWidth()));
}

// Multiplies a value, already f64, by numbers around 1.
static void addNoise(Value value, FloatType type, std::mt19937_64 &random) {
  auto tensor = cast<RankedTensorType>(value.getType());
  SmallVector<double> factors(tensor.getNumElements());
  // Of any size, so that two do not cancel.
  std::uniform_real_distribution<double> size(-2, 2);
  for (double &factor : factors)
    factor = 1 + size(random) * lastBit(type);
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfterValue(value);
  Location loc = value.getLoc();
  auto noise = arith::ConstantOp::create(
      builder, loc, DenseElementsAttr::get(tensor, ArrayRef(factors)));
  auto noisy = arith::MulFOp::create(builder, loc, value, noise);
  value.replaceAllUsesExcept(noisy, noisy);
}

static void widen(Value value, bool isNoisy, std::mt19937_64 &random) {
  auto type = dyn_cast<FloatType>(getElementTypeOrSelf(value.getType()));
  value.setType(asWide(value.getType()));
  if (type && isNoisy && isa<RankedTensorType>(value.getType()))
    addNoise(value, type, random);
}

static void widen(Operation *op, bool isNoisy, std::mt19937_64 &random) {
  // Of a constant and of a padding.
  if (Attribute value = op->getAttr("value"))
    op->setAttr("value", asWide(value));
  for (OpResult result : op->getResults())
    widen(result, isNoisy, random);
  // Of arguments too: what an op rounds inside counts like its operands.
  for (Region &region : op->getRegions())
    for (BlockArgument argument : region.getArguments())
      widen(argument, isNoisy, random);
  if (!isa<arith::ExtFOp, arith::TruncFOp>(op))
    return;
  op->getResult(0).replaceAllUsesWith(op->getOperand(0));
  op->erase();
}

// `noise` draws it; none for 0.
static void widen(func::FuncOp func, unsigned noise) {
  std::mt19937_64 random(noise);
  SmallVector<Operation *> ops;
  func.walk([&](Operation *op) { ops.push_back(op); });
  for (Operation *op : ops)
    widen(op, noise != 0, random);
  Block &block = func.getBody().front();
  func.setType(FunctionType::get(func.getContext(), block.getArgumentTypes(),
                                 block.getTerminator()->getOperandTypes()));
}

static Tensor asWide(const Tensor &tensor) {
  if (!tensor.hasFloats())
    return tensor;
  Tensor wide(tensor.getShape(), asWide(tensor.getElementType()));
  std::copy_n(tensor.words(), tensor.getElements(), wide.words());
  return wide;
}

// What the program gives in f64.
static FailureOr<SmallVector<Tensor>> runWide(const FloatRun &run,
                                              unsigned noise, uint64_t seed) {
  func::FuncOp original = run.entry;
  OwningOpRef<ModuleOp> copy = original->getParentOfType<ModuleOp>().clone();
  auto entry = copy->lookupSymbol<func::FuncOp>(original.getSymName());
  widen(entry, noise);
  SmallVector<Tensor> inputs;
  for (const Tensor &input : run.inputs)
    inputs.push_back(asWide(input));
  return Interpreter(Mode::Float, seed).run(entry, inputs);
}

//===----------------------------------------------------------------------===//
// How far results are apart
//===----------------------------------------------------------------------===//

// The greatest distance from an element that is finite. The others tell
// nothing: 0 times infinity is no longer computed once a mask is an index.
static double distance(const Tensor &from, const Tensor &to) {
  double greatest = 0;
  for (int64_t i = 0, e = from.getElements(); i < e; ++i) {
    double x = from.data<double>()[i], y = to.data<double>()[i];
    if (std::isfinite(x))
      greatest = std::isfinite(y) ? std::max(greatest, std::fabs(x - y))
                                  : std::numeric_limits<double>::infinity();
  }
  return greatest;
}

static bool sameBits(const Tensor &a, const Tensor &b) {
  return std::equal(a.words(), a.words() + a.getElements(), b.words());
}

bool isRounding(const FloatRun &reference, ArrayRef<Tensor> actual,
                uint64_t seed) {
  auto wide = runWide(reference, /*noise=*/0, seed);
  if (failed(wide))
    return false;
  SmallVector<double> worth(wide->size(), 0);
  for (unsigned noise = 1; noise <= kNoises; ++noise) {
    auto noisy = runWide(reference, noise, seed);
    if (failed(noisy))
      return false;
    for (auto [most, exact, other] : llvm::zip(worth, *wide, *noisy))
      most = std::max(most, distance(exact, other));
  }
  for (size_t i = 0; i < reference.results.size(); ++i) {
    const Tensor &expected = reference.results[i], &have = actual[i];
    if (!expected.hasFloats()) {
      if (!sameBits(expected, have))
        return false;
      continue;
    }
    double allowed =
        toleranceOf(expected.getElementType()) * greatestMagnitude(expected) +
        kSlack * worth[i];
    if (!(distance(expected, have) <= allowed))
      return false;
  }
  return true;
}

} // namespace moe::fuzz
