// moe-opt: an MLIR opt tool for the project's passes, and the driver that takes
// an annotated model through the pipeline.
//
//   moe-opt MODEL.mlir --spmd-partition                      one pass
//   moe-opt MODEL.mlir --stop-after=partition                the pipeline,
//   printed moe-opt MODEL.mlir --mesh=expert=4 --explain             why data
//   moves moe-opt MODEL.mlir --mesh=expert=4 --target=cpu -o OUT   a program
//   for moe-run
#include "moe/Lower/Artifact.h"
#include "moe/Pipeline/Explain.h"
#include "moe/Pipeline/Pipeline.h"
#include "runtime/core/Isa.h"

#include "mlir/IR/AsmState.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;
namespace cl = llvm::cl;

namespace {

/// The driver's own flags. Made in main, after LLVM's code generator gave up
/// its own
/// --stop-after, which every program that links LLVM inherits.
struct DriverFlags {
  cl::OptionCategory category{"Pipeline options",
                              "Any of these runs the whole pipeline."};
  cl::opt<std::string> mesh{
      "mesh", cl::cat(category),
      cl::desc("Sizes of mesh axes, such as data=2,expert=4")};
  cl::opt<std::string> target{
      "target", cl::cat(category),
      cl::desc("Compile a program for this target: cpu")};
  cl::opt<std::string> isa{
      "isa", cl::cat(category),
      cl::desc("Level of instructions that the program may use, such as "
               "x86-64-v3; by default what this host has")};
  cl::opt<std::string> stopAfter{
      "stop-after", cl::cat(category),
      cl::desc(
          "Print the module after propagate, partition, optimize or lower")};
  cl::opt<std::string> explain{"explain", cl::cat(category), cl::ValueOptional,
                               cl::desc("Print every collective, why it exists "
                                        "and what it costs: text or json")};
  cl::opt<bool> exposeChoices{
      "expose-choices", cl::cat(category),
      cl::desc("Also return the routing choices, for a comparison that allows "
               "ties")};

  bool isAnyGiven() const {
    return mesh.getNumOccurrences() || target.getNumOccurrences() ||
           stopAfter.getNumOccurrences() || explain.getNumOccurrences() ||
           exposeChoices;
  }
};

void dropInheritedFlag(StringRef name) {
  auto &options = cl::getRegisteredOptions();
  if (auto entry = options.find(name); entry != options.end())
    entry->second->removeArgument();
}

int fail(const llvm::Twine &message) {
  llvm::errs() << "moe-opt: error: " << message << "\n";
  return 1;
}

/// Writes through a temporary that is kept only when `print` is done.
template <typename Print> int writeOutput(StringRef filename, Print print) {
  std::string error;
  std::unique_ptr<llvm::ToolOutputFile> file = openOutputFile(filename, &error);
  if (!file)
    return fail(error);
  print(file->os());
  file->keep();
  return 0;
}

int drive(const DriverFlags &flags, StringRef input, StringRef output,
          DialectRegistry &registry) {
  const std::string &stopAfter = flags.stopAfter, &explain = flags.explain,
                    &target = flags.target;
  moe::PipelineOptions options;
  options.mesh = flags.mesh;
  options.exposeChoices = flags.exposeChoices;
  if (!stopAfter.empty()) {
    std::optional<moe::Stage> stage = moe::parseStage(stopAfter);
    if (!stage)
      return fail("--stop-after must be propagate, partition, optimize or "
                  "lower, got '" +
                  stopAfter + "'");
    options.last = *stage;
  }
  if (!explain.empty() && explain != "text" && explain != "json")
    return fail("--explain must be text or json, got '" + explain + "'");
  if (!target.empty() && target != "cpu")
    return fail("--target must be cpu, got '" + target + "'");
  moe::LowerOptions lowering;
  try {
    lowering.isa = flags.isa;
    if (!lowering.isa.empty())
      moert::parseIsa(lowering.isa);
  } catch (const std::exception &error) {
    return fail(llvm::Twine("--isa: ") + error.what());
  }
  bool writesProgram = !target.empty() && stopAfter.empty() &&
                       !flags.explain.getNumOccurrences();
  if (writesProgram && output == "-")
    return fail("--target=" + target +
                " writes a program; say where with -o FILE");

  MLIRContext context(registry);
  context.printOpOnDiagnostic(false);
  std::string error;
  std::unique_ptr<llvm::MemoryBuffer> file = openInputFile(input, &error);
  if (!file)
    return fail(error);
  auto sources = std::make_shared<llvm::SourceMgr>();
  sources->AddNewSourceBuffer(std::move(file), llvm::SMLoc());
  SourceMgrDiagnosticHandler diagnostics(*sources, &context);
  diagnostics.setCallStackLimit(1); // calls are inlined: one level tells enough
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(sources, &context);
  if (!module || failed(moe::runPipeline(*module, options)))
    return 1;

  if (writesProgram)
    return failed(moe::emitArtifact(*module, output, lowering));
  if (flags.explain.getNumOccurrences()) {
    auto reports = moe::explainCollectives(*module);
    return writeOutput(output, [&](llvm::raw_ostream &os) {
      explain == "json" ? moe::printExplanationJson(reports, os)
                        : moe::printExplanation(reports, os);
    });
  }
  return writeOutput(output, [&](llvm::raw_ostream &os) { module->print(os); });
}

} // namespace

int main(int argc, char **argv) {
  dropInheritedFlag("stop-after");
  DriverFlags flags;
  DialectRegistry registry;
  moe::registerEverything(registry);
  auto [input, output] = registerAndParseCLIOptions(
      argc, argv,
      "moe-opt: SPMD sharding compiler for mixture-of-experts graphs\n",
      registry);
  if (flags.isAnyGiven())
    return drive(flags, input, output, registry);
  return asMainReturnCode(MlirOptMain(argc, argv, input, output, registry));
}
