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

static Pin closed(ArrayRef<AxisList> dims) {
  Pin pin;
  pin.dims.assign(dims.begin(), dims.end());
  pin.open.assign(dims.size(), false);
  pin.priority.assign(dims.size(), 0);
  return pin;
}

// The graph with an annotation of what `user` takes of the tensor, or all users
// where the user is its producer.
static Graph annotated(Graph graph, int tensor, int user,
                       const Placement &placement) {
  int producer = graph.tensors[tensor].producer;
  bool isOfAll = user == producer;
  OpNode node;
  for (int64_t size : graph.tensors[tensor].shape.sizes)
    node.factors.push_back({size});
  Port port{tensor, spmd::identityFactors(node.factors.size())};
  node.opClass = OpClass::Elementwise;
  node.pin = closed(placement.dims);
  int place = isOfAll ? producer + 1 : user,
      made = graph.addTensor(graph.tensors[tensor].shape, place);
  for (auto [index, op] : llvm::enumerate(graph.ops))
    for (Port &operand : op.operands)
      if (operand.tensor == tensor &&
          (isOfAll || static_cast<int>(index) == user))
        operand.tensor = made;
  node.operands = {port};
  port.tensor = made;
  node.results = {port};
  graph.ops.insert(graph.ops.begin() + place, std::move(node));
  graph.noteUsers();
  return graph;
}

namespace {

/// What could be written, and the graph that it would make.
struct Change {
  std::string text;
  Graph graph;
};

class Changes {
public:
  explicit Changes(const FunctionGraph &graph)
      : graph(graph), plain(graph.getGraph()) {}

  std::vector<Change> list;

  // An annotation of this tensor, or of one of its shape: annotations are
  // identities, their factors are the value's dimensions.
  void changeAnnotation(int origin, int tensor, const Placement &placement) {
    for (auto [index, op] : llvm::enumerate(plain.ops))
      if (op.pin && op.pin->origin == origin &&
          llvm::equal(op.factors, plain.tensors[tensor].shape.sizes,
                      [](const spmd::Factor &factor, int64_t size) {
                        return factor.size == size;
                      })) {
        Change &change = list.emplace_back();
        change.text = "write " + printed(placement) + " as " +
                      graph.describeOrigin(origin).str();
        change.graph = plain;
        change.graph.ops[index].pin = closed(placement.dims);
        change.graph.ops[index].pin->origin = origin;
      }
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
      Placement placement = needOf(port, assignment);
      list.push_back({"annotate " + value + " as " + printed(placement),
                      annotated(plain, port.tensor, node, placement)});
      return true;
    }
    return false;
  }

  std::string printed(const Placement &placement) const {
    std::string text;
    llvm::raw_string_ostream(text) << graph.shardingFor(placement.reduced());
    return text;
  }

  const FunctionGraph &graph;
  const Graph &plain;
};

} // namespace

std::optional<Alternative>
moe::propagate::cheapestAlternative(const FunctionGraph &graph,
                                    const Decisions &decisions,
                                    const Resharding &resharding) {
  const Graph &plain = graph.getGraph();
  ReshardEnd producer = producerEnd(plain, decisions, resharding);
  ReshardEnd consumer = consumerEnd(plain, decisions, resharding);
  Changes changes(graph);
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
    double bytes = totalBytes(change.graph, decide(change.graph));
    if (!best || bytes < best->bytes)
      best = {change.text, bytes};
  }
  return best;
}
