// Contractions, reductions and what goes along a dimension.
#include "tools/moe-fuzz/Emit.h"
#include "tools/moe-fuzz/OpWriters.h"

#include <algorithm>

namespace moe::fuzz {

// Another operand: a value with a letter in common, or an argument with some of
// the letters and some others.
static Value drawPartner(Graph &graph, const Value &a) {
  auto meets = [&](const Value &b) {
    return b.element == a.element &&
           b.letters.find_first_of(a.letters) != std::string::npos;
  };
  if (auto found = graph.find(meets))
    return *found;
  std::string letters = graph.draws.subset(a.letters).substr(0, 2);
  if (graph.draws.below(2))
    letters += graph.drawLetter(letters);
  return graph.argument(graph.draws.shuffled(letters), a.element);
}

static void writeEinsum(Graph &graph, const std::string &) {
  std::vector<Value> operands = {graph.draws.oneIn(6) ? graph.drawAny()
                                                      : graph.drawFloat()};
  for (int64_t more = graph.draws.of(std::vector<int64_t>{1, 1, 2, 1, 2, 0});
       more; --more)
    operands.push_back(drawPartner(graph, operands[0]));
  std::string all;
  for (const Value &operand : operands)
    for (char letter : operand.letters)
      if (all.find(letter) == std::string::npos)
        all += letter;
  std::string result = graph.draws.shuffled(graph.draws.subset(all));
  while (result.size() > 4 || !graph.isSmall(result))
    result.pop_back();
  std::string element = operands[0].element;
  bool widens = element == "bf16" && graph.draws.oneIn(2);
  emitEinsum(graph, operands, result, widens ? "f32" : element);
}

static void writeReduce(Graph &graph, const std::string &) {
  static const char *kinds[] = {"sum", "max", "min", "prod", "and", "or"};
  Value input = graph.drawAny();
  std::string kind = kinds[graph.draws.below(input.isFloat() ? 4 : 6)];
  std::string reduced;
  for (char letter : input.letters)
    if (graph.draws.below(2) == 0)
      reduced += letter;
  emitReduce(graph, kind, input, reduced);
}

static void writeScan(Graph &graph, const std::string &op) {
  Value input = graph.drawAny(1);
  char along = graph.draws.of(input.letters);
  bool isExclusive = graph.draws.below(2);
  Value scan =
      emitAlong(graph, op, input, along, isExclusive ? " exclusive" : "");
  // The greatest of nothing is infinite; with the input it is not.
  bool isSelecting = op == "moe.cummax" || op == "moe.cummin";
  if (!isExclusive || !isSelecting || !input.isFloat())
    return;
  emitBinary(graph, op == "moe.cummax" ? "arith.maximumf" : "arith.minimumf",
             scan, input);
  graph.hide(scan);
}

static void writeSoftmax(Graph &graph, const std::string &op) {
  Value input = graph.drawFloat(1);
  emitAlong(graph, op, input, graph.draws.of(input.letters));
}

static void writeTopK(Graph &graph, const std::string &) {
  Value input = graph.drawAny(1);
  size_t dim = graph.drawDim(input);
  int64_t size = graph.sizeOf(input.letters[dim]);
  int64_t k = 1 + graph.draws.below(std::min<int64_t>(3, size));
  emitTopK(graph, input, dim, k, graph.indexType(size));
}

void addReductionWriters(OpWriters &writers) {
  writers.push_back({"moe.einsum", 24, &writeEinsum});
  writers.push_back({"moe.reduce", 14, &writeReduce});
  writers.push_back({"moe.cumsum", 6, &writeScan});
  for (const char *op : {"moe.cumprod", "moe.cummax", "moe.cummin"})
    writers.push_back({op, 3, &writeScan});
  writers.push_back({"moe.softmax", 5, &writeSoftmax});
  writers.push_back({"moe.log_softmax", 4, &writeSoftmax});
  writers.push_back({"moe.top_k", 16, &writeTopK});
}

} // namespace moe::fuzz
