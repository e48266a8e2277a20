#include "Reduction.h"

#include <limits>

using namespace mlir;
using namespace moe::lower;
using spmd::ReductionKind;

// Neighbours whose running values are held at a time: four f32 registers of 16.
static constexpr int64_t kNeighbours = 64;

Value moe::lower::neutralElement(KernelEmitter &k, ReductionKind kind,
                                 Type type) {
  double inf = std::numeric_limits<double>::infinity();
  bool isFloat = isa<FloatType>(type);
  unsigned bits = type.getIntOrFloatBitWidth();
  auto extreme = [&](bool least) -> Value {
    if (isFloat)
      return k.constant(type, least ? -inf : inf);
    // Booleans are ordered as numbers: false is the least.
    if (bits == 1)
      return k.integer(type, least ? 0 : 1);
    APInt value =
        least ? APInt::getSignedMinValue(bits) : APInt::getSignedMaxValue(bits);
    return arith::ConstantOp::create(k.b, IntegerAttr::get(type, value));
  };
  switch (kind) {
  case ReductionKind::Sum:
  case ReductionKind::Or:
    return k.constant(type, 0);
  case ReductionKind::Prod:
    return k.constant(type, 1);
  case ReductionKind::Max:
    return extreme(/*least=*/true);
  case ReductionKind::Min:
    return extreme(/*least=*/false);
  case ReductionKind::And:
    return k.integer(type, -1);
  }
  llvm_unreachable("all kinds are listed");
}

Value moe::lower::combine(KernelEmitter &k, ReductionKind kind, Value x,
                          Value y) {
  bool isFloat = isa<FloatType>(x.getType());
  bool isBool = x.getType().isInteger(1);
  switch (kind) {
  case ReductionKind::Sum:
    if (isFloat)
      return arith::AddFOp::create(k.b, x, y);
    return arith::AddIOp::create(k.b, x, y);
  case ReductionKind::Prod:
    if (isFloat)
      return arith::MulFOp::create(k.b, x, y);
    return arith::MulIOp::create(k.b, x, y);
  case ReductionKind::Max:
    if (isFloat)
      return arith::MaximumFOp::create(k.b, x, y);
    if (isBool)
      return arith::OrIOp::create(k.b, x, y);
    return arith::MaxSIOp::create(k.b, x, y);
  case ReductionKind::Min:
    if (isFloat)
      return arith::MinimumFOp::create(k.b, x, y);
    if (isBool)
      return arith::AndIOp::create(k.b, x, y);
    return arith::MinSIOp::create(k.b, x, y);
  case ReductionKind::And:
    return arith::AndIOp::create(k.b, x, y);
  case ReductionKind::Or:
    return arith::OrIOp::create(k.b, x, y);
  }
  llvm_unreachable("all kinds are listed");
}

Value moe::lower::reduceInLanes(KernelEmitter &k, ReductionKind kind, Type type,
                                ArrayRef<int64_t> sizes,
                                Accumulate accumulate) {
  return reduceInLanes(
      k, neutralElement(k, kind, type),
      llvm::map_to_vector(sizes, [&](int64_t size) { return k.index(size); }),
      accumulate, [&](Value x, Value y) { return combine(k, kind, x, y); });
}

Value moe::lower::reduceInLanes(KernelEmitter &k, Value neutral,
                                ArrayRef<Value> sizes, Accumulate accumulate,
                                Merge merge) {
  KernelEmitter::LocalArray sums = k.localArray(neutral.getType(), kLanes);
  k.loop(kLanes, [&](Value lane) { k.set(sums, lane, neutral); });
  Value lanes = k.index(kLanes), size = sizes.back();
  Value chunks = k.b.createOrFold<arith::DivUIOp>(size, lanes);
  Value rest = k.b.createOrFold<arith::RemUIOp>(size, lanes);
  k.nest(sizes.drop_back(), [&](ArrayRef<Value> outer) {
    // Kept rolled, the loop over lanes becomes one vector operation and the
    // lanes one register.
    auto step = [&](Value begin, Value count) {
      k.loop(
          count,
          [&](Value lane) {
            SmallVector<Value> at(outer);
            at.push_back(k.add(begin, lane));
            k.set(sums, lane, accumulate(at, k.get(sums, lane)));
          },
          /*keepRolled=*/true);
    };
    k.loop(chunks, [&](Value c) { step(k.mul(c, lanes), lanes); });
    step(k.mul(chunks, lanes), rest);
  });
  for (int64_t half = kLanes / 2; half; half /= 2)
    k.loop(half, [&](Value lane) {
      Value other = k.get(sums, k.add(lane, k.index(half)));
      k.set(sums, lane, merge(k.get(sums, lane), other));
    });
  return k.get(sums, k.index(0));
}

void moe::lower::reduceNeighbours(
    KernelEmitter &k, ReductionKind kind, Type type, ArrayRef<int64_t> sizes,
    int64_t width, Accumulate accumulate,
    llvm::function_ref<void(Value, Value)> finish) {
  KernelEmitter::LocalArray sums = k.localArray(type, kNeighbours);
  Value neutral = neutralElement(k, kind, type);
  auto block = [&](Value begin, int64_t count) {
    k.loop(count, [&](Value i) { k.set(sums, i, neutral); });
    k.nest(sizes, [&](ArrayRef<Value> reduced) {
      k.loop(
          count,
          [&](Value i) {
            SmallVector<Value> at(reduced);
            at.push_back(k.add(begin, i));
            k.set(sums, i, accumulate(at, k.get(sums, i)));
          },
          /*keepRolled=*/true);
    });
    k.loop(count, [&](Value i) { finish(k.add(begin, i), k.get(sums, i)); });
  };
  int64_t blocks = width / kNeighbours;
  k.loop(blocks,
         [&](Value c) { block(k.mul(c, k.index(kNeighbours)), kNeighbours); });
  if (width % kNeighbours)
    block(k.index(blocks * kNeighbours), width % kNeighbours);
}
