// moe.reduce, the scans, and einsums that are no matrix products.
#include "EinsumSites.h"
#include "Reduction.h"

using namespace mlir;
using namespace moe;
using namespace moe::lower;
using spmd::ReductionKind;

// f32 for bf16: sums are rounded once, at the end.
static Type sumType(KernelEmitter &k, Value tensor) {
  return k.registerType(KernelEmitter::elementType(tensor));
}

// Loops over the results; `last` tells whether the last reduced dimension lies
// densest in memory, otherwise neighbours along the last result dimension do.
// `term` takes result indices and reduced indices.
static void
reduceKernel(KernelEmitter &k, Value result, ReductionKind kind,
             ArrayRef<int64_t> sizes, bool last,
             llvm::function_ref<Value(ArrayRef<Value> index,
                                      ArrayRef<Value> reduced, Value sum)>
                 accumulate) {
  Type type = sumType(k, result);
  ArrayRef<int64_t> shape = KernelEmitter::shape(result);
  if (last || shape.empty()) {
    k.nest(shape, [&](ArrayRef<Value> index) {
      Value value = reduceInLanes(k, kind, type, sizes,
                                  [&](ArrayRef<Value> reduced, Value sum) {
                                    return accumulate(index, reduced, sum);
                                  });
      k.store(result, index, value);
    });
    return;
  }
  k.nest(shape.drop_back(), [&](ArrayRef<Value> outer) {
    auto at = [&](Value neighbour) {
      SmallVector<Value> index(outer);
      index.push_back(neighbour);
      return index;
    };
    reduceNeighbours(
        k, kind, type, sizes, shape.back(),
        [&](ArrayRef<Value> reduced, Value sum) {
          return accumulate(at(reduced.back()), reduced.drop_back(), sum);
        },
        [&](Value neighbour, Value value) {
          k.store(result, at(neighbour), value);
        });
  });
}

static void reduceOpKernel(KernelEmitter &k, Operation *operation) {
  auto op = cast<ReduceOp>(operation);
  ArrayRef<int64_t> shape = KernelEmitter::shape(op.getInput());
  SmallVector<int64_t> sizes;
  for (int64_t dim : op.getDims())
    sizes.push_back(shape[dim]);
  // Reducing nothing: one element each.
  if (sizes.empty())
    sizes.push_back(1);
  bool last = !op.getDims().empty() &&
              op.getDims().back() == static_cast<int64_t>(shape.size()) - 1;
  reduceKernel(
      k, op.getResult(), op.getKind(), sizes, last,
      [&](ArrayRef<Value> index, ArrayRef<Value> reduced, Value sum) {
        SmallVector<Value> at;
        size_t nextIndex = 0, nextReduced = 0;
        for (int64_t dim = 0; dim < static_cast<int64_t>(shape.size()); ++dim)
          at.push_back(llvm::is_contained(op.getDims(), dim)
                           ? reduced[nextReduced++]
                           : index[nextIndex++]);
        return combine(k, op.getKind(), sum, k.element(op.getInput(), at));
      });
}

// Runs over the scanned dimension with one running value for each element
// behind it.
template <typename OpTy>
static void scanKernel(KernelEmitter &k, Operation *operation) {
  auto op = cast<OpTy>(operation);
  ArrayRef<int64_t> shape = KernelEmitter::shape(op.getInput());
  int64_t dim = op.getDim();
  ArrayRef<int64_t> inner = shape.drop_front(dim + 1);
  Type type = sumType(k, op.getResult());
  int64_t width = 1;
  for (int64_t size : inner)
    width *= size;
  KernelEmitter::LocalArray running =
      k.localArray(type, std::max(width, int64_t(1)));
  Value neutral = neutralElement(k, OpTy::kKind, type);
  k.nest(shape.take_front(dim), [&](ArrayRef<Value> outer) {
    k.loop(width, [&](Value i) { k.set(running, i, neutral); });
    k.loop(shape[dim], [&](Value step) {
      k.nest(inner, [&](ArrayRef<Value> behind) {
        Value lane = k.index(0);
        for (auto [i, size] : llvm::zip_equal(behind, inner))
          lane = k.add(k.mul(lane, k.index(size)), i);
        SmallVector<Value> at(outer);
        at.push_back(step);
        llvm::append_range(at, behind);
        Value before = k.get(running, lane);
        Value after =
            combine(k, OpTy::kKind, before, k.element(op.getInput(), at));
        k.set(running, lane, after);
        k.store(op.getResult(), at, op.getExclusive() ? before : after);
      });
    });
  });
}

