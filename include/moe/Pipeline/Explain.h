// Why each collective of a partitioned program exists and what it costs.
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"
#include <string>
#include <vector>

namespace moe {

/// One collective of a partitioned program.
struct CollectiveReport {
  std::string function; // entry that holds it
  std::string kind;     // all_to_all, ...
  std::string op;       // op whose value is moved, "argument" for an argument
  std::string location; // model.mlir:42:8
  std::vector<std::string> axes; // mesh axes whose ranks take part
  std::string from, to;          // shardings
  std::string tensor;            // global type
  std::string reason;            // annotations and rule behind it
  int64_t bytes = 0;             // received by the worst rank, once
};

/// All collectives that move data, in program order.
///
/// Bytes are the elements that a rank's target block needs and its source block
/// lacks (for reductions: (g-1) pieces, twice for all_reduce), at most over 64
/// ranks spread over the machine, so that the report's time does not grow with
/// it.
std::vector<CollectiveReport> explainCollectives(mlir::ModuleOp module);

/// A table for people.
void printExplanation(const std::vector<CollectiveReport> &reports,
                      llvm::raw_ostream &os);
/// The same as a JSON array of objects with the field names of
/// CollectiveReport.
void printExplanationJson(const std::vector<CollectiveReport> &reports,
                          llvm::raw_ostream &os);

} // namespace moe
