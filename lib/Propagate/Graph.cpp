#include "moe/Propagate/Graph.h"

#include "llvm/ADT/STLExtras.h"

using namespace moe::propagate;

int Graph::addTensor(TensorShape shape, int producer) {
  tensors.push_back({std::move(shape), producer, {}});
  return tensors.size() - 1;
}

int Graph::addOp(OpNode op) {
  int index = ops.size();
  for (const Port &port : op.operands) {
    auto &users = tensors[port.tensor].users;
    if (users.empty() || users.back() != index)
      users.push_back(index);
  }
  ops.push_back(std::move(op));
  return index;
}

void Graph::addOperand(int op, Port port) {
  auto &users = tensors[port.tensor].users;
  if (!llvm::is_contained(users, op))
    users.push_back(op);
  ops[op].operands.push_back(std::move(port));
}

Placement moe::propagate::needOf(const Port &port,
                                 const Assignment &assignment) {
  Placement placement;
  for (int factor : port.factors)
    placement.dims.push_back(factor == spmd::kNoFactor ? AxisList()
                                                       : assignment[factor]);
  return placement;
}

Placement moe::propagate::yieldOf(const OpNode &op, const Port &result,
                                  const Assignment &assignment) {
  Placement placement = needOf(result, assignment);
  for (auto [factor, axes] : llvm::zip(op.factors, assignment))
    if (factor.kind == spmd::FactorKind::Reduction && !axes.empty()) {
      llvm::append_range(placement.unreduced, axes);
      placement.reduction = factor.reduction;
    }
  if (op.pin && !op.pin->unreduced.empty()) {
    placement.unreduced = op.pin->unreduced;
    placement.reduction = op.pin->reduction;
  }
  llvm::sort(placement.unreduced);
  return placement;
}

double moe::propagate::jointBytes(const OpNode &node, int factor,
                                  const Assignment &assignment,
                                  const Graph &graph) {
  const spmd::Factor &along = node.factors[factor];
  if (along.kind != spmd::FactorKind::Joint || assignment[factor].empty())
    return 0;
  const auto *port = llvm::find_if(node.operands, [&](const Port &operand) {
    return llvm::is_contained(operand.factors, factor);
  });
  if (port == node.operands.end())
    return 0;
  const TensorShape &shape = graph.tensors[port->tensor].shape;
  double lines = shape.bytes();
  for (auto [size, other] : llvm::zip(shape.sizes, port->factors))
    if (other == factor)
      lines /= std::max<int64_t>(size, 1);
    else if (other != spmd::kNoFactor)
      lines /= graph.atoms.sizeOf(assignment[other]);
  double others = graph.atoms.sizeOf(assignment[factor]) - 1;
  return lines * std::min<double>(along.fromEach * others, along.atMost);
}

int moe::propagate::holderOf(const Assignment &assignment, int atom) {
  for (auto [factor, axes] : llvm::enumerate(assignment))
    if (contains(axes, atom))
      return factor;
  return spmd::kNoFactor;
}
