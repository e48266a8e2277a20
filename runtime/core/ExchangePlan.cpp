#include "runtime/core/ExchangePlan.h"

#include "runtime/core/Error.h"
#include "runtime/core/Refinement.h"

#include <algorithm>
#include <functional>
#include <map>

namespace moert {

namespace {

using Indices = std::vector<int64_t>;

// Boxes of one group of dimensions inside each box of the groups before it.
void cross(std::vector<BoxPair> &pieces, const std::vector<BoxPair> &inner) {
  std::vector<BoxPair> result;
  for (const BoxPair &outer : pieces)
    for (const BoxPair &pair : inner) {
      BoxPair both = outer;
      both.source += pair.source;
      both.target += pair.target;
      auto append = [](std::vector<int64_t> &list,
                       const std::vector<int64_t> &more) {
        list.insert(list.end(), more.begin(), more.end());
      };
      append(both.size, pair.size);
      append(both.sourceStrides, pair.sourceStrides);
      append(both.targetStrides, pair.targetStrides);
      result.push_back(std::move(both));
    }
  pieces = std::move(result);
}

// A block in global indices.
using Block = std::vector<Range>;

Block blockHeldBy(const Layout &layout, int64_t rank) {
  Block block(layout.shape.size());
  for (size_t dim = 0; dim < block.size(); ++dim)
    block[dim] = layout.range(dim, rank);
  return block;
}

int64_t elementsOf(const Block &block) {
  int64_t count = 1;
  for (const Range &range : block)
    count *= range.size();
  return count;
}

// Elements `part` of `piece` (row-major) as pairs of boxes in the sender's and
// in the receiver's buffer, which hold `from` and `to`.
void addPieces(const Block &piece, Range part, const Block &from,
               const Indices &fromShape, const Block &to,
               const Indices &toShape, std::vector<BoxPair> &pieces) {
  BoxPair whole{{}, 0, 0, rowMajorStrides(fromShape), rowMajorStrides(toShape)};
  for (size_t dim = 0; dim < piece.size(); ++dim) {
    whole.size.push_back(piece[dim].size());
    whole.source +=
        (piece[dim].begin - from[dim].begin) * whole.sourceStrides[dim];
    whole.target +=
        (piece[dim].begin - to[dim].begin) * whole.targetStrides[dim];
  }
  addPart(whole, part, pieces);
}

// Share `index` of `elements` over `holders`, where the receiver's own index
// goes first, so that remainders do not all fall on one holder.
Range shareOf(int64_t elements, int64_t holders, int64_t index,
              int64_t receiver) {
  return blockOf(elements, holders, (index - receiver + holders) % holders);
}

void byPeer(std::vector<Transfer> &transfers) {
  std::sort(
      transfers.begin(), transfers.end(),
      [](const Transfer &a, const Transfer &b) { return a.peer < b.peer; });
}

// An exchange as its groups of dimensions see it.
class Meetings {
public:
  Meetings(const Layout &source, const Layout &target, const IndexMap &map)
      : source_(source), target_(target),
        groups_(groupsOf(map, source.shape, target.shape)) {
    for (const DimGroup &group : groups_)
      meetings_.emplace_back(map, group, source, target);
  }

  size_t size() const { return groups_.size(); }
  const DimGroup &group(size_t i) const { return groups_[i]; }
  const GroupMeeting &operator[](size_t i) const { return meetings_[i]; }

  BlockTuple sourceTuple(size_t i, int64_t rank) const {
    return tupleOf(source_, groups_[i].source, rank);
  }
  BlockTuple targetTuple(size_t i, int64_t rank) const {
    return tupleOf(target_, groups_[i].target, rank);
  }

