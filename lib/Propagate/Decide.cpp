#include "Decider.h"

#include "moe/Propagate/DivideAxes.h"
#include "moe/Propagate/SplitSums.h"

#include <map>

using namespace moe::propagate;

namespace {

constexpr int kMaxSweeps = 12;

/// Factors in an order that letters and operand order have no part in: by their
/// place in the results, then by size.
llvm::SmallVector<int, 8> canonicalFactors(const OpNode &op) {
  auto place = [&](int factor) {
    for (auto [index, port] : llvm::enumerate(op.results))
      for (auto [dim, factors] : llvm::enumerate(port.factors))
        if (factors.contains(factor))
          return std::array<int64_t, 4>{
              static_cast<int64_t>(index), static_cast<int64_t>(dim),
              llvm::find(factors, factor) - factors.begin(), factor};
    return std::array<int64_t, 4>{static_cast<int64_t>(op.results.size()), 0,
                                  -op.factors[factor].size, factor};
  };
  auto order = llvm::to_vector<8>(llvm::seq<int>(0, op.factors.size()));
  llvm::sort(order, [&](int a, int b) { return place(a) < place(b); });
  return order;
}

} // namespace

// An open op is contested itself or has claims that came through a contest.
void Decider::findOpenOps() {
  size_t count = graph.ops.size();
  all = spreadClaims(graph);
  ClaimLimits limits;
  std::vector<Candidates> candidates;
  for (size_t op = 0; op < count; ++op) {
    candidates.push_back(settle(all[op]));
    limits.stopped.push_back(candidates.back().contested());
  }
  firm = spreadClaims(graph, limits);
  isOpen.assign(count, false);
  isDecided.assign(count, true);
  state.resize(count);
  for (size_t op = 0; op < count; ++op) {
    bool isContested = !limits.stopped[op].empty();
    isOpen[op] = isContested || settle(firm[op]).lists != candidates[op].lists;
    state[op].assignment = candidates[op].first();
    if (graph.ops[op].isFree())
      isOpen[op] = isDecided[op] = false;
    else if (isOpen[op] && graph.ops[op].pin)
      state[op].assignment.assign(graph.ops[op].pin->dims.begin(),
                                  graph.ops[op].pin->dims.end());
    else if (isOpen[op])
      isDecided[op] = false;
  }
}

//===----------------------------------------------------------------------===//
// One op
//===----------------------------------------------------------------------===//

// Lists of a neighbour become claims, as strong as the claims they are part of.
void Decider::addSupport(int op, const Port &port, const Placement &placement,
                         llvm::SmallVectorImpl<ClaimSet> &claims) const {
  for (auto [factors, axes] : llvm::zip(port.factors, placement.dims)) {
    if (factors.empty() || axes.empty())
      continue;
    auto parts =
        divideAxes(factors, axes, graph.ops[op].factors, all[op], graph.atoms);
    for (auto [factor, part] : llvm::zip(factors, parts))
      addSupport(op, factor, part, claims[factor]);
  }
}

void Decider::addSupport(int op, int factor, const AxisList &axes,
                         ClaimSet &claims) const {
  std::optional<AxisList> admitted = admit(graph.ops[op], factor, axes);
  if (axes.empty() || !admitted)
    return;
  Claim claim{*admitted, std::numeric_limits<int>::max(), OpClass::Other,
              kNoOrigin};
  for (const Claim &known : all[op][factor].get())
    if (llvm::all_of(*admitted,
                     [&](int a) { return contains(known.axes, a); }) &&
        known.strength() < claim.strength()) {
      claim = known;
      claim.axes = *admitted;
    }
  claims.add(claim);
}

