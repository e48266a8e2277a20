// What a program's manifest says about one collective.
#pragma once

#include "runtime/core/DType.h"
#include "runtime/core/IndexMap.h"
#include "runtime/core/Layout.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace moert {

/// The four ways in which the runtime moves data between ranks.
enum class Primitive : uint8_t {
  /// From one layout to another; gather, slice, permute, all-to-all and halos
  /// are kinds of it. Moves exactly what a receiver lacks.
  Exchange,
  /// Sums (or max, ...) over the digits that the source has unreduced and the
  /// target has not; every rank gets the whole block.
  AllReduce,
  /// The same, and every rank gets the piece of the block that the target's
  /// finer
  /// cut gives it.
  ReduceScatter,
  /// Rows to the ranks of a group, in numbers that are values.
  AllToAllRagged,
};

/// How partial values meet. Integers wrap around; booleans are numbers modulo 2
/// for sum and prod; And and Or work on bits and are refused for floats; Max
/// and Min return NaN where an operand is NaN.
enum class Reduction : uint8_t { None, Sum, Max, Min, Prod, And, Or };

/// The manifest's words: "exchange", "all_reduce", "reduce_scatter",
/// "all_to_all_ragged"; "" (none), "sum", "max", "min", "prod", "and", "or".
/// The parsers throw Error on any other.
const char *nameOf(Primitive primitive);
const char *nameOf(Reduction reduction);
Primitive parsePrimitive(const std::string &name);
Reduction parseReduction(const std::string &name);

/// One collective of a program, field by field as its manifest has it.
///
/// For AllToAllRagged the layouts give the row: dimension 0 is the rows' and
/// dims 1... have equal local shapes on both sides; the local size of dimension
/// 0 bounds the rows that a rank sends (source) and receives (target). The
/// group is `group`, in mixed-radix order, major digit first.
struct CollectiveSite {
  int32_t site = 0;
  std::string entry;
  Primitive primitive = Primitive::Exchange;
  /// The special case's name, for people: "all_gather", "all_to_all", ...
  std::string kind;
  DType dtype = DType::F32;
  Layout source;
  Layout target;
  /// Exchange only: which element of the source's tensor is which of the
  /// target's; nothing where both are the same tensor.
  std::optional<IndexMap> map;
  Reduction reduction = Reduction::None;
  /// Mesh axes, for people.
  std::vector<std::string> axes;
  /// AllToAllRagged only: the digits of its group.
  std::vector<Digit> group;
  /// The op of the program, its source line, and why it exists, for people.
  std::string op;
  std::string location;
  std::string reason;
};

} // namespace moert
