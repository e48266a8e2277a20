#include "moe/Pipeline/Pipeline.h"

#include "moe/IR/Moe.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace moe;

namespace {

struct Phase {
  Stage stage;
  StringRef name;
  StringRef passes;
};

// The road. Guards (verify-...) end each stage. Propagate's last passes have
// options: propagation().
constexpr Phase kPhases[] = {
    {Stage::Propagate, "propagate",
     "symbol-dce,func.func(moe-import-linalg,moe-expand-gating),canonicalize,"
     "cse,"
     "func.func(moe-index-dispatch),canonicalize,cse,"
     "spmd-expand-annotations,spmd-specialize-calls"},
    {Stage::Partition, "partition",
     "spmd-partition,canonicalize,cse,spmd-share-calls,"
     "spmd-verify-partitioned"},
    {Stage::Optimize, "optimize",
     "func.func(moe-index-dispatch,spmd-simplify-collectives,"
     "spmd-combine-all-reduces),canonicalize,cse,"
     "func.func(spmd-start-collectives)"},
    {Stage::Lower, "lower",
     "moe-lower-to-calls,canonicalize,cse,moe-verify-lowered"},
};

} // namespace

// By default the inliner also simplifies what it is about to inline.
constexpr char kInlineOnly[] = "inline{default-pipeline=}";

// Choices are those of the program as written.
static std::string inlining(const PipelineOptions &options) {
  if (!options.exposeChoices)
    return "inline,";
  return std::string(kInlineOnly) + ",func.func(moe-expose-choices),";
}

// Up to what Propagate sees.
static std::string preparation(const PipelineOptions &options) {
  std::string mesh = options.mesh.empty()
                         ? "spmd-set-mesh,"
                         : "spmd-set-mesh{mesh=" + options.mesh + "},";
  return mesh + inlining(options) + kPhases[0].passes.str();
}

static std::string propagation(const PipelineOptions &options) {
  std::string errorOn =
      options.errorOn.empty()
          ? ""
          : "{error-on=" + llvm::join(options.errorOn, ",") + "}";
  return "spmd-propagate" + errorOn + ",spmd-verify-propagated";
}

LogicalResult moe::inlineCalls(ModuleOp module) {
  PassManager manager(module.getContext(), ModuleOp::getOperationName());
  if (failed(parsePassPipeline(kInlineOnly, manager)))
    return failure();
  return manager.run(module);
}

StringRef moe::stageName(Stage stage) {
  for (const Phase &phase : kPhases)
    if (phase.stage == stage)
      return phase.name;
  llvm_unreachable("every stage has a phase");
}

std::optional<Stage> moe::parseStage(StringRef name) {
  for (const Phase &phase : kPhases)
    if (phase.name == name)
      return phase.stage;
  return std::nullopt;
}

std::string moe::stagePasses(Stage stage, const PipelineOptions &options) {
  if (stage == Stage::Propagate)
    return preparation(options) + "," + propagation(options);
  for (const Phase &phase : kPhases)
    if (phase.stage == stage)
      return phase.passes.str();
  llvm_unreachable("every stage has a phase");
}

/// A pass manager for the passes of one part of the road after another.
static LogicalResult addPasses(PassManager &manager, StringRef passes) {
  std::string error;
  llvm::raw_string_ostream stream(error);
  if (succeeded(parsePassPipeline(passes, manager, stream)))
    return success();
  return emitError(UnknownLoc::get(manager.getContext()))
         << "the pipeline cannot be read: " << error;
}

static LogicalResult heedFlags(PassManager &manager,
                               const PipelineOptions &options) {
  if (!options.heedsFlags)
    return success();
  applyDefaultTimingPassManagerCLOptions(manager);
  return applyPassManagerCLOptions(manager);
}

// What looks at the module before Propagate stands between two managers.
static LogicalResult runPreparation(ModuleOp module,
                                    const PipelineOptions &options) {
  PassManager manager(module.getContext(), ModuleOp::getOperationName());
  if (failed(heedFlags(manager, options)) ||
      failed(addPasses(manager, preparation(options))) ||
      failed(manager.run(module)))
    return failure();
  options.beforePropagate(module);
  return success();
}

LogicalResult moe::runPipeline(ModuleOp module,
                               const PipelineOptions &options) {
  if (options.beforePropagate && failed(runPreparation(module, options)))
    return failure();
  PassManager manager(module.getContext(), ModuleOp::getOperationName());
  if (failed(heedFlags(manager, options)))
    return failure();
  for (const Phase &phase : kPhases) {
    if (phase.stage > options.last)
      break;
    bool isPrepared =
        phase.stage == Stage::Propagate && options.beforePropagate;
    if (failed(addPasses(manager, isPrepared
                                      ? propagation(options)
                                      : stagePasses(phase.stage, options))))
      return failure();
  }
  return manager.run(module);
}