  // All that `receiver` wants and `sender` holds.
  std::vector<BoxPair> piecesOf(int64_t sender, int64_t receiver) const {
    std::vector<BoxPair> pieces = {BoxPair()};
    for (size_t i = 0; i < size() && !pieces.empty(); ++i)
      cross(pieces, meetings_[i].meet(sourceTuple(i, sender),
                                      targetTuple(i, receiver)));
    return pieces;
  }

private:
  static BlockTuple tupleOf(const Layout &layout, Range dims, int64_t rank) {
    BlockTuple tuple;
    for (int64_t dim = dims.begin; dim < dims.end; ++dim)
      tuple.push_back(layout.blockIndex(dim, rank));
    return tuple;
  }

  const Layout &source_;
  const Layout &target_;
  std::vector<DimGroup> groups_;
  std::vector<GroupMeeting> meetings_;
};

// Share `index` of `pieces` between this rank and `peer`.
void addTransfer(const std::vector<BoxPair> &pieces, Range share, int64_t peer,
                 std::vector<Transfer> &transfers) {
  if (share.size())
    transfers.push_back(
        {static_cast<int>(peer), partOf(pieces, share), share.size()});
}

// The exchange where all digits split into common atoms: every list below comes
// from the rank's own digits.
class AtomExchange {
public:
  AtomExchange(const Layout &source, const Layout &target, const IndexMap &map,
               const Refinement &refinement, int64_t rank)
      : meetings_(source, target, map), atoms_(refinement.atoms()),
        uses_(atoms_.size()), mine_(atoms_.size()), rank_(rank),
        isEmpty_(target.heldElements(rank) == 0) {
    auto split = [&](const Layout &layout, Range dims) {
      std::vector<DimAtoms> list;
      for (int64_t dim = dims.begin; dim < dims.end; ++dim)
        list.push_back(refinement.split(layout.dims[dim]));
      return list;
    };
    for (size_t i = 0; i < meetings_.size(); ++i) {
      sourceAtoms_.push_back(split(source, meetings_.group(i).source));
      targetAtoms_.push_back(split(target, meetings_.group(i).target));
      for (const DimAtoms &atoms : sourceAtoms_[i])
        for (size_t atom : atoms)
          uses_[atom].cutsSource = true;
      for (const DimAtoms &atoms : targetAtoms_[i])
        for (size_t atom : atoms) {
          uses_[atom].cutsTarget = true;
          uses_[atom].besideSource = isCut(sourceAtoms_[i]);
        }
    }
    for (size_t atom = 0; atom < atoms_.size(); ++atom)
      mine_[atom] = atoms_[atom].valueOf(rank);
    // Replication that cuts, in the target, what the source cuts too.
    for (size_t atom = atoms_.size(); atom-- > 0;)
      if (isShared(atom)) {
        shared_.push_back(atom);
        holders_ *= atoms_[atom].size;
      }
  }

  PlanPhase plan() {
    PlanPhase phase;
    phase.copies = meetings_.piecesOf(rank_, rank_);
    receive(phase.receives);
    send(phase.sends);
    byPeer(phase.receives);
    byPeer(phase.sends);
    return phase;
  }

private:
  struct Use {
    bool cutsSource = false;
    bool cutsTarget = false;
    bool besideSource = false;
  };
  using DimAtoms = std::vector<size_t>;

  static bool isCut(const std::vector<DimAtoms> &group) {
    return std::any_of(group.begin(), group.end(),
                       [](const DimAtoms &atoms) { return !atoms.empty(); });
  }

  bool isShared(size_t atom) const {
    const Use &use = uses_[atom];
    return !use.cutsSource && use.cutsTarget && use.besideSource;
  }

  int64_t sharedIndex(const Indices &values) const {
    int64_t index = 0;
    for (size_t atom : shared_)
      index = index * atoms_[atom].size + values[atom];
    return index;
  }

  void setShared(Indices &values, int64_t index) const {
    for (size_t i = shared_.size(); i-- > 0;) {
      values[shared_[i]] = index % atoms_[shared_[i]].size;
      index /= atoms_[shared_[i]].size;
    }
  }

  int64_t rankOf(const Indices &values) const {
    int64_t rank = 0;
    for (size_t atom = 0; atom < atoms_.size(); ++atom)
      rank += values[atom] * atoms_[atom].stride;
    return rank;
  }

