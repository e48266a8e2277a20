// Sums that are split for nothing: what Decide never asks, because nobody
// contests the axis.
//
// A claim travels from a user back to all that its operand is made of, and to
// the sums that are made of the same. Where all of it could be had whole
// without moving a byte, such a sum is split, and reduced, only because the
// work before it is shared:
//
//   tokens over data only, masks [G,S,E] made of them, experts over expert
//     position = cumsum(mask)            e {expert}, from the slots' annotation
//     slot     = sum of position over e  partial: an all-reduce of [G,S]
//   Every rank has the tokens, so it can make all of the mask, sum it alone,
//   and hand the experts' part on: whole to cut is a slice.
//
// Not cutting costs work in the place of bytes: it is declined only where a
// byte saved stands for few elements computed again.
#pragma once

#include "moe/Propagate/Graph.h"

#include <map>

namespace moe::propagate {

/// Elements that a rank computes in about the time that it takes to receive a
/// byte: 1 ns at 1 GB/s, some elements in vectors.
inline constexpr double kElementsPerByte = 8;

/// Assignments, by op, that are better than those in `assignments`: the same
/// without an axis that splits sums for nothing. Together they move fewer bytes
/// and no single tensor moves more: all that these ops need is there whole, and
/// what their users need cut is sliced.
std::map<int, Assignment>
findNeedlessSplits(const Graph &graph, std::vector<Assignment> assignments);

} // namespace moe::propagate
