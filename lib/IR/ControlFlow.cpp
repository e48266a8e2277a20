#include "moe/IR/ControlFlow.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace spmd;

bool spmd::isControlFlow(Operation *op) {
  return isa<scf::ForOp, scf::IfOp, scf::WhileOp>(op);
}

func::FuncOp spmd::calleeOf(Operation *op) {
  auto call = dyn_cast<func::CallOp>(op);
  auto callee = call ? SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
                           call, call.getCalleeAttr())
                     : func::FuncOp();
  return callee && callee.getBody().hasOneBlock() ? callee : func::FuncOp();
}

bool spmd::isRecursive(func::CallOp call) {
  func::FuncOp callee = calleeOf(call);
  llvm::SetVector<Operation *> reached;
  auto reachFrom = [&](Operation *function) {
    function->walk([&](func::CallOp inner) {
      if (func::FuncOp next = calleeOf(inner))
        reached.insert(next);
    });
  };
  if (callee)
    reachFrom(callee);
  for (size_t i = 0; i < reached.size(); ++i)
    reachFrom(reached[i]);
  return reached.contains(callee);
}

SmallVector<Region *, 2> spmd::regionsOf(Operation *op) {
  if (func::FuncOp callee = calleeOf(op))
    return {&callee.getBody()};
  SmallVector<Region *, 2> regions;
  for (Region &region : op->getRegions())
    regions.push_back(&region);
  return regions;
}

static SmallVector<Flow, 4> flowsOfCall(Operation *call, func::FuncOp callee) {
  SmallVector<Flow, 4> flows;
  Operation *terminator = callee.front().getTerminator();
  for (auto [returned, result] :
       llvm::zip(terminator->getOpOperands(), call->getResults()))
    flows.push_back({{&returned}, {result}});
  for (auto [operand, argument] :
       llvm::zip(call->getOpOperands(), callee.getArguments()))
    flows.push_back({{&operand}, {argument}});
  return flows;
}

static SmallVector<Flow, 4> flowsOfFor(scf::ForOp op) {
  SmallVector<Flow, 4> flows;
  for (auto [init, argument, yielded, result] :
       llvm::zip(op.getInitArgsMutable(), op.getRegionIterArgs(),
                 op.getYieldedValuesMutable().value(), op.getResults()))
    flows.push_back({{&init, &yielded}, {argument, result}});
  return flows;
}

static SmallVector<Flow, 4> flowsOfIf(scf::IfOp op) {
  SmallVector<Flow, 4> flows;
  if (op.getNumResults())
    for (auto [first, second, result] :
         llvm::zip(op.thenYield()->getOpOperands(),
                   op.elseYield()->getOpOperands(), op.getResults()))
      flows.push_back({{&first, &second}, {result}});
  return flows;
}

static SmallVector<Flow, 4> flowsOfWhile(scf::WhileOp op) {
  SmallVector<Flow, 4> flows;
  for (auto [handed, argument, result] :
       llvm::zip(op.getConditionOp().getArgsMutable(), op.getAfterArguments(),
                 op.getResults()))
    flows.push_back({{&handed}, {argument, result}});
  for (auto [init, argument, yielded] :
       llvm::zip(op.getInitsMutable(), op.getBeforeArguments(),
                 op.getYieldOp()->getOpOperands()))
    flows.push_back({{&init, &yielded}, {argument}});
  return flows;
}

SmallVector<Flow, 4> spmd::flowsOf(Operation *op) {
  if (func::FuncOp callee = calleeOf(op))
    return flowsOfCall(op, callee);
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return flowsOfFor(loop);
  if (auto choice = dyn_cast<scf::IfOp>(op))
    return flowsOfIf(choice);
  return flowsOfWhile(cast<scf::WhileOp>(op));
}

SmallVector<Type, 4> spmd::flowTypesOf(Operation *op) {
  SmallVector<Type, 4> types(op->getResultTypes());
  if (isa<scf::WhileOp>(op))
    llvm::append_range(types, op->getOperandTypes());
  return types;
}

SmallVector<Block *> spmd::blocksOf(Operation *root) {
  SmallVector<Block *> blocks;
  root->walk([&](Block *block) { blocks.push_back(block); });
  return blocks;
}

void spmd::forEachUsed(Operation *op, llvm::function_ref<void(Value)> visit) {
  op->walk([&](Operation *inner) {
    for (Value operand : inner->getOperands())
      visit(operand);
  });
}

bool spmd::usesAny(Operation *op,
                   const llvm::SmallPtrSetImpl<Operation *> &ops) {
  bool uses = false;
  forEachUsed(
      op, [&](Value value) { uses |= ops.contains(value.getDefiningOp()); });
  return uses;
}

std::optional<std::pair<Operation *, unsigned>>
spmd::flowOf(BlockArgument argument) {
  Operation *op = argument.getOwner()->getParentOp();
  unsigned number = argument.getArgNumber();
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    if (number == 0)
      return std::nullopt;
    return std::pair(op, number - loop.getNumInductionVars());
  }
  if (auto loop = dyn_cast<scf::WhileOp>(op)) {
    bool isBefore = argument.getOwner() == loop.getBeforeBody();
    return std::pair(op, isBefore ? number + op->getNumResults() : number);
  }
  return std::nullopt;
}
