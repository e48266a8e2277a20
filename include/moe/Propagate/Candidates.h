// What an op may choose from: its claims after priorities have settled what
// they can, and the ways to settle the rest.
//
//   dispatch   g {data,expert}   e {expert}     (data=2, expert=4)
//     contested: expert, between g and e
//     choices:   g {data,expert}, e {}      expert to g
//                g {data},        e {expert}   expert to e, g keeps data
//                g {data},        e {}      expert to nobody
#pragma once

#include "moe/Propagate/Claims.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace moe::propagate {

/// The lists that each factor may take, longest first, none the beginning of
/// another. More than one: they contradict each other.
struct Candidates {
  llvm::SmallVector<llvm::SmallVector<AxisList, 1>, 8> lists;

  /// Axes that more than one factor wants, or that stand in lists of one factor
  /// that contradict each other; ascending.
  AxisList contested() const;
  /// Factors that want `atom`.
  llvm::SmallVector<int, 4> claimants(int atom) const;
  /// Each factor's first list: the assignment where nothing is contested.
  Assignment first() const;
};

/// Settles claims by strength: on one factor a list that contradicts a stronger
/// one (user priority, then op priority) is dropped; between factors an axis
/// goes to those that claim it with the best user priority, and the others keep
/// their remaining axes.
Candidates settle(llvm::ArrayRef<ClaimSet> claims);

/// The ways to settle what is open: each contested axis and each axis in
/// `optional` goes to one of its claimants or to nobody, and a factor with
/// lists that contradict each other takes one of them.
class ChoiceSpace {
public:
  ChoiceSpace(const Candidates &candidates, const AxisList &optional);

  /// Visits assignments, each once: all of them where there are at most
  /// `limit`; else those found by changing one choice at a time, from the best
  /// so far, until none is better. `visit` returns whether its argument is the
  /// best so far.
  void explore(llvm::function_ref<bool(const Assignment &)> visit,
               size_t limit = 256) const;

private:
  /// One thing to choose: who gets an axis, or which of its lists a factor
  /// takes.
  struct Variable {
    bool isAxis;
    int subject; // atom or factor
    llvm::SmallVector<int, 4> values;
  };
  using Choice = llvm::SmallVector<size_t, 8>;

  double count() const;
  Assignment assignmentOf(const Choice &choice) const;
  bool advance(Choice &choice) const;

  const Candidates &candidates;
  llvm::SmallVector<Variable, 8> variables;
};

} // namespace moe::propagate
