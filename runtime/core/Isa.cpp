#include "runtime/core/Isa.h"

#include "runtime/core/Error.h"

#include <algorithm>
#include <cstdlib>

namespace moert {

namespace {
struct Level {
  Isa isa;
  const char *name;
};
} // namespace

static constexpr Level kLevels[] = {
#ifdef __x86_64__
    {Isa::Baseline, "x86-64"},       {Isa::V2, "x86-64-v2"},
    {Isa::V3, "x86-64-v3"},          {Isa::V4, "x86-64-v4"},
    {Isa::V4BF16, "x86-64-v4-bf16"},
#else
    {Isa::Baseline, "generic"},
#endif
};

const char *nameOf(Isa isa) {
  for (const Level &level : kLevels)
    if (level.isa == isa)
      return level.name;
  return "?";
}

Isa parseIsa(const std::string &name) {
  std::string known;
  for (const Level &level : kLevels) {
    if (name == level.name)
      return level.isa;
    known += text(known.empty() ? "" : ", ", level.name);
  }
  throw Error(
      text("unknown instruction level '", name, "'; known are ", known));
}

static Isa processorIsa() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("x86-64-v4"))
    return __builtin_cpu_supports("avx512bf16") ? Isa::V4BF16 : Isa::V4;
  if (__builtin_cpu_supports("x86-64-v3"))
    return Isa::V3;
  if (__builtin_cpu_supports("x86-64-v2"))
    return Isa::V2;
#endif
  return Isa::Baseline;
}

Isa hostIsa() {
  const char *most = std::getenv("MOE_MAX_ISA");
  if (!most || !*most)
    return processorIsa();
  try {
    return std::min(processorIsa(), parseIsa(most));
  } catch (const Error &error) {
    throw Error(text("MOE_MAX_ISA: ", error.what()));
  }
}

void requireIsa(const std::string &program, Isa needed) {
  Isa have = hostIsa();
  if (have < needed)
    throw Error(text("'", program, "' is compiled for ", nameOf(needed),
                     ", this processor has ", nameOf(have),
                     "; compile it with --isa=", nameOf(have)));
}

} // namespace moert
