#include "ReshardExhaustive.h"

#include <algorithm>
#include <limits>
#include <map>

using namespace moert;

namespace exhaustive {

namespace {

using Digits = std::vector<Digit>;
using Indices = std::vector<int64_t>;

constexpr double kChunk = 1 << 20;
constexpr double kNever = std::numeric_limits<double>::infinity();

bool startsWith(const Digits &longer, const Digits &shorter) {
  return shorter.size() <= longer.size() &&
         std::equal(shorter.begin(), shorter.end(), longer.begin());
}

bool contains(const Digits &digits, const Digit &digit) {
  return std::find(digits.begin(), digits.end(), digit) != digits.end();
}

// Every digit goes to no dimension, to one (at every place among those there
// already), or, where `withPartial`, to the unreduced ones.
std::vector<Layout> allLayouts(const Indices &shape, const Digits &digits,
                               bool withPartial) {
  std::vector<Layout> layouts = {
      {shape, std::vector<Digits>(shape.size()), {}}};
  for (const Digit &digit : digits) {
    std::vector<Layout> more = layouts;
    for (const Layout &layout : layouts) {
      for (size_t dim = 0; dim < shape.size(); ++dim)
        for (size_t place = 0; place <= layout.dims[dim].size(); ++place) {
          more.push_back(layout);
          Digits &list = more.back().dims[dim];
          list.insert(list.begin() + static_cast<long>(place), digit);
        }
      if (withPartial) {
        more.push_back(layout);
        more.back().unreduced.push_back(digit);
      }
    }
    layouts = std::move(more);
  }
  return layouts;
}

int64_t volume(const Indices &shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

Indices unflatten(int64_t flat, const Indices &shape) {
  Indices index(shape.size());
  for (size_t dim = shape.size(); dim-- > 0;) {
    index[dim] = flat % shape[dim];
    flat /= shape[dim];
  }
  return index;
}

int64_t flatten(const Indices &index, const Indices &shape) {
  int64_t flat = 0;
  for (size_t dim = 0; dim < shape.size(); ++dim)
    flat = flat * shape[dim] + index[dim];
  return flat;
}

// Visits (place in the local buffer, global number) of what `rank` holds.
template <typename Visit>
void forEachHeld(const Layout &layout, int64_t rank, const Visit &visit) {
  Indices held, local = layout.localShape();
  for (size_t dim = 0; dim < layout.shape.size(); ++dim)
    held.push_back(layout.range(dim, rank).size());
  for (int64_t flat = 0; flat < volume(held); ++flat) {
    Indices index = unflatten(flat, held), global = index;
    for (size_t dim = 0; dim < index.size(); ++dim)
      global[dim] += layout.range(dim, rank).begin;
    visit(flatten(index, local), flatten(global, layout.shape));
  }
}

// The number that `rank` holds of an element at first.
int64_t numberOf(const Layout &layout, int64_t rank, int64_t element) {
  int64_t number = element + 1;
  for (const Digit &digit : layout.unreduced)
    number = number * 7919 + digit.valueOf(rank) * 104729 + digit.stride;
  return number;
}

} // namespace

int64_t Machine::ranks() const {
  int64_t count = 1;
  for (const Digit &digit : digits)
    count *= digit.size;
  return count;
}

const Wire &Machine::between(int64_t a, int64_t b) const {
  size_t slowest = 0;
  for (size_t i = 0; i < digits.size(); ++i)
    if (digits[i].valueOf(a) != digits[i].valueOf(b))
      slowest = std::max(slowest, wireOf[i]);
  return wires[slowest];
}

Edge edgeBetween(const Layout &from, const Layout &to) {
  Digits reduced, gained;
  for (const Digit &digit : from.unreduced)
    if (!contains(to.unreduced, digit))
      reduced.push_back(digit);
  for (const Digit &digit : to.unreduced)
    if (!contains(from.unreduced, digit))
      return Edge::None;
  bool refines = true;
  for (size_t dim = 0; dim < from.dims.size(); ++dim) {
    refines &= startsWith(to.dims[dim], from.dims[dim]);
    if (refines)
      gained.insert(gained.end(),
                    to.dims[dim].begin() +
                        static_cast<long>(from.dims[dim].size()),
                    to.dims[dim].end());
  }
  if (reduced.empty())
    return refines ? Edge::Slice : Edge::Move;
  if (refines && gained.empty())
    return Edge::AllReduce;
  // Ranks that replicate the source may keep different pieces of the sum.
  for (const Digit &digit : reduced)
    refines &= contains(gained, digit);
  return refines ? Edge::ReduceScatter : Edge::None;
}

std::vector<ExchangePlan> listsOf(Edge edge, const Layout &from,
                                  const Layout &to, int64_t ranks) {
  std::vector<ExchangePlan> plans;
  for (int64_t rank = 0; rank < ranks; ++rank)
    plans.push_back(
        edge == Edge::AllReduce       ? planAllReduce(from, to, ranks, rank)
        : edge == Edge::ReduceScatter ? planReduceScatter(from, to, ranks, rank)
                                      : planExchange(from, to, ranks, rank));
  return plans;
}

static Count countLists(const std::vector<ExchangePlan> &plans,
                        const Machine &machine, double elementBytes) {
  Count worst;
  for (size_t rank = 0; rank < plans.size(); ++rank) {
    Count count;
    for (const PlanPhase &phase : plans[rank].phases) {
      for (const Transfer &receive : phase.receives) {
        if (receive.peer == static_cast<int>(rank))
          continue;
        const Wire &wire =
            machine.between(static_cast<int64_t>(rank), receive.peer);
        double bytes = static_cast<double>(receive.elements) * elementBytes;
        count.time += wire.latency + bytes / wire.bandwidth;
        count.received += bytes;
        count.messages += 1;
        worst.largest = std::max(worst.largest, bytes);
      }
      for (const Transfer &send : phase.sends)
        if (send.peer != static_cast<int>(rank))
          count.sent += static_cast<double>(send.elements) * elementBytes;
    }
    worst.time = std::max(worst.time, count.time);
    worst.received = std::max(worst.received, count.received);
    worst.sent = std::max(worst.sent, count.sent);
    worst.messages = std::max(worst.messages, count.messages);
  }
  return worst;
}

World::World(Machine machine, std::vector<int64_t> shape, double elementBytes,
             bool withPartial)
    : machine_(std::move(machine)), shape_(std::move(shape)),
      elementBytes_(elementBytes),
      layouts_(allLayouts(shape_, machine_.digits, withPartial)) {
  size_t count = layouts_.size();
  edges_.assign(count, std::vector<Edge>(count, Edge::None));
  counts_.assign(count, std::vector<Count>(count));
  slicesOf_.resize(count);
  slicedFrom_.resize(count);
  tensorBytes_ = static_cast<double>(volume(shape_)) * elementBytes_;
  for (size_t from = 0; from < count; ++from) {
    index_[layouts_[from].str()] = from;
    buffers_.push_back(static_cast<double>(layouts_[from].localElements()) *
                       elementBytes_);
  }
  for (size_t from = 0; from < count; ++from)
    for (size_t to = 0; to < count; ++to) {
      Edge edge = edgeBetween(layouts_[from], layouts_[to]);
      edges_[from][to] = edge;
      if (edge == Edge::None)
        continue;
      if (edge == Edge::Slice) {
        slicesOf_[from].push_back(to);
        slicedFrom_[to].push_back(from);
      }
      counts_[from][to] = countLists(
          listsOf(edge, layouts_[from], layouts_[to], machine_.ranks()),
          machine_, elementBytes_);
    }
}

bool World::isPair(size_t from, size_t to) const {
  for (const Digit &digit : layouts_[to].unreduced)
    if (!contains(layouts_[from].unreduced, digit))
      return false;
  return true;
}

size_t World::find(const Layout &layout) const {
  return index_.at(layout.str());
}

bool World::isWhole(size_t layout) const {
  return buffers_[layout] == tensorBytes_;
}

bool World::fits(size_t pairFrom, size_t pairTo, size_t from, size_t to) const {
  if (from == to)
    return true;
  const Count &count = counts_[from][to];
  double step =
      buffers_[from] + buffers_[to] + std::min(2 * count.received, kChunk);
  double limit =
      buffers_[pairFrom] + buffers_[pairTo] + std::max(kChunk, count.largest);
  return step <= limit && (isWhole(pairTo) || !isWhole(to));
}

double World::leastTime(size_t from, size_t to) const {
  double best = kNever;
  std::vector<double> reached(layouts_.size(), kNever);
  // A step and what its result can be sliced to.
  auto step = [&](size_t begin, size_t end, double time,
                  std::vector<double> &next) {
    Edge edge = edges_[begin][end];
    if (edge == Edge::None || !fits(from, to, begin, end))
      return;
    time += counts_[begin][end].time;
    for (size_t slice : slicesOf_[end])
      if (time < next[slice] && fits(from, to, end, slice))
        next[slice] = time;
  };
  for (size_t begin : slicesOf_[from])
    if (fits(from, to, from, begin))
      for (size_t end = 0; end < layouts_.size(); ++end)
        step(begin, end, 0, reached);
  best = reached[to];
  std::vector<double> last(layouts_.size(), kNever);
  for (size_t begin = 0; begin < layouts_.size(); ++begin)
    if (reached[begin] < best)
      for (size_t end : slicedFrom_[to])
        step(begin, end, reached[begin], last);
  return std::min(best, last[to]);
}

double World::floorBytes(size_t from, size_t to) const {
  int64_t worst = 0;
  for (int64_t rank = 0; rank < machine_.ranks(); ++rank) {
    std::set<int64_t> held;
    forEachHeld(layouts_[from], rank,
                [&](int64_t, int64_t element) { held.insert(element); });
    int64_t lacking = 0;
    forEachHeld(layouts_[to], rank, [&](int64_t, int64_t element) {
      lacking += !held.count(element);
    });
    worst = std::max(worst, lacking);
  }
  return static_cast<double>(worst) * elementBytes_;
}

//===----------------------------------------------------------------------===//
// Execution
//===----------------------------------------------------------------------===//

namespace {

/// Local buffers of all ranks.
using Buffers = std::vector<std::vector<int64_t>>;

// Distinct numbers; partial ones differ on ranks that are no replicas.
Buffers initialBuffers(const Layout &layout, int64_t ranks) {
  Buffers buffers;
  for (int64_t rank = 0; rank < ranks; ++rank) {
    // Padding holds what must never be seen.
    buffers.emplace_back(volume(layout.localShape()), INT64_MIN / 2);
    forEachHeld(layout, rank, [&](int64_t place, int64_t element) {
      buffers.back()[place] = numberOf(layout, rank, element);
    });
  }
  return buffers;
}

// What ranks hold after one step: its lists executed.
Buffers execute(Edge edge, const Layout &from, const Layout &to, int64_t ranks,
                const Buffers &buffers) {
  std::vector<ExchangePlan> plans = listsOf(edge, from, to, ranks);
  Buffers result(ranks);
  for (int64_t rank = 0; rank < ranks; ++rank)
    result[rank].assign(volume(plans[rank].targetShape), INT64_MIN / 2);
  for (size_t phase = 0; phase < plans[0].phases.size(); ++phase) {
    // Later rounds read what earlier ones wrote.
    Buffers before = result;
    for (int64_t rank = 0; rank < ranks; ++rank) {
      const ExchangePlan &plan = plans[rank];
      const PlanPhase &part = plan.phases[phase];
      std::vector<bool> written(result[rank].size(), false);
      auto move = [&](int64_t sender, const std::vector<BoxPair> &pieces) {
        const std::vector<int64_t> &read =
            part.fromTarget ? before[sender] : buffers[sender];
        for (const BoxPair &pair : pieces)
          forEachRun(pair, [&](int64_t source, int64_t target, int64_t count) {
            for (int64_t i = 0; i < count; ++i) {
              int64_t &slot = result[rank][target + i];
              slot = (part.reduce && written[target + i] ? slot : 0) +
                     read[source + i];
              written[target + i] = true;
            }
          });
      };
      move(rank, part.copies);
      for (const Transfer &receive : part.receives)
        move(receive.peer, receive.pieces);
    }
  }
  return result;
}

// Whether `buffers` are what `initialBuffers(from)` mean in layout `to`, each
// element computed from the definition of both layouts.
std::string wrongness(const Layout &from, const Layout &to, int64_t ranks,
                      const Buffers &buffers) {
  Digits reduced;
  for (const Digit &digit : from.unreduced)
    if (!contains(to.unreduced, digit))
      reduced.push_back(digit);
  for (int64_t rank = 0; rank < ranks; ++rank) {
    std::vector<int64_t> members = groupOf(reduced, rank);
    std::string wrong;
    forEachHeld(to, rank, [&](int64_t place, int64_t element) {
      int64_t want = 0;
      for (int64_t member : members)
        want += numberOf(from, member, element);
      if (buffers[rank][place] != want && wrong.empty())
        wrong = "rank " + std::to_string(rank) + " has " +
                std::to_string(buffers[rank][place]) + " for element " +
                std::to_string(element) + ", which is " + std::to_string(want);
    });
    if (!wrong.empty())
      return wrong;
  }
  return "";
}

} // namespace

std::string World::wrongnessOf(const std::vector<size_t> &chain) const {
  int64_t ranks = machine_.ranks();
  const Layout &first = layouts_[chain.front()];
  Buffers buffers = initialBuffers(first, ranks);
  for (size_t i = 0; i + 1 < chain.size(); ++i)
    buffers = execute(edges_[chain[i]][chain[i + 1]], layouts_[chain[i]],
                      layouts_[chain[i + 1]], ranks, buffers);
  return wrongness(first, layouts_[chain.back()], ranks, buffers);
}

} // namespace exhaustive
