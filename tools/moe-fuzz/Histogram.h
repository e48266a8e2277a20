// What the cases of a run were made of.
#pragma once

#include "mlir/IR/BuiltinOps.h"

#include <array>
#include <map>
#include <set>

namespace moe::fuzz {

/// How a dimension lies on the ranks.
enum class Cut {
  Whole,
  Even,
  Uneven,
  /// Fewer elements than blocks: some are empty.
  Sparse,
  /// By a part of an axis.
  SubAxis,
  SeveralAxes,
  /// The value is a partial one.
  Unreduced,
};
inline constexpr size_t kCuts = 7;

/// Counts, for each op, dimension and cut, the cases that had it.
class Histogram {
public:
  /// Adds a propagated program.
  void addPropagated(mlir::ModuleOp module);
  /// Adds the same program, partitioned.
  void addPartitioned(mlir::ModuleOp module);

  /// One line: ops a case, share of cases with collectives, of cut dimensions
  /// the share that is uneven or sparse.
  std::string summary() const;
  /// A line for each op and dimension, then those cells with fewer cases than
  /// `least` that the op's rule allows, and the dimensions that it keeps whole.
  void print(llvm::raw_ostream &os, int64_t least) const;

private:
  /// The op and which dimension: of a result, or of an operand where no result
  /// has it.
  using Row = std::pair<std::string, std::string>;
  struct Cells {
    std::array<int64_t, kCuts> cases = {};
    /// Whether the rule allows to cut the dimension, or to reduce the value
    /// later.
    bool isCut = false;
  };
  using Seen = std::set<std::pair<Row, Cut>>;

  void addOp(mlir::Operation *op, Seen &seen);
  void addDim(const Row &row, mlir::Value value, unsigned dim, bool isCut,
              Seen &seen);

  std::map<Row, Cells> rows;
  int64_t cases = 0, ops = 0, withCollectives = 0, cutDims = 0, unevenDims = 0;
};

} // namespace moe::fuzz
