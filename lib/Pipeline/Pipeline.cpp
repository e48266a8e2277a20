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

// The road. Guards (verify-...) end each stage.
constexpr Phase kPhases[] = {
    {Stage::Propagate, "propagate",
     "symbol-dce,func.func(moe-expand-gating),canonicalize,cse,"
     "func.func(moe-index-dispatch),canonicalize,cse,"
     "spmd-expand-annotations,spmd-propagate,spmd-verify-propagated"},
    {Stage::Partition, "partition",
     "spmd-partition,canonicalize,cse,spmd-verify-partitioned"},
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
  for (const Phase &phase : kPhases)
    if (phase.stage == stage) {
      std::string mesh = "spmd-set-mesh{mesh=" + options.mesh + "},";
      if (options.mesh.empty())
        mesh = "spmd-set-mesh,";
      if (stage != Stage::Propagate)
        return phase.passes.str();
      return mesh + inlining(options) + phase.passes.str();
    }
  llvm_unreachable("every stage has a phase");
}

LogicalResult moe::runPipeline(ModuleOp module,
                               const PipelineOptions &options) {
  PassManager manager(module.getContext(), ModuleOp::getOperationName());
  if (options.heedsFlags) {
    if (failed(applyPassManagerCLOptions(manager)))
      return failure();
    applyDefaultTimingPassManagerCLOptions(manager);
  }
  for (const Phase &phase : kPhases) {
    if (phase.stage > options.last)
      break;
    if (failed(parsePassPipeline(stagePasses(phase.stage, options), manager)))
      return module.emitError()
             << "stage " << phase.name << " names an unknown pass";
  }
  return manager.run(module);
}
