#include "tools/moe-fuzz/Check.h"

#include "tools/moe-fuzz/Folding.h"
#include "tools/moe-fuzz/Rounding.h"

#include "moe/IR/RoutingChoices.h"
#include "moe/Interpret/Compare.h"
#include "moe/Interpret/Evaluation.h"

#include "mlir/Parser/Parser.h"
#include "llvm/Support/CrashRecoveryContext.h"

#include <csignal>
#include <sys/time.h>

using namespace mlir;
using namespace moe::interpret;

namespace moe::fuzz {

static constexpr moe::Stage kStages[] = {
    moe::Stage::Propagate, moe::Stage::Partition, moe::Stage::Optimize};
static constexpr unsigned kSeconds = 30;

//===----------------------------------------------------------------------===//
// Failures
//===----------------------------------------------------------------------===//

std::string Failure::kind() const {
  std::string text = stage + ": ";
  bool isQuoted = false;
  for (char c : StringRef(message).split('\n').first) {
    isQuoted ^= c == '\'' || c == '"';
    if (!isQuoted && !llvm::isDigit(c) && c != '-')
      text += c;
    // Shapes and shardings differ from program to program.
    if (c == '<' || c == '[' || text.size() > 80)
      break;
  }
  return text;
}

//===----------------------------------------------------------------------===//
// Crashes and hangs
//===----------------------------------------------------------------------===//

static void setTimer(unsigned seconds) {
  itimerval timer = {};
  timer.it_value.tv_sec = seconds;
  setitimer(ITIMER_REAL, &timer, nullptr);
}

static volatile sig_atomic_t timedOut = 0;

// Ends the program under check as an abort would.
static void onTimeout(int) {
  timedOut = 1;
  raise(SIGABRT);
}

// Whether `body` ran to its end.
static bool runsSafely(llvm::function_ref<void()> body) {
  timedOut = 0;
  llvm::CrashRecoveryContext recovery;
  setTimer(kSeconds);
  bool finished = recovery.RunSafely(body);
  setTimer(0);
  return finished;
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

Checker::Checker() {
  llvm::CrashRecoveryContext::Enable();
  struct sigaction action = {};
  action.sa_handler = &onTimeout;
  action.sa_flags = SA_NODEFER;
  sigaction(SIGALRM, &action, nullptr);
  renew();
}

void Checker::renew() {
  DialectRegistry registry;
  moe::registerEverything(registry);
  registerEvaluations(registry);
  context =
      std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->printOpOnDiagnostic(false);
  context->getDiagEngine().registerHandler([this](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
      errors += diagnostic.str() + "\n";
    return success();
  });
  passes.clear();
  for (moe::Stage stage : kStages) {
    passes.push_back(std::make_unique<PassManager>(
        context.get(), ModuleOp::getOperationName()));
    if (failed(parsePassPipeline(stagePasses(stage, {}), *passes.back())))
      llvm::report_fatal_error("a stage names an unknown pass");
  }
}

PassManager &Checker::passesOf(moe::Stage stage) {
  return *passes[static_cast<size_t>(stage)];
}

OwningOpRef<ModuleOp> Checker::parse(const std::string &text) {
  errors.clear();
  return parseSourceString<ModuleOp>(text, context.get());
}

std::optional<Failure> Checker::check(const std::string &text, uint64_t seed) {
  OwningOpRef<ModuleOp> global = parse(text);
  if (!global)
    return Failure{"parse", errors};
  return check(*global, seed);
}

std::optional<Failure> Checker::check(ModuleOp global, uint64_t seed) {
  errors.clear();
  bool passed = false;
  if (runsSafely([&] { passed = checkStages(global, seed); })) {
    if (passed)
      return std::nullopt;
    return Failure{stage, errors.empty() ? "failed without an error" : errors};
  }
  return Failure{stage, timedOut ? "takes too long" : "crashed"};
}

/// A program and what it gives for some inputs, in exact numbers or in floats.
struct Checker::Expected {
  func::FuncOp entry;
  InputOptions options;
  SmallVector<Tensor> inputs, results;

  static FailureOr<Expected> of(ModuleOp module, Mode mode, uint64_t seed);
  bool isSame(func::FuncOp candidate) const {
    return succeeded(compareWith(entry, inputs, results, candidate, options));
  }
};

FailureOr<Checker::Expected> Checker::Expected::of(ModuleOp module, Mode mode,
                                                   uint64_t seed) {
  FailureOr<func::FuncOp> entry = findEntry(module, "forward");
  if (failed(entry))
    return failure();
  Expected expected;
  expected.entry = *entry;
  expected.options.mode = mode;
  expected.options.seed = seed;
  auto inputs = makeInputs(*entry, expected.options);
  if (failed(inputs))
    return failure();
  auto results = Interpreter(mode, seed).run(*entry, *inputs);
  if (failed(results))
    return failure();
  expected.inputs = std::move(*inputs);
  expected.results = std::move(*results);
  return expected;
}

// Whether constants that MLIR folded explain that the candidate differs.
bool Checker::isFolding(const Expected &expected, func::FuncOp candidate) {
  auto global = func::FuncOp(expected.entry)->getParentOfType<ModuleOp>();
  OwningOpRef<ModuleOp> prepared[] = {global.clone(), importLinalg(global),
                                      sumMasks(global)};
  for (OwningOpRef<ModuleOp> &program : prepared) {
    // What our passes did is no folding, and must be right by itself.
    FailureOr<func::FuncOp> entry = failure();
    if (program)
      entry = findEntry(*program, "forward");
    if (failed(entry) || !expected.isSame(*entry))
      continue;
    for (bool keepsAnnotations : {false, true}) {
      OwningOpRef<ModuleOp> folded = foldConstants(*program, keepsAnnotations);
      if (!folded)
        continue;
      auto second = Expected::of(*folded, Mode::Exact, expected.options.seed);
      if (succeeded(second) && second->isSame(candidate))
        return true;
    }
  }
  return false;
}

bool Checker::isRounding(const Expected &expected, func::FuncOp candidate) {
  uint64_t seed = expected.options.seed;
  auto actual = Interpreter(Mode::Float, seed).run(candidate, expected.inputs);
  return succeeded(actual) &&
         fuzz::isRounding({expected.entry, expected.inputs, expected.results},
                          *actual, seed);
}

bool Checker::isRight(const Expected &expected, ModuleOp candidate) {
  FailureOr<func::FuncOp> entry = findEntry(candidate, "forward");
  if (failed(entry))
    return false;
  if (expected.isSame(*entry))
    return true;
  std::string first = std::move(errors);
  bool isExplained = expected.options.mode == Mode::Float
                         ? isRounding(expected, *entry)
                         : isFolding(expected, *entry);
  errors = isExplained ? "" : std::move(first);
  return isExplained;
}

bool Checker::checkStages(ModuleOp global, uint64_t seed) {
  stage = "interpret";
  SmallVector<Expected, 2> runs;
  for (Mode mode : {Mode::Exact, Mode::Float}) {
    // Which of two that all but tie is chosen depends on the last bit.
    if (mode == Mode::Float && !findRoutingChoices(runs[0].entry).empty())
      continue;
    FailureOr<Expected> expected = Expected::of(global, mode, seed);
    if (failed(expected))
      return false;
    runs.push_back(std::move(*expected));
  }
  OwningOpRef<ModuleOp> module = global.clone();
  for (moe::Stage next : kStages) {
    stage = stageName(next).str();
    if (failed(passesOf(next).run(*module)))
      return false;
    if (onStage)
      onStage(next, *module);
    for (const Expected &expected : runs)
      if (!isRight(expected, *module))
        return false;
  }
  return true;
}

} // namespace moe::fuzz
