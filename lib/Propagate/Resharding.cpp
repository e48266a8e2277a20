#include "moe/Propagate/Resharding.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace moe::propagate;

//===----------------------------------------------------------------------===//
// Ends
//===----------------------------------------------------------------------===//

static void addOrigin(ReshardEnd &end, int origin) {
  if (origin != kNoOrigin && !llvm::is_contained(end.origins, origin))
    end.origins.push_back(origin);
}

// The annotations behind the cuts of what `ports` carry of the tensor.
static void addOrigins(ReshardEnd &end, ArrayRef<Port> ports, int tensor,
                       const OpDecision &decision) {
  for (const Port &port : ports)
    if (port.tensor == tensor)
      for (const spmd::FactorList &factors : port.factors)
        for (int factor : factors)
          if (!decision.assignment[factor].empty())
            addOrigin(end, decision.origins[factor]);
}

ReshardEnd moe::propagate::producerEnd(const Graph &graph,
                                       const Decisions &decisions,
                                       const Resharding &resharding) {
  ReshardEnd end;
  end.node = graph.tensors[resharding.tensor].producer;
  const OpNode &op = graph.ops[end.node];
  const OpDecision &decision = decisions.ops[end.node];
  addOrigins(end, op.results, resharding.tensor, decision);
  if (!resharding.from.unreduced.empty())
    for (auto [factor, origin] : llvm::zip(op.factors, decision.origins))
      if (factor.kind == spmd::FactorKind::Reduction)
        addOrigin(end, origin);
  if (end.origins.empty() && op.pin)
    addOrigin(end, op.pin->origin);
  return end;
}

ReshardEnd moe::propagate::consumerEnd(const Graph &graph,
                                       const Decisions &decisions,
                                       const Resharding &resharding) {
  ReshardEnd end;
  end.node = resharding.node;
  const OpNode &op = graph.ops[end.node];
  const OpDecision &decision = decisions.ops[end.node];
  addOrigins(end, op.operands, resharding.tensor, decision);
  // What the op cuts instead over axes that the value gives up.
  for (auto [dim, axes] : llvm::enumerate(resharding.from.dims))
    for (int atom : axes)
      if (int holder = holderOf(decision.assignment, atom);
          holder != spmd::kNoFactor && !contains(resharding.to.dims[dim], atom))
        addOrigin(end, decision.origins[holder]);
  if (end.origins.empty() && op.pin)
    addOrigin(end, op.pin->origin);
  return end;
}

//===----------------------------------------------------------------------===//
// Kinds
//===----------------------------------------------------------------------===//

bool moe::propagate::isAskedFor(const Graph &graph,
                                const Resharding &resharding) {
  return graph.ops[resharding.node].pin.has_value();
}

bool moe::propagate::givesUpCuts(const Resharding &resharding) {
  return llvm::any_of(llvm::zip(resharding.from.dims, resharding.to.dims),
                      [](const auto &dims) {
                        return !isPrefix(std::get<0>(dims), std::get<1>(dims));
                      });
}

bool moe::propagate::replicates(const Resharding &resharding) {
  auto isWhole = [](const AxisList &axes) { return axes.empty(); };
  return !llvm::all_of(resharding.from.dims, isWhole) &&
         llvm::all_of(resharding.to.dims, isWhole);
}

//===----------------------------------------------------------------------===//
// Words
//===----------------------------------------------------------------------===//

std::string moe::propagate::describeFactor(const OpNode &op, int factor) {
  if (factor == spmd::kNoFactor)
    return "none";
  for (const Port &port : op.results)
    for (auto [dim, factors] : llvm::enumerate(port.factors))
      if (factors.contains(factor))
        return "dimension " + std::to_string(dim) + " of the result";
  return "a summed dimension of size " +
         std::to_string(op.factors[factor].size);
}

std::string moe::propagate::formatBytes(double bytes) {
  return llvm::formatv("{0:f0}", bytes).str();
}

