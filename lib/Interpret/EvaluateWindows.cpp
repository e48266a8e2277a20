// Evaluations of moe.reduce_window and moe.convolution.
#include "lib/Interpret/Evaluations.h"
#include "lib/Interpret/Strided.h"

#include "moe/IR/Moe.h"

using namespace mlir;

namespace moe::interpret {
namespace {

/// One dimension that windows slide over.
struct Sliding {
  int64_t size, window, stride, low, inputDilation, windowDilation;

  /// Which element window `o` has at `w`, or -1 where it has none.
  int64_t find(int64_t o, int64_t w) const {
    int64_t at = o * stride + w * windowDilation - low;
    if (at < 0 || at % inputDilation != 0 || at / inputDilation >= size)
      return -1;
    return at / inputDilation;
  }
};

/// The windows over some dimensions, which are `strides` elements apart.
struct Windows {
  SmallVector<Sliding, 4> dims;
  Strides strides;

  SmallVector<int64_t, 4> windowShape() const {
    SmallVector<int64_t, 4> shape;
    for (const Sliding &dim : dims)
      shape.push_back(dim.window);
    return shape;
  }
  /// Where the element of window `o` at `w` lies, or -1.
  int64_t find(ArrayRef<int64_t> o, ArrayRef<int64_t> w) const {
    int64_t offset = 0;
    for (size_t i = 0; i < dims.size(); ++i) {
      int64_t at = dims[i].find(o[i], w[i]);
      if (at < 0)
        return -1;
      offset += at * strides[i];
    }
    return offset;
  }
};

// Calls body(index) for every index of `shape`, in row-major order.
template <typename Body> void forEachIndex(ArrayRef<int64_t> shape, Body body) {
  SmallVector<int64_t, 4> index(shape.size(), 0);
  for (int64_t count = elementsOf(shape); count > 0; --count) {
    body(ArrayRef<int64_t>(index));
    for (size_t dim = shape.size(); dim-- > 0;) {
      if (++index[dim] < shape[dim])
        break;
      index[dim] = 0;
    }
  }
}

LogicalResult evaluateReduceWindow(ReduceWindowOp op, Evaluation &evaluation) {
  const Tensor &operand = evaluation.operand(0);
  Tensor &result = evaluation.result(0);
  Windows windows{{}, stridesOf(operand.getShape())};
  for (int64_t dim = 0; dim < operand.getRank(); ++dim)
    windows.dims.push_back({operand.getShape()[dim], op.getWindow()[dim],
                            op.getStrides()[dim], op.getLow()[dim], 1,
                            op.getDilation()[dim]});
  SmallVector<int64_t, 4> window = windows.windowShape();
  evaluation.withNumbers(operand, [&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    const auto *in = operand.data<Value>();
    auto *out = result.data<Value>();
    forEachIndex(result.getShape(), [&](ArrayRef<int64_t> o) {
      Value so = numbers.neutral(op.getKind());
      forEachIndex(window, [&](ArrayRef<int64_t> w) {
        if (int64_t at = windows.find(o, w); at >= 0)
          so = numbers.combine(op.getKind(), so, in[at]);
      });
      *out++ = so;
    });
  });
  return success();
}

// out[o] += sum over c of in[c] * kernel[c, o] within each group.
template <typename Numbers, typename Value>
void addProducts(Numbers numbers, const Value *in, const Value *kernel,
                 Value *out, int64_t groups, int64_t features,
                 int64_t outputs) {
  for (int64_t c = 0; c < features; ++c, kernel += outputs)
    for (int64_t o = 0; o < outputs; ++o) {
      int64_t group = o / (outputs / groups);
      out[o] =
          numbers.add(out[o], numbers.mul(in[group * features + c], kernel[o]));
    }
}

LogicalResult evaluateConvolution(ConvolutionOp op, Evaluation &evaluation) {
  const Tensor &input = evaluation.operand(0), &kernel = evaluation.operand(1);
  Tensor &result = evaluation.result(0);
  int64_t spatial = input.getRank() - 2, groups = op.getGroups();
  Strides strides = stridesOf(input.getShape());
  Windows windows{{}, Strides(strides.begin() + 1, strides.end() - 1)};
  for (int64_t dim = 0; dim < spatial; ++dim)
    windows.dims.push_back({input.getShape()[dim + 1], kernel.getShape()[dim],
                            op.getStrides()[dim], op.getLow()[dim],
                            op.getInputDilation()[dim],
                            op.getKernelDilation()[dim]});
  SmallVector<int64_t, 4> window = windows.windowShape();
  int64_t features = kernel.getShape()[spatial],
          outputs = kernel.getShape()[spatial + 1];
  evaluation.withNumbers(result, [&](auto numbers) {
    using Value = typename decltype(numbers)::Value;
    auto *out = result.data<Value>();
    SmallVector<Value> zeros(groups * features, numbers.fromInteger(0));
    forEachIndex(result.getShape().drop_back(), [&](ArrayRef<int64_t> place) {
      const auto *weights = kernel.data<Value>();
      forEachIndex(window, [&](ArrayRef<int64_t> k) {
        int64_t at = windows.find(place.drop_front(), k);
        addProducts(numbers,
                    at < 0 ? zeros.data()
                           : input.data<Value>() + place[0] * strides[0] + at,
                    weights, out, groups, features, outputs);
        weights += features * outputs;
      });
      out += outputs;
    });
  });
  return success();
}

} // namespace

void attachWindowEvaluations(MLIRContext &context) {
  attachEvaluation<ReduceWindowOp, &evaluateReduceWindow>(context);
  attachEvaluation<ConvolutionOp, &evaluateConvolution>(context);
}

} // namespace moe::interpret
