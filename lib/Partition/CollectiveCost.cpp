#include "moe/Partition/CollectiveCost.h"

#include <algorithm>
#include <cmath>
#include <tuple>

using namespace moe::reshard;

namespace {

// Ranks whose messages are counted, and blocks of a dimension that are looked
// at one by one.
constexpr int64_t kProbes = 64;
constexpr int64_t kBlocks = 32;
// Shares of one piece, or parts of an all-reduce, that are looked at one by
// one.
constexpr int64_t kShares = 64;

int64_t ceilDiv(int64_t n, int64_t d) { return (n + d - 1) / d; }

} // namespace

bool moe::reshard::isSlower(const Link &a, const Link &b) {
  return std::make_tuple(a.leavesNode, -a.bandwidth, a.latency) >
         std::make_tuple(b.leavesNode, -b.bandwidth, b.latency);
}

uint32_t AtomLayout::cut() const {
  uint32_t set = 0;
  for (const std::vector<uint8_t> &dim : dims)
    for (uint8_t atom : dim)
      set |= 1u << atom;
  return set;
}

bool moe::reshard::isSlice(const AtomLayout &from, const AtomLayout &to) {
  if (from.unreduced != to.unreduced)
    return false;
  for (size_t dim = 0; dim < from.dims.size(); ++dim)
    if (from.dims[dim].size() > to.dims[dim].size() ||
        !std::equal(from.dims[dim].begin(), from.dims[dim].end(),
                    to.dims[dim].begin()))
      return false;
  return true;
}

CostModel::CostModel(std::vector<int64_t> shape, int64_t elementBytes,
                     std::vector<Atom> atoms)
    : shape_(std::move(shape)), elementBytes_(elementBytes),
      atoms_(std::move(atoms)) {
  for (const Atom &atom : atoms_)
    if (std::find(links_.begin(), links_.end(), atom.link) == links_.end())
      links_.push_back(atom.link);
  std::sort(links_.begin(), links_.end(),
            [](const Link &a, const Link &b) { return isSlower(b, a); });
  for (const Atom &atom : atoms_)
    linkOf_.push_back(
        static_cast<int>(std::find(links_.begin(), links_.end(), atom.link) -
                         links_.begin() + 1));
  if (links_.empty())
    return;
  leastLatency_ = links_.front().latency;
  mostBandwidth_ = links_.front().bandwidth;
  for (const Link &link : links_) {
    leastLatency_ = std::min(leastLatency_, link.latency);
    mostBandwidth_ = std::max(mostBandwidth_, link.bandwidth);
  }
}

int64_t CostModel::sizeOf(const std::vector<uint8_t> &atoms) const {
  int64_t size = 1;
  for (uint8_t atom : atoms)
    size *= atoms_[atom].digit.size;
  return size;
}

double CostModel::tensorBytes() const {
  double bytes = elementBytes_;
  for (int64_t size : shape_)
    bytes *= static_cast<double>(size);
  return bytes;
}

double CostModel::bufferBytes(const AtomLayout &layout) const {
  double bytes = elementBytes_;
  for (size_t dim = 0; dim < shape_.size(); ++dim)
    bytes *=
        static_cast<double>(ceilDiv(shape_[dim], sizeOf(layout.dims[dim])));
  return bytes;
}

// The rank with the largest block takes at most `common` elements from any
// block of the source, its own among them. What lies on it after two steps with
// m and n messages comes from at most (1 + m) (1 + n) blocks.
double CostModel::lowerBound(const AtomLayout &from, const AtomLayout &to,
                             int steps) const {
  double needed = 1, common = 1;
  for (size_t dim = 0; dim < shape_.size(); ++dim) {
    int64_t have = ceilDiv(shape_[dim], sizeOf(from.dims[dim]));
    int64_t need = ceilDiv(shape_[dim], sizeOf(to.dims[dim]));
    needed *= static_cast<double>(need);
    common *= static_cast<double>(std::min(have, need));
  }
  if (needed == 0)
    return 0;
  // Each element takes a partial value of another rank.
  if (from.unreduced != to.unreduced)
    return leastTime(1, needed * elementBytes_);
  double blocks = std::ceil(needed / common);
  double messages =
      steps == 1 ? blocks - 1 : std::ceil(2 * std::sqrt(blocks) - 2 - 1e-9);
  return leastTime(messages, (needed - common) * elementBytes_);
}

