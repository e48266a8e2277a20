// softmax and log_softmax: row by row, in f32, or f64 for f64.
#include "Reduction.h"

#include <limits>

using namespace mlir;
using namespace moe;
using namespace moe::lower;
using spmd::ReductionKind;

namespace {

// One softmax along a dimension. A row's elements are computed once, kept in
// register form, and read back for each of the passes over them.
class RowKernel {
public:
  RowKernel(KernelEmitter &k, Value input, Value result, int64_t dim)
      : k(k), input(input), result(result), dim(dim),
        size(k.extent(input, dim)),
        type(k.registerType(KernelEmitter::elementType(input))),
        row(k.localArray(
            type, std::max(KernelEmitter::shape(input)[dim], int64_t(1)))) {}

  // Calls `body` for every row, with the row loaded.
  void rows(llvm::function_ref<void()> body) {
    SmallVector<int64_t> outer(KernelEmitter::shape(input));
    outer[dim] = 1;
    k.nest(outer, [&](ArrayRef<Value> index) {
      at.assign(index.begin(), index.end());
      k.loop(size,
             [&](Value i) { k.set(row, i, k.element(input, indexOf(i))); });
      body();
    });
  }

  // Reduces `term` of each element of the row.
  Value reduce(ReductionKind kind, llvm::function_ref<Value(Value)> term) {
    auto combined = [&](Value x, Value y) { return combine(k, kind, x, y); };
    return reduceInLanes(
        k, neutralElement(k, kind, type), {size},
        [&](ArrayRef<Value> i, Value sum) { return combined(sum, term(i[0])); },
        combined);
  }

  // One instruction a step, unlike maximumf. A NaN may be passed over: the sum
  // meets it again.
  Value largest() {
    auto larger = [&](Value x, Value y) -> Value {
      Value isLarger =
          arith::CmpFOp::create(k.b, arith::CmpFPredicate::OGT, x, y);
      return arith::SelectOp::create(k.b, isLarger, x, y);
    };
    return reduceInLanes(
        k, neutralElement(k, ReductionKind::Max, type), {size},
        [&](ArrayRef<Value> i, Value most) { return larger(get(i[0]), most); },
        larger);
  }

  Value get(Value i) { return k.get(row, i); }
  void set(Value i, Value x) { k.set(row, i, x); }
  // Writes `term` of each element to the result.
  void store(llvm::function_ref<Value(Value)> term) {
    k.loop(size, [&](Value i) { k.store(result, indexOf(i), term(get(i))); });
  }

private:
  SmallVector<Value> indexOf(Value i) {
    SmallVector<Value> index(at);
    index[dim] = i;
    return index;
  }

  KernelEmitter &k;
  Value input, result;
  int64_t dim;
  Value size;
  Type type;
  KernelEmitter::LocalArray row;
  SmallVector<Value> at;
};

} // namespace

// A row of -inf only has no largest element to subtract: -inf - -inf is NaN, as
// the definition says.
static void softmaxKernel(KernelEmitter &k, Operation *operation) {
  auto op = cast<SoftmaxOp>(operation);
  RowKernel row(k, op.getInput(), op.getResult(), op.getDim());
  row.rows([&] {
    Value most = row.largest();
    Value sum = row.reduce(ReductionKind::Sum, [&](Value i) {
      Value power = k.math.exp(arith::SubFOp::create(k.b, row.get(i), most));
      row.set(i, power);
      return power;
    });
    Value part = arith::DivFOp::create(k.b, k.constant(sum.getType(), 1), sum);
    row.store([&](Value power) -> Value {
      return arith::MulFOp::create(k.b, power, part);
    });
  });
}

static void logSoftmaxKernel(KernelEmitter &k, Operation *operation) {
  auto op = cast<LogSoftmaxOp>(operation);
  RowKernel row(k, op.getInput(), op.getResult(), op.getDim());
  row.rows([&] {
    Value most = row.largest();
    Value sum = row.reduce(ReductionKind::Sum, [&](Value i) {
      return k.math.exp(arith::SubFOp::create(k.b, row.get(i), most));
    });
    Value log = k.math.log(sum);
    row.store([&](Value x) -> Value {
      return arith::SubFOp::create(k.b, arith::SubFOp::create(k.b, x, most),
                                   log);
    });
  });
}

void moe::lower::addSoftmaxLowerings(OpLowerings &table) {
  OpLowering lowering;
  // A row is read before any of it is written.
  lowering.readsOwnIndex = true;
  lowering.kernel = softmaxKernel;
  table.add<SoftmaxOp>(lowering);
  lowering.kernel = logSoftmaxKernel;
  table.add<LogSoftmaxOp>(lowering);
}
