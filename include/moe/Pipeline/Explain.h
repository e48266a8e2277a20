// Why each collective of a partitioned program exists and what it costs, and
// why each value is cut as it is.
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"
#include <map>
#include <string>
#include <vector>

namespace moe {

/// What makes or needs a layout, and the annotations behind it:
/// "moe.einsum at f.mlir:3:8", {"the annotation at f.mlir:9:8"}.
struct EndReport {
  std::string node;
  std::vector<std::string> annotations;
};

/// What Propagate knows of a resharding that the program does not say.
struct ReshardReport {
  EndReport made, needed;
  std::string rule; // that forced it
  /// What to write to get the cheapest alternative, empty if there is none, and
  /// the bytes that a rank receives in the whole function then and now.
  std::string alternative;
  int64_t alternativeBytes = 0, functionBytes = 0;
};

/// Where one cut dimension of a value came from.
struct ValueReport {
  std::string function;
  std::string value; // "moe.einsum at f.mlir:3:8", "argument 0"
  int64_t dim = 0;
  std::string axes;               // {"x"}
  std::string annotation;         // empty: cut for no annotation's sake
  std::vector<std::string> chain; // annotated value first, this value last
};

/// What Propagate decides about a module, found without changing it.
struct PropagationReport {
  std::vector<ValueReport> values;
  /// By the `reason` of the collectives.
  std::map<std::string, ReshardReport> reshards;
};

/// Decides as spmd-propagate will and says why. `module` is as that pass takes
/// it (PipelineOptions::beforePropagate); functions that it would refuse are
/// left out.
PropagationReport explainPropagation(mlir::ModuleOp module);

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
  /// How often it is called in one run, a branch taken; 0 in a loop whose turns
  /// nobody knows before.
  int64_t times = 1;
  /// One for each resharding that it does: more when collectives were combined.
  std::vector<ReshardReport> reshards;
};

/// All collectives that move data, in program order.
///
/// Bytes are those that the transport will count (moert::receivedElements), of
/// the rank with most. On more than 64 ranks that is the worst of 64 evenly
/// spread ones, so that the report's time does not grow with the machine; where
/// no size is cut unevenly and no layout meets itself on some ranks only, they
/// are all alike.
std::vector<CollectiveReport>
explainCollectives(mlir::ModuleOp module, const PropagationReport &propagation);

/// A table for people; its last line says when ranks were sampled.
void printExplanation(const std::vector<CollectiveReport> &reports,
                      const PropagationReport &propagation,
                      llvm::raw_ostream &os);
/// The same as a JSON object: "collectives" and "values", with the field names
/// of the structures above.
void printExplanationJson(const std::vector<CollectiveReport> &reports,
                          const PropagationReport &propagation,
                          llvm::raw_ostream &os);

} // namespace moe