double CostModel::leastTime(double messages, double bytes) const {
  return messages * leastLatency_ + bytes / mostBandwidth_;
}

//===----------------------------------------------------------------------===//
// Moves
//===----------------------------------------------------------------------===//

namespace moe::reshard {

/// Counts the messages of a move that one rank receives.
class MoveCounter {
public:
  MoveCounter(const CostModel &model, const AtomLayout &from,
              const AtomLayout &to)
      : model_(model), from_(from), to_(to), values_(model.atoms_.size()),
        groups_(from.dims.size()) {
    uint32_t cutsSource = from.cut();
    used_ = cutsSource | to.cut();
    // Replication that cuts, in the target, what the source cuts too: holders
    // share such pieces (ExchangePlan.h). Major atoms are the first.
    for (size_t dim = 0; dim < to.dims.size(); ++dim)
      if (!from.dims[dim].empty())
        for (uint8_t atom : to.dims[dim])
          if (!(cutsSource >> atom & 1))
            shared_.push_back(atom);
    std::sort(shared_.begin(), shared_.end(), std::greater<>());
    holders_ = model.sizeOf(shared_);
  }

  StepCost worst() {
    std::vector<uint8_t> used;
    int64_t ranks = 1;
    for (size_t atom = 0; atom < model_.atoms_.size(); ++atom)
      if (used_ >> atom & 1) {
        used.push_back(static_cast<uint8_t>(atom));
        ranks = std::min(ranks, kProbes + 1) * model_.atoms_[atom].digit.size;
      }
    int64_t limit = ranks > kProbes ? 2 : kProbes;
    visitProbes(used, 0, limit);
    return worst_;
  }

private:
  // Blocks of one dimension of the source that the target block meets.
  struct Group {
    double count;
    int64_t elements;
    int link;
    friend bool operator==(const Group &a, const Group &b) {
      return a.elements == b.elements && a.link == b.link;
    }
  };

  void visitProbes(const std::vector<uint8_t> &used, size_t i, int64_t limit) {
    if (i == used.size())
      return probe();
    int64_t size = model_.atoms_[used[i]].digit.size;
    int64_t count = std::min(size, limit);
    for (int64_t k = 0; k < count; ++k) {
      // The first, the last, and between them.
      values_[used[i]] = count == size ? k : k * (size - 1) / (count - 1);
      visitProbes(used, i + 1, limit);
    }
  }

  int64_t indexOf(const std::vector<uint8_t> &atoms) const {
    int64_t index = 0;
    for (uint8_t atom : atoms)
      index = index * model_.atoms_[atom].digit.size + values_[atom];
    return index;
  }

  // The link to where `atoms` spell `index`.
  int linkTo(const std::vector<uint8_t> &atoms, int64_t index) const {
    int link = 0;
    for (size_t i = atoms.size(); i-- > 0;) {
      int64_t size = model_.atoms_[atoms[i]].digit.size;
      if (index % size != values_[atoms[i]])
        link = std::max(link, model_.linkOf_[atoms[i]]);
      index /= size;
    }
    return link;
  }

  void probe() {
    for (size_t dim = 0; dim < groups_.size(); ++dim) {
      groups_[dim].clear();
      addGroups(dim);
    }
    cost_ = {};
    visitPieces(0, 1, 1, 0);
    worst_.time = std::max(worst_.time, cost_.time);
    worst_.received = std::max(worst_.received, cost_.received);
    worst_.messages = std::max(worst_.messages, cost_.messages);
    worst_.largest = std::max(worst_.largest, cost_.largest);
  }

  void addGroup(size_t dim, const Group &group) {
    std::vector<Group> &groups = groups_[dim];
    auto found = std::find(groups.begin(), groups.end(), group);
    if (found == groups.end())
      groups.push_back(group);
    else
      found->count += group.count;
  }

