// spmd-verify-propagated: the promise of spmd-propagate, op by op.
#include "moe/IR/ControlFlow.h"
#include "moe/IR/Manual.h"
#include "moe/IR/WrittenRule.h"
#include "moe/Propagate/Passes.h"

using namespace mlir;
using spmd::AxisRefAttr;
using spmd::ShardingAttr;
using spmd::ShardingRule;

namespace moe {
#define GEN_PASS_DEF_SPMDVERIFYPROPAGATED
#include "moe/Propagate/Passes.h.inc"
} // namespace moe

namespace {

using Digits = std::vector<moert::Digit>;

/// Collects which digits cut each factor; the first tensor that carries a
/// factor decides, all others must agree.
class ConsistencyCheck {
public:
  ConsistencyCheck(Operation *op, ShardingRule rule, spmd::MeshOp mesh)
      : op(op), rule(std::move(rule)), mesh(mesh),
        cuts(this->rule.factors.size()), isSet(cuts.size(), false) {}

  LogicalResult run();

private:
  LogicalResult checkDims(Value value, ArrayRef<spmd::FactorList> dims,
                          StringRef where);
  LogicalResult checkUnreduced(Value result, unsigned index);

  Operation *op;
  ShardingRule rule;
  spmd::MeshOp mesh;
  std::vector<Digits> cuts;
  std::vector<bool> isSet;
};

LogicalResult ConsistencyCheck::checkDims(Value value,
                                          ArrayRef<spmd::FactorList> dims,
                                          StringRef where) {
  ShardingAttr sharding = spmd::getSharding(value);
  for (auto [dim, factors] : llvm::enumerate(dims)) {
    Digits digits = spmd::digitsOf(sharding.getDims()[dim].getAxes(), mesh);
    // What merges or splits takes any layout.
    if (factors.isCompound())
      continue;
    int factor = factors.only();
    if (factor == spmd::kNoFactor) {
      if (!digits.empty())
        return op->emitOpError() << "needs dimension " << dim << " of " << where
                                 << " whole, its sharding is " << sharding;
      continue;
    }
    if (!isSet[factor]) {
      isSet[factor] = true;
      cuts[factor] = digits;
    } else if (cuts[factor] != digits) {
      return op->emitOpError()
             << "cuts dimension " << dim << " of " << where
             << " unlike an earlier dimension that goes with it; its sharding "
                "is "
             << sharding;
    }
  }
  return success();
}

// Each set of ranks in one form: by stride, neighbouring parts of an axis as
// one.
static Digits normalise(Digits digits) {
  llvm::sort(digits, [](const moert::Digit &a, const moert::Digit &b) {
    return a.stride < b.stride;
  });
  Digits joined;
  for (const moert::Digit &digit : digits)
    if (!joined.empty() &&
        joined.back().size * joined.back().stride == digit.stride)
      joined.back().size *= digit.size;
    else if (digit.size > 1)
      joined.push_back(digit);
  return joined;
}

LogicalResult ConsistencyCheck::checkUnreduced(Value result, unsigned index) {
  ShardingAttr sharding = spmd::getSharding(result);
  Digits expected;
  for (auto [factor, digits] : llvm::zip(rule.factors, cuts)) {
    if (factor.kind != spmd::FactorKind::Reduction || normalise(digits).empty())
      continue;
    llvm::append_range(expected, digits);
    if (!sharding.getUnreduced().empty() &&
        factor.reduction != sharding.getReduction())
      return op->emitOpError()
             << "reduces by " << stringifyReductionKind(factor.reduction)
             << ", but result " << index << " is partial by "
             << stringifyReductionKind(sharding.getReduction())
             << "; its sharding is " << sharding;
  }
  Digits have = normalise(spmd::digitsOf(sharding.getUnreduced(), mesh));
  expected = normalise(std::move(expected));
  if (have == expected)
    return success();
  auto extent = [](const Digits &digits) {
    int64_t product = 1;
    for (const moert::Digit &digit : digits)
      product *= digit.size;
    return product;
  };
  InFlightDiagnostic diag = op->emitOpError()
                            << "reduces over " << extent(expected)
                            << " blocks, but result " << index
                            << " is partial over " << extent(have);
  if (extent(have) == extent(expected))
    diag << " of other axes";
  return diag << "; its sharding is " << sharding;
}

LogicalResult ConsistencyCheck::run() {
  for (auto [index, operand] : llvm::enumerate(op->getOperands()))
    if (isa<RankedTensorType>(operand.getType()) &&
        failed(checkDims(operand, rule.operands[index],
                         "operand " + std::to_string(index))))
      return failure();
  for (auto [index, result] : llvm::enumerate(op->getResults()))
    if (isa<RankedTensorType>(result.getType()) &&
        (failed(checkDims(result, rule.results[index],
                          "result " + std::to_string(index))) ||
         failed(checkUnreduced(result, index))))
      return failure();
  return success();
}

struct VerifyPropagatedPass
    : moe::impl::SpmdVerifyPropagatedBase<VerifyPropagatedPass> {
  LogicalResult checkValue(Value value, Operation *op, StringRef where);
  LogicalResult checkControlFlow(Operation *op);
  LogicalResult checkManual(spmd::ManualOp op);
  LogicalResult checkOp(Operation *op);
  LogicalResult checkFunction(func::FuncOp func);
  void runOnOperation() override {
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func.isExternal() && failed(checkFunction(func)))
        return signalPassFailure();
  }
};

