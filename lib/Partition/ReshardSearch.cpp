#include "moe/Partition/ReshardSearch.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <tuple>

namespace moe::reshard {

namespace {

// More layouts than this, of more than three atoms, are not all tried.
constexpr double kLayouts = 512;
// Where they are not, more partial atoms than this are reduced all at once.
constexpr int kReduced = 6;

// Calls visit(dims) for `dims` with every row of distinct atoms of `available`
// behind its dimensions, the empty row included. An atom goes to no dimension
// before the last one that got one, so that each result comes once.
template <typename Visit>
void forEachExtension(std::vector<std::vector<uint8_t>> &dims,
                      uint32_t available, size_t firstDim, const Visit &visit) {
  visit(dims, available);
  for (uint8_t atom = 0; available >> atom; ++atom)
    if (available >> atom & 1)
      for (size_t dim = firstDim; dim < dims.size(); ++dim) {
        dims[dim].push_back(atom);
        forEachExtension(dims, available & ~(1u << atom), dim, visit);
        dims[dim].pop_back();
      }
}

// How many layouts of `rank` dimensions `atoms` atoms make: for each number k
// of atoms used, their orders times the ways to cut a row of k into dimensions.
double countLayouts(int atoms, int rank) {
  double count = 1, orders = 1, cuts = 1;
  if (rank == 0)
    return 1;
  for (int k = 1; k <= atoms; ++k) {
    orders *= atoms - k + 1;
    cuts = cuts * (rank + k - 1) / k;
    count += orders * cuts;
  }
  return count;
}

int countBits(uint32_t set) { return __builtin_popcount(set); }

// The layouts that `layout` refines, partial over the same atoms.
std::vector<AtomLayout> coarserThan(const AtomLayout &layout) {
  std::vector<AtomLayout> all = {layout};
  for (size_t dim = 0; dim < layout.dims.size(); ++dim)
    for (size_t i = 0, count = all.size(); i < count; ++i)
      for (size_t length = 0; length < layout.dims[dim].size(); ++length) {
        AtomLayout coarser = all[i];
        coarser.dims[dim].resize(length);
        all.push_back(std::move(coarser));
      }
  return all;
}

} // namespace

ReshardSearch::ReshardSearch(CostModel model) : model_(std::move(model)) {}

int ReshardSearch::intern(const AtomLayout &layout) {
  std::string key;
  for (const std::vector<uint8_t> &dim : layout.dims) {
    key.append(dim.begin(), dim.end());
    key.push_back('\xff');
  }
  key += std::to_string(layout.unreduced);
  auto [entry, isNew] =
      ids_.try_emplace(key, static_cast<int>(layouts_.size()));
  if (isNew)
    layouts_.push_back(layout);
  return entry->second;
}

const StepCost &ReshardSearch::moveCost(int from, int to) {
  auto [entry, isNew] = moves_.try_emplace(static_cast<uint64_t>(from) << 32 |
                                           static_cast<uint32_t>(to));
  if (isNew)
    entry->second = model_.move(layouts_[from], layouts_[to]);
  return entry->second;
}

const std::vector<int> &ReshardSearch::layoutsOver(uint32_t available,
                                                   uint32_t unreduced) {
  std::vector<int> &ids = over_[{available, unreduced}];
  if (!ids.empty())
    return ids;
  std::vector<std::vector<uint8_t>> dims(model_.shape().size());
  forEachExtension(dims, available, 0, [&](const auto &extended, uint32_t) {
    ids.push_back(intern({extended, unreduced}));
  });
  return ids;
}

/// One search: layers of layouts that no, one or two communicating steps reach.
class SearchRun {
public:
  SearchRun(ReshardSearch &search, const AtomLayout &from, const AtomLayout &to)
      : search_(search), model_(search.model_), from_(from), to_(to),
        all_((1u << model_.atoms().size()) - 1),
        reduced_(from.unreduced & ~to.unreduced), toId_(search.intern(to)),
        exact_(model_.atoms().size() <= 3 ||
               countLayouts(static_cast<int>(model_.atoms().size()),
                            static_cast<int>(from.dims.size())) <= kLayouts),
        buffers_(model_.bufferBytes(from) + model_.bufferBytes(to)),
        targetIsWhole_(isWhole(to)) {}

  SearchResult run();

private:
  struct PathStep {
    StepKind kind;
    int target;
    StepCost cost;
  };
  // How a layout is reached: slice, step, slice, step, slice at most.
  struct Path {
    double time = 0;
    int communicating = 0;
    double messages = 0;
    double peak = 0;
    size_t count = 0;
    std::array<PathStep, 5> steps;
  };
  using Layer = std::unordered_map<int, Path>;

