// Loops and branches, with any ops inside.
#include "tools/moe-fuzz/Emit.h"
#include "tools/moe-fuzz/OpWriters.h"

#include <algorithm>

namespace moe::fuzz {

// Regions in regions in regions cost more than they find.
static constexpr size_t kMostDepth = 2;

// The names of `values` with `name#i`, or `name` where there is one.
static std::vector<Value> resultsOf(const std::string &name,
                                    const std::vector<Value> &values) {
  std::vector<Value> results = values;
  for (size_t i = 0; i < results.size(); ++i)
    results[i].name =
        values.size() == 1 ? name : name + "#" + std::to_string(i);
  return results;
}

static std::string definition(const std::string &name, size_t results) {
  return results == 1 ? name : name + ":" + std::to_string(results);
}

// Some ops, then a value like each of `wanted`, made of it where that is in the
// region.
static std::string writeBody(Graph &graph, const std::vector<Value> &wanted,
                             const std::string &terminator) {
  for (int64_t more = 1 + graph.draws.below(2); more; --more)
    graph.writeOp();
  std::vector<Value> yielded;
  for (const Value &value : wanted) {
    Value other = graph.like(value.letters, value.element);
    bool isSum = graph.draws.below(2) && value.isFloat();
    yielded.push_back(isSum ? emitBinary(graph, "arith.addf", value, other)
                            : other);
  }
  graph.addLine(terminator + " " + Graph::names(yielded) + " : " +
                graph.types(yielded));
  return graph.endRegion();
}

// The number of a turn as a tensor, for gathers.
static void writeTurn(Graph &graph, const std::string &turn) {
  std::string number = graph.freshName();
  graph.addLine(number + " = arith.index_cast " + turn + " : index to i32");
  graph.emit("tensor.from_elements " + number + " : tensor<i32>", "", "i32");
}

// Instead of a region in too many others.
static void writeSum(Graph &graph) {
  Value a = graph.drawFloat();
  emitBinary(graph, "arith.addf", a, graph.like(a.letters, a.element));
}

static void writeFor(Graph &graph, const std::string &) {
  if (graph.depth() >= kMostDepth)
    return writeSum(graph);
  std::vector<Value> inits = {graph.drawAny()};
  if (graph.draws.oneIn(2))
    inits.push_back(graph.drawAny());
  std::string first = graph.freshName(), end = graph.freshName(),
              step = graph.freshName(), turn = graph.freshName();
  graph.addLine(first + " = arith.constant " +
                std::to_string(graph.draws.below(2)) + " : index");
  graph.addLine(end + " = arith.constant " +
                std::to_string(2 + graph.draws.below(2)) + " : index");
  graph.addLine(step + " = arith.constant 1 : index");
  std::vector<Value> carried = inits;
  std::string pairs;
  for (size_t i = 0; i < inits.size(); ++i) {
    carried[i].name = graph.freshName();
    pairs += (i ? ", " : "") + carried[i].name + " = " + inits[i].name;
  }
  graph.beginRegion();
  for (const Value &value : carried)
    graph.addValue(value);
  writeTurn(graph, turn);
  std::string body = writeBody(graph, carried, "scf.yield");
  std::string name = graph.freshName();
  graph.addLine(definition(name, inits.size()) + " = scf.for " + turn + " = " +
                first + " to " + end + " step " + step + " iter_args(" + pairs +
                ") -> (" + graph.types(inits) + ") {\n" + body + "  }");
  for (const Value &result : resultsOf(name, inits))
    graph.addValue(result);
}

// A scalar condition, of integers or of floats.
static std::string writeCondition(Graph &graph) {
  Value number = graph.drawScalar();
  Value limit = graph.emit("arith.constant dense<2> : tensor<i32>", "", "i32");
  Value less = graph.emit("arith.cmpi slt, " + Graph::names({number, limit}) +
                              " : tensor<i32>",
                          "", "i1");
  std::string condition = graph.freshName();
  graph.addLine(condition + " = tensor.extract " + less.name +
                "[] : tensor<i1>");
  return condition;
}

static void writeIf(Graph &graph, const std::string &) {
  if (graph.depth() >= kMostDepth)
    return writeSum(graph);
  std::vector<Value> wanted = {graph.drawAny()};
  if (graph.draws.oneIn(2))
    wanted.push_back(graph.drawAny());
  std::string condition = writeCondition(graph);
  graph.beginRegion();
  std::string yes = writeBody(graph, wanted, "scf.yield");
  graph.beginRegion();
  std::string no = writeBody(graph, wanted, "scf.yield");
  std::string name = graph.freshName();
  graph.addLine(definition(name, wanted.size()) + " = scf.if " + condition +
                " -> (" + graph.types(wanted) + ") {\n" + yes + "  } else {\n" +
                no + "  }");
  for (const Value &result : resultsOf(name, wanted))
    graph.addValue(result);
}

void addControlWriters(OpWriters &writers) {
  writers.push_back({"scf.for", 5, &writeFor});
  writers.push_back({"scf.if", 4, &writeIf});
}

} // namespace moe::fuzz
