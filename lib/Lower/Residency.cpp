#include "Residency.h"
#include "EinsumSites.h"
#include "Scalars.h"
#include "SliceChain.h"
#include "TurnViews.h"

#include "moe/IR/ControlFlow.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace moe::lower;

// A kernel of more fused ops than this is cut: compile time grows with a
// kernel's size, while one more load and store per 40 operations is little.
static constexpr int kLongestChain = 40;

Value moe::lower::viewedOperand(Operation *op) {
  if (isa<moe::ReshapeOp, moe::StopGradientOp, spmd::DoneOp>(op))
    return op->getOperand(0);
  return {};
}

DenseElementsAttr moe::lower::constantData(Value value) {
  auto constant = value.getDefiningOp<arith::ConstantOp>();
  auto data = constant ? dyn_cast<DenseElementsAttr>(constant.getValue())
                       : DenseElementsAttr();
  return data && !data.isSplat() ? data : DenseElementsAttr();
}

Value Residency::root(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    Value viewed = viewedOperand(op);
    if (!viewed)
      break;
    value = viewed;
  }
  return value;
}

bool Residency::isStored(Value value) const {
  return isa<BlockArgument>(value) || stored.contains(value) ||
         constantData(value);
}

bool Residency::isLive(Operation *op) const {
  return llvm::any_of(op->getResults(), [&](Value result) {
    return stored.contains(result) || readers.lookup(result) > 0;
  });
}

void Residency::store(Value value) {
  if (!isa<BlockArgument>(value))
    stored.insert(value);
}

// Whether a loop's turns would compute again what is the same in all of them.
static bool comesFromOutside(OpOperand &operand) {
  return operand.get().getParentBlock() != operand.getOwner()->getBlock() &&
         !fuseCheap(operand);
}

void Residency::use(OpOperand &operand, const OpLowering *lowering, int times) {
  bool mayFuse = lowering &&
                 (!lowering->mayFuse || lowering->mayFuse(operand)) &&
                 !comesFromOutside(operand);
  if (!mayFuse)
    return store(operand.get());
  // x * x reads x once: a kernel computes an element once.
  for (OpOperand &other : operand.getOwner()->getOpOperands())
    if (other.getOperandNumber() < operand.getOperandNumber() &&
        other.get() == operand.get())
      return;
  readers[operand.get()] += times;
}

static bool isTensor(Type type) { return isa<RankedTensorType>(type); }

// Whether the runtime knows `type`, or that of a tensor's elements.
static bool isKnown(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isF32() || element.isBF16() || element.isF64() ||
         element.isSignlessInteger(1) || element.isSignlessInteger(8) ||
         element.isSignlessInteger(32) || element.isSignlessInteger(64);
}

// An error at the first tensor of `op` whose elements are of no known type.
static LogicalResult verifyElements(Operation *op) {
  for (TypeRange types :
       {TypeRange(op->getOperandTypes()), TypeRange(op->getResultTypes())})
    for (Type type : types)
      if (isTensor(type) && !isKnown(type))
        return op->emitOpError("has no lowering to the cpu for elements of ")
               << getElementTypeOrSelf(type);
  return success();
}

// Where all readers are computed in one kernel, each at its own index, that
// kernel computes `value` once an element.
Operation *Residency::onlyKernel(Value value,
                                 const OpLowerings &lowerings) const {
  Operation *only = nullptr;
  for (Operation *user : value.getUsers()) {
    if (!isLive(user))
      continue;
    const OpLowering *lowering = lowerings.find(user);
    if (!lowering || !lowering->isPointwise)
      return nullptr;
    Value result = user->getResult(0);
    Operation *kernel = stored.contains(result) ? user : kernels.lookup(result);
    if (!kernel || (only && only != kernel))
      return nullptr;
    only = kernel;
  }
  return only;
}

// Numbers that the host needs before a loop runs.
static LogicalResult verifyTurns(scf::ForOp op) {
  for (Value bound : {op.getLowerBound(), op.getUpperBound(), op.getStep()})
    if (!getConstantIntValue(bound))
      return op.emitOpError("has no lowering to the cpu with bounds or a step "
                            "that are not constant; write scf.while");
  if (*getConstantIntValue(op.getStep()) > 0)
    return success();
  return op.emitOpError() << "step must be positive, got "
                          << *getConstantIntValue(op.getStep());
}

