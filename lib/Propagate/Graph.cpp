#include "moe/Propagate/Graph.h"

#include "llvm/ADT/STLExtras.h"

using namespace moe::propagate;

int Graph::addTensor(TensorShape shape, int producer) {
  tensors.push_back({std::move(shape), producer, {}});
  return tensors.size() - 1;
}

// Ops come one behind the other.
static void noteUser(Graph &graph, const OpNode &op, int index) {
  for (const Port &port : op.operands) {
    auto &users = graph.tensors[port.tensor].users;
    if (users.empty() || users.back() != index)
      users.push_back(index);
  }
}

int Graph::addOp(OpNode op) {
  int index = ops.size();
  noteUser(*this, op, index);
  ops.push_back(std::move(op));
  return index;
}

void Graph::addOperand(int op, Port port) {
  auto &users = tensors[port.tensor].users;
  if (!llvm::is_contained(users, op))
    users.push_back(op);
  ops[op].operands.push_back(std::move(port));
}

void Graph::noteUsers() {
  for (TensorNode &tensor : tensors)
    tensor.users.clear();
  for (auto [index, op] : llvm::enumerate(ops)) {
    noteUser(*this, op, index);
    for (const Port &port : op.results)
      tensors[port.tensor].producer = index;
  }
}

Placement moe::propagate::needOf(const Port &port,
                                 const Assignment &assignment) {
  Placement placement;
  for (const spmd::FactorList &factors : port.factors) {
    AxisList &axes = placement.dims.emplace_back();
    for (int factor : factors)
      llvm::append_range(axes, assignment[factor]);
  }
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

// Bytes of the block that a rank has of what `port` carries.
static double blockBytes(const Port &port, const Assignment &assignment,
                         const Graph &graph) {
  double bytes = graph.tensors[port.tensor].shape.bytes();
  for (const AxisList &axes : needOf(port, assignment).dims)
    bytes /= graph.atoms.sizeOf(axes);
  return bytes;
}

static double jointBytes(const OpNode &node, int factor,
                         const Assignment &assignment, const Graph &graph) {
  const spmd::Factor &along = node.factors[factor];
  if (along.kind != spmd::FactorKind::Joint || assignment[factor].empty())
    return 0;
  const auto *port = llvm::find_if(node.operands, [&](const Port &operand) {
    return spmd::carries(operand.factors, factor);
  });
  if (port == node.operands.end())
    return 0;
  double ranks = graph.atoms.sizeOf(assignment[factor]);
  double lines = blockBytes(*port, assignment, graph) * ranks /
                 std::max<int64_t>(along.size, 1);
  return lines * std::min<double>(along.fromEach * (ranks - 1), along.atMost);
}

// Where a factor is cut in part and a minor one of its dimension as well, ranks
// have strips of what others need as rows; where it is cut unevenly, blocks
// that begin at whole rows share all but a row with those that need not.
static double compoundBytes(const Port &port, const OpNode &node,
                            const Assignment &assignment, const Graph &graph) {
  double held = 1, rows = 0;
  for (const spmd::FactorList &dim : port.factors) {
    if (!dim.isCompound())
      continue;
    int64_t minor = 1; // ranks along the factors behind
    for (int factor : llvm::reverse(dim)) {
      int64_t size = node.factors[factor].size,
              ranks = graph.atoms.sizeOf(assignment[factor]);
      if (ranks < size)
        held /= minor, minor = 1;
      if (size % ranks)
        rows = std::max(rows, static_cast<double>(ranks) / size);
      minor *= ranks;
    }
  }
  return blockBytes(port, assignment, graph) * std::min(1.0, 1 - held + rows);
}

double moe::propagate::exchangedBytes(const OpNode &node,
                                      const Assignment &assignment,
                                      const Graph &graph) {
  double bytes = 0, most = 0;
  for (size_t factor = 0; factor < node.factors.size(); ++factor)
    bytes += jointBytes(node, factor, assignment, graph);
  for (const Port &port : node.operands)
    most = std::max(most, compoundBytes(port, node, assignment, graph));
  for (const Port &port : node.results)
    most = std::max(most, compoundBytes(port, node, assignment, graph));
  return bytes + most;
}

int moe::propagate::holderOf(const Assignment &assignment, int atom) {
  for (auto [factor, axes] : llvm::enumerate(assignment))
    if (contains(axes, atom))
      return factor;
  return spmd::kNoFactor;
}
