// All reshardings of a small mesh by counting lists of all ranks: what the
// planner is held against. Nothing of the planner or its cost model is in here.
#pragma once

#include "runtime/core/ExchangePlan.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace exhaustive {

/// A link between ranks, by rising slowness in a machine's list.
struct Wire {
  double latency;   // ns
  double bandwidth; // bytes a ns
};

/// Digits that layouts are made of, major axis first, and the wire of each as
/// an index of `wires`, where later ones are slower.
struct Machine {
  std::string name;
  std::vector<moert::Digit> digits;
  std::vector<size_t> wireOf;
  std::vector<Wire> wires;

  int64_t ranks() const;
  /// The wire between two ranks: the slowest of those of the digits in which
  /// they differ.
  const Wire &between(int64_t a, int64_t b) const;
};

/// Counted over all ranks: their worst.
struct Count {
  double time = 0;
  double received = 0; // bytes
  double sent = 0;     // bytes
  double messages = 0;
  double largest = 0; // bytes
};

enum class Edge { None, Slice, Move, ReduceScatter, AllReduce };

/// What leads from one layout to another in one step, by its definition.
Edge edgeBetween(const moert::Layout &from, const moert::Layout &to);

/// The lists of all ranks for that step.
std::vector<moert::ExchangePlan> listsOf(Edge edge, const moert::Layout &from,
                                         const moert::Layout &to,
                                         int64_t ranks);

/// All layouts of a shape over a machine's digits, partial ones too, and all
/// steps between them.
class World {
public:
  World(Machine machine, std::vector<int64_t> shape, double elementBytes,
        bool withPartial);

  const std::vector<moert::Layout> &layouts() const { return layouts_; }
  /// Pairs that ask for a resharding: the target is partial over nothing that
  /// the source is not partial over.
  bool isPair(size_t from, size_t to) const;
  Edge edge(size_t from, size_t to) const { return edges_[from][to]; }
  const Count &count(size_t from, size_t to) const { return counts_[from][to]; }
  size_t find(const moert::Layout &layout) const;

  /// The least time of slices, a step, slices, a step, slices: all of them
  /// tried, except those that take more memory than `chunk` beyond source and
  /// target, or copy the whole tensor to a rank where the target does not.
  double leastTime(size_t from, size_t to) const;

  /// Elements that the worst rank needs and does not hold, in bytes.
  double floorBytes(size_t from, size_t to) const;
  double bufferBytes(size_t layout) const { return buffers_[layout]; }
  bool isWhole(size_t layout) const;

  /// Executes a chain of steps on numbers. Empty, or what is wrong at its end.
  std::string wrongnessOf(const std::vector<size_t> &chain) const;

  const Machine &machine() const { return machine_; }

private:
  bool fits(size_t pairFrom, size_t pairTo, size_t from, size_t to) const;

  Machine machine_;
  std::vector<int64_t> shape_;
  double elementBytes_;
  std::vector<moert::Layout> layouts_;
  std::map<std::string, size_t> index_;
  std::vector<std::vector<Edge>> edges_;
  std::vector<std::vector<Count>> counts_;
  std::vector<std::vector<size_t>> slicesOf_, slicedFrom_;
  std::vector<double> buffers_;
  double tensorBytes_;
};

} // namespace exhaustive
