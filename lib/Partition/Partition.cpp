// spmd-partition: global shapes become local, reshards become collectives.
#include "moe/IR/ControlFlow.h"
#include "moe/IR/Manual.h"
#include "moe/IR/WrittenRule.h"
#include "moe/Partition/Localizer.h"
#include "moe/Partition/Passes.h"
#include "moe/Partition/ReshardPlan.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace spmd;

namespace moe {
#define GEN_PASS_DEF_SPMDPARTITION
#include "moe/Partition/Passes.h.inc"
} // namespace moe

namespace {

/// Partitions one function in place: local ops are built before the global
/// ones, which go at the end.
class FunctionPartitioner {
public:
  FunctionPartitioner(func::FuncOp func, MeshOp mesh, ReshardPlanner &planner)
      : func(func), builder(func.getContext()),
        localizer(builder, planner, mesh), mesh(mesh) {}

  LogicalResult run();
  const Localizer &made() const { return localizer; }

private:
  LogicalResult refuseUnreduced(ShardingAttr sharding, const Twine &where);
  void localizeArguments();
  void localizeReturn(func::ReturnOp op);
  LogicalResult localizeReshard(ReshardOp op);
  LogicalResult localizeOp(Operation *op);
  LogicalResult localizeControlFlow(Operation *op);
  LogicalResult localizeManual(ManualOp op);
  void localizeCollective(CollectiveOpInterface op);
  void localizeMask(MaskOp op);
  LogicalResult localizeCall(func::CallOp op);
  void localizeSpecial(LocalizeOpInterface op, ArrayRef<Value> operands);
  SmallVector<Value> maskedOperands(Operation *op, const ShardingRule &rule);

