// Which instructions a program may use: the levels of x86-64, each with all of
// the one before.
//
//   x86-64       what every such processor has
//   x86-64-v2    SSE4.2
//   x86-64-v3    AVX2 and FMA
//   x86-64-v4    AVX-512 (F, BW, CD, DQ, VL)
//   x86-64-v4-bf16    products of bf16; for matmuls only
//
// Generated code depends on its level and on nothing else of the machine that
// compiled it, so a program runs alike wherever its level is to be had.
// Processors of other kinds have the one level "generic".
#pragma once

#include <string>

namespace moert {

enum class Isa { Baseline, V2, V3, V4, V4BF16 };

/// "x86-64-v3".
const char *nameOf(Isa isa);
/// The inverse. Throws Error that lists the names.
Isa parseIsa(const std::string &name);

/// What this processor has, at most the level that the environment variable
/// MOE_MAX_ISA names. Throws Error when that is no level.
Isa hostIsa();

/// Throws Error when this processor lacks the level that `program` needs.
void requireIsa(const std::string &program, Isa needed);

} // namespace moert