  void addGroups(size_t dim) {
    int64_t n = model_.shape_[dim];
    const std::vector<uint8_t> &atoms = from_.dims[dim];
    moert::Range need =
        moert::blockOf(n, model_.sizeOf(to_.dims[dim]), indexOf(to_.dims[dim]));
    if (need.size() == 0)
      return;
    int64_t d = model_.sizeOf(atoms);
    int64_t first = moert::blockWith(n, d, need.begin);
    int64_t last = moert::blockWith(n, d, need.end - 1);
    if (std::min(last - first + 1, need.size()) > kBlocks)
      return addManyGroups(dim, need.size(), first, last);
    for (int64_t i = need.begin; i < need.end;) {
      int64_t k = moert::blockWith(n, d, i);
      int64_t end = std::min(moert::blockOf(n, d, k).end, need.end);
      addGroup(dim, {1, end - i, linkTo(atoms, k)});
      i = end;
    }
  }

  // Blocks first to last, counted as equal: how many are reached by links up to
  // each is a product over the atoms that vary between them.
  void addManyGroups(size_t dim, int64_t elements, int64_t first,
                     int64_t last) {
    const std::vector<uint8_t> &atoms = from_.dims[dim];
    int64_t blocks = std::min(last - first + 1, elements), own = indexOf(atoms);
    double before = 0;
    for (int link = 0; link <= static_cast<int>(model_.links_.size()); ++link) {
      double reached = static_cast<double>(blocks);
      int64_t span = 1;
      for (size_t i = atoms.size(); i-- > 0;) {
        int64_t size = model_.atoms_[atoms[i]].digit.size;
        bool varies = first / span != last / span;
        if (model_.linkOf_[atoms[i]] > link)
          reached *= varies ? 1.0 / static_cast<double>(size)
                     : first / span % size == values_[atoms[i]] ? 1
                                                                : 0;
        span *= size;
      }
      if (link == 0)
        reached = first <= own && own <= last ? 1 : 0;
      if (reached > before)
        addGroup(dim, {reached - before,
                       std::max<int64_t>(1, elements / blocks), link});
      before = std::max(before, reached);
    }
  }

  // A piece is one block of each dimension; with link 0 in all it is the rank's
  // own.
  void visitPieces(size_t dim, double count, int64_t elements, int link) {
    if (dim < groups_.size()) {
      for (const Group &group : groups_[dim])
        visitPieces(dim + 1, count * group.count, elements * group.elements,
                    std::max(link, group.link));
      return;
    }
    if (link == 0)
      return;
    if (holders_ == 1)
      add(count, static_cast<double>(elements), link);
    else if (holders_ <= kShares)
      addShares(count, elements, link);
    else
      addManyShares(count, static_cast<double>(elements), link);
  }

  void addShares(double count, int64_t elements, int link) {
    int64_t own = indexOf(shared_);
    for (int64_t i = 0; i < holders_; ++i) {
      int64_t share = moert::blockOf(elements, holders_, i).size();
      if (share)
        add(count, static_cast<double>(share),
            std::max(link, linkTo(shared_, (own + i) % holders_)));
    }
  }

  void addManyShares(double count, double elements, int link) {
    uint32_t group = 0;
    for (uint8_t atom : shared_)
      group |= 1u << atom;
    std::vector<double> members = model_.membersByLink(group);
    double holders = std::min(elements, static_cast<double>(holders_));
    for (size_t other = 0; other < members.size(); ++other)
      if (members[other])
        add(count * members[other] * holders / static_cast<double>(holders_),
            elements / holders, std::max(link, static_cast<int>(other)));
  }

  void add(double messages, double elements, int link) {
    double bytes = elements * model_.elementBytes_;
    cost_.time += model_.links_[link - 1].time(messages, messages * bytes);
    cost_.received += messages * bytes;
    cost_.messages += messages;
    cost_.largest = std::max(cost_.largest, bytes);
  }

