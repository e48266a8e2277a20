#include "tools/moe-fuzz/OpWriters.h"

#include <algorithm>

namespace moe::fuzz {

const OpWriters &allOpWriters() {
  static const OpWriters all = [] {
    OpWriters writers;
    addElementwiseWriters(writers);
    addReductionWriters(writers);
    addShapeWriters(writers);
    addIndexWriters(writers);
    addOrderWriters(writers);
    addWindowWriters(writers);
    addExpertWriters(writers);
    addControlWriters(writers);
    addManualWriters(writers);
    addChainWriters(writers);
    addLinalgWriters(writers);
    return writers;
  }();
  return all;
}

OpWriters selectOpWriters(const std::vector<std::string> &wanted) {
  OpWriters chosen;
  for (const OpWriter &writer : allOpWriters())
    if (wanted.empty() ||
        std::any_of(wanted.begin(), wanted.end(), [&](const std::string &name) {
          return writer.op.find(name) != std::string::npos;
        }))
      chosen.push_back(writer);
  return chosen;
}

const OpWriter &drawWriter(Draws &draws, const OpWriters &writers) {
  int64_t total = 0;
  for (const OpWriter &writer : writers)
    total += writer.weight;
  int64_t number = draws.below(total);
  for (const OpWriter &writer : writers)
    if ((number -= writer.weight) < 0)
      return writer;
  return writers.back();
}

const std::vector<OpOfPasses> &opsOfPasses() {
  static const std::vector<OpOfPasses> ops = {
      {"spmd.reshard", "spmd-propagate makes it where a layout changes"},
      {"tensor.extract", "makes the condition of scf.if"},
      {"tensor.from_elements", "makes the number of a turn of scf.for"},
  };
  return ops;
}

} // namespace moe::fuzz