LogicalResult VerifyPropagatedPass::checkValue(Value value, Operation *op,
                                               StringRef where) {
  if (!isa<RankedTensorType>(value.getType()))
    return success();
  ShardingAttr sharding = spmd::getSharding(value);
  if (!sharding)
    return op->emitError() << where << " has no sharding after propagation";
  for (auto [index, dim] : llvm::enumerate(sharding.getDims()))
    if (dim.getIsOpen())
      return op->emitError() << where << " has open dimension " << index
                             << " after propagation: " << sharding;
  return success();
}

// Whichever way a value takes, it has one layout.
LogicalResult VerifyPropagatedPass::checkControlFlow(Operation *op) {
  for (auto [index, flow] : llvm::enumerate(spmd::flowsOf(op))) {
    Value first = flow.values.front();
    std::string where = "value " + std::to_string(index);
    if (failed(checkValue(first, op, where)))
      return failure();
    ShardingAttr sharding = spmd::getSharding(first);
    if (!sharding.getUnreduced().empty())
      return op->emitOpError()
             << "carries " << where << " before it is reduced: " << sharding;
    for (OpOperand *source : flow.sources)
      if (ShardingAttr other = spmd::getSharding(source->get());
          other != sharding)
        return source->getOwner()->emitOpError()
               << "hands on operand " << source->getOperandNumber()
               << " with sharding " << other << ", " << where << " of "
               << op->getName() << " has " << sharding;
  }
  return success();
}

// Parts of an axis that follow each other as one, major to minor.
static Digits joined(const Digits &digits) {
  Digits result;
  for (const moert::Digit &digit : digits)
    if (!result.empty() && result.back().stride == digit.size * digit.stride)
      result.back() = {result.back().size * digit.size, digit.stride};
    else if (digit.size > 1)
      result.push_back(digit);
  return result;
}

