// Random annotated programs, legal by construction and small enough to run in
// milliseconds.
#pragma once

#include "tools/moe-fuzz/OpWriters.h"

namespace moe::fuzz {

/// The module that `draws` make of the ops in `writers`: one function @forward
/// of at least five ops, on a mesh of up to 16 ranks. The same draws give the
/// same text.
std::string writeProgram(Draws &draws, const OpWriters &writers);

/// The seed of case `index` of a run.
uint64_t caseSeed(uint64_t seed, uint64_t index);

} // namespace moe::fuzz
