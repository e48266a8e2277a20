// How the axes of a dimension fall to its factors, where a reshape merges or
// splits it and it carries several.
#pragma once

#include "moe/Propagate/Claims.h"

namespace moe::propagate {

/// The lists that `axes` of a dimension mean for each of the factors that it
/// carries: what `claims` say of them where that makes up the whole list; else
/// by size, from the major end, where each factor takes what divides it and
/// hands on the rest when it is full.
///
///   (i j) of sizes 2, 3    {x=2, y=3}: i {x}, j {y}    {y}: i {y}, unevenly
llvm::SmallVector<AxisList, 2> divideAxes(const spmd::FactorList &dim,
                                          const AxisList &axes,
                                          llvm::ArrayRef<spmd::Factor> factors,
                                          llvm::ArrayRef<ClaimSet> claims,
                                          const AtomTable &atoms);

} // namespace moe::propagate
