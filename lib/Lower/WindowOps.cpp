// moe.reduce_window and moe.convolution.
#include "Reduction.h"

using namespace mlir;
using namespace moe;
using namespace moe::lower;
using spmd::ReductionKind;

namespace {

/// One dimension that windows slide over.
struct Sliding {
  int64_t size, windows, window, stride, low, inputDilation, windowDilation;

  /// Whether all elements of all windows are there.
  bool isInside() const {
    int64_t last = (windows - 1) * stride + (window - 1) * windowDilation;
    return low == 0 && inputDilation == 1 && last < size;
  }
};

/// Elements of windows, of which some may not be there.
class Windows {
public:
  Windows(KernelEmitter &k, SmallVector<Sliding, 4> dims)
      : k(k), dims(std::move(dims)) {}

  SmallVector<int64_t> sizes() const {
    return llvm::map_to_vector(dims, [](const Sliding &d) { return d.window; });
  }
  bool hasElements() const {
    return llvm::all_of(dims, [](const Sliding &d) { return d.size > 0; });
  }

  /// Where the elements of windows `o` at `w` are; what is not there gets index
  /// 0 and false in `isThere`, which stays null where all are.
  SmallVector<Value> find(ArrayRef<Value> o, ArrayRef<Value> w,
                          Value &isThere) {
    SmallVector<Value> at;
    for (auto [dim, i, j] : llvm::zip_equal(dims, o, w))
      at.push_back(find(dim, i, j, isThere));
    return at;
  }

private:
  Value find(const Sliding &dim, Value o, Value w, Value &isThere) {
    Value at = k.add(k.add(k.mul(o, k.index(dim.stride)),
                           k.mul(w, k.index(dim.windowDilation))),
                     k.index(-dim.low));
    if (dim.isInside())
      return at;
    Value step = k.index(dim.inputDilation);
    Value is = k.isBelow(at, k.index((dim.size - 1) * dim.inputDilation + 1));
    if (dim.inputDilation != 1) {
      Value rest = arith::RemUIOp::create(k.b, at, step);
      Value isWhole = arith::CmpIOp::create(k.b, arith::CmpIPredicate::eq, rest,
                                            k.index(0));
      is = arith::AndIOp::create(k.b, is, isWhole);
      at = arith::DivUIOp::create(k.b, at, step);
    }
    isThere =
        isThere ? arith::AndIOp::create(k.b, isThere, is).getResult() : is;
    return arith::SelectOp::create(k.b, is, at, k.index(0));
  }

  KernelEmitter &k;
  SmallVector<Sliding, 4> dims;
};

} // namespace

static void fill(KernelEmitter &k, Value result, Value value) {
  k.nest(KernelEmitter::shape(result),
         [&](ArrayRef<Value> at) { k.store(result, at, value); });
}

static SmallVector<Value> append(ArrayRef<Value> index, Value last) {
  SmallVector<Value> at(index);
  at.push_back(last);
  return at;
}

static void reduceWindowKernel(KernelEmitter &k, Operation *operation) {
  auto op = cast<ReduceWindowOp>(operation);
  Value input = op.getInput(), result = op.getResult();
  ArrayRef<int64_t> from = KernelEmitter::shape(input),
                    to = KernelEmitter::shape(result);
  ReductionKind kind = op.getKind();
  Type type = k.registerType(KernelEmitter::elementType(result));
  SmallVector<Sliding, 4> dims;
  for (size_t dim = 0; dim < from.size(); ++dim)
    dims.push_back({from[dim], to[dim], op.getWindow()[dim],
                    op.getStrides()[dim], op.getLow()[dim],
                    /*inputDilation=*/1, op.getDilation()[dim]});
  if (dims.empty())
    return k.store(result, {}, k.element(input, {}));
  Windows windows(k, dims);
  if (!windows.hasElements())
    return fill(k, result, neutralElement(k, kind, type));
  k.nest(to.drop_back(), [&](ArrayRef<Value> outer) {
    reduceNeighbours(
        k, kind, type, windows.sizes(), to.back(),
        [&](ArrayRef<Value> window, Value sum) {
          Value isThere;
          SmallVector<Value> at = windows.find(append(outer, window.back()),
                                               window.drop_back(), isThere);
          Value next = combine(k, kind, sum, k.element(input, at));
          return isThere ? arith::SelectOp::create(k.b, isThere, next, sum)
                         : next;
        },
        [&](Value neighbour, Value value) {
          k.store(result, append(outer, neighbour), value);
        });
  });
}