std::string moe::propagate::describeRule(const FunctionGraph &graph,
                                         const Decisions &decisions,
                                         const Resharding &resharding) {
  const Graph &plain = graph.getGraph();
  const OpNode &op = plain.ops[resharding.node];
  const OpDecision &decision = decisions.ops[resharding.node];
  std::string name = graph.describeNode(resharding.node);
  if (op.pin)
    return "the annotation of " + name + " fixes the layout";
  for (const Port &port : op.operands) {
    if (port.tensor != resharding.tensor)
      continue;
    for (auto [dim, axes] : llvm::enumerate(resharding.from.dims)) {
      if (isPrefix(axes, resharding.to.dims[dim]))
        continue;
      std::string dimension = "dimension " + std::to_string(dim);
      if (port.factors[dim].empty())
        return name + " needs " + dimension + " whole";
      for (int atom : axes)
        if (int holder = holderOf(decision.assignment, atom);
            !contains(resharding.to.dims[dim], atom) &&
            holder != spmd::kNoFactor)
          return name + " can cut one dimension over " +
                 graph.describe({atom}) + " and cuts " +
                 describeFactor(op, holder);
      return name + " takes " + dimension + " as its other values have it";
    }
  }
  if (!resharding.from.unreduced.empty())
    return graph.describeNode(plain.tensors[resharding.tensor].producer) +
           " splits a sum over " + graph.describe(resharding.from.unreduced);
  return name + " takes its operands in one layout";
}

// `dimension 0 over {"x"}, dimension 1 over {"y"}`
static std::string describePlacement(const FunctionGraph &graph,
                                     const Placement &placement) {
  std::string text;
  for (auto [dim, axes] : llvm::enumerate(placement.dims))
    if (!axes.empty())
      text += (text.empty() ? "dimension " : ", dimension ") +
              std::to_string(dim) + " over " + graph.describe(axes);
  return text.empty() ? "it whole" : text;
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

static void noteOrigins(InFlightDiagnostic &diag, const FunctionGraph &graph,
                        const ReshardEnd &end, const Placement &placement) {
  for (int origin : end.origins)
    diag.attachNote(graph.locationOfOrigin(origin))
        << graph.describeNode(end.node) << " has "
        << describePlacement(graph, placement) << " by this annotation";
}

// Without what its ends cut of their own accord, which contradicts no
// annotation.
static Resharding withoutPieces(Resharding resharding, const Graph &graph,
                                const Decisions &decisions) {
  for (int op : {graph.tensors[resharding.tensor].producer, resharding.node})
    for (int atom : decisions.ops[op].pieces)
      for (AxisList &axes : resharding.from.dims)
        llvm::erase(axes, atom);
  return resharding;
}

// Null unless the conflict is one of those that `errorOn` names.
static const char *kindOfConflict(const Graph &graph,
                                  const Resharding &resharding,
                                  const ErrorOn &errorOn) {
  if (resharding.bytes == 0 || isAskedFor(graph, resharding) ||
      !givesUpCuts(resharding))
    return nullptr;
  if (errorOn.replicate && replicates(resharding))
    return "replicate";
  return errorOn.implicitReshard ? "implicit-reshard" : nullptr;
}

LogicalResult moe::propagate::refuseConflicts(const FunctionGraph &graph,
                                              const Decisions &decisions,
                                              ArrayRef<Resharding> reshardings,
                                              const ErrorOn &errorOn) {
  LogicalResult result = success();
  for (const Resharding &made : reshardings) {
    Resharding resharding = withoutPieces(made, graph.getGraph(), decisions);
    const char *kind = kindOfConflict(graph.getGraph(), resharding, errorOn);
    if (!kind)
      continue;
    result = failure();
    ReshardEnd producer = producerEnd(graph.getGraph(), decisions, resharding);
    ReshardEnd consumer = consumerEnd(graph.getGraph(), decisions, resharding);
    InFlightDiagnostic diag = emitError(graph.locationOfNode(consumer.node));
    diag << graph.describeNode(consumer.node) << " needs "
         << describePlacement(graph, resharding.to) << ", "
         << graph.describeNode(producer.node) << " yields "
         << describePlacement(graph, resharding.from)
         << "; no annotation asks for this, and a rank receives "
         << formatBytes(resharding.bytes) << " bytes for it (" << kind << ")";
    noteOrigins(diag, graph, producer, resharding.from);
    noteOrigins(diag, graph, consumer, resharding.to);
    diag.attachNote(graph.locationOfNode(producer.node))
        << describeRule(graph, decisions, resharding)
        << "; to ask for it, annotate the value as "
        << graph.shardingFor(resharding.to);
  }
  return result;
}
