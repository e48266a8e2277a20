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
  int64_t bytes = 0;             // received by the worst rank, in one call
  int64_t ranks = 0;             // of the mesh
};

/// All collectives that move data, in program order.
///
/// Bytes are those that the transport will count (moert::receivedElements), of
/// the rank with most. On more than 64 ranks that is the worst of 64 evenly
/// spread ones, so that the report's time does not grow with the machine; where
/// no size is cut unevenly and no layout meets itself on some ranks only, they
/// are all alike.
std::vector<CollectiveReport> explainCollectives(mlir::ModuleOp module);

/// A table for people; its last line says when ranks were sampled.
void printExplanation(const std::vector<CollectiveReport> &reports,
                      llvm::raw_ostream &os);
/// The same as a JSON array of objects with the field names of
/// CollectiveReport.
void printExplanationJson(const std::vector<CollectiveReport> &reports,
                          llvm::raw_ostream &os);

} // namespace moe
