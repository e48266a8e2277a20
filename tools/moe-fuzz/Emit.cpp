#include "tools/moe-fuzz/Emit.h"

#include <algorithm>
#include <map>

namespace moe::fuzz {

std::string replaced(std::string letters, size_t dim, char by) {
  letters[dim] = by;
  return letters;
}

Value emitEinsum(Graph &graph, const std::vector<Value> &operands,
                 const std::string &result, const std::string &element) {
  std::map<char, char> renamed;
  auto term = [&](const std::string &letters) {
    std::string text;
    for (char letter : letters) {
      size_t count = renamed.size();
      text += renamed
                  .try_emplace(letter,
                               count < 26 ? 'a' + count : 'A' + (count - 26))
                  .first->second;
    }
    return text;
  };
  std::string terms;
  for (size_t i = 0; i < operands.size(); ++i)
    terms += (i ? "," : "") + term(operands[i].letters);
  return graph.emit("moe.einsum \"" + terms + "->" + term(result) + "\" " +
                        Graph::names(operands) + " : " + graph.types(operands) +
                        " -> " + graph.type(result, element),
                    result, element);
}

Value emitReduce(Graph &graph, const std::string &kind, const Value &input,
                 const std::string &reduced) {
  std::string kept;
  std::vector<int64_t> dims;
  for (size_t i = 0; i < input.rank(); ++i)
    if (reduced.find(input.letters[i]) == std::string::npos)
      kept += input.letters[i];
    else
      dims.push_back(static_cast<int64_t>(i));
  return graph.emit("moe.reduce " + kind + " " + input.name + " dims " +
                        listOf(dims) + " : " + graph.type(input) + " -> " +
                        graph.type(kept, input.element),
                    kept, input.element);
}

Value emitTranspose(Graph &graph, const Value &input,
                    const std::string &letters) {
  std::vector<int64_t> permutation;
  for (char letter : letters)
    permutation.push_back(static_cast<int64_t>(input.letters.find(letter)));
  return graph.emit("moe.transpose " + input.name + " permutation " +
                        listOf(permutation) + " : " + graph.type(input) +
                        " -> " + graph.type(letters, input.element),
                    letters, input.element);
}

Value emitReshape(Graph &graph, const Value &input,
                  const std::string &letters) {
  return graph.emit("moe.reshape " + input.name + " : " + graph.type(input) +
                        " -> " + graph.type(letters, input.element),
                    letters, input.element);
}

Value emitBroadcast(Graph &graph, const Value &input,
                    const std::string &letters) {
  std::vector<int64_t> dims;
  for (char letter : input.letters)
    dims.push_back(static_cast<int64_t>(letters.find(letter)));
  return graph.emit("moe.broadcast " + input.name + " dims " + listOf(dims) +
                        " : " + graph.type(input) + " -> " +
                        graph.type(letters, input.element),
                    letters, input.element);
}

Value emitOneHot(Graph &graph, const Value &indices, char along,
                 const std::string &element) {
  std::string letters = indices.letters + along;
  return graph.emit("moe.one_hot " + indices.name + " : " +
                        graph.type(indices) + " -> " +
                        graph.type(letters, element),
                    letters, element);
}

Value emitRandom(Graph &graph, const std::string &letters,
                 const std::string &element) {
  std::string kind = graph.draws.below(2) ? "normal" : "uniform";
  std::string stream = std::to_string(graph.draws.below(8));
  return graph.emit("moe.random " + kind + " " + graph.seed().name +
                        " stream " + stream + " : tensor<i32> -> " +
                        graph.type(letters, element),
                    letters, element);
}

std::vector<Value> emitTopK(Graph &graph, const Value &input, size_t dim,
                            int64_t k, const std::string &indexElement) {
  std::string letters =
      replaced(input.letters, dim, graph.letterOfSize(k, input.letters));
  Value values{"", letters, input.element}, indices{"", letters, indexElement};
  return graph.emit("moe.top_k " + input.name + " k " + std::to_string(k) +
                        " dim " + std::to_string(dim) + " : " +
                        graph.type(input) + " -> " +
                        graph.types({values, indices}),
                    {values, indices});
}

Value emitBinary(Graph &graph, const std::string &op, const Value &a,
                 const Value &b) {
  return graph.emit(op + " " + a.name + ", " + b.name + " : " + graph.type(a),
                    a.letters, a.element);
}

Value emitUnary(Graph &graph, const std::string &op, const Value &a) {
  return graph.emit(op + " " + a.name + " : " + graph.type(a), a.letters,
                    a.element);
}

Value emitAlong(Graph &graph, const std::string &op, const Value &input,
                char along, const std::string &flags) {
  return graph.emit(op + " " + input.name + " dim " +
                        std::to_string(input.letters.find(along)) + flags +
                        " : " + graph.type(input),
                    input.letters, input.element);
}

} // namespace moe::fuzz
