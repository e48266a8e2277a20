#include "tools/moe-fuzz/Program.h"

namespace moe::fuzz {

// Where the parts of the draws are.
enum Part : size_t { kMachine, kResults, kOps };

static constexpr int64_t kLeastOps = 6, kMoreOps = 9;

// SplitMix64, so that neighbouring cases have nothing in common.
uint64_t caseSeed(uint64_t seed, uint64_t index) {
  uint64_t z = seed + 0x9E3779B97F4A7C15 * (index + 1);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

std::string writeProgram(Draws &draws, const OpWriters &writers) {
  draws.begin(kMachine);
  Graph graph(draws);
  size_t count = kLeastOps + draws.below(kMoreOps);
  if (size_t given = draws.partsGiven())
    count = given > kOps ? given - kOps : 0;
  graph.writeOp = [&] {
    const OpWriter &writer = drawWriter(draws, writers);
    if (draws.oneIn(4)) {
      const OpWriter &annotation = drawWriter(draws, annotationWriters());
      annotation.write(graph, annotation.op);
    }
    writer.write(graph, writer.op);
  };
  for (size_t i = 0; i < count && graph.hasRoom(); ++i) {
    draws.begin(kOps + i);
    graph.writeOp();
  }
  draws.begin(kResults);
  return graph.finish();
}

} // namespace moe::fuzz