  func::FuncOp func;
  OpBuilder builder;
  Localizer localizer;
  MeshOp mesh;
};

LogicalResult FunctionPartitioner::localizeReshard(ReshardOp op) {
  auto global = cast<RankedTensorType>(op.getType());
  ShardingAttr from = getSharding(op.getInput());
  std::string error;
  FailureOr<Value> value =
      localizer.reshard(op.getLoc(), localizer.local(op.getInput()), from,
                        op.getSharding(), global, op.getReasonAttr(), error);
  if (failed(value))
    return op.emitOpError() << error;
  localizer.map(op, *value);
  return success();
}

// Operands with the padding of unevenly cut reduction factors set to the
// neutral element. Both sides of a product are masked: zero times NaN is NaN.
SmallVector<Value>
FunctionPartitioner::maskedOperands(Operation *op, const ShardingRule &rule) {
  SmallVector<Value> operands;
  for (auto [index, operand] : llvm::enumerate(op->getOperands())) {
    Value local = localizer.local(operand);
    SmallVector<int64_t> dims;
    ReductionKind kind = ReductionKind::Sum;
    for (auto [dim, factors] : llvm::enumerate(rule.operands[index]))
      for (int number : factors) {
        const Factor &factor = rule.factors[number];
        if (factor.kind != FactorKind::Reduction)
          continue;
        assert((dims.empty() || kind == factor.reduction) &&
               "an op reduces by one kind: spmd-verify-propagated");
        dims.push_back(dim);
        kind = factor.reduction;
      }
    if (!dims.empty())
      local = localizer.masked(op->getLoc(), local, operand, kind, dims);
    operands.push_back(local);
  }
  return operands;
}

void FunctionPartitioner::localizeSpecial(LocalizeOpInterface op,
                                          ArrayRef<Value> operands) {
  localizer.setOperands(operands);
  SmallVector<Value> results = op.localize(localizer);
  for (auto [result, local] : llvm::zip(op->getResults(), results))
    localizer.map(result, local);
}

// The same op around local values: its regions made anew, as the
// function's block is.
LogicalResult FunctionPartitioner::localizeControlFlow(Operation *op) {
  for (auto [index, flow] : llvm::enumerate(flowsOf(op)))
    if (!isa<RankedTensorType>(flow.values.front().getType()) ||
        !getSharding(flow.values.front()))
      return op->emitOpError() << "has no sharding on value " << index
                               << "; run spmd-propagate first";
  OperationState state(op->getLoc(), op->getName());
  for (Value operand : op->getOperands())
    state.addOperands(localizer.local(operand));
  state.addAttributes(op->getAttrs());
  state.attributes.erase(SpmdDialect::getShardingsAttrName());
  for (Value result : op->getResults())
    state.addTypes(localizer.localType(result));
  for (unsigned i = 0; i < op->getNumRegions(); ++i)
    state.addRegion();
  Operation *local = builder.create(state);
  OpBuilder::InsertionGuard guard(builder);
  for (auto [from, to] : llvm::zip(op->getRegions(), local->getRegions()))
    for (Block &block : from) {
      Block &copy = to.emplaceBlock();
      for (BlockArgument argument : block.getArguments()) {
        bool isTensor = isa<RankedTensorType>(argument.getType());
        Type type =
            isTensor ? Type(localizer.localType(argument)) : argument.getType();
        localizer.map(argument, copy.addArgument(type, argument.getLoc()));
      }
      builder.setInsertionPointToEnd(&copy);
      for (Operation &inner : block)
        if (failed(localizeOp(&inner)))
          return failure();
    }
  for (auto [result, value] : llvm::zip(op->getResults(), local->getResults()))
    localizer.map(result, value);
  return success();
}

// What is written for one rank stays as it is; over some axes, its ops are
// partitioned over the others.
LogicalResult FunctionPartitioner::localizeManual(ManualOp op) {
  Block &block = op.getBody().front();
  SmallVector<Value> inputs;
  for (Value input : op.getInputs())
    inputs.push_back(localizer.local(input));
  SmallVector<AxisRefAttr> around = localizer.manual;
  if (!op.getOver()) {
    IRMapping mapping;
    mapping.map(block.getArguments(), inputs);
    for (Operation &inner : block.without_terminator())
      builder.clone(inner, mapping);
    for (auto [result, yielded] :
         llvm::zip(op.getResults(), block.getTerminator()->getOperands()))
      localizer.map(result, mapping.lookupOrDefault(yielded));
    return success();
  }
  // To the other axes padding is a value like others, so that all ranks that
  // have a copy of it must have the same.
  for (auto [index, input, local] : llvm::enumerate(op.getInputs(), inputs)) {
    SmallVector<int64_t> dims;
    ShardingAttr free = op.getFreePart(op.getInputSharding(index));
    for (auto [dim, cut] : llvm::enumerate(free.getDims()))
      if (cut.getAxes().empty())
        dims.push_back(dim);
    localizer.map(
        block.getArgument(index),
        localizer.masked(op.getLoc(), local, input, ReductionKind::Sum, dims));
  }
  llvm::append_range(localizer.manual, op.getManualAxes(mesh));
  for (Operation &inner : block.without_terminator())
    if (failed(localizeOp(&inner)))
      return failure();
  for (auto [result, yielded] :
       llvm::zip(op.getResults(), block.getTerminator()->getOperands()))
    localizer.map(result, localizer.local(yielded));
  localizer.manual = around;
  return success();
}

// The sharding that a collective of a manual region names, cut further as
// `value` is.
static ShardingAttr cutFurther(ShardingAttr sharding, Value value) {
  SmallVector<DimShardingAttr> dims;
  for (auto [dim, further] :
       llvm::zip(sharding.getDims(), getSharding(value).getDims())) {
    SmallVector<AxisRefAttr> axes(dim.getAxes());
    llvm::append_range(axes, further.getAxes());
    dims.push_back(DimShardingAttr::get(sharding.getContext(), axes,
                                        /*isOpen=*/false, /*priority=*/0));
  }
  return ShardingAttr::get(sharding.getContext(), sharding.getMesh(), dims, {},
                           sharding.getUnreduced(), sharding.getReduction());
}

// Ranks that differ in an axis of its own region have to do with each other
// what it says, those that differ in one of a region around that have nothing.
void FunctionPartitioner::localizeCollective(CollectiveOpInterface op) {
  auto region = op->getParentOfType<ManualOp>();
  SmallVector<AxisRefAttr> all = localizer.manual;
  localizer.manual.truncate(all.size() - region.getManualAxes(mesh).size());
  Value operand = op->getOperand(0), result = op->getResult(0);
  localizer.map(
      result, localizer.collective(
                  op.getLoc(), op.getCollectiveKind(), localizer.local(operand),
                  cutFurther(op.getSource(), operand),
                  cutFurther(op.getTarget(), result), op.getGlobalType(),
                  op->getAttrOfType<StringAttr>("reason")));
  localizer.manual = all;
}

void FunctionPartitioner::localizeMask(MaskOp op) {
  Value local = localizer.local(op.getInput());
  localizer.map(op, MaskOp::create(builder, op.getLoc(), local.getType(), local,
                                   op.getReduction(), op.getDims(),
                                   cutFurther(op.getSharding(), op.getInput()),
                                   op.getGlobal()));
}

// The function that it calls is partitioned by itself.
LogicalResult FunctionPartitioner::localizeCall(func::CallOp op) {
  SmallVector<Value> operands;
  SmallVector<Type> types;
  for (Value operand : op.getOperands())
    operands.push_back(localizer.local(operand));
  for (Value result : op.getResults()) {
    if (!isa<RankedTensorType>(result.getType()) || !getSharding(result))
      return op.emitOpError()
             << "has no sharding on a result; run spmd-propagate first";
    types.push_back(localizer.localType(result));
  }
  auto local = func::CallOp::create(builder, op.getLoc(), op.getCallee(), types,
                                    operands);
  local.setNoInlineAttr(op.getNoInlineAttr());
  for (auto [result, value] : llvm::zip(op.getResults(), local.getResults()))
    localizer.map(result, value);
  return success();
}

static bool hasTensors(Operation *op) {
  auto isTensor = [](Type type) { return isa<RankedTensorType>(type); };
  return llvm::any_of(op->getOperandTypes(), isTensor) ||
         llvm::any_of(op->getResultTypes(), isTensor);
}

LogicalResult FunctionPartitioner::localizeOp(Operation *op) {
  if (auto reshard = dyn_cast<ReshardOp>(op))
    return localizeReshard(reshard);
  if (isControlFlow(op))
    return localizeControlFlow(op);
  if (calleeOf(op))
    return localizeCall(cast<func::CallOp>(op));
  if (auto manual = dyn_cast<ManualOp>(op))
    return localizeManual(manual);
  // Numbers, such as a loop's bounds, are the same on every rank.
  bool isYield = isa<scf::YieldOp, scf::ConditionOp>(op);
  if (isYield || (!hasTensors(op) && !op->getNumRegions())) {
    Operation *local = op->clone();
    for (OpOperand &operand : local->getOpOperands())
      operand.set(localizer.local(operand.get()));
    builder.insert(local);
    for (auto [result, value] :
         llvm::zip(op->getResults(), local->getResults()))
      localizer.map(result, value);
    return success();
  }
  std::optional<ShardingRule> rule = ruleOf(op);
  if (!rule)
    return op->emitOpError()
           << "cannot be partitioned: it has no sharding rule";
  for (Value result : op->getResults())
    if (isa<RankedTensorType>(result.getType()) && !getSharding(result))
      return op->emitOpError()
             << "has no sharding on a result; run spmd-propagate first";

  if (auto collective = dyn_cast<CollectiveOpInterface>(op)) {
    localizeCollective(collective);
    return success();
  }
  if (auto mask = dyn_cast<MaskOp>(op)) {
    localizeMask(mask);
    return success();
  }
  SmallVector<Value> operands = maskedOperands(op, *rule);
  if (auto special = dyn_cast<LocalizeOpInterface>(op)) {
    localizeSpecial(special, operands);
    return success();
  }
  OperationState state(op->getLoc(), op->getName());
  state.addOperands(operands);
  state.addAttributes(op->getAttrs());
  state.attributes.erase(SpmdDialect::getShardingsAttrName());
  state.attributes.erase(kRuleAttrName);
  for (Value result : op->getResults())
    state.addTypes(isa<RankedTensorType>(result.getType())
                       ? Type(localizer.localType(result))
                       : result.getType());
  Operation *local = builder.create(state);
  for (auto [result, value] : llvm::zip(op->getResults(), local->getResults()))
    localizer.map(result, value);
  return success();
}

void FunctionPartitioner::localizeArguments() {
  Block &block = func.getBody().front();
  unsigned count = block.getNumArguments();
  for (unsigned index = 0; index < count; ++index) {
    BlockArgument argument = block.getArgument(index);
    localizer.map(argument, block.addArgument(localizer.localType(argument),
                                              argument.getLoc()));
    func.setArgAttr(index, kGlobalAttrName, TypeAttr::get(argument.getType()));
  }
}

void FunctionPartitioner::localizeReturn(func::ReturnOp op) {
  for (auto [index, operand] : llvm::enumerate(op.getOperands())) {
    func.setResultAttr(index, kGlobalAttrName,
                       TypeAttr::get(operand.getType()));
    func.setResultAttr(index, SpmdDialect::getShardingAttrName(),
                       getSharding(operand));
  }
  SmallVector<Value> locals;
  for (Value operand : op.getOperands())
    locals.push_back(localizer.local(operand));
  func::ReturnOp::create(builder, op.getLoc(), locals);
}

// Values enter and leave a program whole; a partial one has no meaning outside.
LogicalResult FunctionPartitioner::refuseUnreduced(ShardingAttr sharding,
                                                   const Twine &where) {
  if (digitsOf(sharding.getUnreduced(), mesh).empty())
    return success();
  return func.emitOpError() << where << " is unreduced over axis \""
                            << sharding.getUnreduced().front().getName()
                            << "\"; arguments and results are whole values, so "
                               "drop unreduced from "
                               "its sharding";
}

LogicalResult FunctionPartitioner::run() {
  Block &block = func.getBody().front();
  unsigned count = block.getNumArguments();
  for (BlockArgument argument : block.getArguments())
    if (!isa<RankedTensorType>(argument.getType()) || !getSharding(argument))
      return func.emitOpError() << "argument " << argument.getArgNumber()
                                << " has no sharding; run spmd-propagate first";
    else if (failed(
                 refuseUnreduced(getSharding(argument),
                                 "argument " + Twine(argument.getArgNumber()))))
      return failure();
  for (auto [index, operand] :
       llvm::enumerate(block.getTerminator()->getOperands()))
    if (ShardingAttr sharding = getSharding(operand);
        sharding && failed(refuseUnreduced(sharding, "result " + Twine(index))))
      return failure();
  SmallVector<Operation *> globals;
  for (Operation &op : block)
    globals.push_back(&op);
  localizeArguments();
  builder.setInsertionPointToEnd(&block);
  for (Operation *op : globals) {
    if (auto ret = dyn_cast<func::ReturnOp>(op))
      localizeReturn(ret);
    else if (failed(localizeOp(op)))
      return failure();
  }
  for (Operation *op : llvm::reverse(globals))
    op->erase();
  block.eraseArguments(0, count);
  func.setType(builder.getFunctionType(
      block.getArgumentTypes(), block.getTerminator()->getOperandTypes()));
  return success();
}

struct PartitionPass : moe::impl::SpmdPartitionBase<PartitionPass> {
  void runOnOperation() override {
    auto meshes = llvm::to_vector(getOperation().getOps<MeshOp>());
    if (meshes.size() != 1) {
      getOperation().emitError()
          << "partitioning needs exactly one spmd.mesh, the module has "
          << meshes.size();
      return signalPassFailure();
    }
    ReshardPlanner planner(meshes.front());
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      if (func.isExternal())
        continue;
      FunctionPartitioner partitioner(func, meshes.front(), planner);
      if (failed(partitioner.run()))
        return signalPassFailure();
      numCollectives += partitioner.made().collectives;
      numMasks += partitioner.made().masks;
    }
  }
};

} // namespace
