// Convolutions and pooling: structured ops whose first operand is read at
// o * stride + k * dilation, where o is a loop of the result and k one of the
// window.
#include "Combination.h"
#include "Importer.h"
#include "Operands.h"

using namespace mlir;
using namespace moe::import;

namespace {

/// One dimension that is read in windows.
struct Window {
  unsigned dim;    ///< Of the operand.
  unsigned output; ///< Loop that moves the window.
  unsigned inside; ///< Loop over the window.
  int64_t stride, dilation;
};

class WindowImporter {
public:
  WindowImporter(linalg::LinalgOp op, ImplicitLocOpBuilder &b)
      : op(op), b(b), sizes(op.getStaticLoopRanges()) {}

  Results run();

private:
  bool findWindows();
  LoopValue input(LoopBuilder &loops);
  FailureOr<LoopValue> reduce(LoopBuilder &loops, Body &body,
                              const Combination &combination);
  FailureOr<LoopValue> convolve(LoopBuilder &loops, Body &body, Value image,
                                Value filter);
  InFlightDiagnostic refuse();
  LoopList loopsOfOperand(unsigned operand) {
    return *loopsOf(op.getMatchingIndexingMap(&op->getOpOperand(operand)));
  }
  LoopList resultLoops() {
    return *loopsOf(op.getMatchingIndexingMap(op.getDpsInitOperand(0)));
  }
  const Window *windowAt(unsigned output) const {
    const Window *found = llvm::find_if(
        windows, [&](const Window &w) { return w.output == output; });
    return found == windows.end() ? nullptr : found;
  }
  bool dependsOn(Value scalar, unsigned argument);
  Value flat(LoopValue value, ArrayRef<LoopList> groups, LoopBuilder &loops);

  linalg::LinalgOp op;
  ImplicitLocOpBuilder &b;
  SmallVector<int64_t, 4> sizes;
  SmallVector<Window, 3> windows;
  /// The loops of the first operand; of a dimension that is read in windows,
  /// the loop that moves the window.
  LoopList imageLoops;
};

// coefficient * loop
std::optional<std::pair<unsigned, int64_t>> termOf(AffineExpr expr) {
  int64_t coefficient = 1;
  if (auto product = dyn_cast<AffineBinaryOpExpr>(expr);
      product && product.getKind() == AffineExprKind::Mul) {
    auto constant = dyn_cast<AffineConstantExpr>(product.getRHS());
    if (!constant)
      return std::nullopt;
    coefficient = constant.getValue();
    expr = product.getLHS();
  }
  auto loop = dyn_cast<AffineDimExpr>(expr);
  if (!loop || coefficient <= 0)
    return std::nullopt;
  return std::pair(loop.getPosition(), coefficient);
}

bool WindowImporter::findWindows() {
  LoopList result = resultLoops();
  AffineMap map = op.getMatchingIndexingMap(&op->getOpOperand(0));
  for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
    if (auto loop = dyn_cast<AffineDimExpr>(expr)) {
      imageLoops.push_back(loop.getPosition());
      continue;
    }
    auto sum = dyn_cast<AffineBinaryOpExpr>(expr);
    if (!sum || sum.getKind() != AffineExprKind::Add)
      return false;
    auto first = termOf(sum.getLHS()), second = termOf(sum.getRHS());
    if (!first || !second)
      return false;
    if (!llvm::is_contained(result, first->first))
      std::swap(first, second);
    if (!llvm::is_contained(result, first->first) ||
        llvm::is_contained(result, second->first))
      return false;
    windows.push_back({static_cast<unsigned>(dim), first->first, second->first,
                       first->second, second->second});
    imageLoops.push_back(first->first);
  }
  LoopList distinct = imageLoops;
  for (const Window &window : windows)
    distinct.push_back(window.inside);
  llvm::sort(distinct);
  return llvm::unique(distinct) == distinct.end();
}