  void setBlocks(Indices &values, const std::vector<DimAtoms> &group,
                 const BlockTuple &blocks) const {
    for (size_t dim = 0; dim < group.size(); ++dim) {
      int64_t index = blocks[dim];
      for (size_t i = group[dim].size(); i-- > 0;) {
        int64_t size = atoms_[group[dim][i]].size;
        values[group[dim][i]] = index % size;
        index /= size;
      }
    }
  }

  bool sameSourceBlock(const Indices &values) const {
    for (size_t atom = 0; atom < atoms_.size(); ++atom)
      if (uses_[atom].cutsSource && values[atom] != mine_[atom])
        return false;
    return true;
  }

  // Visits the source blocks that the target block meets, group by group; all
  // other atoms keep this rank's values.
  void receive(std::vector<Transfer> &receives) {
    struct Found {
      BlockTuple blocks;
      std::vector<BoxPair> pairs;
    };
    std::vector<std::vector<Found>> found(meetings_.size());
    if (isEmpty_)
      return;
    for (size_t i = 0; i < meetings_.size(); ++i) {
      BlockTuple to = meetings_.targetTuple(i, rank_);
      for (const BlockTuple &from : meetings_[i].sourcesOf(to))
        found[i].push_back({from, meetings_[i].meet(from, to)});
    }
    Indices values = mine_;
    std::function<void(size_t, const std::vector<BoxPair> &)> visit =
        [&](size_t i, const std::vector<BoxPair> &outer) {
          if (i == found.size()) {
            if (!sameSourceBlock(values))
              receivePieces(values, outer, receives);
            return;
          }
          for (const Found &entry : found[i]) {
            setBlocks(values, sourceAtoms_[i], entry.blocks);
            std::vector<BoxPair> pieces = outer;
            cross(pieces, entry.pairs);
            visit(i + 1, pieces);
          }
        };
    visit(0, {BoxPair()});
  }

  void receivePieces(Indices holder, const std::vector<BoxPair> &pieces,
                     std::vector<Transfer> &receives) const {
    int64_t elements = elementsOf(pieces), own = sharedIndex(mine_);
    for (int64_t index = 0; index < holders_; ++index) {
      setShared(holder, index);
      addTransfer(pieces, shareOf(elements, holders_, index, own),
                  rankOf(holder), receives);
    }
  }

  // Visits the ranks whose target block meets this source block: the same
  // relation read from the other side. Replication that is not shared keeps
  // this rank's value, for such receivers take from their own copy.
  void send(std::vector<Transfer> &sends) {
    Indices values = mine_;
    std::vector<size_t> copies;
    for (size_t atom = 0; atom < atoms_.size(); ++atom)
      if (uses_[atom].cutsSource && !uses_[atom].cutsTarget)
        copies.push_back(atom);
    visitTargets(0, values, [&] {
      visitValues(copies, 0, values, [&] {
        if (!sameSourceBlock(values))
          sendPieces(values, sends);
      });
    });
  }

  template <typename Visit>
  void visitValues(const std::vector<size_t> &atoms, size_t i, Indices &values,
                   const Visit &visit) const {
    if (i == atoms.size())
      return visit();
    for (int64_t value = 0; value < atoms_[atoms[i]].size; ++value) {
      values[atoms[i]] = value;
      visitValues(atoms, i + 1, values, visit);
    }
  }

  void visitTargets(size_t i, Indices &values,
                    const std::function<void()> &visit) const {
    if (i == meetings_.size())
      return visit();
    if (!isCut(sourceAtoms_[i])) {
      // Whole dimensions meet every block of the target.
      std::vector<size_t> open;
      for (const DimAtoms &atoms : targetAtoms_[i])
        for (size_t atom : atoms)
          if (uses_[atom].cutsSource)
            open.push_back(atom);
      return visitValues(open, 0, values,
                         [&] { visitTargets(i + 1, values, visit); });
    }
    BlockTuple mine = meetings_.sourceTuple(i, rank_);
    for (const BlockTuple &blocks : meetings_[i].targetsOf(mine)) {
      setBlocks(values, targetAtoms_[i], blocks);
      visitTargets(i + 1, values, visit);
    }
  }

