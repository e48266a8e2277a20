#include "moe/Propagate/Origins.h"

#include <deque>
#include <map>

using namespace moe::propagate;

namespace {

/// A factor of a node.
using Place = std::pair<int, int>;

/// Walks from a factor back to the annotation that its axes came from, over
/// factors that carry the same axes of the same annotation.
class Trace {
public:
  Trace(const Graph &graph, const Decisions &decisions, int origin, int atom)
      : graph(graph), decisions(decisions), origin(origin), atom(atom) {}

  std::vector<int> from(Place start) {
    visit(start, start);
    while (!queue.empty()) {
      Place place = queue.front();
      queue.pop_front();
      const OpNode &node = graph.ops[place.first];
      if (node.pin && node.pin->origin == origin)
        return wayTo(place, start);
      for (const auto *port : portsOf(place.first))
        crossTensor(*port, place);
    }
    return {};
  }

private:
  llvm::SmallVector<const Port *, 4> portsOf(int op) const {
    llvm::SmallVector<const Port *, 4> ports;
    for (const Port &port : graph.ops[op].operands)
      ports.push_back(&port);
    for (const Port &port : graph.ops[op].results)
      ports.push_back(&port);
    return ports;
  }

  // To all other ops at the dimensions of this tensor that carry the factor.
  void crossTensor(const Port &port, Place place) {
    const TensorNode &tensor = graph.tensors[port.tensor];
    llvm::SmallVector<int, 4> beside(tensor.users);
    beside.push_back(tensor.producer);
    for (auto [dim, factors] : llvm::enumerate(port.factors)) {
      if (!factors.contains(place.second))
        continue;
      for (int op : beside)
        for (const Port *other : portsOf(op))
          if (other->tensor == port.tensor)
            for (int factor : other->factors[dim])
              visit({op, factor}, place);
    }
  }

  void visit(Place place, Place before) {
    auto [op, factor] = place;
    if (decisions.ops[op].origins[factor] != origin ||
        !contains(decisions.ops[op].assignment[factor], atom))
      return;
    if (cameFrom.insert({place, before}).second)
      queue.push_back(place);
  }

  std::vector<int> wayTo(Place place, Place start) const {
    std::vector<int> way = {place.first};
    while (place != start) {
      place = cameFrom.at(place);
      if (way.back() != place.first)
        way.push_back(place.first);
    }
    return way;
  }

  const Graph &graph;
  const Decisions &decisions;
  int origin, atom;
  std::map<Place, Place> cameFrom;
  std::deque<Place> queue;
};

} // namespace

std::vector<DimOrigin> moe::propagate::originsOf(const Graph &graph,
                                                 const Decisions &decisions,
                                                 int tensor) {
  std::vector<DimOrigin> entries;
  int producer = graph.tensors[tensor].producer;
  const OpDecision &decision = decisions.ops[producer];
  for (const Port &port : graph.ops[producer].results) {
    if (port.tensor != tensor)
      continue;
    for (auto [dim, factors] : llvm::enumerate(port.factors))
      for (int factor : factors) {
        if (decision.assignment[factor].empty())
          continue;
        DimOrigin entry;
        entry.dim = dim;
        entry.axes = decision.assignment[factor];
        entry.origin = decision.origins[factor];
        if (entry.origin != kNoOrigin)
          entry.chain =
              Trace(graph, decisions, entry.origin, entry.axes.front())
                  .from({producer, factor});
        entries.push_back(std::move(entry));
      }
  }
  return entries;
}
