// The machine that a random program runs on, and shardings on it.
#pragma once

#include "tools/moe-fuzz/Draws.h"

namespace moe::fuzz {

/// A mesh of 1 to 3 axes and at most 16 ranks, in any device order. An axis may
/// be used by its parts only.
class Machine {
public:
  explicit Machine(Draws &draws);

  /// The spmd.mesh op.
  const std::string &text() const { return mesh; }
  /// A size of dimensions: a multiple of some blocks, one more or less, or
  /// fewer elements than blocks.
  int64_t drawSize(Draws &draws) const;
  /// A sharding of a tensor of `rank` dimensions, as an attribute: axes,
  /// sub-axes, open dimensions, priorities and replicated axes.
  std::string drawSharding(Draws &draws, size_t rank) const;
  /// The axes of one dimension: "x", "y":(1)2.
  std::string drawAxes(Draws &draws) const;
  /// The dimensions of a sharding without what GShard's calls do not have.
  std::string drawClosedDims(Draws &draws, size_t rank) const;

  struct Axis {
    std::string name; ///< As written: "x" or "x":(1)2.
    int64_t size;
  };
  using Axes = std::vector<Axis>;
  /// The axes of the mesh.
  const Axes &wholeAxes() const { return whole; }

private:
  void addAxis(Draws &draws, const std::string &name, int64_t size);
  std::string takeAxes(Draws &draws, Axes &left) const;

  Axes axes, whole;
  std::string mesh;
};

} // namespace moe::fuzz
