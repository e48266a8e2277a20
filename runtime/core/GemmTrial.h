// Whether the library may compute products of a shape, and whether it should.
#pragma once

#include <cstdint>
#include <string>

namespace moert {

/// True when oneDNN's packed kernel gives the tiles' bits for f32 products with
/// b [k, n], for few rows and for many, and is faster. Found out by a trial of
/// some milliseconds on random numbers, once for each k and n of a process; the
/// number of rows plays no part, so all sites that share weights agree.
bool libraryWins(int64_t k, int64_t n);

/// The outcomes so far, a line each: "512 2048 tiles\n".
std::string trialOutcomes();
/// Takes outcomes of another process in place of trials. They must come from
/// the same trialHost(); what is no outcome is passed over.
void recallTrials(const std::string &outcomes);
/// All that outcomes follow from: processor, level of instructions, library.
std::string trialHost();

} // namespace moert