static Value plusProduct(KernelEmitter &k, Value sum, Value x, Value y) {
  if (isa<FloatType>(x.getType()))
    return ::mlir::math::FmaOp::create(k.b, x, y, sum);
  return combine(k, ReductionKind::Sum, sum,
                 combine(k, ReductionKind::Prod, x, y));
}

// Neighbours are output features of a group, or, where each group has one, all
// features.
static void convolutionKernel(KernelEmitter &k, Operation *operation) {
  auto op = cast<ConvolutionOp>(operation);
  Value input = op.getInput(), kernel = op.getKernel(), result = op.getResult();
  ArrayRef<int64_t> from = KernelEmitter::shape(input),
                    weights = KernelEmitter::shape(kernel),
                    to = KernelEmitter::shape(result);
  size_t spatial = op.getStrides().size();
  int64_t groups = op.getGroups(), features = weights[spatial],
          outputs = to.back() / groups;
  bool isDepthwise = features == 1 && outputs == 1;
  Type type = k.registerType(KernelEmitter::elementType(result));
  SmallVector<Sliding, 4> dims;
  for (size_t dim = 0; dim < spatial; ++dim)
    dims.push_back({from[dim + 1], to[dim + 1], weights[dim],
                    op.getStrides()[dim], op.getLow()[dim],
                    op.getInputDilation()[dim], op.getKernelDilation()[dim]});
  Windows windows(k, dims);
  if (!windows.hasElements())
    return fill(k, result, k.constant(type, 0));
  SmallVector<int64_t> sizes = windows.sizes();
  sizes.push_back(features);
  k.nest(to.drop_back(), [&](ArrayRef<Value> place) {
    k.loop(isDepthwise ? 1 : groups, [&](Value group) {
      Value firstOutput = k.mul(group, k.index(outputs));
      Value firstFeature = k.mul(group, k.index(features));
      reduceNeighbours(
          k, ReductionKind::Sum, type, sizes, isDepthwise ? to.back() : outputs,
          [&](ArrayRef<Value> at, Value sum) {
            Value output = k.add(firstOutput, at.back());
            ArrayRef<Value> window = at.take_front(spatial);
            Value isThere;
            SmallVector<Value> x = {place[0]}, w(at.take_front(spatial + 1));
            llvm::append_range(
                x, windows.find(place.drop_front(), window, isThere));
            x.push_back(isDepthwise ? output
                                    : k.add(firstFeature, at[spatial]));
            w.push_back(output);
            Value element = k.element(input, x);
            if (isThere)
              element = arith::SelectOp::create(
                  k.b, isThere, element, k.constant(element.getType(), 0));
            return plusProduct(k, sum, element, k.element(kernel, w));
          },
          [&](Value neighbour, Value value) {
            k.store(result, append(place, k.add(firstOutput, neighbour)),
                    value);
          });
    });
  });
}

void moe::lower::addWindowLowerings(OpLowerings &table) {
  OpLowering lowering;
  // Windows overlap: an element is read many times.
  lowering.mayFuse = fuseCheap;
  lowering.kernel = reduceWindowKernel;
  table.add<ReduceWindowOp>(lowering);
  lowering.kernel = convolutionKernel;
  table.add<ConvolutionOp>(lowering);
}
