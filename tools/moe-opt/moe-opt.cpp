// moe-opt: an MLIR opt tool for the project's passes, and the driver that takes
// an annotated model through the pipeline.
//
// One pass:
//   moe-opt MODEL.mlir --spmd-partition
// The pipeline, printed:
//   moe-opt MODEL.mlir --stop-after=partition
// Why data moves:
//   moe-opt MODEL.mlir --mesh=expert=4 --explain
// Data that moves and nobody asked for, as errors:
//   moe-opt MODEL.mlir --mesh=expert=4 --error-on=replicate,implicit-reshard
// A program for moe-run:
//   moe-opt MODEL.mlir --mesh=expert=4 --target=cpu -o OUT
#include "moe/Lower/Artifact.h"
#include "moe/Pipeline/Explain.h"
#include "moe/Pipeline/Pipeline.h"
#include "runtime/core/Artifact.h"
#include "runtime/core/Isa.h"

#include "mlir/IR/AsmState.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;
namespace cl = llvm::cl;

namespace {

/// The driver's own flags. Made in main, after LLVM's code generator gave up
/// its own --stop-after, which every program that links LLVM inherits.
struct DriverFlags {
  cl::OptionCategory category{
      "Driver options", "Any of these runs the whole pipeline. Without them, "
                        "moe-opt runs the passes that are given."};
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
  cl::opt<std::string> errorOn{
      "error-on", cl::cat(category),
      cl::desc(
          "Conflicts that are errors: replicate (a value that had a cut is "
          "made whole though no annotation asks for it), implicit-reshard "
          "(a cut is given up for another that no annotation asks for)")};
  cl::opt<bool> exposeChoices{
      "expose-choices", cl::cat(category),
      cl::desc("Also return the routing choices, for a comparison that allows "
               "ties")};

  /// The first flag that is given; null if none is.
  const cl::Option *firstGiven() const {
    for (const cl::Option *flag : std::initializer_list<const cl::Option *>{
             &mesh, &target, &isa, &stopAfter, &explain, &errorOn,
             &exposeChoices})
      if (flag->getNumOccurrences())
        return flag;
    return nullptr;
  }
};

// Flags of the opt tool that --help shows; the others, and LLVM's, are in
// --help-hidden.
constexpr StringRef kShownFlags[] = {"o",
                                     "help",
                                     "help-hidden",
                                     "version",
                                     "allow-unregistered-dialect",
                                     "mlir-disable-threading",
                                     "mlir-print-ir-after-all",
                                     "mlir-timing",
                                     "pass-pipeline",
                                     "split-input-file",
                                     "verify-diagnostics"};

// Passes are flags without a name of their own.
bool isPass(const cl::Option &option) { return option.ArgStr.empty(); }

void hideUnrelatedFlags(const cl::OptionCategory &category) {
  for (auto &entry : cl::getRegisteredOptions()) {
    cl::Option *option = entry.second;
    if (!isPass(*option) &&
        !llvm::is_contained(option->Categories, &category) &&
        !llvm::is_contained(kShownFlags, option->ArgStr) &&
        option->getOptionHiddenFlag() == cl::NotHidden)
      option->setHiddenFlag(cl::Hidden);
  }
}

// Whether the driver heeds a flag that is none of its own.
bool isHeeded(StringRef name) {
  return name == "o" || name == "color" || name == "debug" ||
         name == "debug-only" || name == "stats" || name.starts_with("mlir-");
}

/// The first of `arguments` that is a flag for the opt tool alone, without its
/// value; empty if there is none.
StringRef firstToolFlag(ArrayRef<char *> arguments,
                        const cl::OptionCategory &category) {
  for (StringRef argument : arguments) {
    StringRef name = argument.ltrim('-').split('=').first;
    const cl::Option *option = argument.starts_with("-")
                                   ? cl::getRegisteredOptions().lookup(name)
                                   : nullptr;
    if (option && !isHeeded(name) &&
        !llvm::is_contained(option->Categories, &category))
      return argument.split('=').first;
  }
  return {};
}

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

// What the flags ask for together must make sense.
std::string contradiction(const DriverFlags &flags) {
  bool prints =
      flags.stopAfter.getNumOccurrences() || flags.explain.getNumOccurrences();
  if (flags.target.getNumOccurrences() && prints)
    return (llvm::Twine("--target writes a program and --") +
            (flags.stopAfter.getNumOccurrences() ? "stop-after" : "explain") +
            " prints text; give one of them")
        .str();
  if (flags.isa.getNumOccurrences() && !flags.target.getNumOccurrences())
    return "--isa is for programs; give --target=cpu too";
  return {};
}

/// Errors are printed.
int writeProgram(ModuleOp module, const std::string &path,
                 const moe::LowerOptions &options) {
  FailureOr<moe::CompiledProgram> program =
      moe::compileProgram(module, options);
  if (failed(program))
    return 1;
  try {
    moert::writeArtifact(path, program->manifest, program->code);
  } catch (const std::exception &error) {
    return fail(error.what());
  }
  return 0;
}

int drive(const DriverFlags &flags, StringRef input, StringRef output,
          DialectRegistry &registry) {
  const std::string &stopAfter = flags.stopAfter, &explain = flags.explain,
                    &target = flags.target;
  moe::PipelineOptions options;
  options.mesh = flags.mesh;
  options.exposeChoices = flags.exposeChoices;
  options.heedsFlags = true;
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
  if (flags.errorOn.getNumOccurrences())
    for (StringRef conflict : llvm::split(flags.errorOn.getValue(), ",")) {
      if (!llvm::is_contained(moe::kConflicts, conflict))
        return fail("--error-on takes replicate and implicit-reshard, got '" +
                    conflict + "'");
      options.errorOn.push_back(conflict.str());
    }
  bool writesProgram = flags.target.getNumOccurrences() > 0;
  if (writesProgram && target != "cpu")
    return fail("--target must be cpu, got '" + target + "'");
  moe::LowerOptions lowering;
  try {
    lowering.isa = flags.isa;
    if (!lowering.isa.empty())
      moert::parseIsa(lowering.isa);
  } catch (const std::exception &error) {
    return fail(llvm::Twine("--isa: ") + error.what());
  }
  if (std::string error = contradiction(flags); !error.empty())
    return fail(error);
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
  moe::PropagationReport propagation;
  if (flags.explain.getNumOccurrences())
    options.beforePropagate = [&](ModuleOp module) {
      propagation = moe::explainPropagation(module);
    };
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(sources, &context);
  if (!module || failed(moe::runPipeline(*module, options)))
    return 1;

  if (writesProgram)
    return writeProgram(*module, output.str(), lowering);
  if (flags.explain.getNumOccurrences()) {
    auto reports = moe::explainCollectives(*module, propagation);
    return writeOutput(output, [&](llvm::raw_ostream &os) {
      explain == "json" ? moe::printExplanationJson(reports, propagation, os)
                        : moe::printExplanation(reports, propagation, os);
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
  std::string header = registerCLIOptions(
      "moe-opt: SPMD sharding compiler for mixture-of-experts graphs\n",
      registry);
  hideUnrelatedFlags(flags.category);
  auto [input, output] = parseCLIOptions(argc, argv, header);
  const cl::Option *flag = flags.firstGiven();
  if (!flag)
    return asMainReturnCode(MlirOptMain(argc, argv, input, output, registry));
  StringRef other =
      firstToolFlag(ArrayRef(argv, argc).drop_front(), flags.category);
  if (!other.empty())
    return fail("--" + flag->ArgStr + " runs the whole pipeline and ignores " +
                other + "; give one of them");
  return drive(flags, input, output, registry);
}
