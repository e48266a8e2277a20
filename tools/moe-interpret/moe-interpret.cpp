// The reference interpreter as a command: runs an entry of a module, global or
// partitioned, or compares two modules.
#include "moe/IR/Moe.h"
#include "moe/Interpret/Compare.h"
#include "moe/Interpret/Evaluation.h"
#include "moe/Interpret/Replay.h"
#include "moe/Pipeline/Pipeline.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;
using namespace moe::interpret;
namespace cl = llvm::cl;

static cl::OptionCategory category("moe-interpret options");
static cl::opt<std::string> modelFile(cl::Positional, cl::Required,
                                      cl::desc("MODEL.mlir"),
                                      cl::cat(category));
static cl::opt<std::string>
    entryName("entry", cl::desc("function to run (forward, else the only one)"),
              cl::value_desc("name"), cl::cat(category));
static cl::opt<bool>
    all("all", cl::desc("run, or compare, every public function in turn"),
        cl::cat(category));
static cl::list<std::string>
    inputFiles("input", cl::desc("tensor file for one argument"),
               cl::value_desc("name=file"), cl::cat(category));
static cl::list<std::string>
    paramFiles("params",
               cl::desc("tensor file with arguments by name; without it, "
                        "what @init returns is used"),
               cl::value_desc("file"), cl::cat(category));
static cl::opt<bool> noInit(
    "no-init",
    cl::desc("generate parameters like other inputs instead of running @init"),
    cl::cat(category));
static cl::opt<std::string>
    outputFile("output", cl::desc("write results (.npy, .npz, .safetensors)"),
               cl::value_desc("file"), cl::cat(category));
static cl::opt<uint64_t>
    seed("seed", cl::desc("seed of generated inputs and of padding (0)"),
         cl::init(0), cl::cat(category));
static cl::opt<bool>
    exact("exact",
          cl::desc("floats are residues modulo 2^61 - 1: equal means equal"),
          cl::cat(category));
static cl::opt<bool> print("print", cl::desc("print results as text"),
                           cl::cat(category));
static cl::opt<std::string> compareFile(
    "compare",
    cl::desc("run this module too, on the same inputs, and compare with MODEL"),
    cl::value_desc("other.mlir"), cl::cat(category));

static cl::opt<bool> quiet("quiet", cl::desc("say nothing where all is well"),
                           cl::cat(category));
static cl::opt<bool>
    partitioned("partitioned",
                cl::desc("compare MODEL with its partitioned self: taken "
                         "through the pipeline and run on all ranks"),
                cl::cat(category));
static cl::opt<std::string>
    mesh("mesh", cl::desc("axis sizes for --partitioned; the module's own"),
         cl::value_desc("axis=n,..."), cl::cat(category));

static cl::opt<std::string> choicesFile(
    "choices",
    cl::desc("follow the routing choices in this file, results choice.N of "
             "moe-opt --expose-choices; those that differ must tie"),
    cl::value_desc("file"), cl::cat(category));
static cl::opt<std::string>
    choiceSummary("choice-summary",
                  cl::desc("write the line about the choices to this file"),
                  cl::value_desc("file"), cl::cat(category));

static OwningOpRef<ModuleOp> load(StringRef path, llvm::SourceMgr &sources,
                                  MLIRContext &context) {
  std::string error;
  auto file = openInputFile(path, &error);
  if (!file) {
    llvm::errs() << "error: " << error << "\n";
    return nullptr;
  }
  sources.AddNewSourceBuffer(std::move(file), llvm::SMLoc());
  return parseSourceFile<ModuleOp>(sources, &context);
}

static LogicalResult readFiles(func::FuncOp entry, InputOptions &options) {
  NamedTensors &tensors = options.given;
  Mode mode = options.mode;
  for (const std::string &path : paramFiles)
    if (failed(readTensors(path, std::nullopt, entry, mode, tensors)))
      return failure();
  for (StringRef input : inputFiles) {
    auto [name, path] = input.split('=');
    if (path.empty())
      return entry.emitError()
             << "--input needs NAME=FILE, got '" << input << "'";
    if (failed(readTensors(path, name, entry, mode, tensors)))
      return failure();
  }
  return success();
}

static LogicalResult tellOfChoices(const Replay &replay) {
  std::string error, line = replay.summary();
  line += line.empty() ? "" : "\n";
  if (choiceSummary.empty()) {
    llvm::outs() << line;
    return success();
  }
  auto file = openOutputFile(choiceSummary, &error);
  if (!file) {
    llvm::errs() << "error: " << error << "\n";
    return failure();
  }
  file->os() << line;
  file->keep();
  return success();
}