//===----------------------------------------------------------------------===//
// Einsum
//===----------------------------------------------------------------------===//

static SmallVector<Value> termIndex(StringRef letters,
                                    const llvm::DenseMap<char, Value> &at) {
  SmallVector<Value> index;
  for (char letter : letters)
    index.push_back(at.lookup(letter));
  return index;
}

// Product of the operands' elements; with `sum` given, added to it.
static Value product(KernelEmitter &k, EinsumOp op,
                     const llvm::DenseMap<char, Value> &at, Value sum) {
  SmallVector<Value> factors;
  for (auto [i, input] : llvm::enumerate(op.getInputs()))
    factors.push_back(k.element(input, termIndex(op.getInputLetters(i), at)));
  Value last = factors.pop_back_val();
  Value rest;
  for (Value factor : factors)
    rest = rest ? combine(k, ReductionKind::Prod, rest, factor) : factor;
  if (!sum)
    return rest ? combine(k, ReductionKind::Prod, rest, last) : last;
  if (rest && isa<FloatType>(last.getType()))
    return ::mlir::math::FmaOp::create(k.b, rest, last, sum);
  if (rest)
    last = combine(k, ReductionKind::Prod, rest, last);
  return combine(k, ReductionKind::Sum, sum, last);
}

static llvm::DenseMap<char, Value> lettersAt(StringRef letters,
                                             ArrayRef<Value> index) {
  llvm::DenseMap<char, Value> at;
  for (auto [letter, i] : llvm::zip_equal(letters, index))
    at[letter] = i;
  return at;
}

static void einsumKernel(KernelEmitter &k, Operation *operation) {
  auto op = cast<EinsumOp>(operation);
  std::string summed = summedLetters(op);
  SmallVector<int64_t> sizes;
  for (char letter : summed)
    sizes.push_back(letterSize(op, letter));
  StringRef resultLetters = op.getResultLetters();
  if (sizes.empty()) {
    Type type = KernelEmitter::elementType(op.getResult());
    return k.nest(
        KernelEmitter::shape(op.getResult()), [&](ArrayRef<Value> index) {
          Value value = product(k, op, lettersAt(resultLetters, index), {});
          k.store(op.getResult(), index, k.round(type, value));
        });
  }
  bool last = op.getInputLetters(0).ends_with(StringRef(summed).take_back());
  reduceKernel(k, op.getResult(), ReductionKind::Sum, sizes, last,
               [&](ArrayRef<Value> index, ArrayRef<Value> reduced, Value sum) {
                 auto at = lettersAt(resultLetters, index);
                 for (auto [letter, i] : llvm::zip_equal(summed, reduced))
                   at[letter] = i;
                 return product(k, op, at, sum);
               });
}

void moe::lower::addReductionLowerings(OpLowerings &table) {
  OpLowering lowering;
  lowering.kernel = reduceOpKernel;
  table.add<ReduceOp>(lowering);
  lowering.kernel = scanKernel<CumsumOp>;
  table.add<CumsumOp>(lowering);
  lowering.kernel = scanKernel<CumprodOp>;
  table.add<CumprodOp>(lowering);
  lowering.kernel = scanKernel<CummaxOp>;
  table.add<CummaxOp>(lowering);
  lowering.kernel = scanKernel<CumminOp>;
  table.add<CumminOp>(lowering);
  // An operand's element meets many of the others'.
  lowering.kernel = einsumKernel;
  lowering.mayFuse = fuseCheap;
  table.add<EinsumOp>(lowering);
}
