#include "moe/Propagate/Candidates.h"

#include "llvm/ADT/STLExtras.h"
#include <map>
#include <set>

using namespace moe::propagate;

AxisList Candidates::contested() const {
  std::map<int, int> count;
  for (const auto &factor : lists) {
    for (const AxisList &list : factor)
      for (int atom : list)
        count[atom] += factor.size() > 1 ? 2 : 1;
  }
  AxisList result;
  for (auto [atom, claims] : count)
    if (claims > 1)
      result.push_back(atom);
  return result;
}

llvm::SmallVector<int, 4> Candidates::claimants(int atom) const {
  llvm::SmallVector<int, 4> result;
  for (auto [factor, alternatives] : llvm::enumerate(lists))
    if (llvm::any_of(alternatives, [&](const AxisList &list) {
          return contains(list, atom);
        }))
      result.push_back(factor);
  return result;
}

Assignment Candidates::first() const {
  Assignment assignment;
  for (const auto &factor : lists)
    assignment.push_back(factor.empty() ? AxisList() : factor.front());
  return assignment;
}

static bool longestFirst(const AxisList &a, const AxisList &b) {
  return a.size() != b.size() ? a.size() > b.size() : a < b;
}

// The longest lists of one factor that no stronger list contradicts.
static llvm::SmallVector<AxisList, 1> settleFactor(const ClaimSet &set) {
  llvm::SmallVector<Claim, 4> claims(set.get());
  llvm::sort(claims, [](const Claim &a, const Claim &b) {
    return std::tuple(a.strength(), -static_cast<int>(a.axes.size()), a.axes) <
           std::tuple(b.strength(), -static_cast<int>(b.axes.size()), b.axes);
  });
  llvm::SmallVector<Claim, 4> kept;
  for (const Claim &claim : claims) {
    bool isCovered = false, isContradicted = false;
    for (Claim &other : kept) {
      if (isPrefix(claim.axes, other.axes)) {
        isCovered = true;
      } else if (isPrefix(other.axes, claim.axes)) {
        other = claim;
        isCovered = true;
      } else {
        isContradicted |= other.strength() < claim.strength();
      }
    }
    if (!isCovered && !isContradicted)
      kept.push_back(claim);
  }
  llvm::SmallVector<AxisList, 1> lists;
  for (const Claim &claim : kept)
    if (!llvm::is_contained(lists, claim.axes))
      lists.push_back(claim.axes);
  llvm::sort(lists, longestFirst);
  return lists;
}

// The best user priority with which the factor claims `atom`.
static int priorityOf(const ClaimSet &set, int atom) {
  int best = std::numeric_limits<int>::max();
  for (const Claim &claim : set.get())
    if (contains(claim.axes, atom))
      best = std::min(best, claim.priority);
  return best;
}

// Drops what is empty or the beginning of another, after axes have been taken
// away.
static void tidy(llvm::SmallVector<AxisList, 1> &lists) {
  llvm::SmallVector<AxisList, 1> kept;
  llvm::sort(lists, longestFirst);
  for (const AxisList &list : lists)
    if (llvm::none_of(
            kept,
            [&](const AxisList &other) { return isPrefix(list, other); }) &&
        !list.empty())
      kept.push_back(list);
  lists = kept;
}

Candidates moe::propagate::settle(llvm::ArrayRef<ClaimSet> claims) {
  Candidates candidates;
  for (const ClaimSet &set : claims)
    candidates.lists.push_back(settleFactor(set));
  for (int atom : candidates.contested()) {
    int best = std::numeric_limits<int>::max();
    for (int factor : candidates.claimants(atom))
      best = std::min(best, priorityOf(claims[factor], atom));
    for (int factor : candidates.claimants(atom))
      if (priorityOf(claims[factor], atom) > best)
        for (AxisList &list : candidates.lists[factor])
          llvm::erase(list, atom);
  }
  for (auto &lists : candidates.lists)
    tidy(lists);
  return candidates;
}

ChoiceSpace::ChoiceSpace(const Candidates &candidates, const AxisList &optional)
    : candidates(candidates) {
  AxisList axes = candidates.contested();
  for (int atom : optional)
    if (!contains(axes, atom))
      axes.push_back(atom);
  for (int atom : axes) {
    Variable variable{true, atom, candidates.claimants(atom)};
    variable.values.push_back(spmd::kNoFactor);
    variables.push_back(variable);
  }
  for (auto [factor, lists] : llvm::enumerate(candidates.lists))
    if (lists.size() > 1) {
      Variable variable{false, static_cast<int>(factor), {}};
      for (size_t index = 0; index < lists.size(); ++index)
        variable.values.push_back(index);
      variables.push_back(variable);
    }
}

double ChoiceSpace::count() const {
  double product = 1;
  for (const Variable &variable : variables)
    product *= variable.values.size();
  return product;
}

Assignment ChoiceSpace::assignmentOf(const Choice &choice) const {
  Assignment assignment = candidates.first();
  for (auto [variable, value] : llvm::zip(variables, choice))
    if (!variable.isAxis)
      assignment[variable.subject] =
          candidates.lists[variable.subject][variable.values[value]];
  for (auto [variable, value] : llvm::zip(variables, choice))
    if (variable.isAxis)
      for (auto [factor, list] : llvm::enumerate(assignment))
        if (static_cast<int>(factor) != variable.values[value])
          llvm::erase(list, variable.subject);
  return assignment;
}

// The next choice in counting order; false after the last.
bool ChoiceSpace::advance(Choice &choice) const {
  for (auto [variable, value] : llvm::zip(variables, choice)) {
    if (++value < variable.values.size())
      return true;
    value = 0;
  }
  return false;
}

void ChoiceSpace::explore(llvm::function_ref<bool(const Assignment &)> visit,
                          size_t limit) const {
  Choice choice(variables.size(), 0);
  std::set<Assignment> seen;
  auto visitNew = [&](const Choice &candidate) {
    Assignment assignment = assignmentOf(candidate);
    return seen.insert(assignment).second && visit(assignment);
  };
  if (count() <= limit) {
    do
      visitNew(choice);
    while (advance(choice));
    return;
  }
  visitNew(choice);
  for (bool isBetter = true; isBetter;) {
    isBetter = false;
    for (size_t index = 0; index < variables.size(); ++index)
      for (size_t value = 0; value < variables[index].values.size(); ++value) {
        Choice changed = choice;
        changed[index] = value;
        if (visitNew(changed)) {
          choice = changed;
          isBetter = true;
        }
      }
  }
}
