// One list of phases from an annotated model to a program, stoppable anywhere.
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace moe {

/// The stages of the road, in order.
enum class Stage { Propagate, Partition, Optimize, Lower };

struct PipelineOptions {
  /// Axis sizes that replace those of the module's mesh: "data=2,expert=4".
  std::string mesh;
  /// The last stage to run.
  Stage last = Stage::Optimize;
  /// Whether public functions also return their routing choices
  /// (moe-expose-choices).
  bool exposeChoices = false;
  /// Conflicts that are errors: replicate, implicit-reshard (spmd-propagate's
  /// error-on).
  std::vector<std::string> errorOn;
  /// Sees the module as Propagate will: global shapes, calls inlined,
  /// annotations written out.
  std::function<void(mlir::ModuleOp)> beforePropagate;
  /// Heed MLIR's flags for passes, such as --mlir-timing; the tool must have
  /// registered them.
  bool heedsFlags = false;
};

/// The passes of one stage in MLIR's text form, as --pass-pipeline takes them
/// between "builtin.module(" and ")". Each stage ends with a guard that checks
/// its promise.
std::string stagePasses(Stage stage, const PipelineOptions &options);

/// Runs all stages up to `options.last`, where Lower is the lowering of the
/// program to calls without writing an artifact. Errors are diagnostics at the
/// module's ops.
mlir::LogicalResult runPipeline(mlir::ModuleOp module,
                                const PipelineOptions &options);

/// Replaces calls by bodies and simplifies nothing: findRoutingChoices then
/// finds what the pipeline exposes.
mlir::LogicalResult inlineCalls(mlir::ModuleOp module);

/// The words of `errorOn`.
inline constexpr llvm::StringLiteral kConflicts[] = {"replicate",
                                                     "implicit-reshard"};

/// "propagate" and so on, for users.
llvm::StringRef stageName(Stage stage);
std::optional<Stage> parseStage(llvm::StringRef name);

/// Registers every dialect, model and pass of the project.
void registerEverything(mlir::DialectRegistry &registry);

} // namespace moe