// The part of the first operand that windows reach, where another would make
// more of them.
LoopValue WindowImporter::input(LoopBuilder &loops) {
  Value image = op->getOperand(0);
  auto type = cast<RankedTensorType>(image.getType());
  SmallVector<int64_t> shape(type.getShape());
  for (const Window &window : windows) {
    int64_t reach = (sizes[window.inside] - 1) * window.dilation,
            most = (shape[window.dim] - reach - 1) / window.stride + 1;
    if (most != sizes[window.output])
      shape[window.dim] =
          (sizes[window.output] - 1) * window.stride + reach + 1;
  }
  if (llvm::ArrayRef(shape) == type.getShape())
    return {image, imageLoops};
  SmallVector<int64_t> offsets(shape.size(), 0), strides(shape.size(), 1);
  return {moe::SliceOp::create(b, type.clone(shape), image, offsets, strides),
          imageLoops};
}

bool WindowImporter::dependsOn(Value scalar, unsigned argument) {
  if (scalar == op.getBlock()->getArgument(argument))
    return true;
  Operation *def = scalar.getDefiningOp();
  return def && def->getBlock() == op.getBlock() &&
         llvm::any_of(def->getOperands(), [&](Value operand) {
           return dependsOn(operand, argument);
         });
}

FailureOr<LoopValue> WindowImporter::reduce(LoopBuilder &loops, Body &body,
                                            const Combination &combination) {
  FailureOr<LoopValue> image = body.lift(combination.element);
  if (failed(image))
    return failure();
  LoopList to = resultLoops();
  SmallVector<int64_t> window, strides, dilation;
  for (unsigned loop : image->loops) {
    if (!llvm::is_contained(to, loop))
      return refuse();
    const Window *at = windowAt(loop);
    window.push_back(at ? sizes[at->inside] : 1);
    strides.push_back(at ? at->stride : 1);
    dilation.push_back(at ? at->dilation : 1);
  }
  SmallVector<int64_t> zeros(window.size(), 0);
  Value elements = combination.withoutNaN(b, image->tensor);
  Type element = getElementTypeOrSelf(elements.getType());
  return LoopValue{moe::ReduceWindowOp::create(
                       b, LoopBuilder(b, sizes).typeOver(image->loops, element),
                       combination.kind, elements, window, strides, dilation,
                       zeros, zeros),
                   image->loops};
}

// Dimensions in the order of `groups`, each group one dimension.
Value WindowImporter::flat(LoopValue value, ArrayRef<LoopList> groups,
                           LoopBuilder &loops) {
  LoopList order;
  SmallVector<int64_t> shape;
  for (const LoopList &group : groups) {
    order.append(group);
    shape.push_back(1);
    for (unsigned loop : group)
      shape.back() *= loops.sizeOf(loop);
  }
  Value tensor = loops.expand(value, order);
  auto type = cast<RankedTensorType>(tensor.getType());
  if (type.getShape() == llvm::ArrayRef(shape))
    return tensor;
  return moe::ReshapeOp::create(b, type.clone(shape), tensor);
}

FailureOr<LoopValue> WindowImporter::convolve(LoopBuilder &loops, Body &body,
                                              Value image, Value filter) {
  FailureOr<LoopValue> left = body.lift(image), right = body.lift(filter);
  if (failed(left) || failed(right))
    return failure();
  Type element = getElementTypeOrSelf(left->tensor.getType());
  LoopValue factors[] = {*left, *right};
  readNarrow(factors);

  // Who has a loop says what it is: batch image and result, channels image and
  // filter, groups all three, features filter and result.
  LoopList to = resultLoops(), in = imageLoops, of = loopsOfOperand(1);
  LoopList batch, groups, channels, features;
  for (unsigned loop : in)
    if (!windowAt(loop)) {
      bool isInFilter = llvm::is_contained(of, loop);
      if (llvm::is_contained(to, loop))
        (isInFilter ? groups : batch).push_back(loop);
      else if (isInFilter)
        channels.push_back(loop);
      else
        return refuse();
    }
  for (unsigned loop : of)
    if (llvm::is_contained(to, loop) && !llvm::is_contained(in, loop))
      features.push_back(loop);

  SmallVector<LoopList> imageDims = {batch}, filterDims, resultDims = {batch};
  LoopList resultOrder = batch;
  SmallVector<int64_t> strides, dilation;
  for (const Window &window : windows) {
    if (!llvm::is_contained(of, window.inside))
      return refuse();
    imageDims.push_back({window.output});
    filterDims.push_back({window.inside});
    resultDims.push_back({window.output});
    resultOrder.push_back(window.output);
    strides.push_back(window.stride);
    dilation.push_back(window.dilation);
  }
  auto joined = [](LoopList a, const LoopList &b) {
    a.append(b);
    return a;
  };
  imageDims.push_back(joined(groups, channels));
  filterDims.push_back(channels);
  filterDims.push_back(joined(groups, features));
  resultDims.push_back(joined(groups, features));
  resultOrder.append(resultDims.back());
  if (factors[0].loops.size() != in.size() ||
      factors[1].loops.size() !=
          windows.size() + channels.size() + groups.size() + features.size())
    return refuse();

  LoopBuilder outputs(b, sizes);
  SmallVector<int64_t> shape, zeros(windows.size(), 0), ones(windows.size(), 1);
  for (const LoopList &dims : resultDims) {
    shape.push_back(1);
    for (unsigned loop : dims)
      shape.back() *= sizes[loop];
  }
  int64_t groupCount = 1;
  for (unsigned loop : groups)
    groupCount *= sizes[loop];
  Value result = moe::ConvolutionOp::create(
      b, RankedTensorType::get(shape, element),
      flat(factors[0], imageDims, loops), flat(factors[1], filterDims, loops),
      strides, zeros, zeros, ones, dilation, groupCount);
  RankedTensorType type = outputs.typeOver(resultOrder, element);
  if (type != result.getType())
    result = moe::ReshapeOp::create(b, type, result);
  return LoopValue{result, resultOrder};
}

