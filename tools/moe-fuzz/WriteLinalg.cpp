// Structured ops of linalg, and the tensor dialect.
#include "tools/moe-fuzz/Emit.h"
#include "tools/moe-fuzz/OpWriters.h"

#include <algorithm>

namespace moe::fuzz {

/// A body op that makes an element of two, or that combines with the result.
struct BodyOp {
  const char *forFloats, *forIntegers;
};

static const char *nameOf(const BodyOp &op, const std::string &element) {
  return element.find('f') != std::string::npos ? op.forFloats : op.forIntegers;
}

/// The letters of all values, each once.
static std::string lettersOf(const std::vector<Value> &values) {
  std::string letters;
  for (const Value &value : values)
    for (char letter : value.letters)
      if (letters.find(letter) == std::string::npos)
        letters += letter;
  return letters;
}

// "affine_map<(d0, d1) -> (d1)>": the loops are letters, in that order.
static std::string mapOf(const std::string &loops, const std::string &letters) {
  auto list = [&](const std::string &names) {
    std::string text;
    for (char name : names)
      text += (text.empty() ? "d" : ", d") + std::to_string(loops.find(name));
    return "(" + text + ")";
  };
  return "affine_map<" + list(loops) + " -> " + list(letters) + ">";
}

/// Writes a generic of `inputs` over `loops` with one result; `body` are its
/// lines, of which the last one makes %end of %in0, %in1, ... and %out.
static Value emitGeneric(Graph &graph, const std::string &loops,
                         const std::vector<Value> &inputs, const Value &init,
                         const std::string &body) {
  std::string maps, kinds, arguments;
  for (size_t i = 0; i < inputs.size(); ++i) {
    maps += mapOf(loops, inputs[i].letters) + ", ";
    arguments += "%in" + std::to_string(i) + ": " + inputs[i].element + ", ";
  }
  for (char loop : loops) {
    bool isKept = init.letters.find(loop) != std::string::npos;
    kinds += std::string(kinds.empty() ? "" : ", ") +
             (isKept ? "\"parallel\"" : "\"reduction\"");
  }
  return graph.emit("linalg.generic {indexing_maps = [" + maps +
                        mapOf(loops, init.letters) + "], iterator_types = [" +
                        kinds + "]} ins(" + Graph::names(inputs) + " : " +
                        graph.types(inputs) + ") outs(" + init.name + " : " +
                        graph.type(init) + ") {\n  ^bb0(" + arguments +
                        "%out: " + init.element + "):\n" + body +
                        "    linalg.yield %end : " + init.element +
                        "\n  } -> " + graph.type(init),
                    init.letters, init.element);
}

// Two inputs that need not have the same letters, and loops in any order.
static std::vector<Value> drawInputs(Graph &graph, std::string &loops) {
  std::vector<Value> inputs = {graph.draws.oneIn(3) ? graph.drawInteger(1)
                                                    : graph.drawFloat(1)};
  std::string letters =
      graph.draws.shuffled(graph.draws.subset(inputs[0].letters)).substr(0, 2);
  if (letters.size() < 2 && graph.draws.below(2))
    letters += graph.drawSmallLetter(inputs[0].letters);
  inputs.push_back(graph.like(letters, inputs[0].element));
  loops = graph.draws.shuffled(lettersOf(inputs));
  return inputs;
}

// Elementwise, each operand in its own loops; sometimes by the index.
static void writeGeneric(Graph &graph, const std::string &) {
  static const BodyOp ops[] = {{"arith.mulf", "arith.muli"},
                               {"arith.subf", "arith.subi"},
                               {"arith.maximumf", "arith.maxsi"}};
  std::string loops;
  std::vector<Value> inputs = drawInputs(graph, loops);
  std::string element = inputs[0].element;
  Value init = graph.like(graph.draws.shuffled(loops), element);
  std::string op = nameOf(graph.draws.of(ops), element), type = " : " + element;
  std::string body = "    %element = " + op + " %in0, %in1" + type + "\n";
  if (!inputs[0].isFloat() && element != "i1" && graph.draws.oneIn(2))
    body += "    %place = linalg.index " +
            std::to_string(graph.draws.below(loops.size())) + " : index\n" +
            "    %number = arith.index_cast %place : index to " + element +
            "\n" + "    %end = arith.addi %element, %number" + type + "\n";
  else if (graph.draws.oneIn(2))
    body += "    %end = " + op + " %out, %element" + type + "\n";
  else
    body += "    %end = " + op + " %element, %element" + type + "\n";
  emitGeneric(graph, loops, inputs, init, body);
}

// A product, a sum or an exponential, combined over some of the loops with what
// the result began with.
static void writeReduction(Graph &graph, const std::string &) {
  static const BodyOp elements[] = {{"arith.mulf", "arith.muli"},
                                    {"arith.mulf", "arith.muli"},
                                    {"arith.addf", "arith.addi"}};
  static const BodyOp combiners[] = {{"arith.addf", "arith.addi"},
                                     {"arith.addf", "arith.addi"},
                                     {"arith.maximumf", "arith.maxsi"},
                                     {"arith.minnumf", "arith.minsi"},
                                     {"arith.maxnumf", "arith.xori"}};
  std::string loops;
  std::vector<Value> inputs = drawInputs(graph, loops);
  std::string element = inputs[0].element, type = " : " + element;
  std::string kept = graph.draws.shuffled(graph.draws.subset(loops));
  Value init = graph.like(kept, element);
  std::string body = "    %element = " +
                     std::string(nameOf(graph.draws.of(elements), element)) +
                     " %in0, %in1" + type + "\n";
  std::string combiner = nameOf(graph.draws.of(combiners), element);
  body += "    %end = " + combiner + " %out, %element" + type + "\n";
  emitGeneric(graph, loops, inputs, init, body);
}

// In an order: out * x0 + x1 for each index of a loop.
static void writeRecurrence(Graph &graph, const std::string &) {
  Value a = graph.drawInteger(1), b = graph.like(a.letters, a.element);
  char along = graph.draws.of(a.letters);
  std::string kept;
  for (char letter : a.letters)
    if (letter != along)
      kept += letter;
  Value init = graph.like(kept, a.element);
  std::string type = " : " + a.element;
  emitGeneric(graph, a.letters, {a, b}, init,
              "    %element = arith.muli %out, %in0" + type +
                  "\n    %end = arith.addi %element, %in1" + type + "\n");
}

// Rows of a table, or its elements where the last index is computed too.
static void writeLookup(Graph &graph, const std::string &) {
  Value table = graph.drawAny(1);
  if (table.rank() > 2)
    table = graph.like(table.letters.substr(0, 2), table.element);
  // No constant, which a lookup by a loop's index would hand on to folders.
  if (table.element != "i1")
    table = emitBinary(graph, table.isFloat() ? "arith.addf" : "arith.addi",
                       table, graph.argument(table.letters, table.element));
  std::string others = graph.drawLetters(1, 2), loops = others;
  std::string body = "    %row = arith.index_cast %in0 : i32 to index\n", at;
  Value rows = graph.argument(others, "i32", graph.sizeOf(table.letters[0]));
  if (table.rank() == 2) {
    char along = table.letters[1];
    if (loops.find(along) == std::string::npos)
      loops += along;
    body += "    %place = linalg.index " + std::to_string(loops.find(along)) +
            " : index\n";
    at = ", %place";
  }
  body += "    %end = tensor.extract " + table.name + "[%row" + at +
          "] : " + graph.type(table) + "\n";
  Value init = graph.like(graph.draws.shuffled(loops), table.element);
  emitGeneric(graph, loops, {rows}, init, body);
}

// Rows times columns, with a fill or a value to begin with. A fill is kept from
// other ops: it is a constant only behind a pass of ours, and what MLIR then
// folds is judged by what MLIR alone folds.
static void writeMatmul(Graph &graph, const std::string &op) {
  const std::string &element = graph.mainFloat;
  bool isBatch = op == "linalg.batch_matmul";
  std::string letters = graph.drawLetters(isBatch ? 4 : 3, isBatch ? 4 : 3);
  std::string batch = letters.substr(3);
  std::string row = batch + letters[0] + letters[1],
              column = batch + letters[1] + letters[2],
              result = batch + letters[0] + letters[2];
  Value left = graph.like(row, element), right = graph.like(column, element);
  Value init = graph.like(result, element);
  if (graph.draws.oneIn(2)) {
    Value empty =
        graph.emit("tensor.empty() : " + graph.type(init), result, element);
    std::string zero = graph.freshName();
    graph.addLine(zero + " = arith.constant 0.0 : " + element);
    init = graph.emit("linalg.fill ins(" + zero + " : " + element + ") outs(" +
                          empty.name + " : " + graph.type(empty) + ") -> " +
                          graph.type(empty),
                      result, element);
    graph.hide(empty);
    graph.hide(init);
  }
  graph.emit(op + " ins(" + Graph::names({left, right}) + " : " +
                 graph.types({left, right}) + ") outs(" + init.name + " : " +
                 graph.type(init) + ") -> " + graph.type(init),
             result, element);
}

// Of a sequence: windows of some elements.
static void writePooling(Graph &graph, const std::string &op) {
  std::string letters = graph.drawLetters(3, 3);
  Value input = graph.like(letters, graph.mainFloat);
  int64_t size = graph.sizeOf(letters[1]),
          window = 1 + graph.draws.below(std::min<int64_t>(size, 3)),
          stride = 1 + graph.draws.below(3),
          count = (size - window) / stride + 1;
  std::string others = letters;
  others.erase(1, 1);
  std::string result = replaced(letters, 1, graph.letterOfSize(count, others));
  Value init = graph.like(result, input.element);
  Value shape = graph.emit("tensor.empty() : tensor<" + std::to_string(window) +
                               "x" + input.element + ">",
                           std::string(1, graph.letterOfSize(window, letters)),
                           input.element);
  graph.hide(shape);
  graph.emit(op + " {strides = dense<" + std::to_string(stride) +
                 "> : tensor<1xi64>, dilations = dense<1> : tensor<1xi64>} "
                 "ins(" +
                 Graph::names({input, shape}) + " : " +
                 graph.types({input, shape}) + ") outs(" + init.name + " : " +
                 graph.type(init) + ") -> " + graph.type(init),
             result, input.element);
}

/// Offsets and sizes of a block of `letters`, whose own letters it returns.
static std::string drawBlock(Graph &graph, const std::string &letters,
                             std::vector<int64_t> &offsets,
                             std::vector<int64_t> &sizes) {
  std::string block = letters;
  for (size_t dim = 0; dim < letters.size(); ++dim) {
    int64_t all = graph.sizeOf(letters[dim]);
    offsets.push_back(graph.draws.oneIn(2) ? 0 : graph.draws.below(all));
    int64_t rest = all - offsets.back();
    sizes.push_back(rest - graph.draws.below(std::min<int64_t>(rest, 3)));
    if (sizes.back() != all)
      block[dim] = graph.letterOfSize(sizes.back(), block);
  }
  return block;
}

static std::string blockText(const std::vector<int64_t> &offsets,
                             const std::vector<int64_t> &sizes) {
  std::vector<int64_t> ones(sizes.size(), 1);
  return listOf(offsets) + " " + listOf(sizes) + " " + listOf(ones);
}

static void writeExtractSlice(Graph &graph, const std::string &op) {
  Value input = graph.drawAny(1);
  std::vector<int64_t> offsets, sizes;
  std::string block = drawBlock(graph, input.letters, offsets, sizes);
  graph.emit(op + " " + input.name + blockText(offsets, sizes) + " : " +
                 graph.type(input) + " to " + graph.type(block, input.element),
             block, input.element);
}

static void writeInsertSlice(Graph &graph, const std::string &op) {
  Value into = graph.drawAny(1);
  std::vector<int64_t> offsets, sizes;
  std::string block = drawBlock(graph, into.letters, offsets, sizes);
  Value part = graph.like(block, into.element);
  graph.emit(op + " " + part.name + " into " + into.name +
                 blockText(offsets, sizes) + " : " + graph.type(part) +
                 " into " + graph.type(into),
             into.letters, into.element);
}

static void writeTensorPad(Graph &graph, const std::string &op) {
  Value input = graph.drawFloat(1);
  std::vector<int64_t> low, high;
  std::string letters = input.letters, arguments;
  for (size_t dim = 0; dim < letters.size(); ++dim) {
    low.push_back(graph.draws.below(3));
    high.push_back(graph.draws.below(3));
    int64_t padded = low[dim] + high[dim] + graph.sizeOf(letters[dim]);
    letters[dim] = graph.letterOfSize(padded, letters);
    arguments +=
        (dim ? ", %place" : "%place") + std::to_string(dim) + ": index";
  }
  graph.emit(op + " " + input.name + " low" + listOf(low) + " high" +
                 listOf(high) + " {\n  ^bb0(" + arguments +
                 "):\n    %padding = arith.constant 1.5 : " + input.element +
                 "\n    tensor.yield %padding : " + input.element +
                 "\n  } : " + graph.type(input) + " to " +
                 graph.type(letters, input.element),
             letters, input.element);
}

void addLinalgWriters(OpWriters &writers) {
  writers.push_back({"linalg.generic", 6, &writeGeneric});
  writers.push_back({"linalg.generic that reduces", 6, &writeReduction});
  writers.push_back({"linalg.generic in turns", 2, &writeRecurrence});
  writers.push_back({"linalg.generic that looks up", 2, &writeLookup});
  writers.push_back({"linalg.matmul", 3, &writeMatmul});
  writers.push_back({"linalg.batch_matmul", 2, &writeMatmul});
  writers.push_back({"linalg.pooling_nwc_max", 2, &writePooling});
  writers.push_back({"linalg.pooling_nwc_sum", 2, &writePooling});
  writers.push_back({"tensor.extract_slice", 3, &writeExtractSlice});
  writers.push_back({"tensor.insert_slice", 3, &writeInsertSlice});
  writers.push_back({"tensor.pad", 2, &writeTensorPad});
}

} // namespace moe::fuzz