// Runs the entry with the choices in a file, and says how many tie.
static FailureOr<SmallVector<Tensor>> runWithChoices(func::FuncOp entry,
                                                     ArrayRef<Tensor> inputs) {
  FailureOr<NamedTensors> choices = readChoices(choicesFile, entry);
  if (failed(choices))
    return failure();
  FailureOr<Replay> replay = Replay::create(entry, *choices);
  if (failed(replay))
    return failure();
  auto results = Interpreter(Mode::Float, seed).run(entry, inputs, &*replay);
  if (failed(results) || failed(tellOfChoices(*replay)))
    return failure();
  return results;
}

static LogicalResult run(func::FuncOp entry, const InputOptions &options) {
  Mode mode = options.mode;
  FailureOr<SmallVector<Tensor>> inputs = makeInputs(entry, options);
  if (failed(inputs))
    return failure();
  FailureOr<SmallVector<Tensor>> results =
      choicesFile.empty() ? Interpreter(mode, seed).run(entry, *inputs)
                          : runWithChoices(entry, *inputs);
  if (failed(results))
    return failure();
  Signature signature = Signature::of(entry);
  if (print)
    for (auto [port, tensor] : llvm::zip(signature.results, *results))
      llvm::outs() << port.name << " : " << port.globalType << " = "
                   << tensor.text(mode) << "\n";
  if (!outputFile.empty())
    return writeResults(outputFile, entry, *results, mode);
  if (!print)
    llvm::outs() << "ran '" << entry.getSymName() << "' on " << signature.ranks
                 << (signature.ranks == 1 ? " rank\n" : " ranks\n");
  return success();
}

static LogicalResult runAll(ModuleOp module, const InputOptions &options) {
  for (auto func : module.getOps<func::FuncOp>()) {
    if (!func.isPublic())
      continue;
    llvm::outs() << "@" << func.getSymName() << "\n";
    if (failed(run(func, options)))
      return failure();
  }
  return success();
}

// MODEL as moe-opt would hand it to Lower.
static OwningOpRef<ModuleOp> partition(ModuleOp module) {
  OwningOpRef<ModuleOp> copy = module.clone();
  moe::PipelineOptions pipeline;
  pipeline.mesh = mesh;
  if (failed(moe::runPipeline(*copy, pipeline)))
    return nullptr;
  return copy;
}

static LogicalResult compare(ModuleOp module, const InputOptions &options) {
  llvm::SourceMgr sources;
  std::optional<SourceMgrDiagnosticHandler> handler;
  if (!partitioned)
    handler.emplace(sources, module.getContext());
  OwningOpRef<ModuleOp> other =
      partitioned ? partition(module)
                  : load(compareFile, sources, *module.getContext());
  if (!other)
    return failure();
  SmallVector<std::string> entries = {entryName};
  if (all) {
    entries.clear();
    for (auto func : module.getOps<func::FuncOp>())
      if (func.isPublic())
        entries.push_back(func.getSymName().str());
  }
  for (const std::string &entry : entries)
    if (failed(compareExecutions(module, *other, entry, options)))
      return failure();
  if (!quiet)
    llvm::outs() << "equal: '" << modelFile << "' and '"
                 << (partitioned ? "its partitioned self"
                                 : compareFile.getValue())
                 << (exact ? "', bit for bit\n" : "'\n");
  return success();
}

// Choices are numbered in the program without calls.
static LogicalResult prepareForChoices(ModuleOp module, bool runsOne) {
  if (exact || all || !runsOne)
    return module.emitError("--choices goes with one entry that is run in "
                            "floats: without --exact, --all, --compare and "
                            "--partitioned");
  return moe::inlineCalls(module);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(
      argc, argv,
      "moe-spmd reference interpreter\n\n"
      "  Runs an entry of a global program on one rank, of a partitioned one "
      "on all\n  ranks of its mesh in this process, and compares them.\n");
  DialectRegistry registry;
  moe::registerEverything(registry);
  registerEvaluations(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.printOpOnDiagnostic(false);
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  OwningOpRef<ModuleOp> module = load(modelFile, sources, context);
  if (!module)
    return 1;
  InputOptions options{exact ? Mode::Exact : Mode::Float, seed, !noInit, {}};
  bool runsOne = compareFile.empty() && !partitioned;
  if (!choicesFile.empty() && failed(prepareForChoices(*module, runsOne)))
    return 1;
  if (all)
    return failed(runsOne ? runAll(*module, options)
                          : compare(*module, options));
  FailureOr<func::FuncOp> entry = findEntry(*module, entryName);
  if (failed(entry) || failed(readFiles(*entry, options)))
    return 1;
  return failed(runsOne ? run(*entry, options) : compare(*module, options));
}
