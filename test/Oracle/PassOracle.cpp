// pass-oracle MODEL.mlir PASSES...: runs every public function of every module
// in the file before and after each pass, in exact mode on the same inputs, and
// compares bit for bit.
//
//   pass-oracle propagate.mlir spmd-propagate spmd-partition
//   pass-oracle model.mlir stop-after=optimize     each pass of the pipeline
//
// One line for each pass and function:
//   equal @f spmd-partition
//   cannot @f moe-lower-to-calls: calls unknown function @moe_kernel_0
//   differs @f spmd-partition: result 'result0' differs at global index ...
// and for what a pass refuses
//   refused spmd-propagate: ...
#include "moe/IR/Moe.h"
#include "moe/Interpret/Compare.h"
#include "moe/Interpret/Evaluation.h"
#include "moe/Pipeline/Pipeline.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace moe::interpret;

namespace {

/// Keeps the first error that is emitted while it lives.
class FirstError {
public:
  explicit FirstError(MLIRContext *context)
      : handler(context, [this](Diagnostic &diagnostic) {
          if (text.empty() &&
              diagnostic.getSeverity() == DiagnosticSeverity::Error)
            text = diagnostic.str();
          return success();
        }) {}
  const std::string &get() const { return text; }

private:
  std::string text;
  ScopedDiagnosticHandler handler;
};

/// "a,b(c,d),e" at its outer commas.
std::vector<std::string> splitPasses(StringRef text) {
  std::vector<std::string> passes;
  std::string pass;
  int depth = 0;
  for (char c : text) {
    depth += c == '(' || c == '{';
    depth -= c == ')' || c == '}';
    if (c == ',' && depth == 0) {
      passes.push_back(std::move(pass));
      pass.clear();
      continue;
    }
    pass += c;
  }
  if (!pass.empty())
    passes.push_back(std::move(pass));
  return passes;
}

/// Passes as given, and those of the pipeline for stop-after=STAGE.
std::vector<std::string> passesOf(ArrayRef<char *> arguments) {
  std::vector<std::string> passes;
  moe::PipelineOptions options;
  for (StringRef argument : arguments) {
    if (argument.consume_front("mesh=")) {
      options.mesh = argument.str();
      continue;
    }
    if (!argument.consume_front("stop-after=")) {
      llvm::append_range(passes, splitPasses(argument));
      continue;
    }
    for (moe::Stage stage : {moe::Stage::Propagate, moe::Stage::Partition,
                             moe::Stage::Optimize, moe::Stage::Lower}) {
      llvm::append_range(passes, splitPasses(moe::stagePasses(stage, options)));
      if (moe::stageName(stage) == argument)
        break;
    }
  }
  return passes;
}

// Passes of functions may be named alone, as on moe-opt's command line.
LogicalResult runPass(ModuleOp module, StringRef pass) {
  std::string nested = "func.func(" + pass.str() + ")", errors;
  llvm::raw_string_ostream silent(errors);
  for (StringRef text : {pass, StringRef(nested)}) {
    PassManager manager(module.getContext(), ModuleOp::getOperationName());
    if (succeeded(parsePassPipeline(text, manager, silent)))
      return manager.run(module);
  }
  return module.emitError() << errors;
}

// Whether a program can run at all is not the pass's question; nor is what a
// pass adds to the results.
bool cannotBeCompared(StringRef error) {
  return error.contains("cannot be interpreted") ||
         error.contains("calls unknown function") ||
         error.contains("elements must be") ||
         error.contains("shape must be static") ||
         error.contains("no function '") ||
         error.contains("results, the reference returns");
}

class Oracle {
public:
  explicit Oracle(MLIRContext *context) : context(context) {}
  int differences = 0;

  void run(ModuleOp module, ArrayRef<std::string> passes) {
    for (const std::string &pass : passes) {
      OwningOpRef<ModuleOp> before = module.clone();
      FirstError error(context);
      if (failed(runPass(module, pass))) {
        llvm::outs() << "refused " << pass << ": " << error.get() << "\n";
        return;
      }
      for (auto func : before->getOps<func::FuncOp>())
        if (func.isPublic() && !func.isExternal())
          compare(*before, module, func, pass);
    }
  }

private:
  void compare(ModuleOp before, ModuleOp after, func::FuncOp func,
               StringRef pass) {
    InputOptions options;
    options.mode = Mode::Exact;
    StringRef name = func.getSymName();
    if (std::string error = errorOf([&] {
          FailureOr<SmallVector<Tensor>> inputs = makeInputs(func, options);
          return success(
              succeeded(inputs) &&
              succeeded(
                  Interpreter(options.mode, options.seed).run(func, *inputs)));
        });
        !error.empty())
      return tell("cannot", name, pass, error);
    std::string error = errorOf(
        [&] { return compareExecutions(before, after, name, options); });
    if (error.empty())
      return tell("equal", name, pass, "");
    if (cannotBeCompared(error))
      return tell("cannot", name, pass, error);
    ++differences;
    tell("differs", name, pass, error);
  }

  std::string errorOf(llvm::function_ref<LogicalResult()> action) {
    FirstError error(context);
    if (succeeded(action()))
      return {};
    return error.get().empty() ? "failed without an error" : error.get();
  }

  void tell(StringRef verdict, StringRef name, StringRef pass, StringRef why) {
    llvm::outs() << verdict << " @" << name << " " << pass;
    if (!why.empty())
      llvm::outs() << ": " << why;
    llvm::outs() << "\n";
  }

  MLIRContext *context;
};

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  if (argc < 3) {
    llvm::errs() << "usage: pass-oracle MODEL.mlir PASSES...\n";
    return 2;
  }
  auto file = llvm::MemoryBuffer::getFile(argv[1]);
  if (!file) {
    llvm::errs() << "error: cannot open '" << argv[1] << "'\n";
    return 2;
  }
  DialectRegistry registry;
  moe::registerEverything(registry);
  registerEvaluations(registry);
  std::vector<std::string> passes =
      passesOf(ArrayRef(argv, argc).drop_front(2));
  SmallVector<StringRef> modules;
  (*file)->getBuffer().split(modules, "// -----\n");
  int differences = 0;
  for (StringRef text : modules) {
    MLIRContext context(registry, MLIRContext::Threading::DISABLED);
    FirstError error(&context);
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
    if (!module) {
      llvm::outs() << "refused parser: " << error.get() << "\n";
      continue;
    }
    Oracle oracle(&context);
    oracle.run(*module, passes);
    differences += oracle.differences;
  }
  return differences ? 1 : 0;
}