  void sendPieces(const Indices &values, std::vector<Transfer> &sends) const {
    int64_t receiver = rankOf(values);
    std::vector<BoxPair> pieces = meetings_.piecesOf(rank_, receiver);
    addTransfer(pieces,
                shareOf(elementsOf(pieces), holders_, sharedIndex(mine_),
                        sharedIndex(values)),
                receiver, sends);
  }

  Meetings meetings_;
  const std::vector<Digit> &atoms_;
  std::vector<Use> uses_;
  Indices mine_;
  int64_t rank_;
  bool isEmpty_; // the rank's block of the target
  // By group and dimension.
  std::vector<std::vector<DimAtoms>> sourceAtoms_, targetAtoms_;
  std::vector<size_t> shared_;
  int64_t holders_ = 1;
};

// The exchange between digits that cross (a 2x3 against a 3x2 mesh): looks at
// every rank; all holders of a piece share it.
class CrossingExchange {
public:
  CrossingExchange(const Layout &source, const Layout &target,
                   const IndexMap &map, int64_t ranks, int64_t rank)
      : source_(source), meetings_(source, target, map), ranks_(ranks),
        rank_(rank) {
    for (int64_t holder = 0; holder < ranks; ++holder)
      holders_[keyOf(holder)].push_back(holder);
  }

  PlanPhase plan() {
    PlanPhase phase;
    phase.copies = meetings_.piecesOf(rank_, rank_);
    for (int64_t peer = 0; peer < ranks_; ++peer) {
      add(peer, rank_, peer, phase.receives);
      add(rank_, peer, peer, phase.sends);
    }
    checkWhole(phase);
    return phase;
  }

private:
  // What decides which values a rank holds: its block and its partial sum.
  Indices keyOf(int64_t rank) const {
    Indices key;
    for (size_t dim = 0; dim < source_.shape.size(); ++dim)
      key.push_back(source_.blockIndex(dim, rank));
    for (const Digit &digit : source_.unreduced)
      key.push_back(digit.valueOf(rank));
    return key;
  }

  bool samePartial(int64_t a, int64_t b) const {
    for (const Digit &digit : source_.unreduced)
      if (digit.valueOf(a) != digit.valueOf(b))
        return false;
    return true;
  }

  void add(int64_t sender, int64_t receiver, int64_t peer,
           std::vector<Transfer> &transfers) const {
    if (sender == receiver || !samePartial(sender, receiver) ||
        keyOf(sender) == keyOf(receiver))
      return;
    std::vector<BoxPair> pieces = meetings_.piecesOf(sender, receiver);
    const Indices &all = holders_.at(keyOf(sender));
    int64_t count = static_cast<int64_t>(all.size());
    int64_t index = std::find(all.begin(), all.end(), sender) - all.begin();
    addTransfer(pieces,
                shareOf(elementsOf(pieces), count, index, receiver % count),
                peer, transfers);
  }

  // Digits that cross inside one layout may leave blocks without a holder.
  void checkWhole(const PlanPhase &phase) const {
    int64_t found = elementsOf(phase.copies), wanted = 1;
    for (const Transfer &transfer : phase.receives)
      found += transfer.elements;
    for (size_t i = 0; i < meetings_.size(); ++i) {
      int64_t count = 0;
      BlockTuple to = meetings_.targetTuple(i, rank_);
      for (const BlockTuple &from : meetings_[i].sourcesOf(to))
        count += elementsOf(meetings_[i].meet(from, to));
      wanted *= count;
    }
    if (found != wanted)
      throw Error(text("layout ", source_.str(), " leaves ", wanted - found,
                       " of the ", wanted, " elements that rank ", rank_,
                       " needs on no rank"));
  }