// What the op's neighbours really use now, besides what is sure.
llvm::SmallVector<ClaimSet, 8> Decider::supportedClaims(int op) const {
  const OpNode &node = graph.ops[op];
  llvm::SmallVector<ClaimSet, 8> claims = firm[op];
  for (const Port &port : node.operands) {
    int producer = graph.tensors[port.tensor].producer;
    if (!isDecided[producer])
      continue;
    const OpNode &source = graph.ops[producer];
    for (const Port &result : source.results)
      if (result.tensor == port.tensor)
        addSupport(op, port,
                   yieldOf(source, result, state[producer].assignment), claims);
  }
  for (const Port &result : node.results)
    for (const Placement &need : decidedNeeds(result.tensor))
      addSupport(op, result, need, claims);
  return claims;
}

// The distinct layouts in which decided users need the tensor, in an order of
// their own.
llvm::SmallVector<Placement, 4> Decider::decidedNeeds(int tensor) const {
  llvm::SmallVector<Placement, 4> needs;
  for (int user : graph.tensors[tensor].users) {
    if (!isDecided[user])
      continue;
    for (const Port &port : graph.ops[user].operands)
      if (port.tensor == tensor) {
        Placement need = needOf(port, state[user].assignment);
        if (!llvm::is_contained(needs, need))
          needs.push_back(need);
      }
  }
  llvm::sort(needs, [](const Placement &a, const Placement &b) {
    return a.dims < b.dims;
  });
  return needs;
}

// Bytes that a rank receives of an operand; 0 while its producer is undecided.
double Decider::operandBytes(const Port &port, const Placement &need) const {
  const TensorNode &tensor = graph.tensors[port.tensor];
  if (!isDecided[tensor.producer])
    return 0;
  const OpNode &source = graph.ops[tensor.producer];
  double bytes = 0;
  for (const Port &result : source.results)
    if (result.tensor == port.tensor)
      bytes += receivedBytes(
          yieldOf(source, result, state[tensor.producer].assignment), need,
          tensor.shape, graph.atoms);
  return bytes;
}

// Bytes that ranks receive to bring a result to its users.
double Decider::resultBytes(int op, const Port &result,
                            const Assignment &assignment) const {
  const TensorShape &shape = graph.tensors[result.tensor].shape;
  Placement yield = yieldOf(graph.ops[op], result, assignment);
  llvm::SmallVector<Placement, 4> needs = decidedNeeds(result.tensor);
  // Partial values must be reduced whoever uses them: at least scattered.
  if (needs.empty()) {
    needs.push_back(yield.reduced());
    if (!needs[0].dims.empty())
      llvm::append_range(needs[0].dims[0], yield.unreduced);
  }
  return planFanOut(yield, needs, shape, graph.atoms).bytes;
}

Cost Decider::costOf(int op, const Assignment &assignment) const {
  const OpNode &node = graph.ops[op];
  Cost cost;
  for (const AxisList &axes : assignment)
    cost.ranks *= graph.atoms.sizeOf(axes);

  llvm::SmallVector<std::pair<int, Placement>, 4> seen;
  for (const Port &port : node.operands) {
    std::pair<int, Placement> need(port.tensor, needOf(port, assignment));
    if (llvm::is_contained(seen, need))
      continue;
    seen.push_back(need);
    cost.operandBytes += operandBytes(port, need.second);
  }
  cost.bytes = cost.operandBytes;
  cost.bytes += exchangedBytes(node, assignment, graph);

  for (const Port &result : node.results) {
    if (!yieldOf(node, result, assignment).unreduced.empty())
      cost.partialBytes += graph.tensors[result.tensor].shape.bytes();
    cost.bytes += resultBytes(op, result, assignment);
  }
  return cost;
}

bool Decider::isPreferred(int op, const Assignment &a, const Cost &costA,
                          const Assignment &b, const Cost &costB) const {
  if (int order = costA.compare(costB))
    return order < 0;
  for (int factor : canonicalFactors(graph.ops[op]))
    if (a[factor] != b[factor])
      return std::pair(-static_cast<int>(a[factor].size()), a[factor]) <
             std::pair(-static_cast<int>(b[factor].size()), b[factor]);
  return false;
}

