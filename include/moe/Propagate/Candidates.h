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

/// All assignments that a choice of winners gives: each contested axis and each
/// axis in `optional` goes to one of its claimants or to nobody. At most
/// `limit` of them; where there are more, those of the axes with the fewest
/// claimants vary and the others go to their first claimants.
llvm::SmallVector<Assignment, 8> choicesOf(const Candidates &candidates,
                                           const AxisList &optional,
                                           size_t limit = 256);

} // namespace moe::propagate
