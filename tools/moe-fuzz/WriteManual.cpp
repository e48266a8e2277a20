// Regions written for one rank of one axis, with annotations over the others.
#include "tools/moe-fuzz/Emit.h"
#include "tools/moe-fuzz/OpWriters.h"

namespace moe::fuzz {

// `rank` dimensions, of which `dim` is cut over `axis`.
static std::string shardingOf(size_t rank, size_t dim,
                              const std::string &axis) {
  std::string text = "<@mesh, [";
  for (size_t i = 0; i < rank; ++i)
    text += std::string(i ? ", " : "") + (i == dim ? "{" + axis + "}" : "{}");
  return text + "]>";
}

// Elements of dimension `kept` do not meet: the last may be padding.
static Value writeStep(Graph &graph, const Value &block, const Value &value,
                       size_t kept, const Machine::Axis *other) {
  Draws &draws = graph.draws;
  size_t dim = draws.below(value.rank());
  if (other && draws.below(2))
    return graph.emit("spmd.annotate " + value.name + " : " +
                          graph.type(value) + " as " +
                          shardingOf(value.rank(), dim, other->name),
                      value.letters, value.element);
  if (dim == kept)
    return emitBinary(graph, draws.below(2) ? "arith.mulf" : "arith.addf",
                      value, block);
  static const char *ops[] = {"moe.cumsum", "moe.softmax", "moe.cummax"};
  return emitAlong(graph, draws.of(ops), value, value.letters[dim]);
}

static void writeManual(Graph &graph, const std::string &op) {
  Value input = graph.drawFloat(1);
  if (graph.depth()) {
    emitUnary(graph, "math.tanh", input);
    return;
  }
  // No constant, which would be folded once the region is a part of the
  // program.
  input = emitBinary(graph, "arith.addf", input,
                     graph.argument(input.letters, input.element));
  Draws &draws = graph.draws;
  const Machine::Axes &axes = graph.machine.wholeAxes();
  size_t own = draws.below(axes.size()), dim = draws.below(input.rank());
  const Machine::Axis *other =
      axes.size() > 1
          ? &axes[(own + 1 + draws.below(axes.size() - 1)) % axes.size()]
          : nullptr;
  int64_t size = graph.sizeOf(input.letters[dim]), ranks = axes[own].size;
  Value block = input;
  block.name = graph.freshName();
  block.letters =
      replaced(block.letters, dim,
               graph.letterOfSize((size + ranks - 1) / ranks, block.letters));
  graph.beginRegion();
  Value value = emitUnary(graph, "math.tanh", block);
  for (int64_t steps = 2 + draws.below(3); steps; --steps)
    value = writeStep(graph, block, value, dim, other);
  graph.addLine("spmd.yield " + value.name + " : " + graph.type(value));
  std::string body = graph.endRegion();
  std::string sharding =
      "[#spmd.sharding" + shardingOf(input.rank(), dim, axes[own].name) + "]";
  graph.emit(op + "(" + input.name + ") over [" + axes[own].name + "] in " +
                 sharding + " out " + sharding + " {\n  ^bb0(" + block.name +
                 ": " + graph.type(block) + "):\n" + body + "  } : (" +
                 graph.type(input) + ") -> " + graph.type(input),
             input.letters, input.element);
}

void addManualWriters(OpWriters &writers) {
  writers.push_back({"spmd.manual", 2, &writeManual});
}

} // namespace moe::fuzz
