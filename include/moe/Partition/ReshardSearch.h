// The cheapest way from one layout to another, over plain values.
//
// A way is a row of steps of which at most two communicate:
//
//   slice           ranks drop what the target does not want of them; free
//   move            permute, all-to-all, all-gather or the general exchange
//   reduce-scatter  partial values become pieces; replicas share the work
//   all-reduce      partial values become whole blocks
//
// Cost is that of CollectiveCost.h. Among equal costs fewer communicating steps
// win, then fewer messages, then fewer steps. Example, partial sums over x=4 of
// a value that y=2 replicates, wanted whole everywhere:
//
//   all-reduce over x                    6/4 of the value
//   reduce-scatter over x of each
//   rank's half over y, then
//   all-gather over x and y              3/8 + 7/8 of it
//
// Memory: with the source and the target, a step needs at most one chunk more,
// pack buffers included: max(1 MiB, the largest message). A buffer counts until
// the step that reads it. No step makes a whole copy of a tensor unless the
// target is one.
#pragma once

#include "moe/Partition/CollectiveCost.h"

#include <map>
#include <string>
#include <unordered_map>

namespace moe::reshard {

/// Bytes of pack buffers, beyond which a transport runs a step in chunks.
inline constexpr double kChunkBytes = 1 << 20;

enum class StepKind { Slice, Move, ReduceScatter, AllReduce };

struct SearchStep {
  StepKind kind;
  AtomLayout target;
  StepCost cost;
};

struct SearchResult {
  std::vector<SearchStep> steps;
  double time = 0; // ns, the sum of the steps'
  /// No way is faster than this. Equal to `time` where the search was exact.
  double bound = 0;
  /// Most bytes at once: buffers of a step and its pack buffers.
  double peakBytes = 0;
};

/// Searches for one tensor on one mesh; remembers costs between searches.
class ReshardSearch {
public:
  explicit ReshardSearch(CostModel model);

  /// The way from `from` to `to`, which is partial over a subset of the atoms
  /// that `from` is partial over. Tries all layouts over the atoms on the way
  /// where there are at most three atoms or 512 layouts; elsewhere those that
  /// begin like one of the two in every dimension, and says by `bound` how much
  /// better another could be.
  SearchResult plan(const AtomLayout &from, const AtomLayout &to);

  const CostModel &model() const { return model_; }

private:
  friend class SearchRun;
  int intern(const AtomLayout &layout);
  const StepCost &moveCost(int from, int to);
  /// All layouts over atoms of `available`, partial over `unreduced`.
  const std::vector<int> &layoutsOver(uint32_t available, uint32_t unreduced);

  CostModel model_;
  std::vector<AtomLayout> layouts_;
  std::unordered_map<std::string, int> ids_;
  std::unordered_map<uint64_t, StepCost> moves_;
  std::map<std::pair<uint32_t, uint32_t>, std::vector<int>> over_;
};

} // namespace moe::reshard
