// Partial values of several ranks become one, in a fixed order.
#pragma once

#include "runtime/comm/CollectiveSite.h"

namespace moert {

/// out[i] = contributions[0][i] op contributions[1][i] op ..., from the left,
/// for `elements` contiguous elements. bf16 is accumulated in f32 and rounded
/// once; everything else in its own type. The order never depends on the
/// transport, so neither do the bits. `out` may be one of the contributions.
void reduceRuns(DType dtype, Reduction reduction,
                const void *const *contributions, size_t count,
                int64_t elements, void *out);

/// Throws Error where `reduction` has no meaning for `dtype` (bits of floats,
/// or none at all).
void checkReduction(DType dtype, Reduction reduction);

} // namespace moert
