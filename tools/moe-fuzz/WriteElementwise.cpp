// Elementwise ops, casts and constants.
#include "tools/moe-fuzz/OpWriters.h"

namespace moe::fuzz {

static void writeBinary(Graph &graph, const std::string &op, const Value &a) {
  Value b = a.isFloat() && graph.draws.oneIn(4) ? a : graph.another(a);
  graph.emit(op + " " + a.name + ", " + b.name + " : " + graph.type(a),
             a.letters, a.element);
}

static void writeBinaryFloat(Graph &graph, const std::string &op) {
  writeBinary(graph, op, graph.drawFloat());
}

static void writeBinaryInteger(Graph &graph, const std::string &op) {
  writeBinary(graph, op, graph.drawInteger());
}

// Integers of i1 too.
static void writeBits(Graph &graph, const std::string &op) {
  writeBinary(graph, op, graph.drawOf({graph.mainInteger, "i1"}));
}

// Division by a variable could be by zero.
static void writeDivision(Graph &graph, const std::string &op) {
  Value a = graph.drawInteger();
  Value b = graph.emit("arith.constant dense<3> : " + graph.type(a), a.letters,
                       a.element);
  graph.emit(op + " " + a.name + ", " + b.name + " : " + graph.type(a),
             a.letters, a.element);
}

static void writeUnary(Graph &graph, const std::string &op, const Value &a) {
  graph.emit(op + " " + a.name + " : " + graph.type(a), a.letters, a.element);
}

static void writeUnaryFloat(Graph &graph, const std::string &op) {
  writeUnary(graph, op, graph.drawFloat());
}

static void writeUnaryInteger(Graph &graph, const std::string &op) {
  writeUnary(graph, op, graph.drawInteger());
}

static void writeComparison(Graph &graph, const std::string &op,
                            const std::string &predicate, const Value &a) {
  Value b = graph.another(a);
  graph.emit(op + " " + predicate + ", " + a.name + ", " + b.name + " : " +
                 graph.type(a),
             a.letters, "i1");
}

static void writeCmpF(Graph &graph, const std::string &op) {
  static const char *predicates[] = {"oeq", "olt", "ogt", "oge", "une", "ult"};
  std::string predicate = graph.draws.of(predicates);
  writeComparison(graph, op, predicate, graph.drawFloat());
}

static void writeCmpI(Graph &graph, const std::string &op) {
  static const char *predicates[] = {"eq", "ne", "slt", "sge", "ult"};
  std::string predicate = graph.draws.of(predicates);
  writeComparison(graph, op, predicate, graph.drawInteger());
}

static void writeSelect(Graph &graph, const std::string &op) {
  Value yes = graph.drawAny(), no = graph.another(yes);
  Value condition = graph.like(yes.letters, "i1");
  graph.emit(op + " " + Graph::names({condition, yes, no}) + " : " +
                 graph.types({condition, yes}),
             yes.letters, yes.element);
}

static void writeCast(Graph &graph, const std::string &op, const Value &a,
                      const std::string &element) {
  graph.emit(op + " " + a.name + " : " + graph.type(a) + " to " +
                 graph.type(a.letters, element),
             a.letters, element);
}

// Narrow ones: -1 of 32 bits is 4e9, and products of those overflow in one
// order where another meets a zero first.
static void writeUnsignedToFloat(Graph &graph, const std::string &op) {
  writeCast(graph, op, graph.drawOf({"i1", "i8"}), graph.mainFloat);
}

static void writeIntegerToFloat(Graph &graph, const std::string &op) {
  writeCast(graph, op, graph.drawOf({graph.mainInteger, "i1"}),
            graph.mainFloat);
}

static void writeFloatToInteger(Graph &graph, const std::string &op) {
  writeCast(graph, op, graph.drawFloat(), graph.mainInteger);
}

/// What a type may be cast to.
struct Cast {
  std::string from;
  std::vector<std::string> to;
};

static void writeCastOf(Graph &graph, const std::string &op,
                        const std::vector<Cast> &casts) {
  std::vector<std::string> from;
  for (const Cast &cast : casts)
    from.push_back(cast.from);
  Value a = graph.drawOf(from);
  for (const Cast &cast : casts)
    if (cast.from == a.element)
      return writeCast(graph, op, a, graph.draws.of(cast.to));
}

static void writeExtF(Graph &graph, const std::string &op) {
  writeCastOf(graph, op, {{"bf16", {"f32", "f64"}}, {"f32", {"f64"}}});
}
static void writeTruncF(Graph &graph, const std::string &op) {
  writeCastOf(graph, op, {{"f32", {"bf16"}}, {"f64", {"f32", "bf16"}}});
}
static void writeExtend(Graph &graph, const std::string &op) {
  writeCastOf(
      graph, op,
      {{"i1", {"i32", "i64", "i8"}}, {"i8", {"i32", "i64"}}, {"i32", {"i64"}}});
}
static void writeTruncI(Graph &graph, const std::string &op) {
  writeCastOf(graph, op,
              {{"i32", {"i8", "i1"}}, {"i64", {"i32", "i8"}}, {"i8", {"i1"}}});
}

// One number for all elements, or a list.
static void writeConstant(Graph &graph, const std::string &op) {
  std::string letters = graph.drawLetters(0, 2);
  bool isFloat = graph.draws.below(2) == 0;
  std::string element = isFloat ? graph.mainFloat : graph.mainInteger;
  std::string end = isFloat ? ".5" : "";
  std::string text = std::to_string(graph.draws.below(4)) + end;
  if (letters.size() == 1 && graph.draws.oneIn(2)) {
    for (int64_t i = 1; i < graph.sizeOf(letters[0]); ++i)
      text += ", " + std::to_string(i % 5) + end;
    text = "[" + text + "]";
  }
  graph.emit(op + " dense<" + text + "> : " + graph.type(letters, element),
             letters, element);
}

void addElementwiseWriters(OpWriters &writers) {
  for (const char *op : {"arith.addf", "arith.mulf"})
    writers.push_back({op, 6, &writeBinaryFloat});
  for (const char *op : {"arith.subf", "arith.divf", "arith.maximumf",
                         "arith.minimumf", "arith.maxnumf", "arith.minnumf"})
    writers.push_back({op, 3, &writeBinaryFloat});
  for (const char *op : {"arith.addi", "arith.subi", "arith.muli"})
    writers.push_back({op, 4, &writeBinaryInteger});
  for (const char *op :
       {"arith.andi", "arith.ori", "arith.xori", "arith.maxsi", "arith.minsi"})
    writers.push_back({op, 5, &writeBits});
  for (const char *op : {"arith.divsi", "arith.remsi"})
    writers.push_back({op, 3, &writeDivision});
  for (const char *op :
       {"arith.negf", "math.exp", "math.log", "math.log1p", "math.tanh",
        "math.erf", "math.sqrt", "math.rsqrt", "math.sin", "math.cos",
        "math.absf", "math.floor", "math.ceil"})
    writers.push_back({op, 3, &writeUnaryFloat});
  writers.push_back({"math.absi", 3, &writeUnaryInteger});
  writers.push_back({"arith.cmpf", 3, &writeCmpF});
  writers.push_back({"arith.cmpi", 4, &writeCmpI});
  writers.push_back({"arith.select", 4, &writeSelect});
  writers.push_back({"arith.sitofp", 3, &writeIntegerToFloat});
  writers.push_back({"arith.uitofp", 3, &writeUnsignedToFloat});
  writers.push_back({"arith.fptosi", 3, &writeFloatToInteger});
  writers.push_back({"arith.extf", 3, &writeExtF});
  writers.push_back({"arith.truncf", 3, &writeTruncF});
  writers.push_back({"arith.extsi", 3, &writeExtend});
  writers.push_back({"arith.extui", 3, &writeExtend});
  writers.push_back({"arith.trunci", 3, &writeTruncI});
  writers.push_back({"arith.constant", 2, &writeConstant});
}

} // namespace moe::fuzz
