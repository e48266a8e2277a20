// moe.reduce_window and moe.convolution: verifiers and rules.
#include "MoeChecks.h"
#include "RuleParts.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moe;
using spmd::DimFactors;
using spmd::FactorKind;
using spmd::kNoFactor;
using spmd::ReductionKind;
using spmd::ShardingRule;

namespace {

/// One dimension that windows slide over.
struct Sliding {
  int64_t size, window, stride, low, high, inputDilation, windowDilation;

  /// How many windows there are; nothing where a number on the way overflows.
  std::optional<int64_t> count() const {
    int64_t spread = 0, length = 0, reach = 0;
    if (llvm::MulOverflow(std::max(size - 1, int64_t(0)), inputDilation,
                          spread) ||
        llvm::AddOverflow(spread, std::min(size, int64_t(1)), length) ||
        llvm::AddOverflow(length, low, length) ||
        llvm::AddOverflow(length, high, length) ||
        llvm::MulOverflow(window - 1, windowDilation, reach))
      return std::nullopt;
    return llvm::divideCeil(std::max(length - reach, int64_t(0)), stride);
  }
  /// Elements that a window may need from behind its block.
  int64_t halo() const {
    return std::min(
        size, std::max((window - 1) * windowDilation + 1 - stride, int64_t(0)) /
                      inputDilation +
                  low);
  }
  /// Whether windows are the elements themselves.
  bool isIdentity() const {
    return window == 1 && stride == 1 && low == 0 && high == 0 &&
           inputDilation == 1;
  }
};

} // namespace

