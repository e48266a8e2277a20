#include "moe/Propagate/Alternatives.h"

using namespace mlir;
using namespace moe::propagate;

//===----------------------------------------------------------------------===//
// Bytes
//===----------------------------------------------------------------------===//

// The distinct layouts in which users need the tensor; a user's own pin counts
// as what it yields, where partial values stay.
static SmallVector<Placement, 4>
needsOf(const Graph &graph, const Decisions &decisions, int tensor) {
  SmallVector<Placement, 4> needs;
  for (int user : graph.tensors[tensor].users)
    for (const Port &port : graph.ops[user].operands)
      if (port.tensor == tensor) {
        Placement need = needOf(port, decisions.ops[user].assignment);
        if (const auto &pin = graph.ops[user].pin) {
          need.unreduced = pin->unreduced;
          need.reduction = pin->reduction;
        }
        if (!llvm::is_contained(needs, need))
          needs.push_back(need);
      }
  return needs;
}

double moe::propagate::totalBytes(const Graph &graph,
                                  const Decisions &decisions) {
  double bytes = 0;
  for (auto [index, tensor] : llvm::enumerate(graph.tensors))
    bytes +=
        planFanOut(placementOf(graph, decisions, index),
                   needsOf(graph, decisions, index), tensor.shape, graph.atoms)
            .bytes;
  for (auto [op, decision] : llvm::zip(graph.ops, decisions.ops))
    bytes += exchangedBytes(op, decision.assignment, graph);
  return bytes;
}

//===----------------------------------------------------------------------===//
// What could be written
//===----------------------------------------------------------------------===//

namespace {

/// A pin put in the place of what a node has.
struct Change {
  int node;
  Pin pin;
  std::string text;
};

class Changes {
public:
  Changes(const FunctionGraph &graph, const Decisions &decisions)
      : graph(graph), plain(graph.getGraph()), decisions(decisions) {}

  std::vector<Change> list;

  // An annotation of this tensor, or of one of its shape: annotations are
  // identities, their factors are the value's dimensions.
  void changeAnnotation(int origin, int tensor, const Placement &placement) {
    for (auto [index, op] : llvm::enumerate(plain.ops))
      if (op.pin && op.pin->origin == origin &&
          llvm::equal(op.factors, plain.tensors[tensor].shape.sizes,
                      [](const spmd::Factor &factor, int64_t size) {
                        return factor.size == size;
                      }))
        list.push_back({static_cast<int>(index), closed(placement.dims),
                        "write " + printed(placement) + " as " +
                            graph.describeOrigin(origin).str()});
  }

  // The axis that was contested at the op goes to the factor that lost it.
  void giveToLoser(int node, const Contest &contest) {
    const OpNode &op = plain.ops[node];
    if (op.pin)
      return;
    if (!annotateCarrier(node, contest.loser, contest.losing, op.results))
      annotateCarrier(node, contest.loser, contest.losing, op.operands);
  }

private:
  // The first of `ports` that carries the factor is what a user can annotate.
  bool annotateCarrier(int node, int factor, const Assignment &assignment,
                       ArrayRef<Port> ports) {
    for (const Port &port : ports) {
      if (!spmd::carries(port.factors, factor))
        continue;
      int producer = plain.tensors[port.tensor].producer;
      std::string value = "the result of " + graph.describeNode(node);
      if (producer != node)
        value = "what " + graph.describeNode(node) + " takes from " +
                graph.describeNode(producer);
      list.push_back(
          {node, closed(assignment),
           "annotate " + value + " as " + printed(needOf(port, assignment))});
      return true;
    }
    return false;
  }

  static Pin closed(ArrayRef<AxisList> dims) {
    Pin pin;
    pin.dims.assign(dims.begin(), dims.end());
    pin.open.assign(dims.size(), false);
    pin.priority.assign(dims.size(), 0);
    return pin;
  }
  std::string printed(const Placement &placement) const {
    std::string text;
    llvm::raw_string_ostream(text) << graph.shardingFor(placement.reduced());
    return text;
  }

  const FunctionGraph &graph;
  const Graph &plain;
  const Decisions &decisions;
};

} // namespace

std::optional<Alternative>
moe::propagate::cheapestAlternative(const FunctionGraph &graph,
                                    const Decisions &decisions,
                                    const Resharding &resharding) {
  const Graph &plain = graph.getGraph();
  ReshardEnd producer = producerEnd(plain, decisions, resharding);
  ReshardEnd consumer = consumerEnd(plain, decisions, resharding);
  Changes changes(graph, decisions);
  for (int origin : producer.origins)
    changes.changeAnnotation(origin, resharding.tensor, resharding.to);
  for (int origin : consumer.origins)
    changes.changeAnnotation(origin, resharding.tensor,
                             resharding.from.reduced());
  for (int node : {producer.node, consumer.node})
    for (const Contest &contest : decisions.ops[node].contests)
      changes.giveToLoser(node, contest);

  std::optional<Alternative> best;
  for (const Change &change : changes.list) {
    Graph changed = plain;
    OpNode &op = changed.ops[change.node];
    int origin = op.pin ? op.pin->origin : kNoOrigin;
    op.pin = change.pin;
    op.pin->origin = origin;
    double bytes = totalBytes(changed, decide(changed));
    if (!best || bytes < best->bytes)
      best = {change.text, bytes};
  }
  return best;
}
