// top_k, gating, dispatch and combine: who goes where. Everything here runs in
// one fixed order and needs no atomics.
#include "KernelEmitter.h"
#include "OrderKey.h"

#include <limits>

using namespace mlir;
using namespace moe;
using namespace moe::lower;

static Value equals(KernelEmitter &k, Value x, Value y) {
  return arith::CmpIOp::create(k.b, arith::CmpIPredicate::eq, x, y);
}
static Value greater(KernelEmitter &k, Value x, Value y) {
  return arith::CmpIOp::create(k.b, arith::CmpIPredicate::sgt, x, y);
}
static Value andThat(KernelEmitter &k, Value x, Value y) {
  return arith::AndIOp::create(k.b, x, y);
}
static Value orElse(KernelEmitter &k, Value x, Value y) {
  return arith::OrIOp::create(k.b, x, y);
}
static Value select(KernelEmitter &k, Value condition, Value x, Value y) {
  return arith::SelectOp::create(k.b, condition, x, y);
}

//===----------------------------------------------------------------------===//
// Choosing the largest
//===----------------------------------------------------------------------===//

// Calls `take` with the k largest of `size` elements in turn: their ordinal and
// index. Equal ones come lowest index first. Each choice is the best of those
// that are behind the one before it in this order.
static void largest(KernelEmitter &k, int64_t choices, int64_t size,
                    llvm::function_ref<Value(Value)> element,
                    llvm::function_ref<void(Value, Value)> take) {
  Value beforeAll = k.index(std::numeric_limits<int64_t>::max());
  Value none = k.index(-1);
  k.carry(
      choices, {beforeAll, none},
      [&](Value choice, ValueRange previous) -> SmallVector<Value> {
        SmallVector<Value> best = k.carry(
            size, {beforeAll, none},
            [&](Value i, ValueRange so) -> SmallVector<Value> {
              Value key = orderKey(k, element(i));
              Value isBehind = orElse(k, greater(k, previous[0], key),
                                      andThat(k, equals(k, previous[0], key),
                                              greater(k, i, previous[1])));
              Value isBest =
                  orElse(k, equals(k, so[1], none), greater(k, key, so[0]));
              Value wins = andThat(k, isBehind, isBest);
              return {select(k, wins, key, so[0]), select(k, wins, i, so[1])};
            });
        take(choice, best[1]);
        return best;
      });
}

static SmallVector<Value> with(ArrayRef<Value> index, int64_t dim, Value i) {
  SmallVector<Value> at(index);
  at[dim] = i;
  return at;
}

static void topKKernel(KernelEmitter &k, Operation *operation) {
  auto op = cast<TopKOp>(operation);
  int64_t dim = op.getDim();
  SmallVector<int64_t> outer(KernelEmitter::shape(op.getInput()));
  int64_t size = std::exchange(outer[dim], 1);
  Type indexType = KernelEmitter::elementType(op.getIndices());
  k.nest(outer, [&](ArrayRef<Value> index) {
    auto element = [&](Value i) {
      return k.element(op.getInput(), with(index, dim, i));
    };
    largest(k, op.getK(), size, element, [&](Value choice, Value i) {
      k.store(op.getValues(), with(index, dim, choice), element(i));
      k.store(op.getIndices(), with(index, dim, choice),
              k.fromIndex(k.registerType(indexType), i));
    });
  });
}

//===----------------------------------------------------------------------===//
// Gating
//===----------------------------------------------------------------------===//

// Experts and normalised gates of token (g, s).
static void chooseExperts(KernelEmitter &k, GatingOp op, Value g, Value s) {
  ArrayRef<int64_t> shape = KernelEmitter::shape(op.getGates());
  Type type = k.registerType(KernelEmitter::elementType(op.getGates()));
  int64_t choices = op.getK();
  KernelEmitter::LocalArray gates = k.localArray(type, choices);
  auto gate = [&](Value e) { return k.element(op.getGates(), {g, s, e}); };
  largest(k, choices, shape[2], gate, [&](Value choice, Value e) {
    k.set(gates, choice, gate(e));
    k.store(op.getExpert(), {g, s, choice},
            k.fromIndex(KernelEmitter::elementType(op.getExpert()), e));
  });
  Value sum = k.constant(type, 0);
  for (int64_t j = 0; j < choices; ++j)
    sum = arith::AddFOp::create(k.b, sum, k.get(gates, k.index(j)));
  sum = arith::AddFOp::create(k.b, sum, k.constant(type, 1e-9));
  k.loop(choices, [&](Value choice) {
    Value normalised = arith::DivFOp::create(k.b, k.get(gates, choice), sum);
    k.store(op.getWeight(), {g, s, choice}, normalised);
  });
}

