#include "moe/Propagate/Materializer.h"

#include "moe/IR/WrittenRule.h"

using namespace mlir;
using namespace moe::propagate;
using spmd::ShardingRule;

//===----------------------------------------------------------------------===//
// What tensors have and what is needed of them
//===----------------------------------------------------------------------===//

Placement Materializer::placementOf(int tensor) const {
  return propagate::placementOf(graph.getGraph(), decisions, tensor);
}

SmallVector<Placement, 4> Materializer::needsOf(int tensor) const {
  const Graph &plain = graph.getGraph();
  SmallVector<Placement, 4> needs;
  for (int user : plain.tensors[tensor].users)
    for (const Port &port : plain.ops[user].operands)
      if (port.tensor == tensor) {
        Placement need = needOf(port, decisions.ops[user].assignment);
        if (!llvm::is_contained(needs, need))
          needs.push_back(need);
      }
  llvm::sort(needs, [](const Placement &a, const Placement &b) {
    return a.dims < b.dims;
  });
  return needs;
}

// Partial values appear where they are made and nowhere else.
LogicalResult Materializer::checkReduction(Location loc, const Placement &have,
                                           const Placement &need,
                                           int node) const {
  for (int atom : need.unreduced)
    if (!contains(have.unreduced, atom) || have.reduction != need.reduction)
      return emitError(loc)
             << graph.describeNode(node) << " wants values unreduced over "
             << graph.describe(need.unreduced) << " by "
             << stringifyReductionKind(need.reduction)
             << ", the value is unreduced over "
             << graph.describe(have.unreduced) << " by "
             << stringifyReductionKind(have.reduction)
             << "; annotate where the partial values are made";
  return success();
}

//===----------------------------------------------------------------------===//
// Values in the layouts that users need
//===----------------------------------------------------------------------===//

Value Materializer::makeReshard(Value base, int tensor, const Placement &from,
                                const Placement &to, int node) {
  builder.setInsertionPointAfterValue(base);
  spmd::ShardingAttr sharding = graph.shardingFor(to);
  StringAttr reason = builder.getStringAttr(reasonFor(tensor, from, to, node));
  auto reshard = spmd::ReshardOp::create(builder, base.getLoc(), base.getType(),
                                         base, sharding, reason);
  spmd::setSharding(reshard, sharding);
  if (isa<BlockArgument>(base))
    argumentReshards.push_back(reshard);
  const Graph &plain = graph.getGraph();
  reshardings.push_back(
      {tensor, from, to, node,
       receivedBytes(from, to, plain.tensors[tensor].shape, plain.atoms),
       reason});
  return reshard;
}

Value Materializer::makeDerived(OpResult value, const Placement &need,
                                int node) {
  Operation *original = value.getOwner();
  ShardingRule rule = *spmd::ruleOf(original);
  Assignment assignment(rule.factors.size());
  for (auto [factors, axes] : llvm::zip(rule.results[0], need.dims))
    assignment[factors.only()] = axes;

  SmallVector<Value> operands;
  for (auto [operand, factors] :
       llvm::zip(original->getOperands(), rule.operands)) {
    if (!isa<RankedTensorType>(operand.getType())) {
      operands.push_back(operand);
      continue;
    }
    Value input = obtain(operand, needOf({0, factors}, assignment), node);
    if (!input)
      return {};
    operands.push_back(input);
  }
  builder.setInsertionPoint(original);
  Operation *copy = original->clone();
  builder.insert(copy);
  copy->setOperands(operands);
  spmd::setSharding(copy->getResult(0), graph.shardingFor(need));
  return copy->getResult(0);
}

