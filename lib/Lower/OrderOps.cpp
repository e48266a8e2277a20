// moe.arg_reduce and moe.sort.
#include "OrderKey.h"

using namespace mlir;
using namespace moe;
using namespace moe::lower;

static SmallVector<Value> with(ArrayRef<Value> index, int64_t dim, Value i) {
  SmallVector<Value> at(index);
  at[dim] = i;
  return at;
}

static Value compare(KernelEmitter &k, arith::CmpIPredicate predicate, Value x,
                     Value y) {
  return arith::CmpIOp::create(k.b, predicate, x, y);
}

// Calls `body` for every line along `dim`, with an index of it.
static void forEachLine(KernelEmitter &k, Value tensor, int64_t dim,
                        llvm::function_ref<void(ArrayRef<Value>)> body) {
  SmallVector<int64_t> outer(KernelEmitter::shape(tensor));
  outer[dim] = 1;
  k.nest(outer, body);
}

static void argReduceKernel(KernelEmitter &k, Operation *operation) {
  auto op = cast<ArgReduceOp>(operation);
  int64_t dim = op.getDim();
  bool isMax = op.getKind() == spmd::ReductionKind::Max;
  Type indexType = KernelEmitter::elementType(op.getIndices());
  forEachLine(k, op.getInput(), dim, [&](ArrayRef<Value> line) {
    auto element = [&](Value i) {
      return k.element(op.getInput(), with(line, dim, i));
    };
    Value first = k.index(0);
    SmallVector<Value> best = k.carry(
        KernelEmitter::shape(op.getInput()) [dim],
        { orderKey(k, element(first), isMax), first },
        [&](Value i, ValueRange so) -> SmallVector<Value> {
          Value key = orderKey(k, element(i), isMax);
          Value wins = compare(k, arith::CmpIPredicate::sgt, key, so[0]);
          return {arith::SelectOp::create(k.b, wins, key, so[0]),
                  arith::SelectOp::create(k.b, wins, i, so[1])};
        });
    SmallVector<Value> at(line);
    at.erase(at.begin() + dim);
    k.store(op.getValues(), at, element(best[1]));
    k.store(op.getIndices(), at, k.fromIndex(indexType, best[1]));
  });
}

namespace {

/// Merges runs of one line's indices until one run is left.
class MergeSort {
public:
  MergeSort(KernelEmitter &k, int64_t n)
      : k(k), n(n), keys(array()), order(array()), spare(array()) {}

  /// Sorts the indices [0, n) by descending key; equal ones stay in order.
  void run(llvm::function_ref<Value(Value)> key) {
    k.loop(n, [&](Value i) {
      k.set(keys, i, key(i));
      k.set(order, i, i);
    });
    for (int64_t width = 1; width < n; width *= 2)
      mergeRuns(width);
  }

  /// Which index comes i-th.
  Value at(Value i) { return k.get(order, i); }

private:
  KernelEmitter::LocalArray array() {
    return k.localArray(k.b.getI64Type(), std::max(n, int64_t(1)));
  }
  Value atMost(Value x, int64_t bound) {
    return arith::MinSIOp::create(k.b, x, k.index(bound));
  }
  Value keyOf(Value place) {
    return k.get(keys, k.get(order, atMost(place, n - 1)));
  }

  // Pairs of runs of `width` indices, the last ones shorter, as one run each.
  void mergeRuns(int64_t width) {
    k.loop(llvm::divideCeil(n, 2 * width), [&](Value run) {
      Value low = k.mul(run, k.index(2 * width));
      Value middle = atMost(k.add(low, k.index(width)), n);
      Value high = atMost(k.add(low, k.index(2 * width)), n);
      k.carry(std::min(2 * width, n), {low, middle},
              [&](Value step, ValueRange next) {
                return takeNext(k.add(low, step), middle, high, next);
              });
    });
    std::swap(order, spare);
  }

  // Place `to` gets the left run's next index unless the right one's comes
  // before it; nothing happens behind the end.
  SmallVector<Value> takeNext(Value to, Value middle, Value high,
                              ValueRange next) {
    Value left = next[0], right = next[1];
    auto isBelow = [&](Value x, Value y) {
      return compare(k, arith::CmpIPredicate::slt, x, y);
    };
    Value rightWins =
        compare(k, arith::CmpIPredicate::sgt, keyOf(right), keyOf(left));
    rightWins = arith::AndIOp::create(k.b, rightWins, isBelow(right, high));
    Value leftIsDone = compare(k, arith::CmpIPredicate::sge, left, middle);
    Value takesRight = arith::OrIOp::create(k.b, leftIsDone, rightWins);
    Value place = arith::SelectOp::create(k.b, takesRight, right, left);
    Value taken = k.get(order, atMost(place, n - 1));
    k.ifThen(isBelow(to, high), [&] { k.set(spare, to, taken); });
    Value step = k.toIndex(takesRight);
    Value other = arith::SubIOp::create(k.b, k.index(1), step);
    return {k.add(left, other), k.add(right, step)};
  }

  KernelEmitter &k;
  int64_t n;
  KernelEmitter::LocalArray keys, order, spare;
};

} // namespace

static void sortKernel(KernelEmitter &k, Operation *operation) {
  auto op = cast<SortOp>(operation);
  int64_t dim = op.getDim();
  Value keys = op.getInputs()[0];
  int64_t n = KernelEmitter::shape(keys)[dim];
  MergeSort sort(k, n);
  forEachLine(k, keys, dim, [&](ArrayRef<Value> line) {
    sort.run([&](Value i) {
      return orderKey(k, k.element(keys, with(line, dim, i)),
                      op.getDescending());
    });
    k.loop(n, [&](Value i) {
      Value from = sort.at(i);
      for (auto [input, result] :
           llvm::zip_equal(op.getInputs(), op.getResults()))
        k.store(result, with(line, dim, i),
                k.element(input, with(line, dim, from)));
    });
  });
}

void moe::lower::addOrderLowerings(OpLowerings &table) {
  OpLowering lowering;
  lowering.mayFuse = fuseNothing;
  lowering.kernel = argReduceKernel;
  table.add<ArgReduceOp>(lowering);
  lowering.kernel = sortKernel;
  table.add<SortOp>(lowering);
}
