// Annotations of values: spmd.annotate and GShard's three calls.
#include "tools/moe-fuzz/OpWriters.h"

namespace moe::fuzz {

static void writeAnnotate(Graph &graph, const std::string &op) {
  Value a = graph.drawAny();
  graph.emit(op + " " + a.name + " : " + graph.type(a) + " as " +
                 graph.machine.drawSharding(graph.draws, a.rank()),
             a.letters, a.element);
}

static void writeSplit(Graph &graph, const std::string &op) {
  Value a = graph.drawAny(1);
  graph.emit(op + " " + a.name + " dim " +
                 std::to_string(graph.draws.below(a.rank())) + " over @mesh {" +
                 graph.machine.drawAxes(graph.draws) + "} : " + graph.type(a),
             a.letters, a.element);
}

static void writeReplicate(Graph &graph, const std::string &op) {
  Value a = graph.drawAny();
  graph.emit(op + " " + a.name + " on @mesh : " + graph.type(a), a.letters,
             a.element);
}

static void writeShard(Graph &graph, const std::string &op) {
  Value a = graph.drawAny(1);
  graph.emit(op + " " + a.name + " over @mesh [" +
                 graph.machine.drawClosedDims(graph.draws, a.rank()) +
                 "] : " + graph.type(a),
             a.letters, a.element);
}

const OpWriters &annotationWriters() {
  static const OpWriters all = {{"spmd.annotate", 6, &writeAnnotate},
                                {"spmd.split", 3, &writeSplit},
                                {"spmd.shard", 2, &writeShard},
                                {"spmd.replicate", 1, &writeReplicate}};
  return all;
}

} // namespace moe::fuzz
