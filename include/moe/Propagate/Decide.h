// Decides what claims leave open: one assignment of axes to factors for each
// op, by the bytes that would move.
//
// 1. All claims are spread (Claims.h). An op is *open* when factors compete for
//    an axis, or when a claim reaches it only through such an op; all others
//    have what they claim and are fixed.
// 2. Open ops are decided in sweeps over the levels of the dataflow graph,
//    forward and backward until nothing changes; ops of one level see the state
//    before it, so the order of ops in the text plays no part. An op takes the
//    choice with the fewest bytes a rank: its operands from where their
//    producers leave them, its results to where decided users need them. At a
//    tie: no partial results, then more ranks at work, then operands stay in
//    place. An axis counts as claimed only while a neighbour really uses it.
// 3. A sweep takes no step that pays only together with another. So from each
//    op where an axis is contested and data moves it is tried: if the axis went
//    to the factor that lost it and all around it decided anew, would fewer
//    bytes move?
// 4. Claims are declined that split a sum though all that it is made of could
//    be whole for free (SplitSums.h).
// 5. Claims are spread once more within the decisions, so that what came
//    through a factor that lost is gone, and each list knows its annotation.
// 6. Where values are added up over an axis, their user may work on pieces that
//    no annotation asks for, if what it makes of them is gathered for fewer
//    bytes. Such cuts go no further.
//
// Example: dispatch "gsec,gsm->egcm" on expert=4, G 4, S 8, E 4, C 4, M 16, f32
//
//   expert to g   tokens and mask stay; [e{}, g{expert}] -> [e{expert}, g{}]
//                 moves EGCM/R * 3/4 = 768 bytes
//   expert to e   tokens are gathered, GSM * 3/4 = 1536 bytes, and so are the
//                 mask's indices
//
// and g wins.
#pragma once

#include "moe/Propagate/Candidates.h"

namespace moe::propagate {

/// An axis that two factors of an op wanted.
struct Contest {
  int atom = 0;
  int winner = spmd::kNoFactor; // or nobody
  int loser = spmd::kNoFactor;  // the best of the others
  double bytes = 0, loserBytes = 0;
  Assignment losing; // the best that gives the axis to the loser
};

/// What an op does in the end.
struct OpDecision {
  Assignment assignment;
  llvm::SmallVector<int, 8> origins; // by factor: the annotation behind it
  llvm::SmallVector<Contest, 1> contests;
  AxisList pieces; // atoms that a factor has of the op's own accord
};

struct Decisions {
  std::vector<OpDecision> ops;
  int openOps = 0;
  int sweeps = 0;
};

/// Decides `graph`. Arguments take what all their users need, behind what
/// is pinned.
Decisions decide(const Graph &graph);

/// Where the blocks of a tensor are, as its producer leaves them.
Placement placementOf(const Graph &graph, const Decisions &decisions,
                      int tensor);

} // namespace moe::propagate
