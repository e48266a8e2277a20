// moe.random: a function of seed, stream and global index.
#include "KernelEmitter.h"

using namespace mlir;
using namespace moe;
using namespace moe::lower;

// SplitMix64's finalizer.
static Value mix(KernelEmitter &k, Value z) {
  auto step = [&](Value x, int64_t shift) -> Value {
    return arith::XOrIOp::create(
        k.b, x, arith::ShRUIOp::create(k.b, x, k.index(shift)));
  };
  z = k.mul(step(z, 30), k.index(int64_t(0xBF58476D1CE4E5B9)));
  z = k.mul(step(z, 27), k.index(int64_t(0x94D049BB133111EB)));
  return step(z, 31);
}

static ArrayRef<int64_t> globalShape(RandomOp op) {
  return op.getGlobalShape() ? *op.getGlobalShape()
                             : KernelEmitter::shape(op.getResult());
}

// A block that is cut along its first dimension alone lies in one piece.
static bool isOnePiece(Operation *op) {
  auto random = cast<RandomOp>(op);
  ArrayRef<int64_t> local = KernelEmitter::shape(random.getResult());
  return !local.empty() &&
         local.drop_front() == globalShape(random).drop_front();
}

// Row-major index in the global tensor.
static Value globalIndex(KernelEmitter &k, RandomOp op, ArrayRef<Value> index) {
  ArrayRef<int64_t> shape = globalShape(op);
  if (isOnePiece(op) && index.size() == 1) {
    if (op.getOffsets().empty())
      return index[0];
    Value row = k.toIndex(k.element(op.getOffsets()[0], {}));
    int64_t elements = ShapedType::getNumElements(shape.drop_front());
    return k.add(k.mul(row, k.passed(elements)), index[0]);
  }
  Value linear = k.index(0);
  for (size_t dim = 0; dim < shape.size(); ++dim) {
    Value i = index[dim];
    if (!op.getOffsets().empty())
      i = k.add(i, k.toIndex(k.element(op.getOffsets()[dim], {})));
    linear = k.add(k.mul(linear, k.index(shape[dim])), i);
  }
  return linear;
}

// Box and Muller in f64.
static Value normal(KernelEmitter &k, Value h) {
  Type f64 = k.b.getF64Type();
  double unit = 1.0 / (1 << 24);
  auto bits = [&](int64_t shift) -> Value {
    Value high = arith::ShRUIOp::create(k.b, h, k.index(shift));
    return arith::AndIOp::create(k.b, high, k.index(0xFFFFFF));
  };
  auto scaled = [&](Value x) -> Value {
    return arith::MulFOp::create(k.b, k.fromIndex(f64, x),
                                 k.constant(f64, unit));
  };
  Value a = scaled(k.add(bits(40), k.index(1)));
  Value radius = math::SqrtOp::create(
      k.b, arith::MulFOp::create(k.b, k.constant(f64, -2), k.math.log(a)));
  // A turn in [0, 1) as one in [-1/2, 1/2).
  Value turn = scaled(bits(16));
  Value isBack = arith::CmpFOp::create(k.b, arith::CmpFPredicate::OGE, turn,
                                       k.constant(f64, 0.5));
  turn = arith::SubFOp::create(k.b, turn,
                               arith::SelectOp::create(k.b, isBack,
                                                       k.constant(f64, 1),
                                                       k.constant(f64, 0)));
  return arith::MulFOp::create(k.b, radius, k.math.cosOfTurns(turn));
}

static Value uniform(KernelEmitter &k, Value h) {
  Type f64 = k.b.getF64Type();
  Value high = arith::ShRUIOp::create(k.b, h, k.index(40));
  return arith::MulFOp::create(k.b, k.fromIndex(f64, high),
                               k.constant(f64, 1.0 / (1 << 24)));
}

static Value randomElement(KernelEmitter &k, OpResult result,
                           ArrayRef<Value> index) {
  auto op = cast<RandomOp>(result.getOwner());
  Value seed = k.toIndex(k.element(op.getSeed(), {}));
  uint64_t stream = 0x9E3779B97F4A7C15u * (uint64_t(op.getStream()) + 1);
  Value state = mix(k, k.add(seed, k.passed(int64_t(stream))));
  Value h = mix(k, k.add(state, globalIndex(k, op, index)));
  Value number = op.getDistribution() == Distribution::Normal ? normal(k, h)
                                                              : uniform(k, h);
  // An f32 in any element type: f64 holds the same numbers.
  Value rounded = arith::TruncFOp::create(k.b, k.b.getF32Type(), number);
  Type element = KernelEmitter::elementType(result);
  if (element.isF64())
    return arith::ExtFOp::create(k.b, element, rounded);
  return k.round(element, rounded);
}

void moe::lower::addRandomLowerings(OpLowerings &table) {
  OpLowering lowering;
  lowering.element = randomElement;
  lowering.isFlat = isOnePiece;
  table.add<RandomOp>(lowering);
}