// For each contested axis the best choice that gives it to another factor.
void Decider::findContests(const Candidates &candidates,
                           llvm::ArrayRef<Assignment> choices,
                           llvm::ArrayRef<Cost> costs, size_t best,
                           OpDecision &decision) const {
  for (int atom : candidates.contested()) {
    Contest contest;
    contest.atom = atom;
    contest.winner = holderOf(choices[best], atom);
    contest.bytes = costs[best].bytes;
    for (auto [choice, cost] : llvm::zip(choices, costs)) {
      int holder = holderOf(choice, atom);
      if (holder == contest.winner || holder == spmd::kNoFactor)
        continue;
      if (contest.loser != spmd::kNoFactor && contest.loserBytes <= cost.bytes)
        continue;
      contest.loser = holder;
      contest.loserBytes = cost.bytes;
      contest.losing = choice;
    }
    if (contest.loser != spmd::kNoFactor)
      decision.contests.push_back(contest);
  }
}

OpDecision Decider::decideOp(int op) const {
  Candidates candidates = settle(supportedClaims(op));
  // Axes that are claimed only because a neighbour uses them may be declined.
  AxisList optional;
  Assignment sure = settle(firm[op]).first();
  for (auto [factor, lists] : llvm::enumerate(candidates.lists))
    for (const AxisList &list : lists)
      for (int atom : list)
        if (!contains(sure[factor], atom))
          optional.push_back(atom);
  llvm::SmallVector<Assignment, 8> choices;
  llvm::SmallVector<Cost, 8> costs;
  size_t best = 0;
  ChoiceSpace(candidates, optional).explore([&](const Assignment &choice) {
    choices.push_back(choice);
    costs.push_back(costOf(op, choice));
    size_t last = choices.size() - 1;
    if (last &&
        !isPreferred(op, choice, costs[last], choices[best], costs[best]))
      return false;
    best = last;
    return true;
  });
  OpDecision decision;
  decision.assignment = choices[best];
  findContests(candidates, choices, costs, best, decision);
  return decision;
}

//===----------------------------------------------------------------------===//
// All ops
//===----------------------------------------------------------------------===//

bool Decider::sweepLevel(llvm::ArrayRef<int> ops) {
  llvm::SmallVector<OpDecision, 8> decisions;
  for (int op : ops)
    decisions.push_back(decideOp(op));
  bool isChanged = false;
  for (auto [op, decision] : llvm::zip(ops, decisions)) {
    isChanged |= !isDecided[op] || state[op].assignment != decision.assignment;
    state[op] = std::move(decision);
    isDecided[op] = true;
  }
  return isChanged;
}

void Decider::sweep() {
  std::map<int, llvm::SmallVector<int, 4>> levels;
  std::vector<int> levelOf(graph.ops.size(), 0);
  for (auto [index, op] : llvm::enumerate(graph.ops)) {
    for (const Port &port : op.operands)
      levelOf[index] = std::max(
          levelOf[index], levelOf[graph.tensors[port.tensor].producer] + 1);
    if (isOpen[index])
      levels[levelOf[index]].push_back(index);
  }
  bool isChanged = true;
  while (isChanged && sweeps < kMaxSweeps) {
    isChanged = false;
    for (auto &[level, ops] : levels)
      isChanged |= sweepLevel(ops);
    for (auto &[level, ops] : llvm::reverse(levels))
      isChanged |= sweepLevel(ops);
    sweeps += 2;
  }
}

void Decider::declineNeedlessSplits() {
  std::vector<Assignment> assignments;
  for (const OpDecision &decision : state)
    assignments.push_back(decision.assignment);
  for (auto &[op, assignment] : findNeedlessSplits(graph, assignments)) {
    OpDecision &decision = state[op];
    decision.assignment = assignment;
    isOpen[op] = isDecided[op] = true;
    llvm::erase_if(decision.contests, [&](const Contest &contest) {
      return holderOf(decision.assignment, contest.atom) != contest.winner;
    });
  }
}

