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