  const Layout &source_;
  Meetings meetings_;
  int64_t ranks_;
  int64_t rank_;
  std::map<Indices, Indices> holders_;
};

void checkPair(const Layout &source, const Layout &target, int64_t ranks) {
  checkDigits(source, ranks);
  checkDigits(target, ranks);
  if (source.shape != target.shape)
    throw Error(text("layouts ", source.str(), " and ", target.str(),
                     " have different shapes; a collective keeps the shape"));
}

// What every plan of the two layouts starts with.
ExchangePlan planBetween(const Layout &source, const Layout &target) {
  ExchangePlan plan;
  plan.sourceShape = source.localShape();
  plan.targetShape = target.localShape();
  return plan;
}

// The digits over which a collective reduces, major to minor.
std::vector<Digit> reducedDigits(const Layout &source, const Layout &target,
                                 int64_t ranks) {
  std::optional<Refinement> refinement =
      Refinement::of(ranks, {&source, &target});
  if (!refinement)
    throw Error(text("layouts ", source.str(), " and ", target.str(),
                     " of a reduction have crossing digits"));
  std::vector<size_t> left = refinement->split(target.unreduced);
  std::vector<size_t> atoms;
  for (size_t atom : refinement->split(source.unreduced))
    if (std::find(left.begin(), left.end(), atom) == left.end())
      atoms.push_back(atom);
  // Atoms rise by stride.
  std::sort(atoms.rbegin(), atoms.rend());
  std::vector<Digit> digits;
  for (size_t atom : atoms)
    digits.push_back(refinement->atoms()[atom]);
  return digits;
}

} // namespace

ReductionGroup reductionGroup(const Layout &source, const Layout &target,
                              int64_t ranks, int64_t rank) {
  ReductionGroup group;
  // An exchange, whose digits may cross.
  if (source.unreduced == target.unreduced)
    return group;
  for (const Digit &digit : reducedDigits(source, target, ranks)) {
    group.size *= digit.size;
    group.index = group.index * digit.size + digit.valueOf(rank);
  }
  return group;
}

std::vector<int64_t> groupOf(const std::vector<Digit> &digits, int64_t rank) {
  std::vector<int64_t> group = {rank};
  for (const Digit &digit : digits)
    group[0] -= digit.valueOf(rank) * digit.stride;
  for (const Digit &digit : digits) {
    std::vector<int64_t> finer;
    for (int64_t member : group)
      for (int64_t value = 0; value < digit.size; ++value)
        finer.push_back(member + value * digit.stride);
    group = std::move(finer);
  }
  return group;
}

int64_t ExchangePlan::sentElements(int rank) const {
  int64_t count = 0;
  for (const PlanPhase &phase : phases)
    for (const Transfer &transfer : phase.sends)
      count += transfer.peer == rank ? 0 : transfer.elements;
  return count;
}

int64_t ExchangePlan::receivedElements(int rank) const {
  int64_t count = 0;
  for (const PlanPhase &phase : phases)
    for (const Transfer &transfer : phase.receives)
      count += transfer.peer == rank ? 0 : transfer.elements;
  return count;
}

// Dimension by dimension, which takes fewer steps than row-major order.
static IndexMap identity(const std::vector<int64_t> &shape) {
  IndexMap map;
  for (int64_t size : shape)
    map.dims.push_back(DimMap::identity(size));
  return map;
}

ExchangePlan planExchange(const Layout &source, const Layout &target,
                          int64_t ranks, int64_t rank) {
  if (source.shape != target.shape)
    throw Error(text("layouts ", source.str(), " and ", target.str(),
                     " have different shapes; a collective keeps the shape"));
  return planExchange(source, target, identity(source.shape), ranks, rank);
}

ExchangePlan planExchange(const Layout &source, const Layout &target,
                          const IndexMap &map, int64_t ranks, int64_t rank) {
  checkDigits(source, ranks);
  checkDigits(target, ranks);
  map.check(source.shape, target.shape);
  if (source.unreduced != target.unreduced)
    throw Error(text("exchange from ", source.str(), " to ", target.str(),
                     " changes what is unreduced; that takes a reduction"));
  ExchangePlan plan{source.localShape(), map.targetLocalShape(target), {}};
  if (std::optional<Refinement> refinement =
          Refinement::of(ranks, {&source, &target}))
    plan.phases = {AtomExchange(source, target, map, *refinement, rank).plan()};
  else
    plan.phases = {CrossingExchange(source, target, map, ranks, rank).plan()};
  return plan;
}

ExchangePlan planAllReduce(const Layout &source, const Layout &target,
                           int64_t ranks, int64_t rank) {
  checkPair(source, target, ranks);
  if (source.dims != target.dims)
    throw Error(text("all-reduce from ", source.str(), " to ", target.str(),
                     " changes a dimension's digits; that takes an exchange"));
  ExchangePlan plan = planBetween(source, target);
  std::vector<int64_t> group =
      groupOf(reducedDigits(source, target, ranks), rank);
  int64_t members = static_cast<int64_t>(group.size());
  // All members hold the same block, so one set of coordinates serves all.
  Block block = blockHeldBy(source, rank);
  auto chunk = [&](int64_t peer, int64_t index) {
    Range share = blockOf(elementsOf(block), members, index);
    Transfer transfer{static_cast<int>(peer), {}, share.size()};
    addPieces(block, share, block, plan.sourceShape, block, plan.targetShape,
              transfer.pieces);
    return transfer;
  };
  int64_t own = std::find(group.begin(), group.end(), rank) - group.begin();
  plan.phases.resize(2);
  PlanPhase &reduce = plan.phases[0], &spread = plan.phases[1];
  reduce.reduce = true;
  spread.fromTarget = true;
  for (int64_t i = 0; i < members; ++i) {
    Transfer mine = chunk(group[i], own), theirs = chunk(group[i], i);
    if (mine.elements) {
      reduce.receives.push_back(mine);
      if (i != own)
        spread.sends.push_back(mine);
    }
    if (theirs.elements && i != own) {
      reduce.sends.push_back(theirs);
      spread.receives.push_back(theirs);
    }
  }
  return plan;
}

ExchangePlan planReduceScatter(const Layout &source, const Layout &target,
                               int64_t ranks, int64_t rank) {
  checkPair(source, target, ranks);
  ExchangePlan plan = planBetween(source, target);
  std::vector<int64_t> group =
      groupOf(reducedDigits(source, target, ranks), rank);
  std::optional<Refinement> refinement =
      Refinement::of(ranks, {&source, &target});
  for (size_t dim = 0; dim < source.shape.size(); ++dim) {
    std::vector<size_t> coarse = refinement->split(source.dims[dim]);
    std::vector<size_t> fine = refinement->split(target.dims[dim]);
    if (coarse.size() > fine.size() ||
        !std::equal(coarse.begin(), coarse.end(), fine.begin()))
      throw Error(text("reduce-scatter from ", source.str(), " to ",
                       target.str(), ": dimension ", dim,
                       " of the target does not refine the source's"));
  }
  // Members differ in unreduced digits alone: they share one source block.
  Block from = blockHeldBy(source, rank);
  auto piece = [&](int64_t peer, int64_t receiver) {
    Block to = blockHeldBy(target, receiver);
    Transfer transfer{static_cast<int>(peer), {}, elementsOf(to)};
    addPieces(to, {0, transfer.elements}, from, plan.sourceShape, to,
              plan.targetShape, transfer.pieces);
    return transfer;
  };
  plan.phases.resize(1);
  plan.phases[0].reduce = true;
  for (int64_t member : group) {
    Transfer mine = piece(member, rank), theirs = piece(member, member);
    if (mine.elements)
      plan.phases[0].receives.push_back(std::move(mine));
    if (theirs.elements && member != rank)
      plan.phases[0].sends.push_back(std::move(theirs));
  }
  return plan;
}

} // namespace moert