// An argument takes what all its users need of it, behind what is pinned.
void Decider::placeArgument(int op, OpDecision &decision,
                            const std::vector<OpDecision> &others) const {
  const OpNode &node = graph.ops[op];
  const Port &port = node.results[0];
  llvm::SmallVector<std::optional<AxisList>, 4> common(node.factors.size());
  for (int user : graph.tensors[port.tensor].users)
    for (const Port &use : graph.ops[user].operands)
      if (use.tensor == port.tensor) {
        Placement need = needOf(use, others[user].assignment);
        for (auto [factors, axes] : llvm::zip(port.factors, need.dims)) {
          std::optional<AxisList> &shared = common[factors.only()];
          shared = shared ? commonPrefix(*shared, axes) : axes;
        }
      }
  for (auto [factor, axes] : llvm::enumerate(decision.assignment)) {
    axes = node.pin ? node.pin->dims[factor] : AxisList();
    if (!common[factor])
      continue;
    if (std::optional<AxisList> admitted = admit(node, factor, *common[factor]))
      if (isPrefix(*admitted, *common[factor]))
        axes = *admitted;
  }
}

// Claims that meet only now may want one axis on two factors: the first of them
// in an order of their own keeps it, and lists end before what is taken.
static void dropRepeated(const OpNode &op, Assignment &assignment) {
  AxisList used;
  for (int factor : canonicalFactors(op)) {
    AxisList &axes = assignment[factor];
    axes.erase(
        llvm::find_if(axes, [&](int atom) { return contains(used, atom); }),
        axes.end());
    llvm::append_range(used, axes);
  }
}

// The annotation behind a list, or behind the longest beginning of it that has
// one.
static int originOf(AxisList axes, const ClaimSet &claims) {
  for (; !axes.empty(); axes.pop_back()) {
    const Claim *source = nullptr;
    for (const Claim &claim : claims.get())
      if (isPrefix(axes, claim.axes) &&
          (!source || std::pair(claim.axes.size(), claim.origin) <
                          std::pair(source->axes.size(), source->origin)))
        source = &claim;
    if (source)
      return source->origin;
  }
  return kNoOrigin;
}

Decisions Decider::conclude() {
  ClaimLimits limits;
  for (size_t op = 0; op < graph.ops.size(); ++op)
    limits.decided.push_back(isOpen[op] ? std::optional(state[op].assignment)
                                        : std::nullopt);
  OpClaims last = spreadClaims(graph, limits);
  Decisions decisions;
  decisions.sweeps = sweeps;
  decisions.openOps = llvm::count(isOpen, true);
  decisions.ops.resize(graph.ops.size());
  for (auto [op, decision] : llvm::enumerate(decisions.ops)) {
    decision.assignment = settle(last[op]).first();
    dropRepeated(graph.ops[op], decision.assignment);
    decision.contests = state[op].contests;
  }
  takePieces(decisions);
  for (auto [op, node] : llvm::enumerate(graph.ops))
    if (node.isArgument)
      placeArgument(op, decisions.ops[op], decisions.ops);
  for (auto [op, decision] : llvm::enumerate(decisions.ops))
    for (auto [factor, axes] : llvm::enumerate(decision.assignment))
      decision.origins.push_back(originOf(axes, last[op][factor]));
  return decisions;
}

Decisions Decider::run() {
  findOpenOps();
  sweep();
  settleTogether();
  declineNeedlessSplits();
  return conclude();
}

Placement moe::propagate::placementOf(const Graph &graph,
                                      const Decisions &decisions, int tensor) {
  int producer = graph.tensors[tensor].producer;
  for (const Port &result : graph.ops[producer].results)
    if (result.tensor == tensor)
      return yieldOf(graph.ops[producer], result,
                     decisions.ops[producer].assignment);
  llvm_unreachable("a producer has its tensors as results");
}

Decisions moe::propagate::decide(const Graph &graph) {
  return Decider(graph).run();
}
