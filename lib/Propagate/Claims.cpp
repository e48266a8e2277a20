#include "moe/Propagate/Claims.h"

#include "llvm/ADT/STLExtras.h"
#include <deque>

using namespace moe::propagate;

bool ClaimSet::add(const Claim &claim) {
  auto key = [](const Claim &c) { return std::pair(c.strength(), c.origin); };
  for (Claim &other : claims)
    if (other.axes == claim.axes) {
      if (!(key(claim) < key(other)))
        return false;
      other = claim;
      return true;
    }
  claims.push_back(claim);
  return true;
}

std::optional<AxisList> moe::propagate::admit(const OpNode &op, int factor,
                                              const AxisList &list) {
  if (!op.pin)
    return list;
  const Pin &pin = *op.pin;
  if (!pin.open[factor])
    return std::nullopt;
  AxisList kept;
  for (int atom : list) {
    bool isTaken = contains(pin.closed, atom);
    for (auto [other, axes] : llvm::enumerate(pin.dims))
      isTaken |= static_cast<int>(other) != factor && contains(axes, atom);
    if (!isTaken)
      kept.push_back(atom);
  }
  if (kept.empty() || !isPrefix(pin.dims[factor], kept))
    return std::nullopt;
  return kept;
}

namespace {

class Spreader {
public:
  Spreader(const Graph &graph, const ClaimLimits &limits)
      : graph(graph), limits(limits), opClaims(graph.ops.size()),
        tensorClaims(graph.tensors.size()), isQueued(graph.ops.size(), true) {
    for (auto [index, op] : llvm::enumerate(graph.ops)) {
      opClaims[index].resize(op.factors.size());
      if (op.pin)
        seed(op, opClaims[index]);
      queue.push_back(index);
    }
    for (auto [index, tensor] : llvm::enumerate(graph.tensors))
      tensorClaims[index].resize(tensor.shape.sizes.size());
  }

  OpClaims run() {
    while (!queue.empty()) {
      int op = queue.front();
      queue.pop_front();
      isQueued[op] = false;
      visit(op);
    }
    return std::move(opClaims);
  }

private:
  void seed(const OpNode &op, llvm::MutableArrayRef<ClaimSet> claims);
  void visit(int index);
  void gather(int index, const Port &port);
  void give(int index, const Port &port);
  std::optional<Claim> incoming(int index, int factor, Claim claim) const;
  void enqueue(int op) {
    if (!isQueued[op])
      queue.push_back(op);
    isQueued[op] = true;
  }

  const Graph &graph;
  const ClaimLimits &limits;
  OpClaims opClaims;
  std::vector<llvm::SmallVector<ClaimSet, 4>> tensorClaims;
  std::deque<int> queue;
  std::vector<bool> isQueued;
};

void Spreader::seed(const OpNode &op, llvm::MutableArrayRef<ClaimSet> claims) {
  for (auto [factor, axes] : llvm::enumerate(op.pin->dims))
    if (!axes.empty())
      claims[factor].add({axes, op.pin->priority[factor], OpClass::Elementwise,
                          op.pin->origin});
}

// The claim as the op takes it, if it does.
std::optional<Claim> Spreader::incoming(int index, int factor,
                                        Claim claim) const {
  std::optional<AxisList> admitted =
      admit(graph.ops[index], factor, claim.axes);
  if (!admitted)
    return std::nullopt;
  claim.axes = *admitted;
  if (!limits.decided.empty() && limits.decided[index]) {
    const AxisList &allowed = (*limits.decided[index])[factor];
    AxisList kept;
    for (int atom : claim.axes)
      if (contains(allowed, atom))
        kept.push_back(atom);
    claim.axes = commonPrefix(kept, allowed);
  }
  if (claim.axes.empty())
    return std::nullopt;
  return claim;
}

void Spreader::gather(int index, const Port &port) {
  for (auto [dim, factor] : llvm::enumerate(port.factors)) {
    if (factor == spmd::kNoFactor)
      continue;
    for (const Claim &claim : tensorClaims[port.tensor][dim].get())
      if (std::optional<Claim> taken = incoming(index, factor, claim))
        opClaims[index][factor].add(*taken);
  }
}

void Spreader::give(int index, const Port &port) {
  const OpNode &op = graph.ops[index];
  bool isChanged = false;
  for (auto [dim, factor] : llvm::enumerate(port.factors)) {
    if (factor == spmd::kNoFactor)
      continue;
    for (Claim claim : opClaims[index][factor].get()) {
      if (!limits.stopped.empty())
        claim.axes.erase(llvm::find_if(claim.axes,
                                       [&](int atom) {
                                         return contains(limits.stopped[index],
                                                         atom);
                                       }),
                         claim.axes.end());
      if (claim.axes.empty())
        continue;
      claim.opClass = std::max(claim.opClass, op.opClass);
      isChanged |= tensorClaims[port.tensor][dim].add(claim);
    }
  }
  if (!isChanged)
    return;
  const TensorNode &tensor = graph.tensors[port.tensor];
  enqueue(tensor.producer);
  for (int user : tensor.users)
    enqueue(user);
}

void Spreader::visit(int index) {
  const OpNode &op = graph.ops[index];
  for (const Port &port : op.operands)
    gather(index, port);
  for (const Port &port : op.results)
    gather(index, port);
  for (const Port &port : op.operands)
    give(index, port);
  for (const Port &port : op.results)
    give(index, port);
}

} // namespace

OpClaims moe::propagate::spreadClaims(const Graph &graph,
                                      const ClaimLimits &limits) {
  return Spreader(graph, limits).run();
}
