// Ops on given values, for entries that write several.
#pragma once

#include "tools/moe-fuzz/Graph.h"

namespace moe::fuzz {

/// The sum of products with the letters `result`; those are made to be letters.
Value emitEinsum(Graph &graph, const std::vector<Value> &operands,
                 const std::string &result, const std::string &element);
/// The letters of `input` without those reduced.
Value emitReduce(Graph &graph, const std::string &kind, const Value &input,
                 const std::string &reduced);
Value emitTranspose(Graph &graph, const Value &input,
                    const std::string &letters);
Value emitReshape(Graph &graph, const Value &input, const std::string &letters);
/// `letters` has those of `input` in their order.
Value emitBroadcast(Graph &graph, const Value &input,
                    const std::string &letters);
/// `along` is the new last letter.
Value emitOneHot(Graph &graph, const Value &indices, char along,
                 const std::string &element);
Value emitRandom(Graph &graph, const std::string &letters,
                 const std::string &element);
/// Values and indices of the `k` largest along dimension `dim`.
std::vector<Value> emitTopK(Graph &graph, const Value &input, size_t dim,
                            int64_t k, const std::string &indexElement);
/// "op a, b : type".
Value emitBinary(Graph &graph, const std::string &op, const Value &a,
                 const Value &b);
Value emitUnary(Graph &graph, const std::string &op, const Value &a);
/// "op a dim d : type".
Value emitAlong(Graph &graph, const std::string &op, const Value &input,
                char along, const std::string &flags = "");

/// `letters` with `from` replaced.
std::string replaced(std::string letters, size_t dim, char by);

} // namespace moe::fuzz