// A manual region gets and gives what it says.
LogicalResult VerifyPropagatedPass::checkManual(spmd::ManualOp op) {
  auto check = [&](Value value, ShardingAttr wanted,
                   std::string where) -> LogicalResult {
    if (failed(checkValue(value, op, where)))
      return failure();
    ShardingAttr sharding = spmd::getSharding(value);
    spmd::MeshOp mesh = spmd::lookupMesh(op, wanted.getMesh());
    bool isSame = sharding.getUnreduced().empty();
    for (auto [have, want] : llvm::zip(sharding.getDims(), wanted.getDims()))
      isSame &= joined(spmd::digitsOf(have.getAxes(), mesh)) ==
                joined(spmd::digitsOf(want.getAxes(), mesh));
    if (isSame)
      return success();
    return op.emitOpError()
           << where << " must be in " << wanted << ", it is in " << sharding;
  };
  for (auto [index, operand] : llvm::enumerate(op.getInputs()))
    if (failed(check(operand, op.getInputSharding(index),
                     "operand " + std::to_string(index))))
      return failure();
  for (auto [index, result] : llvm::enumerate(op.getResults()))
    if (failed(check(result, op.getResultSharding(index),
                     "result " + std::to_string(index))))
      return failure();
  if (!op.getOver())
    return success();
  Operation *yield = op.getBody().front().getTerminator();
  for (auto [index, yielded] : llvm::enumerate(yield->getOperands()))
    if (failed(check(yielded, op.getFreePart(op.getResultSharding(index)),
                     "yielded value " + std::to_string(index))))
      return failure();
  return success();
}

LogicalResult VerifyPropagatedPass::checkOp(Operation *op) {
  if (auto manual = dyn_cast<spmd::ManualOp>(op))
    return checkManual(manual);
  if (spmd::isControlFlow(op) || spmd::calleeOf(op))
    return checkControlFlow(op);
  for (auto [index, result] : llvm::enumerate(op->getResults()))
    if (failed(checkValue(result, op, "result " + std::to_string(index))))
      return failure();
  if (isa<spmd::AnnotateOp, spmd::SplitOp, spmd::ReplicateOp, spmd::ShardOp>(
          op))
    return op->emitOpError() << "is left after propagation";
  auto isTensor = [](Type type) { return isa<RankedTensorType>(type); };
  bool hasTensors = llvm::any_of(op->getResultTypes(), isTensor) ||
                    llvm::any_of(op->getOperandTypes(), isTensor);
  if (isa<spmd::ReshardOp>(op) || op->hasTrait<OpTrait::IsTerminator>() ||
      op->getNumResults() == 0 || !hasTensors)
    return success();
  std::optional<ShardingRule> rule = spmd::ruleOf(op);
  if (!rule)
    return op->emitOpError() << "has no sharding rule";
  for (auto [index, operand] : llvm::enumerate(op->getOperands())) {
    if (!isTensor(operand.getType()))
      continue;
    ShardingAttr sharding = spmd::getSharding(operand);
    if (sharding && !sharding.getUnreduced().empty())
      return op->emitOpError() << "uses operand " << index
                               << " before it is reduced: " << sharding;
  }
  Value first = isTensor(op->getResult(0).getType()) ? op->getResult(0)
                                                     : op->getOperand(0);
  ShardingAttr sharding = spmd::getSharding(first);
  if (!sharding)
    return op->emitOpError() << "uses a value without a sharding";
  return ConsistencyCheck(op, *rule, spmd::lookupMesh(op, sharding.getMesh()))
      .run();
}

LogicalResult VerifyPropagatedPass::checkFunction(func::FuncOp func) {
  for (BlockArgument argument : func.getArguments())
    if (failed(
            checkValue(argument, func,
                       "argument " + std::to_string(argument.getArgNumber()))))
      return failure();
  WalkResult result =
      func.getBody().walk<WalkOrder::PreOrder>([&](Operation *op) {
        if (failed(checkOp(op)))
          return WalkResult::interrupt();
        auto manual = dyn_cast<spmd::ManualOp>(op);
        return manual && !manual.getOver() ? WalkResult::skip()
                                           : WalkResult::advance();
      });
  if (result.wasInterrupted())
    return failure();
  Operation *terminator = func.getBody().front().getTerminator();
  for (auto [index, operand] : llvm::enumerate(terminator->getOperands())) {
    if (!isa<RankedTensorType>(operand.getType()))
      continue;
    auto declared = func.getResultAttrOfType<ShardingAttr>(
        index, spmd::SpmdDialect::getShardingAttrName());
    if (!declared || declared != spmd::getSharding(operand))
      return func.emitError()
             << "result " << index << " is declared as " << declared
             << ", returned is " << spmd::getSharding(operand);
  }
  return success();
}

} // namespace