  const CostModel &model_;
  const AtomLayout &from_;
  const AtomLayout &to_;
  std::vector<int64_t> values_;
  std::vector<std::vector<Group>> groups_;
  uint32_t used_ = 0;
  std::vector<uint8_t> shared_;
  int64_t holders_ = 1;
  StepCost cost_, worst_;
};

} // namespace moe::reshard

StepCost CostModel::move(const AtomLayout &from, const AtomLayout &to) const {
  return isSlice(from, to) ? StepCost() : MoveCounter(*this, from, to).worst();
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

std::vector<double> CostModel::membersByLink(uint32_t group) const {
  std::vector<double> members(links_.size() + 1);
  double before = 0;
  for (size_t link = 0; link < members.size(); ++link) {
    double reached = 1;
    for (size_t atom = 0; atom < atoms_.size(); ++atom)
      if ((group >> atom & 1) && linkOf_[atom] <= static_cast<int>(link))
        reached *= static_cast<double>(atoms_[atom].digit.size);
    members[link] = reached - before;
    before = reached;
  }
  return members;
}

// The rank with the largest piece gets it once from each other member.
StepCost CostModel::reduceScatter(const AtomLayout &from,
                                  const AtomLayout &to) const {
  StepCost cost;
  double bytes = bufferBytes(to);
  if (bytes == 0)
    return cost;
  std::vector<double> members = membersByLink(from.unreduced & ~to.unreduced);
  for (size_t link = 1; link < members.size(); ++link) {
    cost.messages += members[link];
    cost.time += links_[link - 1].time(members[link], members[link] * bytes);
  }
  cost.received = cost.messages * bytes;
  cost.largest = bytes;
  return cost;
}

// Each member reduces a part and gets the parts of the others; parts differ by
// one element at most, so the worst rank is that of some part.
StepCost CostModel::allReduce(const AtomLayout &from,
                              const AtomLayout &to) const {
  std::vector<uint8_t> group;
  for (size_t atom = atoms_.size(); atom-- > 0;)
    if ((from.unreduced & ~to.unreduced) >> atom & 1)
      group.push_back(static_cast<uint8_t>(atom));
  int64_t members = sizeOf(group);
  auto elements = static_cast<int64_t>(bufferBytes(from) / elementBytes_);
  auto linkBetween = [&](int64_t a, int64_t b) {
    int link = 0;
    for (size_t i = group.size(); i-- > 0;) {
      int64_t size = atoms_[group[i]].digit.size;
      if (a % size != b % size)
        link = std::max(link, linkOf_[group[i]]);
      a /= size;
      b /= size;
    }
    return link;
  };
  auto costOf = [&](int64_t own) {
    StepCost cost;
    int64_t mine = moert::blockOf(elements, members, own).size();
    auto add = [&](double messages, int64_t part, int link) {
      if (part == 0)
        return;
      double bytes = static_cast<double>(part) * elementBytes_;
      cost.time += links_[link - 1].time(messages, messages * bytes);
      cost.received += messages * bytes;
      cost.messages += messages;
      cost.largest = std::max(cost.largest, bytes);
    };
    if (members > kShares) {
      std::vector<double> byLink =
          membersByLink(from.unreduced & ~to.unreduced);
      for (size_t link = 1; link < byLink.size(); ++link)
        add(2 * byLink[link], mine, static_cast<int>(link));
      return cost;
    }
    for (int64_t other = 0; other < members; ++other)
      if (other != own) {
        add(1, mine, linkBetween(own, other));
        add(1, moert::blockOf(elements, members, other).size(),
            linkBetween(own, other));
      }
    return cost;
  };
  StepCost worst = costOf(0);
  // Equal parts cost all members the same, and so do many.
  if (members > kShares || elements % members == 0)
    return worst;
  for (int64_t own = 1; own < members; ++own) {
    StepCost cost = costOf(own);
    worst.time = std::max(worst.time, cost.time);
    worst.received = std::max(worst.received, cost.received);
    worst.messages = std::max(worst.messages, cost.messages);
  }
  return worst;
}