LogicalResult Residency::visitControlFlow(Operation *op,
                                          const OpLowerings &lowerings) {
  if (auto loop = dyn_cast<scf::ForOp>(op); loop && failed(verifyTurns(loop)))
    return failure();
  for (Region &region : llvm::reverse(op->getRegions()))
    for (Block &block : region)
      if (failed(visit(block, lowerings)))
        return failure();
  for (Value value : op->getOperands())
    forEachTensorBehind(value, [&](Value tensor) { store(tensor); });
  for (Value result : op->getResults())
    store(result);
  return success();
}

// Ops are visited from the last to the first, so all readers of a result are
// known.
LogicalResult Residency::visit(Block &block, const OpLowerings &lowerings) {
  for (Operation &op : llvm::reverse(block))
    if (failed(visit(&op, lowerings)))
      return failure();
  return success();
}

LogicalResult Residency::visit(Operation *op, const OpLowerings &lowerings) {
  if (spmd::isControlFlow(op))
    return visitControlFlow(op, lowerings);
  if (isa<scf::YieldOp, scf::ConditionOp, tensor::ExtractOp>(op))
    for (Value operand : op->getOperands())
      forEachTensorBehind(operand, [&](Value tensor) { store(tensor); });
  if (isa<scf::YieldOp, scf::ConditionOp>(op) ||
      (makesScalar(op) && !isTensor(op->getResult(0).getType())))
    return success();
  if (std::optional<TurnView> view = turnViewOf(op)) {
    if (isLive(op)) {
      store(view->table);
      store(op->getResult(0));
    }
    return success();
  }
  bool isHostStep =
      viewedOperand(op) || isMatmul(op) || op->hasAttr(kSliceChainAttr) ||
      isa<spmd::CollectiveOpInterface, spmd::ReindexOp, func::ReturnOp>(op);
  if (isHostStep) {
    if (op->getNumResults() && !isLive(op))
      return success();
    for (OpOperand &operand : op->getOpOperands())
      store(operand.get());
    for (Value result : op->getResults())
      store(result);
    return success();
  }
  const OpLowering *lowering = lowerings.find(op);
  bool isFromScalar =
      isa<tensor::FromElementsOp>(op) &&
      cast<RankedTensorType>(op->getResult(0).getType()).getRank() == 0;
  bool takesTensors = llvm::all_of(op->getOperandTypes(), isTensor) &&
                      !isa<tensor::FromElementsOp>(op);
  if (!lowering || !(isFromScalar || takesTensors) ||
      !llvm::all_of(op->getResultTypes(), isTensor))
    return op->emitOpError("has no lowering to the cpu");
  if (!isLive(op))
    return success();
  int times = 1;
  if (lowering->element) {
    Value result = op->getResult(0);
    int count = readers.lookup(result);
    Operation *kernel = onlyKernel(result, lowerings);
    if (count > 1 && !lowering->isCheap && !kernel)
      store(result);
    if (!stored.contains(result)) {
      times = kernel ? 1 : count;
      kernels[result] = kernel;
    }
  } else {
    for (Value result : op->getResults())
      store(result);
  }
  for (OpOperand &operand : op->getOpOperands())
    if (isTensor(operand.get().getType()))
      use(operand, lowering, times);
  return success();
}

void Residency::splitLongChains(func::FuncOp function,
                                const OpLowerings &lowerings) {
  llvm::DenseMap<Value, int> length;
  function.walk<WalkOrder::PreOrder>([&](Operation *op) {
    const OpLowering *lowering = lowerings.find(op);
    if (!lowering || !lowering->element || op->getNumResults() != 1 ||
        !isTensor(op->getResult(0).getType()))
      return;
    int sum = 1;
    for (Value operand : op->getOperands())
      sum += isStored(operand) ? 0 : length.lookup(operand);
    if (sum > kLongestChain && op->getNumOperands())
      store(op->getResult(0));
    length[op->getResult(0)] = sum;
  });
}

FailureOr<Residency> Residency::decide(func::FuncOp function,
                                       const OpLowerings &lowerings) {
  WalkResult walk = function.walk<WalkOrder::PreOrder>([](Operation *op) {
    return failed(verifyElements(op)) ? WalkResult::interrupt()
                                      : WalkResult::advance();
  });
  Residency residency;
  if (walk.wasInterrupted() ||
      failed(residency.visit(function.front(), lowerings)))
    return failure();
  residency.splitLongChains(function, lowerings);
  return residency;
}
