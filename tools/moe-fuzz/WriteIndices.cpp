// Indices and numbers made of them.
#include "tools/moe-fuzz/Emit.h"
#include "tools/moe-fuzz/OpWriters.h"

namespace moe::fuzz {

static void writeIota(Graph &graph, const std::string &op) {
  std::string letters = graph.drawSomeLetters(1);
  std::string element =
      graph.draws.below(2) ? graph.mainInteger : graph.mainFloat;
  graph.emit(op + " dim " + std::to_string(graph.draws.below(letters.size())) +
                 " : " + graph.type(letters, element),
             letters, element);
}

static void writeOneHot(Graph &graph, const std::string &) {
  Value indices = graph.drawInteger();
  emitOneHot(graph, indices, graph.drawSmallLetter(indices.letters),
             graph.draws.oneIn(3) ? graph.mainInteger : graph.mainFloat);
}

// table [B.., N, R..], indices [B.., I..] -> [B.., I.., R..]
static void writeGather(Graph &graph, const std::string &op) {
  Value table = graph.drawAny(1);
  size_t batch = graph.drawDim(table);
  std::string letters = table.letters.substr(0, batch);
  std::string rest = table.letters.substr(batch + 1);
  // Of few rows the result is smaller than the table, which stays cut.
  bool isFew = graph.draws.oneIn(3);
  for (int64_t more = graph.draws.below(3); more; --more) {
    if (letters.size() + rest.size() < 4)
      letters += isFew ? graph.letterOfSize(1, letters + rest)
                       : graph.drawSmallLetter(letters + rest);
  }
  Value indices =
      graph.drawIndices(letters, graph.sizeOf(table.letters[batch]) + 1);
  std::string result = letters + rest;
  graph.emit(op + " " + table.name + "[" + indices.name + "] batch_dims " +
                 std::to_string(batch) + " : " + graph.types({table, indices}) +
                 " -> " + graph.type(result, table.element),
             result, table.element);
}

static void writeRandom(Graph &graph, const std::string &) {
  emitRandom(graph, graph.drawSomeLetters(0), graph.mainFloat);
}

void addIndexWriters(OpWriters &writers) {
  writers.push_back({"moe.iota", 5, &writeIota});
  writers.push_back({"moe.one_hot", 6, &writeOneHot});
  writers.push_back({"moe.gather", 24, &writeGather});
  writers.push_back({"moe.random", 5, &writeRandom});
}

} // namespace moe::fuzz
