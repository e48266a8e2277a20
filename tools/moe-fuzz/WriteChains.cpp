// Several ops as models write them, for the passes that look for such.
#include "tools/moe-fuzz/Emit.h"
#include "tools/moe-fuzz/OpWriters.h"

namespace moe::fuzz {

static Value annotatedSometimes(Graph &graph, const Value &value) {
  if (graph.draws.below(3))
    return value;
  return graph.emit("spmd.annotate " + value.name + " : " + graph.type(value) +
                        " as " +
                        graph.machine.drawSharding(graph.draws, value.rank()),
                    value.letters, value.element);
}

// Operands in any order.
static Value emitShuffled(Graph &graph, std::vector<Value> operands,
                          const std::string &result) {
  for (size_t i = 0; i + 1 < operands.size(); ++i)
    std::swap(operands[i],
              operands[i + graph.draws.below(operands.size() - i)]);
  return emitEinsum(graph, operands, result, operands[0].element);
}

namespace {
/// Letters of groups, tokens, experts, slots and width.
struct Letters {
  char g, s, e, c, m;

  std::string of(std::initializer_list<char> letters) const { return letters; }
};

/// One-hot masks of the best expert of each token and of its slot.
struct Masks {
  Value expert, slot, weight;
};
} // namespace

static Masks emitMasks(Graph &graph, const Value &gates, const Letters &l) {
  std::string integer = graph.indexType(graph.sizeOf(l.s)), token = {l.g, l.s};
  std::vector<Value> top = emitTopK(graph, gates, 2, 1, integer);
  Value expert = emitReshape(graph, top[1], token);
  Value weight = emitReshape(graph, top[0], token);
  Value wanted = emitOneHot(graph, expert, l.e, integer);
  Value before = emitAlong(graph, "moe.cumsum", wanted, l.s, " exclusive");
  Value mine = emitBinary(graph, "arith.muli", before, wanted);
  Value position = emitReduce(graph, "sum", mine, {l.e});
  return {emitOneHot(graph, expert, l.e, gates.element),
          emitOneHot(graph, position, l.c, gates.element), weight};
}

// Dispatch and combine as einsums over one-hot masks: expert of the best gate,
// slot by counting; terms and letters in any order.
static void writeMasks(Graph &graph, const std::string &) {
  std::string five = graph.drawLetters(3, 3);
  Letters l{five[0], five[1], five[2], 0, 0};
  l.c = graph.letterOfSize(1 + graph.draws.below(4), five);
  l.m = graph.drawSmallLetter(five + l.c);
  std::string element = graph.mainFloat;
  Value gates = graph.like({l.g, l.s, l.e}, element);
  Value tokens = graph.like({l.g, l.s, l.m}, element);
  Masks masks = emitMasks(graph, gates, l);
  std::string whole = graph.draws.shuffled({l.g, l.s, l.e, l.c});
  std::string slotLetters = {l.e, l.g, l.c, l.m};
  if (graph.draws.oneIn(2))
    slotLetters = graph.draws.shuffled(slotLetters);
  Value slots =
      graph.draws.below(2)
          ? emitShuffled(graph, {masks.expert, masks.slot, tokens}, slotLetters)
          : emitShuffled(
                graph,
                {emitShuffled(graph, {masks.expert, masks.slot}, whole),
                 tokens},
                slotLetters);
  slots = annotatedSometimes(graph, slots);
  Value combine =
      emitShuffled(graph, {masks.expert, masks.weight, masks.slot}, whole);
  emitShuffled(graph, {combine, slots}, graph.draws.shuffled({l.g, l.s, l.m}));
}

// Scores, those behind a token masked by select, softmax, and the sum.
static void writeAttention(Graph &graph, const std::string &) {
  std::string four = graph.drawLetters(4, 4);
  std::string element = graph.mainFloat;
  char b = four[0], q = four[1], k = four[2], d = four[3];
  Value queries = graph.like({b, q, d}, element);
  Value keys = graph.like({b, k, d}, element);
  std::string letters = {b, q, k};
  Value scores = emitEinsum(graph, {queries, keys}, letters, element);
  auto iota = [&](int64_t dim) {
    return graph.emit("moe.iota dim " + std::to_string(dim) + " : " +
                          graph.type(letters, "i32"),
                      letters, "i32");
  };
  Value row = iota(1), column = iota(2);
  Value keeps = graph.emit("arith.cmpi sle, " + column.name + ", " + row.name +
                               " : " + graph.type(row),
                           letters, "i1");
  std::string least = element == "f32"    ? "0xFF800000"
                      : element == "bf16" ? "0xFF80"
                                          : "0xFFF0000000000000";
  Value infinity =
      graph.emit("arith.constant dense<" + least + "> : " + graph.type(scores),
                 letters, element);
  Value masked =
      graph.emit("arith.select " + Graph::names({keeps, scores, infinity}) +
                     " : " + graph.types({keeps, scores}),
                 letters, element);
  Value weights =
      annotatedSometimes(graph, emitAlong(graph, "moe.softmax", masked, k));
  graph.hide(infinity);
  graph.hide(masked);
  emitEinsum(graph, {weights, keys}, {b, q, d}, element);
}

// Two matmuls and something between.
static void writeFeedForward(Graph &graph, const std::string &) {
  Value tokens = graph.drawFloat(1);
  char m = tokens.letters.back(), h = graph.drawSmallLetter(tokens.letters);
  std::string hidden = tokens.letters;
  hidden.back() = h;
  Value in = graph.like({m, h}, tokens.element);
  Value out = graph.like({h, m}, tokens.element);
  Value middle = emitEinsum(graph, {tokens, in}, hidden, tokens.element);
  middle = emitUnary(graph, "math.tanh", annotatedSometimes(graph, middle));
  emitEinsum(graph, {middle, out}, tokens.letters, tokens.element);
}

void addChainWriters(OpWriters &writers) {
  writers.push_back({"masks of experts", 5, &writeMasks});
  writers.push_back({"attention", 2, &writeAttention});
  writers.push_back({"feed-forward", 4, &writeFeedForward});
}

} // namespace moe::fuzz
