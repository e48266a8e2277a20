// Ops that move elements and compute nothing.
#include "tools/moe-fuzz/Emit.h"
#include "tools/moe-fuzz/OpWriters.h"

#include <algorithm>

namespace moe::fuzz {

static void writeBroadcast(Graph &graph, const std::string &) {
  Value input = graph.drawAny();
  std::string letters = input.letters;
  for (int64_t more = 1 + graph.draws.below(2); more; --more) {
    char letter = graph.drawLetter(letters);
    if (letters.size() < 4 && graph.isSmall(letters + letter))
      letters.insert(letters.begin() + graph.draws.below(letters.size() + 1),
                     letter);
  }
  emitBroadcast(graph, input, letters);
}

static void writeTranspose(Graph &graph, const std::string &) {
  Value input = graph.drawAny(2);
  emitTranspose(graph, input, graph.draws.shuffled(input.letters));
}

static void mergeDims(Graph &graph, std::string &letters) {
  if (letters.size() < 2)
    return;
  size_t dim = graph.draws.below(letters.size() - 1);
  int64_t size = graph.elements(letters.substr(dim, 2));
  letters.erase(dim, 2);
  letters.insert(letters.begin() + dim, graph.letterOfSize(size, letters));
}

static void splitDim(Graph &graph, std::string &letters) {
  if (letters.empty() || letters.size() > 3)
    return;
  size_t dim = graph.draws.below(letters.size());
  int64_t size = graph.sizeOf(letters[dim]);
  int64_t major = graph.draws.divisorOf(size);
  letters.erase(dim, 1);
  letters.insert(letters.begin() + dim, graph.letterOfSize(major, letters));
  letters.insert(letters.begin() + dim + 1,
                 graph.letterOfSize(size / major, letters));
}

// Dimensions merged, split, or both.
static void writeReshape(Graph &graph, const std::string &) {
  Value input = graph.drawAny(1);
  std::string letters = input.letters;
  int64_t kind = graph.draws.below(4);
  if (kind != 1)
    mergeDims(graph, letters);
  if (kind != 0)
    splitDim(graph, letters);
  Value result = emitReshape(graph, input, letters);
  if (graph.draws.oneIn(3))
    emitReshape(graph, result, input.letters);
}

static void writeSlice(Graph &graph, const std::string &op) {
  Value input = graph.drawAny(1);
  std::string letters = input.letters;
  std::vector<int64_t> offsets(letters.size(), 0), strides(letters.size(), 1);
  size_t always = graph.draws.below(letters.size());
  for (size_t dim = 0; dim < letters.size(); ++dim) {
    if (dim != always && !graph.draws.oneIn(3))
      continue;
    int64_t size = graph.sizeOf(letters[dim]);
    offsets[dim] = graph.draws.below(size);
    strides[dim] = 1 + graph.draws.below(3);
    int64_t most = (size - offsets[dim] + strides[dim] - 1) / strides[dim];
    int64_t kept = most - graph.draws.below(std::min<int64_t>(most, 2));
    letters[dim] = graph.letterOfSize(kept, letters);
  }
  graph.emit(op + " " + input.name + " offsets " + listOf(offsets) +
                 " strides " + listOf(strides) + " : " + graph.type(input) +
                 " -> " + graph.type(letters, input.element),
             letters, input.element);
}

static std::string constantOf(Graph &graph, const std::string &element) {
  if (element == "i1")
    return graph.draws.below(2) ? "true" : "false";
  std::string number = std::to_string(graph.draws.below(3));
  if (element.find('f') != std::string::npos)
    number += ".0";
  return number + " : " + element;
}

static void writePad(Graph &graph, const std::string &op) {
  Value input = graph.drawAny(1);
  std::string letters = input.letters;
  std::vector<int64_t> low(letters.size(), 0), high = low, interior = low;
  size_t always = graph.draws.below(letters.size());
  for (size_t dim = 0; dim < letters.size(); ++dim) {
    if (dim != always && !graph.draws.oneIn(4))
      continue;
    int64_t size = graph.sizeOf(letters[dim]);
    low[dim] = graph.draws.below(4);
    high[dim] = graph.draws.below(4);
    interior[dim] = graph.draws.oneIn(3) ? 1 + graph.draws.below(2) : 0;
    int64_t padded = low[dim] + high[dim] + size + (size - 1) * interior[dim];
    letters[dim] = graph.letterOfSize(padded, letters);
  }
  graph.emit(op + " " + input.name + " with " +
                 constantOf(graph, input.element) + " low " + listOf(low) +
                 " high " + listOf(high) + " interior " + listOf(interior) +
                 " : " + graph.type(input) + " -> " +
                 graph.type(letters, input.element),
             letters, input.element);
}

// A value like the first, but for the size of one dimension.
static Value drawNeighbour(Graph &graph, const Value &first, size_t dim) {
  auto fits = [&](const Value &value) {
    return value.element == first.element && value.rank() == first.rank() &&
           replaced(value.letters, dim, first.letters[dim]) == first.letters;
  };
  if (auto found = graph.find(fits))
    return *found;
  std::string others = first.letters;
  others.erase(dim, 1);
  char letter = graph.drawLetter(others);
  return graph.argument(replaced(first.letters, dim, letter), first.element);
}

static void writeConcatenate(Graph &graph, const std::string &op) {
  Value first = graph.drawAny(1);
  size_t dim = graph.draws.below(first.rank());
  std::vector<Value> operands = {first};
  for (int64_t more = graph.draws.of(std::vector<int64_t>{1, 1, 2}); more;
       --more)
    operands.push_back(drawNeighbour(graph, first, dim));
  int64_t size = 0;
  for (const Value &operand : operands)
    size += graph.sizeOf(operand.letters[dim]);
  std::string letters =
      replaced(first.letters, dim, graph.letterOfSize(size, first.letters));
  graph.emit(op + " dim " + std::to_string(dim) + " " + Graph::names(operands) +
                 " : " + graph.types(operands) + " -> " +
                 graph.type(letters, first.element),
             letters, first.element);
}

static void writeStopGradient(Graph &graph, const std::string &op) {
  emitUnary(graph, op, graph.drawAny());
}

void addShapeWriters(OpWriters &writers) {
  writers.push_back({"moe.broadcast", 6, &writeBroadcast});
  writers.push_back({"moe.transpose", 6, &writeTranspose});
  writers.push_back({"moe.reshape", 8, &writeReshape});
  writers.push_back({"moe.slice", 8, &writeSlice});
  writers.push_back({"moe.pad", 6, &writePad});
  writers.push_back({"moe.concatenate", 6, &writeConcatenate});
  writers.push_back({"moe.stop_gradient", 3, &writeStopGradient});
}

} // namespace moe::fuzz
