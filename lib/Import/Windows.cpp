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

/// What the loops of a convolution are that belong to no window. Who has a loop
/// says it: batch image and result, channels image and filter, groups all
/// three, features filter and result.
struct Roles {
  LoopList batch, groups, channels, features;
};

class WindowImporter {
public:
  WindowImporter(linalg::LinalgOp op, ImplicitLocOpBuilder &b)
      : op(op), b(b), sizes(op.getStaticLoopRanges()) {}

  Results run();

private:
  bool findWindows();
  std::optional<Roles> rolesOfLoops();
  LoopValue image();
  FailureOr<LoopValue> reduce(LoopBuilder &loops, Body &body,
                              const Combination &combination);
  FailureOr<LoopValue> convolve(LoopBuilder &loops, Body &body, Value image,
                                Value filter);
  InFlightDiagnostic refuse();
  LoopList loopsOfOperand(unsigned operand) {
    return *loopsOf(op.getMatchingIndexingMap(&op->getOpOperand(operand)));
  }
  /// The window that loop `output` moves, or null.
  const Window *windowAt(unsigned output) const {
    const Window *found = llvm::find_if(
        windows, [&](const Window &w) { return w.output == output; });
    return found == windows.end() ? nullptr : found;
  }
  bool dependsOn(Value scalar, unsigned argument);

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
  LoopList result = loopsOfResult(op, 0);
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
LoopValue WindowImporter::image() {
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
  LoopList to = loopsOfResult(op, 0);
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

static LoopList joined(ArrayRef<LoopList> lists) {
  LoopList all;
  for (const LoopList &list : lists)
    all.append(list);
  return all;
}

// One dimension for each list of loops.
static Value flat(const LoopValue &value, ArrayRef<LoopList> dims,
                  LoopBuilder &loops) {
  Value tensor = loops.expand(value, joined(dims));
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<int64_t> shape = loops.sizesOf(dims);
  if (type.getShape() == llvm::ArrayRef(shape))
    return tensor;
  return moe::ReshapeOp::create(loops.b, type.clone(shape), tensor);
}

std::optional<Roles> WindowImporter::rolesOfLoops() {
  LoopList result = loopsOfResult(op, 0), filter = loopsOfOperand(1);
  Roles roles;
  for (unsigned loop : imageLoops) {
    if (windowAt(loop))
      continue;
    bool isInFilter = llvm::is_contained(filter, loop);
    bool isInResult = llvm::is_contained(result, loop);
    if (!isInFilter && !isInResult)
      return std::nullopt;
    (!isInResult  ? roles.channels
     : isInFilter ? roles.groups
                  : roles.batch)
        .push_back(loop);
  }
  for (const Window &window : windows)
    if (!llvm::is_contained(filter, window.inside))
      return std::nullopt;
  for (unsigned loop : filter)
    if (llvm::is_contained(result, loop) &&
        !llvm::is_contained(imageLoops, loop))
      roles.features.push_back(loop);
  size_t known = windows.size() + roles.channels.size() + roles.groups.size() +
                 roles.features.size();
  return known == filter.size() ? std::optional(roles) : std::nullopt;
}

FailureOr<LoopValue> WindowImporter::convolve(LoopBuilder &loops, Body &body,
                                              Value image, Value filter) {
  std::optional<Roles> roles = rolesOfLoops();
  FailureOr<LoopValue> left = body.lift(image), right = body.lift(filter);
  if (failed(left) || failed(right))
    return failure();
  if (!roles || left->loops.size() != imageLoops.size() ||
      right->loops.size() != loopsOfOperand(1).size())
    return refuse();
  Type element = getElementTypeOrSelf(left->tensor.getType());
  LoopValue factors[] = {*left, *right};
  readNarrow(factors);

  // image [N, S.., C], filter [K.., C / groups, O], result [N, T.., O]
  SmallVector<LoopList> imageDims = {roles->batch}, filterDims;
  SmallVector<int64_t> strides, dilation;
  for (const Window &window : windows) {
    imageDims.push_back({window.output});
    filterDims.push_back({window.inside});
    strides.push_back(window.stride);
    dilation.push_back(window.dilation);
  }
  auto inGroups = [&](const LoopList &inner) {
    LoopList all = roles->groups;
    all.append(inner);
    return all;
  };
  SmallVector<LoopList> resultDims = imageDims;
  resultDims.push_back(inGroups(roles->features));
  imageDims.push_back(inGroups(roles->channels));
  filterDims.append({roles->channels, inGroups(roles->features)});

  LoopBuilder outputs(b, sizes);
  SmallVector<int64_t> zeros(windows.size(), 0), ones(windows.size(), 1);
  Value result = moe::ConvolutionOp::create(
      b, RankedTensorType::get(outputs.sizesOf(resultDims), element),
      flat(factors[0], imageDims, loops), flat(factors[1], filterDims, loops),
      strides, zeros, zeros, ones, dilation,
      outputs.sizesOf({roles->groups}).front());
  LoopList order = joined(resultDims);
  RankedTensorType type = outputs.typeOver(order, element);
  if (type != result.getType())
    result = moe::ReshapeOp::create(b, type, result);
  return LoopValue{result, order};
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
  if (!combination || op.hasIndexSemantics() || !findWindows() ||
      windows.size() > kMostDims)
    return refuse();

  // The image has dimensions of its own size where windows move.
  SmallVector<int64_t, 4> imageSizes(sizes);
  LoopValue input = image();
  auto shape = cast<RankedTensorType>(input.tensor.getType()).getShape();
  for (const Window &window : windows)
    imageSizes[window.output] = shape[window.dim];
  LoopBuilder loops(b, imageSizes);
  Body body(loops, *op.getBlock());
  for (OpOperand *operand : op.getDpsInputOperands()) {
    BlockArgument argument = op.getMatchingBlockArgument(operand);
    unsigned number = operand->getOperandNumber();
    if (number > 0 && llvm::any_of(loopsOfOperand(number), [&](unsigned loop) {
          return windowAt(loop);
        }))
      return refuse();
    if (!argument.use_empty())
      body.set(argument,
               number == 0 ? input : operandOver(loops, *operand, op));
  }

  Value element = combination->element;
  Operation *product = element.getDefiningOp();
  FailureOr<LoopValue> value = failure();
  if (dependsOn(element, 0) && !dependsOn(element, 1)) {
    value = reduce(loops, body, *combination);
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
    value = convolve(loops, body, left, right);
  }
  if (failed(value))
    return failure();
  Value reduced = LoopBuilder(b, sizes).expand(*value, loopsOfResult(op, 0));
  return SmallVector<Value>{
      combination->finish(b, op.getDpsInits()[0], reduced)};
}

} // namespace

Results moe::import::importWindows(linalg::LinalgOp op,
                                   ImplicitLocOpBuilder &b) {
  return WindowImporter(op, b).run();
}
