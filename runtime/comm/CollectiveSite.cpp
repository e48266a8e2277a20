#include "runtime/comm/CollectiveSite.h"

namespace moert {

static constexpr const char *primitiveNames[] = {
    "exchange", "all_reduce", "reduce_scatter", "all_to_all_ragged"};
static constexpr const char *reductionNames[] = {"",     "sum", "max", "min",
                                                 "prod", "and", "or"};

const char *nameOf(Primitive primitive) {
  return primitiveNames[static_cast<size_t>(primitive)];
}

const char *nameOf(Reduction reduction) {
  return reductionNames[static_cast<size_t>(reduction)];
}

Primitive parsePrimitive(const std::string &name) {
  for (size_t i = 0; i < std::size(primitiveNames); ++i)
    if (name == primitiveNames[i])
      return static_cast<Primitive>(i);
  throw Error(text("unknown primitive '", name,
                   "'; known are exchange, all_reduce, reduce_scatter and "
                   "all_to_all_ragged"));
}

Reduction parseReduction(const std::string &name) {
  for (size_t i = 0; i < std::size(reductionNames); ++i)
    if (name == reductionNames[i])
      return static_cast<Reduction>(i);
  throw Error(text("unknown reduction '", name,
                   "'; known are sum, max, min, prod, and and or"));
}

} // namespace moert