InFlightDiagnostic WindowImporter::refuse() {
  InFlightDiagnostic diag = op.emitOpError()
                            << "cannot be distributed: neither "
                               "moe.convolution nor moe.reduce_window computes "
                               "it";
  diag.attachNote() << "known are sums of products of a window with a filter, "
                       "and sums, products, maxima and minima of a window, "
                       "which is read at output * stride + inside * dilation";
  return diag;
}

Results WindowImporter::run() {
  std::optional<Combination> combination;
  if (op->getNumResults() == 1)
    combination = Combination::of(op, 0);
  constexpr size_t kMostDims = 3;
  if (!combination || !findWindows() || windows.size() > kMostDims)
    return refuse();

  // The image has dimensions of its own size where windows move.
  SmallVector<int64_t, 4> imageSizes(sizes);
  LoopBuilder loops(b, {});
  LoopValue image = input(loops);
  auto shape = cast<RankedTensorType>(image.tensor.getType()).getShape();
  for (const Window &window : windows)
    imageSizes[window.output] = shape[window.dim];
  LoopBuilder imageLoopsBuilder(b, imageSizes);
  Body body(imageLoopsBuilder, *op.getBlock());
  for (auto [index, operand] : llvm::enumerate(op->getOpOperands())) {
    BlockArgument argument = op.getMatchingBlockArgument(&operand);
    if (argument.use_empty() || op.isDpsInit(&operand))
      continue;
    body.set(argument,
             index == 0 ? image : operandOver(imageLoopsBuilder, operand, op));
  }

  Value element = combination->element;
  Operation *product = element.getDefiningOp();
  FailureOr<LoopValue> value = failure();
  if (dependsOn(element, 0) && !dependsOn(element, 1)) {
    value = reduce(imageLoopsBuilder, body, *combination);
  } else {
    if (combination->kind != spmd::ReductionKind::Sum ||
        !isa_and_nonnull<arith::MulFOp, arith::MulIOp>(product))
      return refuse();
    Value left = product->getOperand(0), right = product->getOperand(1);
    if (dependsOn(left, 1))
      std::swap(left, right);
    if (dependsOn(left, 1) || dependsOn(right, 0) || !dependsOn(left, 0) ||
        !dependsOn(right, 1))
      return refuse();
    value = convolve(imageLoopsBuilder, body, left, right);
  }
  if (failed(value))
    return failure();
  Value reduced = LoopBuilder(b, sizes).expand(*value, resultLoops());
  return SmallVector<Value>{
      combination->finish(b, op.getDpsInits()[0], reduced)};
}

} // namespace

Results moe::import::importWindows(linalg::LinalgOp op,
                                   ImplicitLocOpBuilder &b) {
  return WindowImporter(op, b).run();
}
