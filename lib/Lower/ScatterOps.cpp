// moe.scatter: one update after the other, in their order.
#include "Reduction.h"

using namespace mlir;
using namespace moe;
using namespace moe::lower;
using spmd::ReductionKind;

namespace {

/// What a scatter writes to: the result, or f32 sums of a bf16 result, which
/// are rounded once.
class Target {
public:
  Target(KernelEmitter &k, ScatterOp op) : k(k), result(op.getResult()) {
    Type element = KernelEmitter::elementType(result);
    auto type = cast<RankedTensorType>(result.getType());
    if (op.getKind() == ScatterKind::Add && element.isBF16())
      sums = k.localArray(k.registerType(element),
                          std::max(type.getNumElements(), int64_t(1)));
  }

  Value get(ArrayRef<Value> at) {
    return sums ? k.get(*sums, linear(at)) : k.load(result, at);
  }
  void set(ArrayRef<Value> at, Value value) {
    if (sums)
      k.set(*sums, linear(at), value);
    else
      k.store(result, at, value);
  }
  void finish() {
    if (sums)
      k.nest(KernelEmitter::shape(result), [&](ArrayRef<Value> at) {
        k.store(result, at, k.get(*sums, linear(at)));
      });
  }

private:
  Value linear(ArrayRef<Value> at) {
    Value sum = k.index(0);
    for (auto [i, size] : llvm::zip_equal(at, KernelEmitter::shape(result)))
      sum = k.add(k.mul(sum, k.index(size)), i);
    return sum;
  }

  KernelEmitter &k;
  Value result;
  std::optional<KernelEmitter::LocalArray> sums;
};

} // namespace

static Value scattered(KernelEmitter &k, ScatterKind kind, Value old,
                       Value update) {
  switch (kind) {
  case ScatterKind::Add:
    return combine(k, ReductionKind::Sum, old, update);
  case ScatterKind::Max:
    return combine(k, ReductionKind::Max, old, update);
  case ScatterKind::Set:
    return update;
  }
  llvm_unreachable("all kinds are listed");
}

// input [B.., N, R..], indices [B.., I..], updates [B.., I.., R..].
static void scatterKernel(KernelEmitter &k, Operation *operation) {
  auto op = cast<ScatterOp>(operation);
  ArrayRef<int64_t> shape = KernelEmitter::shape(op.getInput());
  int64_t batch = op.getBatchDims();
  Target target(k, op);
  k.nest(shape, [&](ArrayRef<Value> at) {
    target.set(at, k.element(op.getInput(), at));
  });
  k.nest(KernelEmitter::shape(op.getIndices()), [&](ArrayRef<Value> choice) {
    Value row = k.toIndex(k.element(op.getIndices(), choice));
    k.ifThen(k.isBelow(row, k.index(shape[batch])), [&] {
      k.nest(shape.drop_front(batch + 1), [&](ArrayRef<Value> rest) {
        SmallVector<Value> to(choice.take_front(batch)), from(choice);
        to.push_back(row);
        llvm::append_range(to, rest);
        llvm::append_range(from, rest);
        Value update = k.element(op.getUpdates(), from);
        target.set(to, scattered(k, op.getKind(), target.get(to), update));
      });
    });
  });
  target.finish();
}

void moe::lower::addScatterLowerings(OpLowerings &table) {
  OpLowering lowering;
  lowering.kernel = scatterKernel;
  table.add<ScatterOp>(lowering);
}