// Whether token (g, s) keeps its second choice of normalised gate `weight`.
static Value keepsSecond(KernelEmitter &k, GatingOp op, Value g, Value s,
                         Value weight) {
  Value random = k.element(op.getRandom(), {g, s});
  Value twice = arith::AddFOp::create(k.b, weight, weight);
  return arith::CmpFOp::create(k.b, arith::CmpFPredicate::OLT, random, twice);
}

// Slots of choice `j` of all tokens of group g; `taken` counts each expert's.
static void takeSlots(KernelEmitter &k, GatingOp op, Value g, int64_t j,
                      KernelEmitter::LocalArray taken) {
  Type slotType = KernelEmitter::elementType(op.getSlot());
  Type weightType = k.registerType(KernelEmitter::elementType(op.getWeight()));
  bool isRandom = op.getRandom() && j == 1;
  k.loop(KernelEmitter::shape(op.getGates())[1], [&](Value s) {
    SmallVector<Value> at = {g, s, k.index(j)};
    Value expert = k.toIndex(k.load(op.getExpert(), at));
    Value weight = k.load(op.getWeight(), at);
    Value keep = isRandom ? keepsSecond(k, op, g, s, weight)
                          : k.integer(k.b.getI1Type(), 1);
    Value slot = k.get(taken, expert);
    k.set(taken, expert, k.add(slot, k.toIndex(keep)));
    Value fits = andThat(k, keep, k.isBelow(slot, k.index(op.getCapacity())));
    k.store(op.getSlot(), at,
            k.fromIndex(slotType, select(k, fits, slot, k.index(-1))));
    k.store(op.getWeight(), at,
            select(k, fits, weight, k.constant(weightType, 0)));
  });
}

static void gatingKernel(KernelEmitter &k, Operation *operation) {
  auto op = cast<GatingOp>(operation);
  ArrayRef<int64_t> shape = KernelEmitter::shape(op.getGates());
  KernelEmitter::LocalArray taken = k.localArray(k.b.getI64Type(), shape[2]);
  k.loop(shape[0], [&](Value g) {
    k.loop(shape[1], [&](Value s) { chooseExperts(k, op, g, s); });
    k.loop(shape[2], [&](Value e) { k.set(taken, e, k.index(0)); });
    for (int64_t j = 0; j < static_cast<int64_t>(op.getK()); ++j)
      takeSlots(k, op, g, j, taken);
  });
}

//===----------------------------------------------------------------------===//
// Dispatch and combine
//===----------------------------------------------------------------------===//

namespace {
// Where choice (g, s, j) goes, and whether that is in range.
struct Place {
  Value expert, slot, isValid;
};
} // namespace

static Place placeOf(KernelEmitter &k, Value expert, Value slot, Value slots,
                     ArrayRef<Value> choice) {
  ArrayRef<int64_t> shape = KernelEmitter::shape(slots);
  Value e = k.toIndex(k.element(expert, choice));
  Value c = k.toIndex(k.element(slot, choice));
  Value isValid = andThat(k, k.isBelow(e, k.index(shape[0])),
                          k.isBelow(c, k.index(shape[2])));
  return {e, c, isValid};
}

// Calls `body` with the index of each element of the row that `prefix` begins.
static void alongRow(KernelEmitter &k, ArrayRef<Value> prefix, int64_t width,
                     llvm::function_ref<void(ArrayRef<Value>)> body) {
  SmallVector<Value> index(prefix);
  index.emplace_back();
  k.loop(width, [&](Value m) {
    index.back() = m;
    body(index);
  });
}

static Value sumOf(KernelEmitter &k, Value x, Value y) {
  if (isa<FloatType>(x.getType()))
    return arith::AddFOp::create(k.b, x, y);
  return arith::AddIOp::create(k.b, x, y);
}

