// The mixture-of-experts ops: groups g, tokens s, experts e, slots c, width m.
#include "tools/moe-fuzz/Emit.h"
#include "tools/moe-fuzz/OpWriters.h"

#include <algorithm>

namespace moe::fuzz {

namespace {
/// Which expert and which slot each choice has.
struct Routing {
  Value expert, slot;
};
} // namespace

static Value drawGates(Graph &graph) {
  if (auto found = graph.find([](const Value &value) {
        return value.isFloat() && value.rank() == 3;
      }))
    return *found;
  return graph.argument(graph.drawLetters(3, 3), graph.mainFloat);
}

static std::vector<Value> emitGating(Graph &graph, const Value &gates,
                                     int64_t k) {
  std::string token = gates.letters.substr(0, 2);
  std::string choices = token + graph.letterOfSize(k, token);
  std::string random, randomType;
  if (k == 2 && graph.draws.below(2)) {
    Value uniform = graph.like(token, gates.element);
    random = " random " + uniform.name;
    randomType = ", " + graph.type(uniform);
  }
  std::vector<Value> results = {
      {"", choices, "i32"}, {"", choices, "i32"}, {"", choices, gates.element}};
  std::string capacity = std::to_string(1 + graph.draws.below(4));
  return graph.emit("moe.gating " + gates.name + random + " k " +
                        std::to_string(k) + " capacity " + capacity + " : " +
                        graph.type(gates) + randomType + " -> " +
                        graph.types(results),
                    results);
}

static Value emitDispatch(Graph &graph, const Value &tokens,
                          const Routing &routing, const std::string &slots) {
  return graph.emit("moe.dispatch " + tokens.name + " to " +
                        Graph::names({routing.expert, routing.slot}) + " : " +
                        graph.types({tokens, routing.expert, routing.slot}) +
                        " -> " + graph.type(slots, tokens.element),
                    slots, tokens.element);
}

static Value emitCombine(Graph &graph, const Value &slots,
                         const Routing &routing, const Value &weight,
                         const std::string &tokens) {
  return graph.emit(
      "moe.combine " + slots.name + " from " +
          Graph::names({routing.expert, routing.slot}) + " weights " +
          weight.name + " : " +
          graph.types({slots, routing.expert, routing.slot, weight}) + " -> " +
          graph.type(tokens, slots.element),
      tokens, slots.element);
}

static int64_t drawChoices(Graph &graph, int64_t experts) {
  return 1 + graph.draws.below(std::min<int64_t>(3, experts));
}

static void writeGating(Graph &graph, const std::string &) {
  Value gates = drawGates(graph);
  emitGating(graph, gates, drawChoices(graph, graph.sizeOf(gates.letters[2])));
}

// Any integers route: those out of range drop.
static Routing drawRouting(Graph &graph, const std::string &choices, char e,
                           char c) {
  return {graph.drawIndices(choices, graph.sizeOf(e) + 1),
          graph.drawIndices(choices, graph.sizeOf(c) + 1)};
}

static void writeDispatch(Graph &graph, const std::string &) {
  Value tokens = drawGates(graph);
  char g = tokens.letters[0], m = tokens.letters[2];
  char e = graph.drawSmallLetter({g, m}), c = graph.drawSmallLetter({g, m, e});
  std::string slots = {e, g, c, m};
  std::string token = tokens.letters.substr(0, 2);
  std::string choices =
      token + graph.letterOfSize(1 + graph.draws.below(2), token);
  emitDispatch(graph, tokens, drawRouting(graph, choices, e, c), slots);
}

static void writeCombine(Graph &graph, const std::string &) {
  auto found = graph.find(
      [](const Value &value) { return value.rank() == 4 && value.isFloat(); });
  Value slots =
      found ? *found : graph.argument(graph.drawLetters(4, 4), graph.mainFloat);
  char e = slots.letters[0], g = slots.letters[1], c = slots.letters[2],
       m = slots.letters[3];
  char s = graph.drawSmallLetter({g, m});
  std::string token = {g, s};
  std::string choices =
      token + graph.letterOfSize(1 + graph.draws.below(2), token);
  Routing routing = drawRouting(graph, choices, e, c);
  Value weight = graph.like(choices, graph.mainFloat);
  emitCombine(graph, slots, routing, weight, {g, s, m});
}

static std::vector<Value> emitAssignment(Graph &graph, const Value &scores) {
  std::string token = scores.letters.substr(0, 2);
  Value result{"", token + graph.letterOfSize(1, token), "i32"};
  return graph.emit("moe.balanced_assignment " + scores.name + " : " +
                        graph.type(scores) + " -> " +
                        graph.types({result, result}),
                    {result, result});
}

static void writeAssignment(Graph &graph, const std::string &) {
  emitAssignment(graph, drawGates(graph));
}

// rows [B.., R, K], weights [E, K, N], sizes [B.., E] -> [B.., R, N]
static void writeGroupedEinsum(Graph &graph, const std::string &op) {
  Value rows = graph.drawFloat(2);
  std::string batch = rows.letters.substr(0, rows.rank() - 2);
  char k = rows.letters.back(), e = graph.drawSmallLetter(batch + k);
  char n = graph.drawSmallLetter(rows.letters + e);
  std::string kernel = {e, k, n};
  if (!graph.isSmall(kernel))
    return;
  Value weights = graph.like(kernel, rows.element);
  int64_t most =
      2 * graph.sizeOf(rows.letters[rows.rank() - 2]) / graph.sizeOf(e) + 2;
  Value sizes = graph.argument(batch + e, "i32", most);
  bool widens = rows.element == "bf16" && graph.draws.below(2);
  std::string letters = replaced(rows.letters, rows.rank() - 1, n);
  std::string element = widens ? "f32" : rows.element;
  graph.emit(op + " " + Graph::names({rows, weights}) + " sizes " + sizes.name +
                 " : " + graph.types({rows, weights, sizes}) + " -> " +
                 graph.type(letters, element),
             letters, element);
}

// A gate, dispatch, something on the slots, and combine.
static void writeLayer(Graph &graph, const std::string &) {
  Value scores = drawGates(graph);
  Value gates = emitAlong(graph, "moe.softmax", scores, scores.letters[2]);
  char g = gates.letters[0], s = gates.letters[1], e = gates.letters[2];
  std::vector<Value> routing =
      emitGating(graph, gates, drawChoices(graph, graph.sizeOf(e)));
  char m = graph.drawSmallLetter({g, s, e});
  Value tokens = graph.like({g, s, m}, gates.element);
  char c = graph.letterOfSize(1 + graph.draws.below(4), {e, g, m});
  Routing to{routing[0], routing[1]};
  std::string letters = {e, g, c, m};
  Value slots = emitDispatch(graph, tokens, to, letters);
  if (graph.draws.below(2))
    slots =
        graph.emit("spmd.annotate " + slots.name + " : " + graph.type(slots) +
                       " as " + graph.machine.drawSharding(graph.draws, 4),
                   letters, slots.element);
  char h = graph.drawSmallLetter({e, g, s, c, m});
  Value weights = graph.like({e, m, h}, slots.element);
  Value hidden =
      emitEinsum(graph, {slots, weights}, {e, g, c, h}, slots.element);
  emitCombine(graph, hidden, to, routing[2], {g, s, h});
}

void addExpertWriters(OpWriters &writers) {
  writers.push_back({"moe.gating", 6, &writeGating});
  writers.push_back({"moe.dispatch", 6, &writeDispatch});
  writers.push_back({"moe.combine", 6, &writeCombine});
  writers.push_back({"moe.balanced_assignment", 4, &writeAssignment});
  writers.push_back({"moe.grouped_einsum", 12, &writeGroupedEinsum});
  writers.push_back({"layer of experts", 4, &writeLayer});
}

} // namespace moe::fuzz
