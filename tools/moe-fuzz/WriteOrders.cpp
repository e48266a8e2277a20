// Sorting, and blocks and slices at places that are computed.
#include "tools/moe-fuzz/Emit.h"
#include "tools/moe-fuzz/OpWriters.h"

namespace moe::fuzz {

static void writeArgReduce(Graph &graph, const std::string &op) {
  Value input = graph.drawAny(1);
  std::string kind = graph.draws.below(2) ? "min" : "max";
  size_t dim = graph.drawDim(input);
  std::string letters = input.letters;
  letters.erase(dim, 1);
  Value values{"", letters, input.element}, indices = values;
  indices.element = graph.indexType(graph.sizeOf(input.letters[dim]));
  graph.emit(op + " " + kind + " " + input.name + " dim " +
                 std::to_string(dim) + " : " + graph.type(input) + " -> " +
                 graph.types({values, indices}),
             {values, indices});
}

static void writeSort(Graph &graph, const std::string &op) {
  std::vector<Value> lines = {graph.drawAny(1)};
  std::string letters = lines[0].letters;
  for (int64_t more = graph.draws.below(3); more; --more)
    lines.push_back(
        graph.like(letters, more == 1 ? graph.mainInteger : graph.mainFloat));
  std::string line = op + " " + Graph::names(lines) + " dim " +
                     std::to_string(graph.draws.below(letters.size())) +
                     (graph.draws.below(2) ? " descending" : "") + " : " +
                     graph.types(lines);
  if (lines.size() == 1)
    graph.emit(line, letters, lines[0].element);
  else
    graph.emit(line, lines);
}

static void writeReverse(Graph &graph, const std::string &op) {
  Value input = graph.drawAny(1);
  std::vector<int64_t> dims;
  for (size_t dim = 0; dim < input.rank(); ++dim)
    if (graph.draws.below(2) == 0)
      dims.push_back(static_cast<int64_t>(dim));
  graph.emit(op + " " + input.name + " dims " + listOf(dims) + " : " +
                 graph.type(input),
             input.letters, input.element);
}

// One scalar for each dimension, in range or not.
static std::string drawStarts(Graph &graph, size_t rank) {
  std::vector<Value> starts;
  for (size_t dim = 0; dim < rank; ++dim)
    starts.push_back(graph.drawScalar());
  return "[" + Graph::names(starts) + "]";
}

// The letters of a block of `whole`.
static std::string drawBlock(Graph &graph, const std::string &whole) {
  std::string letters = whole;
  size_t always = graph.draws.below(whole.size());
  for (size_t dim = 0; dim < whole.size(); ++dim)
    if (dim == always || graph.draws.oneIn(3))
      letters[dim] = graph.letterOfSize(
          1 + graph.draws.below(graph.sizeOf(whole[dim])), letters);
  return letters;
}

static void writeDynamicSlice(Graph &graph, const std::string &op) {
  Value input = graph.drawAny(1);
  std::string letters = drawBlock(graph, input.letters);
  std::string starts = drawStarts(graph, input.rank());
  graph.emit(op + " " + input.name + starts + " : " + graph.type(input) +
                 " -> " + graph.type(letters, input.element),
             letters, input.element);
}

static void writeDynamicUpdateSlice(Graph &graph, const std::string &op) {
  Value input = graph.drawAny(1);
  Value update = graph.like(drawBlock(graph, input.letters), input.element);
  std::string starts = drawStarts(graph, input.rank());
  graph.emit(op + " " + update.name + " into " + input.name + starts + " : " +
                 graph.types({update, input}),
             input.letters, input.element);
}

// input [B.., N, R..], indices [B.., I..], updates [B.., I.., R..]
static void writeScatter(Graph &graph, const std::string &op) {
  Value input = graph.drawAny(1);
  static const char *kinds[] = {"add", "max", "set"};
  std::string kind = graph.draws.of(kinds);
  size_t batch = graph.drawDim(input);
  std::string letters = input.letters.substr(0, batch);
  std::string rest = input.letters.substr(batch + 1);
  for (int64_t more = 1 + graph.draws.below(2); more; --more)
    if (letters.size() + rest.size() < 4)
      letters += graph.drawSmallLetter(letters + rest);
  Value indices =
      graph.drawIndices(letters, graph.sizeOf(input.letters[batch]) + 1);
  Value updates = graph.like(letters + rest, input.element);
  graph.emit(op + " " + kind + " " + updates.name + " into " + input.name +
                 "[" + indices.name + "] batch_dims " + std::to_string(batch) +
                 " : " + graph.types({updates, input, indices}),
             input.letters, input.element);
}

void addOrderWriters(OpWriters &writers) {
  writers.push_back({"moe.arg_reduce", 14, &writeArgReduce});
  writers.push_back({"moe.sort", 7, &writeSort});
  writers.push_back({"moe.reverse", 4, &writeReverse});
  writers.push_back({"moe.dynamic_slice", 14, &writeDynamicSlice});
  writers.push_back({"moe.dynamic_update_slice", 5, &writeDynamicUpdateSlice});
  writers.push_back({"moe.scatter", 24, &writeScatter});
}

} // namespace moe::fuzz
