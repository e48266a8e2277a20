// Positions in an expert that never meet because one choice counts on behind
// another: the fact behind "these two choices have different slots".
#pragma once

#include "moe/Optimize/Choice.h"

namespace moe {

/// Whether two choices of one token that have the same expert have different
/// slots, wherever the keeps of both hold.
///
///   first   [e == i(g,s)] [c == p]   p = tokens before s that chose e, by mask
///   A second  [e == j(g,s)] [c == q]   q = all tokens in A of e, plus more
///
/// With i == j, p counts some of A's tokens other than s, and q at least all of
/// them, so p < q. A may also be counted after its own drops: the tokens kept
/// are those with p below a constant, and p counts only such tokens.
bool haveDistinctSlots(const Term &first, const Term &second, FormOf formOf);

} // namespace moe