Value Materializer::obtain(Value value, const Placement &need, int node) {
  Value &result = made[{value, graph.shardingFor(need)}];
  if (result)
    return result;
  // Further values are made below, which may move `result`.
  Value fresh;
  if (graph.isDerived(value)) {
    if (failed(checkReduction(value.getLoc(), {}, need, node)))
      return {};
    fresh = makeDerived(cast<OpResult>(value), need, node);
  } else {
    int tensor = graph.tensorFor(value);
    Placement have = placementOf(tensor);
    Value base = current.lookup(value);
    base = base ? base : value;
    if (failed(checkReduction(value.getLoc(), have, need, node)))
      return {};
    if (have == need) {
      fresh = base;
    } else {
      const Graph &plain = graph.getGraph();
      FanOut plan = planFanOut(have, needsOf(tensor),
                               plain.tensors[tensor].shape, plain.atoms);
      if (plan.base && *plan.base != have && *plan.base != need) {
        base = obtain(value, *plan.base, node);
        have = *plan.base;
      }
      fresh = makeReshard(base, tensor, have, need, node);
    }
  }
  made[{value, graph.shardingFor(need)}] = fresh;
  return fresh;
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

LogicalResult Materializer::placeOp(Operation *op) {
  ShardingRule rule = *spmd::ruleOf(op);
  int node = graph.nodeFor(op);
  const Assignment &assignment = decisions.ops[node].assignment;
  for (auto [index, factors] : llvm::enumerate(rule.operands)) {
    Value operand = op->getOperand(index);
    if (!isa<RankedTensorType>(operand.getType()))
      continue;
    Value value = obtain(operand, needOf({0, factors}, assignment), node);
    if (!value)
      return failure();
    op->setOperand(index, value);
  }
  for (Value result : op->getResults())
    if (isa<RankedTensorType>(result.getType()))
      spmd::setSharding(
          result, graph.shardingFor(placementOf(graph.tensorFor(result))));
  return success();
}

LogicalResult Materializer::placeAnnotate(spmd::AnnotateOp op) {
  Value value = obtain(op.getInput(), placementOf(graph.tensorFor(op)),
                       graph.nodeFor(op));
  if (!value)
    return failure();
  current[op.getResult()] = value;
  return success();
}

Placement Materializer::pinnedNeed(int node) const {
  const OpNode &plain = graph.getGraph().ops[node];
  Port port{0, spmd::identityFactors(plain.factors.size())};
  return yieldOf(plain, port, decisions.ops[node].assignment);
}

// Operands that nodes pin, one behind the other.
LogicalResult Materializer::placePinned(Operation *op) {
  int node = graph.nodeFor(op);
  for (OpOperand &operand : op->getOpOperands()) {
    Value value = obtain(operand.get(), pinnedNeed(node), node);
    if (!value)
      return failure();
    operand.set(value);
    ++node;
  }
  return success();
}

LogicalResult Materializer::placeManual(spmd::ManualOp op) {
  if (failed(placePinned(op)))
    return failure();
  for (Value result : op.getResults())
    spmd::setSharding(result,
                      graph.shardingFor(placementOf(graph.tensorFor(result))));
  if (!op.getOver())
    return success();
  Block &body = op.getBody().front();
  if (failed(placeBlock(body)))
    return failure();
  return placePinned(body.getTerminator());
}

LogicalResult Materializer::placeReturn(func::ReturnOp op) {
  for (auto [index, operand] : llvm::enumerate(op.getOperands())) {
    if (!isa<RankedTensorType>(operand.getType()))
      continue;
    int node = graph.nodeForReturn(index);
    Placement need = pinnedNeed(node);
    Value value = obtain(operand, need, node);
    if (!value)
      return failure();
    op->setOperand(index, value);
    func.setResultAttr(index, spmd::SpmdDialect::getShardingAttrName(),
                       graph.shardingFor(need));
  }
  return success();
}

void Materializer::placeArguments() {
  for (BlockArgument argument : func.getArguments())
    if (isa<RankedTensorType>(argument.getType()))
      spmd::setSharding(
          argument, graph.shardingFor(placementOf(graph.tensorFor(argument))));
}

// Regions first where a flow ends them: what they yield is made in them.
LogicalResult Materializer::placeControlFlow(Operation *op) {
  SmallVector<spmd::Flow, 4> flows = spmd::flowsOf(op);
  for (const spmd::Flow &flow : flows)
    for (Value value : flow.values)
      spmd::setSharding(value,
                        graph.shardingFor(placementOf(graph.tensorFor(value))));
  for (Region *region : spmd::regionsOf(op))
    for (Block &block : *region)
      if (failed(placeBlock(block)))
        return failure();
  for (const spmd::Flow &flow : flows) {
    int tensor = graph.tensorFor(flow.values.front());
    for (OpOperand *source : flow.sources) {
      Value value = obtain(source->get(), placementOf(tensor),
                           graph.nodeForFlow(flow.values.front()));
      if (!value)
        return failure();
      source->set(value);
    }
  }
  if (func::FuncOp callee = spmd::calleeOf(op))
    for (OpResult result : op->getResults())
      callee.setResultAttr(result.getResultNumber(),
                           spmd::SpmdDialect::getShardingAttrName(),
                           spmd::getSharding(result));
  return success();
}

LogicalResult Materializer::placeBlock(Block &block) {
  SmallVector<Operation *> originals;
  for (Operation &op : block.without_terminator())
    originals.push_back(&op);
  auto isTensor = [](Type type) { return isa<RankedTensorType>(type); };
  for (Operation *op : originals) {
    LogicalResult result = success();
    if (spmd::isControlFlow(op) || spmd::calleeOf(op)) {
      result = placeControlFlow(op);
    } else if (auto manual = dyn_cast<spmd::ManualOp>(op)) {
      result = placeManual(manual);
    } else if (auto annotate = dyn_cast<spmd::AnnotateOp>(op)) {
      result = placeAnnotate(annotate);
      replaced.push_back(op);
    } else if (llvm::any_of(op->getResultTypes(), isTensor) &&
               graph.isDerived(op->getResult(0))) {
      replaced.push_back(op);
    } else if (llvm::any_of(op->getResultTypes(), isTensor) ||
               llvm::any_of(op->getOperandTypes(), isTensor)) {
      result = placeOp(op);
    }
    if (failed(result))
      return failure();
  }
  return success();
}

LogicalResult Materializer::run() {
  placeArguments();
  Block &block = func.getBody().front();
  if (failed(placeBlock(block)) ||
      failed(placeReturn(cast<func::ReturnOp>(block.getTerminator()))))
    return failure();
  for (Operation *op : llvm::reverse(replaced))
    op->erase();
  sinkArgumentReshards();
  return success();
}

// Arguments are there from the beginning, but gathered weights need not be.
void Materializer::sinkArgumentReshards() {
  for (spmd::ReshardOp reshard : argumentReshards) {
    Operation *first = nullptr;
    for (Operation *user : reshard->getUsers()) {
      // Before a loop, not in it: once is enough.
      user = reshard->getBlock()->findAncestorOpInBlock(*user);
      if (!first || user->isBeforeInBlock(first))
        first = user;
    }
    if (first)
      reshard->moveBefore(first);
  }
}

//===----------------------------------------------------------------------===//
// Reasons
//===----------------------------------------------------------------------===//

// "moe.einsum at f.mlir:3:8 yields dimension 1 over {"expert"} (from ...)".
std::string Materializer::describeSide(int node, StringRef verb, int tensor,
                                       const Placement &placement) const {
  const OpNode &op = graph.getGraph().ops[node];
  const OpDecision &decision = decisions.ops[node];
  auto originOf = [&](const Port &port, size_t dim) {
    for (int factor : port.factors[dim])
      if (decision.origins[factor] != kNoOrigin)
        return decision.origins[factor];
    return kNoOrigin;
  };
  std::string text = graph.describeNode(node) + " " + verb.str() + " ";
  std::string dims;
  for (auto [dim, axes] : llvm::enumerate(placement.dims)) {
    if (axes.empty())
      continue;
    int origin = kNoOrigin;
    for (const auto *ports : {&op.results})
      for (const Port &port : *ports)
        if (port.tensor == tensor)
          origin = originOf(port, dim);
    for (const Port &port : op.operands)
      if (port.tensor == tensor && origin == kNoOrigin &&
          needOf(port, decision.assignment).dims[dim] == axes)
        origin = originOf(port, dim);
    dims += (dims.empty() ? "" : ", ");
    dims +=
        "dimension " + std::to_string(dim) + " over " + graph.describe(axes);
    if (origin != kNoOrigin)
      dims += " by " + graph.describeOrigin(origin).str();
  }
  if (!placement.unreduced.empty()) {
    dims += (dims.empty() ? "" : ", ") + std::string("partial over ") +
            graph.describe(placement.unreduced);
    for (auto [factor, origin] : llvm::zip(op.factors, decision.origins))
      if (factor.kind == spmd::FactorKind::Reduction && origin != kNoOrigin)
        dims += " by " + graph.describeOrigin(origin).str();
  }
  return text + (dims.empty() ? "it whole" : dims);
}

// "; moe.einsum at ... cuts dimension 1 of the result over {"expert"}: 96 bytes
// a rank, cutting dimension 0 would take 192".
std::string Materializer::describeContest(int node) const {
  const OpNode &op = graph.getGraph().ops[node];
  std::string text;
  for (const Contest &contest : decisions.ops[node].contests)
    text += "; " + graph.describeNode(node) + " gives " +
            graph.describe({contest.atom}) + " to " +
            describeFactor(op, contest.winner) + " at " +
            formatBytes(contest.bytes) + " bytes a rank, " +
            describeFactor(op, contest.loser) + " would take " +
            formatBytes(contest.loserBytes);
  return text;
}

std::string Materializer::reasonFor(int tensor, const Placement &from,
                                    const Placement &to, int node) const {
  int producer = graph.getGraph().tensors[tensor].producer;
  std::string text = describeSide(producer, "yields", tensor, from) + "; " +
                     describeSide(node, "needs", tensor, to);
  text += describeContest(producer);
  if (node != producer)
    text += describeContest(node);
  return text;
}
