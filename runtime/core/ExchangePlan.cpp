#include "runtime/core/ExchangePlan.h"

#include "runtime/core/Error.h"
#include "runtime/core/Refinement.h"

#include <algorithm>
#include <functional>
#include <map>

namespace moert {

namespace {

using Indices = std::vector<int64_t>;

// A block in global indices.
using Block = std::vector<Range>;

Block blockHeldBy(const Layout &layout, int64_t rank) {
  Block block(layout.shape.size());
  for (size_t dim = 0; dim < block.size(); ++dim)
    block[dim] = layout.range(dim, rank);
  return block;
}

Range intersect(Range a, Range b) {
  return {std::max(a.begin, b.begin), std::min(a.end, b.end)};
}

Block intersect(const Block &a, const Block &b) {
  Block both(a.size());
  for (size_t dim = 0; dim < a.size(); ++dim)
    both[dim] = intersect(a[dim], b[dim]);
  return both;
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
               const Block &to, std::vector<BoxPair> &pieces) {
  Indices shape(piece.size());
  for (size_t dim = 0; dim < piece.size(); ++dim)
    shape[dim] = piece[dim].size();
  for (const Box &box : boxesOf(shape, part)) {
    BoxPair pair{box.size, box.begin, box.begin};
    for (size_t dim = 0; dim < piece.size(); ++dim) {
      pair.source[dim] += piece[dim].begin - from[dim].begin;
      pair.target[dim] += piece[dim].begin - to[dim].begin;
    }
    pieces.push_back(std::move(pair));
  }
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

// The exchange where all digits split into common atoms: every list below comes
// from the rank's own digits.
class AtomExchange {
public:
  AtomExchange(const Layout &source, const Layout &target,
               const Refinement &refinement, int64_t rank)
      : source_(source), target_(target), atoms_(refinement.atoms()),
        uses_(atoms_.size()), mine_(atoms_.size()) {
    for (size_t dim = 0; dim < source.shape.size(); ++dim) {
      sourceAtoms_.push_back(refinement.split(source.dims[dim]));
      targetAtoms_.push_back(refinement.split(target.dims[dim]));
      for (size_t atom : sourceAtoms_[dim])
        uses_[atom].cutsSource = true;
      for (size_t atom : targetAtoms_[dim]) {
        uses_[atom].cutsTarget = true;
        uses_[atom].besideSource = !sourceAtoms_[dim].empty();
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
    from_ = blockHeldBy(source, rank);
    to_ = blockHeldBy(target, rank);
  }

  PlanPhase plan() {
    PlanPhase phase;
    Block own = intersect(from_, to_);
    if (elementsOf(own))
      addPieces(own, {0, elementsOf(own)}, from_, to_, phase.copies);
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

  void setBlock(Indices &values, const std::vector<size_t> &atoms,
                int64_t index) const {
    for (size_t i = atoms.size(); i-- > 0;) {
      values[atoms[i]] = index % atoms_[atoms[i]].size;
      index /= atoms_[atoms[i]].size;
    }
  }

  bool sameSourceBlock(const Indices &values) const {
    for (size_t atom = 0; atom < atoms_.size(); ++atom)
      if (uses_[atom].cutsSource && values[atom] != mine_[atom])
        return false;
    return true;
  }

  // Visits the source blocks that the target block meets, dimension by
  // dimension; all other atoms keep this rank's values.
  void receive(std::vector<Transfer> &receives) {
    Indices values = mine_;
    Block block(from_.size());
    std::function<void(size_t)> visit = [&](size_t dim) {
      if (dim == block.size()) {
        if (!sameSourceBlock(values))
          receivePiece(values, block, receives);
        return;
      }
      int64_t n = source_.shape[dim], d = source_.blocks(dim);
      for (int64_t i = to_[dim].begin; i < to_[dim].end; i = block[dim].end) {
        int64_t k = blockWith(n, d, i);
        block[dim] = blockOf(n, d, k);
        setBlock(values, sourceAtoms_[dim], k);
        visit(dim + 1);
      }
    };
    visit(0);
  }

  void receivePiece(Indices holder, const Block &block,
                    std::vector<Transfer> &receives) const {
    Block piece = intersect(block, to_);
    int64_t elements = elementsOf(piece), own = sharedIndex(mine_);
    for (int64_t index = 0; index < holders_; ++index) {
      Range share = shareOf(elements, holders_, index, own);
      if (share.size() == 0)
        continue;
      setShared(holder, index);
      Transfer transfer{static_cast<int>(rankOf(holder)), {}, share.size()};
      addPieces(piece, share, block, to_, transfer.pieces);
      receives.push_back(std::move(transfer));
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
          sendPiece(values, sends);
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

  void visitTargets(size_t dim, Indices &values,
                    const std::function<void()> &visit) const {
    if (dim == from_.size())
      return visit();
    if (sourceAtoms_[dim].empty()) {
      // A whole dimension meets every block of the target.
      std::vector<size_t> open;
      for (size_t atom : targetAtoms_[dim])
        if (uses_[atom].cutsSource)
          open.push_back(atom);
      return visitValues(open, 0, values,
                         [&] { visitTargets(dim + 1, values, visit); });
    }
    int64_t n = target_.shape[dim], d = target_.blocks(dim);
    for (int64_t i = from_[dim].begin; i < from_[dim].end;) {
      int64_t k = blockWith(n, d, i);
      setBlock(values, targetAtoms_[dim], k);
      visitTargets(dim + 1, values, visit);
      i = blockOf(n, d, k).end;
    }
  }

  void sendPiece(const Indices &values, std::vector<Transfer> &sends) const {
    int64_t receiver = rankOf(values);
    Block to = blockHeldBy(target_, receiver);
    Block piece = intersect(from_, to);
    Range share = shareOf(elementsOf(piece), holders_, sharedIndex(mine_),
                          sharedIndex(values));
    if (share.size() == 0)
      return;
    Transfer transfer{static_cast<int>(receiver), {}, share.size()};
    addPieces(piece, share, from_, to, transfer.pieces);
    sends.push_back(std::move(transfer));
  }

  const Layout &source_;
  const Layout &target_;
  const std::vector<Digit> &atoms_;
  std::vector<Use> uses_;
  Indices mine_;
  std::vector<std::vector<size_t>> sourceAtoms_, targetAtoms_;
  std::vector<size_t> shared_;
  int64_t holders_ = 1;
  Block from_, to_;
};

// The exchange between digits that cross (a 2x3 against a 3x2 mesh): looks at
// every rank; all holders of a piece share it.
class CrossingExchange {
public:
  CrossingExchange(const Layout &source, const Layout &target, int64_t ranks,
                   int64_t rank)
      : source_(source), target_(target), ranks_(ranks), rank_(rank) {
    for (int64_t holder = 0; holder < ranks; ++holder)
      holders_[keyOf(holder)].push_back(holder);
  }

  PlanPhase plan() {
    PlanPhase phase;
    Block from = blockHeldBy(source_, rank_), to = blockHeldBy(target_, rank_);
    Block own = intersect(from, to);
    if (elementsOf(own))
      addPieces(own, {0, elementsOf(own)}, from, to, phase.copies);
    for (int64_t peer = 0; peer < ranks_; ++peer) {
      add(peer, rank_, peer, phase.receives);
      add(rank_, peer, peer, phase.sends);
    }
    checkWhole(to, phase);
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
    Block from = blockHeldBy(source_, sender);
    Block to = blockHeldBy(target_, receiver);
    Block piece = intersect(from, to);
    int64_t elements = elementsOf(piece);
    if (elements == 0)
      return;
    const Indices &all = holders_.at(keyOf(sender));
    int64_t count = static_cast<int64_t>(all.size());
    int64_t index = std::find(all.begin(), all.end(), sender) - all.begin();
    Range share = shareOf(elements, count, index, receiver % count);
    if (share.size() == 0)
      return;
    Transfer transfer{static_cast<int>(peer), {}, share.size()};
    addPieces(piece, share, from, to, transfer.pieces);
    transfers.push_back(std::move(transfer));
  }

  // Digits that cross inside one layout may leave blocks without a holder.
  void checkWhole(const Block &to, const PlanPhase &phase) const {
    int64_t found = 0;
    for (const BoxPair &pair : phase.copies)
      found += pair.elements();
    for (const Transfer &transfer : phase.receives)
      found += transfer.elements;
    if (found != elementsOf(to))
      throw Error(text("layout ", source_.str(), " leaves ",
                       elementsOf(to) - found, " of the ", elementsOf(to),
                       " elements that rank ", rank_, " needs on no rank"));
  }

  const Layout &source_;
  const Layout &target_;
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

ExchangePlan planExchange(const Layout &source, const Layout &target,
                          int64_t ranks, int64_t rank) {
  checkPair(source, target, ranks);
  if (source.unreduced != target.unreduced)
    throw Error(text("exchange from ", source.str(), " to ", target.str(),
                     " changes what is unreduced; that takes a reduction"));
  ExchangePlan plan = planBetween(source, target);
  if (std::optional<Refinement> refinement =
          Refinement::of(ranks, {&source, &target}))
    plan.phases = {AtomExchange(source, target, *refinement, rank).plan()};
  else
    plan.phases = {CrossingExchange(source, target, ranks, rank).plan()};
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
    addPieces(block, share, block, block, transfer.pieces);
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
    addPieces(to, {0, transfer.elements}, from, to, transfer.pieces);
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
