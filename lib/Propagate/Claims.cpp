#include "moe/Propagate/DivideAxes.h"

#include "llvm/ADT/STLExtras.h"
#include <deque>

using namespace moe::propagate;

bool ClaimSet::add(const Claim &claim) {
  auto key = [](const Claim &c) {
    return std::tuple(c.strength(), c.isComposed, c.origin);
  };
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

bool ClaimSet::covers(const AxisList &axes) const {
  return axes.empty() || llvm::any_of(claims, [&](const Claim &claim) {
           return isPrefix(axes, claim.axes);
         });
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

/// Lists of one dimension beyond these are not passed on.
static constexpr size_t kMaxComposed = 8;

// The claims without those that are the beginning of another.
static llvm::SmallVector<Claim, 2> longest(const ClaimSet &set) {
  llvm::SmallVector<Claim, 2> claims;
  for (const Claim &claim : set.get())
    if (llvm::none_of(set.get(), [&](const Claim &other) {
          return other.axes.size() > claim.axes.size() &&
                 isPrefix(claim.axes, other.axes);
        }))
      claims.push_back(claim);
  llvm::sort(claims, [](const Claim &a, const Claim &b) {
    return std::tuple(a.strength(), a.axes) < std::tuple(b.strength(), b.axes);
  });
  return claims;
}

// `minor` behind `major`, as sure as the less sure of both.
static Claim compose(const Claim &major, const Claim &minor) {
  if (major.axes.empty())
    return minor;
  Claim both = major;
  for (int atom : minor.axes)
    if (!contains(both.axes, atom))
      both.axes.push_back(atom);
  both.priority = std::max(both.priority, minor.priority);
  both.opClass = std::max(both.opClass, minor.opClass);
  both.isComposed = true;
  return both;
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
  llvm::SmallVector<Claim, 2> outgoing(int index,
                                       const spmd::FactorList &dim) const;
  bool stop(int index, Claim &claim) const;
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
  const OpNode &op = graph.ops[index];
  auto &claims = opClaims[index];
  for (auto [dim, factors] : llvm::enumerate(port.factors)) {
    if (factors.empty())
      continue;
    for (Claim claim : tensorClaims[port.tensor][dim].get()) {
      auto parts =
          divideAxes(factors, claim.axes, op.factors, claims, graph.atoms);
      for (auto [factor, part] : llvm::zip(factors, parts)) {
        claim.axes = part;
        // What was composed of the op's own claims says nothing new.
        if (claim.isComposed && claims[factor].covers(part))
          continue;
        if (std::optional<Claim> taken = incoming(index, factor, claim))
          claims[factor].add(*taken);
      }
    }
  }
}

// Ends the list where the op stops it; whether it does.
bool Spreader::stop(int index, Claim &claim) const {
  if (limits.stopped.empty())
    return false;
  auto *end = llvm::find_if(claim.axes, [&](int atom) {
    return contains(limits.stopped[index], atom);
  });
  bool stops = end != claim.axes.end();
  claim.axes.erase(end, claim.axes.end());
  return stops;
}

// What the op's claims mean for a dimension: each choice of one claim of each
// factor, up to where it is stopped.
llvm::SmallVector<Claim, 2>
Spreader::outgoing(int index, const spmd::FactorList &dim) const {
  const auto &claims = opClaims[index];
  llvm::SmallVector<Claim, 2> ended, open;
  if (!dim.isCompound()) {
    for (Claim claim : claims[dim.only()].get()) {
      stop(index, claim);
      ended.push_back(claim);
    }
    return ended;
  }
  open.emplace_back();
  for (int factor : dim) {
    if (claims[factor].empty())
      continue;
    llvm::SmallVector<Claim, 2> next;
    for (const Claim &major : open)
      for (Claim minor : longest(claims[factor])) {
        bool stops = stop(index, minor);
        (stops ? ended : next)
            .push_back(minor.axes.empty() ? major : compose(major, minor));
      }
    if (next.size() > kMaxComposed)
      next.truncate(kMaxComposed);
    open = std::move(next);
  }
  llvm::append_range(ended, open);
  return ended;
}

void Spreader::give(int index, const Port &port) {
  const OpNode &op = graph.ops[index];
  bool isChanged = false;
  for (auto [dim, factors] : llvm::enumerate(port.factors)) {
    if (factors.empty())
      continue;
    for (Claim claim : outgoing(index, factors)) {
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