  bool isBetter(const Path &a, const Path &b) const;
  bool isWhole(const AtomLayout &layout) const {
    return model_.bufferBytes(layout) == model_.tensorBytes();
  }
  // By value: interning another layout may move them.
  AtomLayout at(int id) const { return search_.layouts_[id]; }

  std::optional<Path> extend(const Path &path, int from, StepKind kind, int to,
                             const StepCost &cost) const;
  void relax(Layer &layer, int id, Path path);
  void reach(const Path &path, int from, StepKind kind, int to,
             const StepCost &cost, Layer &next);
  bool isHopeless(const Path &path, int from, int to, int stepsLeft) const;

  std::vector<int> slicesOf(int id);
  std::vector<int> movesFrom(int id);
  std::vector<AtomLayout> scattersOf(const AtomLayout &from, uint32_t group);
  AtomLayout guided(const AtomLayout &from, uint32_t atoms) const;
  std::vector<int> between();

  void addSlices(Layer &layer, int stepsLeft);
  void firstStep(const Layer &sources, Layer &reached);
  void lastStep(const Layer &reached);
  void reduce(const Path &path, int id, uint32_t group, Layer &next);

  ReshardSearch &search_;
  const CostModel &model_;
  const AtomLayout &from_, &to_;
  uint32_t all_, reduced_;
  int toId_;
  bool exact_;
  double buffers_;
  bool targetIsWhole_;
  std::vector<int> sinks_, sinksBeforeReduction_;
  std::optional<Path> best_;
};

bool SearchRun::isBetter(const Path &a, const Path &b) const {
  double slack = 1e-9 * std::max(a.time, b.time);
  if (std::abs(a.time - b.time) > slack)
    return a.time < b.time;
  if (a.communicating != b.communicating)
    return a.communicating < b.communicating;
  if (std::abs(a.messages - b.messages) > 1e-9)
    return a.messages < b.messages;
  if (a.count != b.count)
    return a.count < b.count;
  // Any order will do, but it must not depend on earlier searches.
  for (size_t i = 0; i < a.count; ++i)
    if (a.steps[i].target != b.steps[i].target) {
      const AtomLayout &mine = search_.layouts_[a.steps[i].target];
      const AtomLayout &other = search_.layouts_[b.steps[i].target];
      return std::tie(mine.dims, mine.unreduced) <
             std::tie(other.dims, other.unreduced);
    }
  return false;
}

// `path` and one more step, unless that takes too much memory or makes a whole
// copy of a tensor that is not wanted whole.
std::optional<SearchRun::Path> SearchRun::extend(const Path &path, int from,
                                                 StepKind kind, int to,
                                                 const StepCost &cost) const {
  if (from == to)
    return path;
  const AtomLayout &target = search_.layouts_[to];
  double pack = std::min(2 * cost.received, kChunkBytes);
  double bytes = model_.bufferBytes(search_.layouts_[from]) +
                 model_.bufferBytes(target) + pack;
  bool fits = bytes <= buffers_ + std::max(kChunkBytes, cost.largest);
  if (!fits || (!targetIsWhole_ && isWhole(target)))
    return std::nullopt;
  Path longer = path;
  longer.time += cost.time;
  longer.communicating += kind != StepKind::Slice && cost.messages > 0;
  longer.messages += cost.messages;
  longer.peak = std::max(path.peak, bytes);
  longer.steps[longer.count++] = {kind, to, cost};
  return longer;
}

void SearchRun::relax(Layer &layer, int id, Path path) {
  auto [entry, isNew] = layer.try_emplace(id);
  if (isNew || isBetter(path, entry->second))
    entry->second = std::move(path);
}

// Cheap bounds of this step and of what follows it, at most `stepsLeft` steps.
bool SearchRun::isHopeless(const Path &path, int from, int to,
                           int stepsLeft) const {
  if (!best_)
    return false;
  const AtomLayout &target = search_.layouts_[to];
  double least =
      path.time + model_.lowerBound(search_.layouts_[from], target, 1);
  if (stepsLeft)
    least += model_.lowerBound(target, to_, stepsLeft);
  return least > best_->time * (1 + 1e-9);
}

// The step leads to the target (perhaps by a slice) or to the next layer.
void SearchRun::reach(const Path &path, int from, StepKind kind, int to,
                      const StepCost &cost, Layer &next) {
  if (kind == StepKind::Move &&
      isSlice(search_.layouts_[from], search_.layouts_[to]))
    kind = StepKind::Slice;
  double time = (path.time + cost.time) * (1 - 1e-9);
  if (best_ && time > best_->time)
    return;
  if (auto known = next.find(to);
      known != next.end() && time > known->second.time)
    return;
  std::optional<Path> longer = extend(path, from, kind, to, cost);
  if (!longer)
    return;
  if (isSlice(search_.layouts_[to], to_)) {
    longer = extend(*longer, to, StepKind::Slice, toId_, StepCost());
    if (longer && (!best_ || isBetter(*longer, *best_)))
      best_ = std::move(longer);
    return;
  }
  relax(next, to, std::move(*longer));
}

// `from` with `atoms` appended where the target wants them next, the others
// where blocks are largest.
AtomLayout SearchRun::guided(const AtomLayout &from, uint32_t atoms) const {
  AtomLayout result = from;
  for (size_t dim = 0; dim < to_.dims.size(); ++dim) {
    std::vector<uint8_t> &mine = result.dims[dim];
    const std::vector<uint8_t> &wanted = to_.dims[dim];
    while (mine.size() < wanted.size() &&
           std::equal(mine.begin(), mine.end(), wanted.begin()) &&
           (atoms >> wanted[mine.size()] & 1)) {
      atoms &= ~(1u << wanted[mine.size()]);
      mine.push_back(wanted[mine.size()]);
    }
  }
  std::vector<int64_t> blocks(to_.dims.size());
  for (size_t dim = 0; dim < blocks.size(); ++dim) {
    blocks[dim] = model_.shape()[dim];
    for (uint8_t atom : result.dims[dim])
      blocks[dim] /= model_.atoms()[atom].digit.size;
  }
  for (uint8_t atom = 0; atoms >> atom && !blocks.empty(); ++atom)
    if (atoms >> atom & 1) {
      size_t dim =
          std::max_element(blocks.begin(), blocks.end()) - blocks.begin();
      blocks[dim] /= model_.atoms()[atom].digit.size;
      result.dims[dim].push_back(atom);
    }
  return result;
}

// Layouts that are slices of a layout, itself not among them.
std::vector<int> SearchRun::slicesOf(int id) {
  AtomLayout layout = at(id);
  uint32_t free = all_ & ~layout.cut() & ~layout.unreduced;
  std::vector<int> slices;
  if (!exact_) {
    uint32_t wanted = free & to_.cut();
    for (uint32_t atoms : {wanted, free})
      slices.push_back(search_.intern(guided(layout, atoms)));
    return slices;
  }
  forEachExtension(layout.dims, free, 0, [&](const auto &dims, uint32_t left) {
    if (left != free)
      slices.push_back(search_.intern({dims, layout.unreduced}));
  });
  return slices;
}

// Layouts that begin like the source or like the target in every dimension.
std::vector<int> SearchRun::between() {
  std::vector<AtomLayout> found = {
      {std::vector<std::vector<uint8_t>>(from_.dims.size()), to_.unreduced}};
  for (size_t dim = 0; dim < from_.dims.size(); ++dim) {
    std::vector<AtomLayout> longer;
    for (const AtomLayout &layout : found)
      for (const AtomLayout *end : {&from_, &to_})
        for (size_t length = end == &from_ ? 0 : 1;
             length <= end->dims[dim].size(); ++length) {
          AtomLayout next = layout;
          next.dims[dim].assign(end->dims[dim].begin(),
                                end->dims[dim].begin() + length);
          uint32_t cut = next.cut();
          size_t atoms = 0;
          for (const std::vector<uint8_t> &list : next.dims)
            atoms += list.size();
          if (countBits(cut) == static_cast<int>(atoms) &&
              !(cut & next.unreduced))
            longer.push_back(std::move(next));
        }
    found = std::move(longer);
    if (found.size() > kLayouts)
      found.resize(static_cast<size_t>(kLayouts));
  }
  std::vector<int> ids;
  for (const AtomLayout &layout : found)
    ids.push_back(search_.intern(layout));
  return ids;
}

// Where a move from a layout may lead. Before a reduction only to what it turns
// into a beginning of the target.
std::vector<int> SearchRun::movesFrom(int id) {
  uint32_t unreduced = search_.layouts_[id].unreduced;
  if (unreduced & ~to_.unreduced)
    return sinksBeforeReduction_;
  return exact_ ? search_.layoutsOver(all_ & ~unreduced, unreduced) : between();
}

// Layouts with the atoms of `group` reduced and behind those of `from`, and
// perhaps atoms that replicate there: ranks reduce what they keep.
std::vector<AtomLayout> SearchRun::scattersOf(const AtomLayout &from,
                                              uint32_t group) {
  std::vector<AtomLayout> all;
  uint32_t unreduced = from.unreduced & ~group;
  uint32_t free = all_ & ~from.cut() & ~from.unreduced;
  if (from.dims.empty())
    return all;
  if (!exact_) {
    for (uint32_t atoms : {group, group | (free & to_.cut()), group | free}) {
      all.push_back(guided(from, atoms));
      all.back().unreduced = unreduced;
    }
    return all;
  }
  AtomLayout layout = from;
  forEachExtension(layout.dims, group | free, 0,
                   [&](const auto &dims, uint32_t left) {
                     if (!(left & group))
                       all.push_back({dims, unreduced});
                   });
  return all;
}

void SearchRun::addSlices(Layer &layer, int stepsLeft) {
  std::vector<std::pair<int, Path>> reached(layer.begin(), layer.end());
  for (const auto &[id, path] : reached)
    for (int slice : slicesOf(id)) {
      if (isHopeless(path, id, slice, stepsLeft))
        continue;
      if (auto longer = extend(path, id, StepKind::Slice, slice, StepCost()))
        relax(layer, slice, std::move(*longer));
    }
}

// All atoms of `group` in one step, to blocks as they are or to pieces.
void SearchRun::reduce(const Path &path, int id, uint32_t group, Layer &next) {
  AtomLayout layout = at(id);
  AtomLayout reduced{layout.dims, layout.unreduced & ~group};
  reach(path, id, StepKind::AllReduce, search_.intern(reduced),
        model_.allReduce(layout, reduced), next);
  for (const AtomLayout &pieces : scattersOf(layout, group))
    reach(path, id, StepKind::ReduceScatter, search_.intern(pieces),
          model_.reduceScatter(layout, pieces), next);
}

void SearchRun::firstStep(const Layer &sources, Layer &reached) {
  for (const auto &[id, path] : sources) {
    for (int target : movesFrom(id))
      if (!isHopeless(path, id, target, 1))
        reach(path, id, StepKind::Move, target, search_.moveCost(id, target),
              reached);
    // What stays partial is left to the last step.
    for (uint32_t group = reduced_; group; group = (group - 1) & reduced_) {
      reduce(path, id, group, reached);
      if (!exact_ && countBits(reduced_) > kReduced)
        break;
    }
  }
}

void SearchRun::lastStep(const Layer &reached) {
  Layer beyond;
  for (const auto &[id, path] : reached) {
    if (uint32_t left = search_.layouts_[id].unreduced & ~to_.unreduced) {
      reduce(path, id, left, beyond);
      continue;
    }
    for (int sink : sinks_)
      if (!isHopeless(path, id, sink, 0))
        reach(path, id, StepKind::Move, sink, search_.moveCost(id, sink),
              beyond);
  }
}

SearchResult SearchRun::run() {
  for (const AtomLayout &layout : coarserThan(to_)) {
    sinks_.push_back(search_.intern(layout));
    if (reduced_ && !(layout.cut() & from_.unreduced))
      sinksBeforeReduction_.push_back(
          search_.intern({layout.dims, from_.unreduced}));
  }
  int fromId = search_.intern(from_);
  Layer sources = {{fromId, Path()}};
  double floor = model_.lowerBound(from_, to_, 2);
  if (reduced_ == 0) {
    // What the direct move brings is what no way can do without.
    const StepCost &direct = search_.moveCost(fromId, toId_);
    Layer none;
    reach(Path(), fromId, StepKind::Move, toId_, direct, none);
    floor = std::max(
        floor, model_.leastTime(direct.messages > 0 ? 1 : 0, direct.received));
  }
  // First without slices before: the time found cuts the rest short.
  for (bool withSlices : {false, true}) {
    if (best_ && best_->time <= floor * (1 + 1e-9))
      break;
    if (withSlices)
      addSlices(sources, 2);
    Layer reached;
    firstStep(sources, reached);
    addSlices(reached, 1);
    lastStep(reached);
  }
  SearchResult result;
  for (size_t i = 0; i < best_->count; ++i)
    result.steps.push_back({best_->steps[i].kind,
                            search_.layouts_[best_->steps[i].target],
                            best_->steps[i].cost});
  result.time = best_->time;
  result.bound = exact_ ? best_->time : std::min(best_->time, floor);
  result.peakBytes = best_->peak;
  return result;
}

SearchResult ReshardSearch::plan(const AtomLayout &from, const AtomLayout &to) {
  return SearchRun(*this, from, to).run();
}

} // namespace moe::reshard