// Appends the number of windows in dimension `dim` to `shape`.
static LogicalResult appendCount(Operation *op, int64_t dim,
                                 const Sliding &sliding,
                                 SmallVectorImpl<int64_t> &shape) {
  std::optional<int64_t> count = sliding.count();
  if (!count)
    return op->emitOpError()
           << "dimension " << dim << " ends beyond " << INT64_MAX;
  shape.push_back(*count);
  return success();
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

static Sliding slidingOf(ReduceWindowOp op, int64_t dim) {
  return {shapeOf(op.getInput())[dim], op.getWindow()[dim],
          op.getStrides()[dim],        op.getLow()[dim],
          op.getHigh()[dim],
          /*inputDilation=*/1,         op.getDilation()[dim]};
}

LogicalResult ReduceWindowOp::verify() {
  if (failed(verifyStatic(*this, {getInput(), getResult()})))
    return failure();
  RankedTensorType type = tensorType(getInput());
  std::tuple<StringRef, ArrayRef<int64_t>, int64_t> lists[] = {
      {"window", getWindow(), 1},
      {"strides", getStrides(), 1},
      {"dilation", getDilation(), 1},
      {"low", getLow(), 0},
      {"high", getHigh(), 0}};
  for (auto [name, list, least] : lists)
    if (failed(verifyEntries(*this, name, list, type.getRank())))
      return failure();
  for (auto [name, list, least] : lists)
    if (failed(verifyAtLeast(*this, name, list, least)))
      return failure();
  SmallVector<int64_t> shape;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (failed(appendCount(*this, dim, slidingOf(*this, dim), shape)))
      return failure();
  if (failed(verifyShape(*this, "result", getResult(), shape,
                         type.getElementType())))
    return failure();
  bool isBitwise =
      getKind() == ReductionKind::And || getKind() == ReductionKind::Or;
  return isBitwise ? verifyIntegers(*this, "operand", getInput()) : success();
}

// A dimension that windows slide over goes along in elements and in windows: a
// rank has a block of both, and needs the elements around its own.
static void slide(ShardingRule &rule, int factor, const Sliding &sliding) {
  if (!sliding.isIdentity())
    rule.factors[factor].makeJoint(sliding.halo(), sliding.halo());
}

ShardingRule ReduceWindowOp::getShardingRule() {
  ShardingRule rule;
  DimFactors dims = addFactors(rule, shapeOf(getInput()));
  for (size_t dim = 0; dim < dims.size(); ++dim)
    slide(rule, dims[dim].only(), slidingOf(*this, dim));
  rule.operands.push_back(dims);
  rule.results.push_back(dims);
  return rule;
}

//===----------------------------------------------------------------------===//
// Convolution
//===----------------------------------------------------------------------===//

// `dim` counts spatial dimensions.
static Sliding slidingOf(ConvolutionOp op, int64_t dim) {
  return {shapeOf(op.getInput())[dim + 1],
          shapeOf(op.getKernel())[dim],
          op.getStrides()[dim],
          op.getLow()[dim],
          op.getHigh()[dim],
          op.getInputDilation()[dim],
          op.getKernelDilation()[dim]};
}

// What the lists of the attributes must be.
static LogicalResult verifyLists(ConvolutionOp op, int64_t spatial) {
  std::tuple<StringRef, ArrayRef<int64_t>, int64_t> lists[] = {
      {"strides", op.getStrides(), 1},
      {"low", op.getLow(), 0},
      {"high", op.getHigh(), 0},
      {"input_dilation", op.getInputDilation(), 1},
      {"kernel_dilation", op.getKernelDilation(), 1}};
  for (auto [name, list, least] : lists)
    if (static_cast<int64_t>(list.size()) != spatial)
      return op.emitOpError()
             << name << " needs one entry for each of the " << spatial
             << " spatial dimensions, got " << list.size();
  for (auto [name, list, least] : lists)
    if (failed(verifyAtLeast(op, name, list, least)))
      return failure();
  return success();
}

LogicalResult ConvolutionOp::verify() {
  if (failed(verifyStatic(*this, {getInput(), getKernel(), getResult()})))
    return failure();
  RankedTensorType input = tensorType(getInput()),
                   kernel = tensorType(getKernel());
  int64_t rank = input.getRank(), spatial = rank - 2;
  if (rank < 3 || rank > 5)
    return emitOpError() << "input must have rank 3 to 5 (one to three spatial "
                            "dimensions), got "
                         << input;
  if (failed(verifyRank(*this, "kernel", getKernel(), rank)) ||
      failed(verifyRank(*this, "result", getResult(), rank)) ||
      failed(verifyLists(*this, spatial)))
    return failure();
  int64_t groups = getGroups(), features = input.getShape().back(),
          outputs = kernel.getShape().back();
  if (groups < 1 || features % groups || outputs % groups)
    return emitOpError() << "groups must be positive and divide the "
                         << features << " input and " << outputs
                         << " output features, got " << groups;
  SmallVector<int64_t> want(kernel.getShape());
  want[rank - 2] = features / groups;
  if (failed(verifyShape(*this, "kernel", getKernel(), want)))
    return failure();
  SmallVector<int64_t> shape = {input.getDimSize(0)};
  for (int64_t dim = 0; dim < spatial; ++dim) {
    // An empty kernel has no windows to count: it sums nothing everywhere.
    if (kernel.getDimSize(dim) == 0)
      return emitOpError() << "kernel is empty in spatial dimension " << dim;
    if (failed(appendCount(*this, dim, slidingOf(*this, dim), shape)))
      return failure();
  }
  shape.push_back(outputs);
  if (failed(verifyShape(*this, "result", getResult(), shape)))
    return failure();
  return verifyAccumulates(*this, {getInput(), getKernel()}, getResult());
}

// The batch passes through and places slide; with one group input features are
// summed and output features pass through; depthwise both are one. Groups of
// several features would have to be cut between groups, which a factor of the
// whole dimension cannot promise. The kernel's places are not cut: they are
// few.
ShardingRule ConvolutionOp::getShardingRule() {
  ShardingRule rule;
  int64_t spatial = shapeOf(getInput()).size() - 2, groups = getGroups(),
          features = shapeOf(getInput()).back(),
          outputs = shapeOf(getResult()).back();
  DimFactors input = {rule.addFactor(shapeOf(getInput())[0])}, kernel;
  for (int64_t dim = 0; dim < spatial; ++dim) {
    kernel.push_back(kNoFactor);
    int factor = rule.addFactor(shapeOf(getInput())[dim + 1]);
    input.push_back(factor);
    slide(rule, factor, slidingOf(*this, dim));
  }
  DimFactors result(input);
  int in = kNoFactor, out = kNoFactor, summed = kNoFactor;
  if (groups == 1) {
    in = summed = rule.addFactor(features, FactorKind::Reduction);
    out = rule.addFactor(outputs);
  } else {
    in = out = rule.addFactor(features);
    // Blocks of whole groups need nothing of each other; the local form makes
    // others whole.
    if (groups != features || groups != outputs)
      rule.factors[out].makeJoint(0, 0);
  }
  input.push_back(in);
  kernel.append({summed, out});
  result.push_back(out);
  rule.operands = {input, kernel};
  rule.results.push_back(result);
  return rule;
}