// A slot's first token is written, further ones are added, and slots that got
// none become zero: each is written once where no two tokens meet.
static void dispatchKernel(KernelEmitter &k, Operation *operation) {
  auto op = cast<DispatchOp>(operation);
  Value slots = op.getResult();
  ArrayRef<int64_t> shape = KernelEmitter::shape(slots); // E, G, C, M
  Type type = k.registerType(KernelEmitter::elementType(slots));
  Type flag = k.b.getI8Type();
  int64_t rows = shape[0] * shape[1] * shape[2];
  KernelEmitter::LocalArray taken =
      k.localArray(flag, std::max(rows, int64_t(1)));
  auto rowOf = [&](Value e, Value g, Value c) {
    Value group = k.add(k.mul(e, k.index(shape[1])), g);
    return k.add(k.mul(group, k.index(shape[2])), c);
  };
  auto isTaken = [&](Value row) {
    return equals(k, k.get(taken, row), k.integer(flag, 1));
  };
  k.loop(rows, [&](Value row) { k.set(taken, row, k.integer(flag, 0)); });
  k.nest(KernelEmitter::shape(op.getExpert()), [&](ArrayRef<Value> choice) {
    Value g = choice[0];
    Place place = placeOf(k, op.getExpert(), op.getSlot(), slots, choice);
    auto write = [&](bool adds) {
      alongRow(
          k, {place.expert, g, place.slot}, shape[3], [&](ArrayRef<Value> to) {
            Value token = k.element(op.getTokens(), {g, choice[1], to.back()});
            k.store(slots, to,
                    adds ? sumOf(k, k.load(slots, to), token) : token);
          });
    };
    k.ifThen(place.isValid, [&] {
      Value row = rowOf(place.expert, g, place.slot);
      k.ifThen(
          isTaken(row), [&] { write(/*adds=*/true); },
          [&] { write(/*adds=*/false); });
      k.set(taken, row, k.integer(flag, 1));
    });
  });
  k.nest(shape.drop_back(), [&](ArrayRef<Value> slot) {
    auto clear = [&] {
      alongRow(k, slot, shape[3], [&](ArrayRef<Value> to) {
        k.store(slots, to, k.constant(type, 0));
      });
    };
    k.ifThen(isTaken(rowOf(slot[0], slot[1], slot[2])), [] {}, clear);
  });
}

// All choices of an element at once, in their order: each is written once.
static void combineKernel(KernelEmitter &k, Operation *operation) {
  auto op = cast<CombineOp>(operation);
  ArrayRef<int64_t> choices = KernelEmitter::shape(op.getExpert());
  Value slots = op.getSlots();
  Type type = k.registerType(KernelEmitter::elementType(op.getResult()));
  bool hasSlots = cast<RankedTensorType>(slots.getType()).getNumElements() > 0;
  int64_t terms = hasSlots ? choices[2] : 0;
  k.nest(choices.take_front(2), [&](ArrayRef<Value> token) {
    SmallVector<Place> places;
    SmallVector<Value> weights;
    for (int64_t j = 0; j < terms; ++j) {
      SmallVector<Value> choice = {token[0], token[1], k.index(j)};
      Place place = placeOf(k, op.getExpert(), op.getSlot(), slots, choice);
      // What has no slot reads the first one and adds nothing.
      place.expert = select(k, place.isValid, place.expert, k.index(0));
      place.slot = select(k, place.isValid, place.slot, k.index(0));
      places.push_back(place);
      weights.push_back(k.toFloat(type, k.element(op.getWeight(), choice)));
    }
    alongRow(k, token, KernelEmitter::shape(op.getResult())[2],
             [&](ArrayRef<Value> to) {
               Value sum = k.constant(type, 0);
               for (auto [place, weight] : llvm::zip_equal(places, weights)) {
                 Value x = k.element(
                     slots, {place.expert, token[0], place.slot, to.back()});
                 Value term = arith::MulFOp::create(k.b, weight, x);
                 sum = select(k, place.isValid, sumOf(k, sum, term), sum);
               }
               k.store(op.getResult(), to, sum);
             });
  });
}

void moe::lower::addRoutingLowerings(OpLowerings &table) {
  OpLowering lowering;
  lowering.mayFuse = fuseNothing;
  lowering.kernel = topKKernel;
  table.add<TopKOp>(lowering);
  lowering.kernel = gatingKernel;
  table.add<GatingOp>(lowering);
  lowering.kernel = dispatchKernel;
  table.add<DispatchOp>(lowering);
  lowering.kernel = combineKernel;
  table.add<CombineOp>(lowering);
}
