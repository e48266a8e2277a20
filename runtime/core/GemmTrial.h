// Whether the library may compute products of a shape, and whether it should.
#pragma once

#include <cstdint>

namespace moert {

/// True when oneDNN's packed kernel gives the tiles' bits for f32 products with
/// b [k, n], for few rows and for many, and is no slower. Found out by a trial
/// of some milliseconds on random numbers, once for each k and n of a process;
/// the number of rows plays no part, so all sites that share weights agree.
bool libraryWins(int64_t k, int64_t n);

} // namespace moert
