// The ops that random programs are made of: one entry each.
//
//   static void writeCumsum(Graph &graph, const std::string &op) {
//     Value input = graph.drawAny(1);
//     graph.emit(op + " " + input.name + " dim 0 : " + graph.type(input), ...);
//   }
//   ... {"moe.cumsum", 2, &writeCumsum} ...
//
// A test fails for an op of the moe dialect, or one with a sharding rule, that
// has neither an entry here nor a reason in opsOfPasses().
#pragma once

#include "tools/moe-fuzz/Graph.h"

namespace moe::fuzz {

struct OpWriter {
  /// The op's name; of several ops that belong together, what they are.
  std::string op;
  /// How often it is drawn.
  int64_t weight;
  /// Writes the op, on values that there are or on new arguments.
  void (*write)(Graph &graph, const std::string &op);
};

using OpWriters = std::vector<OpWriter>;

/// Every entry.
const OpWriters &allOpWriters();
/// Entries for the annotations, which stand between ops.
const OpWriters &annotationWriters();

/// The ones whose name contains one of `wanted`; all where that is empty.
OpWriters selectOpWriters(const std::vector<std::string> &wanted);

/// Draws one by weight.
const OpWriter &drawWriter(Draws &draws, const OpWriters &writers);

struct OpOfPasses {
  std::string op, reason;
};
/// Ops that no user writes, and why.
const std::vector<OpOfPasses> &opsOfPasses();

// The families, each in its file.
void addElementwiseWriters(OpWriters &writers);
void addReductionWriters(OpWriters &writers);
void addShapeWriters(OpWriters &writers);
void addIndexWriters(OpWriters &writers);
void addOrderWriters(OpWriters &writers);
void addWindowWriters(OpWriters &writers);
void addControlWriters(OpWriters &writers);
void addManualWriters(OpWriters &writers);
void addExpertWriters(OpWriters &writers);
void addChainWriters(OpWriters &writers);
void addLinalgWriters(OpWriters &writers);

} // namespace moe::fuzz
