// moe.grouped_einsum: row by row, group after group.
#include "Reduction.h"

using namespace mlir;
using namespace moe;
using namespace moe::lower;
using spmd::ReductionKind;

namespace {

class GroupedKernel {
public:
  GroupedKernel(KernelEmitter &k, GroupedEinsumOp op)
      : k(k), op(op), rows(KernelEmitter::shape(op.getRows())),
        weights(KernelEmitter::shape(op.getWeights())),
        type(k.registerType(KernelEmitter::elementType(op.getResult()))) {}

  void run() {
    k.nest(rows.drop_back(2), [&](ArrayRef<Value> batch) {
      Value first = op.getFirst() ? k.toIndex(k.element(op.getFirst(), batch))
                                  : k.index(0);
      SmallVector<Value> end =
          k.carry(weights[0], {first},
                  [&](Value expert, ValueRange begin) -> SmallVector<Value> {
                    return {group(batch, expert, begin[0])};
                  });
      Value count = k.index(rows[rows.size() - 2]);
      forRows(k.index(0), within(first), [&](Value row) { clear(batch, row); });
      forRows(within(end[0]), count, [&](Value row) { clear(batch, row); });
    });
  }

private:
  static SmallVector<Value> append(ArrayRef<Value> index,
                                   std::initializer_list<Value> more) {
    SmallVector<Value> at(index);
    at.append(more.begin(), more.end());
    return at;
  }

  // `row` as a place among the rows.
  Value within(Value row) {
    row = arith::MaxSIOp::create(k.b, row, k.index(0));
    return arith::MinSIOp::create(k.b, row, k.index(rows[rows.size() - 2]));
  }

  void forRows(Value from, Value to, llvm::function_ref<void(Value)> body) {
    k.loop(arith::SubIOp::create(k.b, to, from).getResult(),
           [&](Value i) { body(k.add(from, i)); });
  }

  void clear(ArrayRef<Value> batch, Value row) {
    k.loop(weights[2], [&](Value n) {
      k.store(op.getResult(), append(batch, {row, n}), k.constant(type, 0));
    });
  }

  // Rows of `expert`, which begin at `begin`; returns their end.
  Value group(ArrayRef<Value> batch, Value expert, Value begin) {
    Value size = k.toIndex(k.element(op.getSizes(), append(batch, {expert})));
    size = arith::MaxSIOp::create(k.b, size, k.index(0));
    Value end = k.add(begin, size);
    forRows(within(begin), within(end),
            [&](Value row) { multiply(batch, row, expert); });
    return end;
  }

  void multiply(ArrayRef<Value> batch, Value row, Value expert) {
    reduceNeighbours(
        k, ReductionKind::Sum, type, {weights[1]}, weights[2],
        [&](ArrayRef<Value> at, Value sum) -> Value {
          Value x = k.element(op.getRows(), append(batch, {row, at[0]}));
          Value w = k.element(op.getWeights(), {expert, at[0], at[1]});
          if (isa<FloatType>(type))
            return ::mlir::math::FmaOp::create(k.b, x, w, sum);
          return combine(k, ReductionKind::Sum, sum,
                         combine(k, ReductionKind::Prod, x, w));
        },
        [&](Value n, Value value) {
          k.store(op.getResult(), append(batch, {row, n}), value);
        });
  }

  KernelEmitter &k;
  GroupedEinsumOp op;
  ArrayRef<int64_t> rows, weights;
  Type type;
};

} // namespace

static void groupedEinsumKernel(KernelEmitter &k, Operation *op) {
  GroupedKernel(k, cast<GroupedEinsumOp>(op)).run();
}

void moe::lower::addGroupedLowerings(OpLowerings &table) {
  OpLowering lowering;
  // An operand's element meets many of the others'.
  lowering.mayFuse = fuseCheap;
  lowering.kernel = groupedEinsumKernel;
  table.add<GroupedEinsumOp>(lowering);
}
