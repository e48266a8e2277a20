// Random programs with random annotations, partitioned and compared with what
// one device gives. A program that fails is made small and written to a file.
//
//   moe-fuzz --cases=1000                      the fixed seed
//   moe-fuzz --cases=1000 --seed=fresh         another one, printed
//   moe-fuzz --check=fuzz-0-17.mlir --seed=N   a program that failed, again
#include "tools/moe-fuzz/Case.h"
#include "tools/moe-fuzz/Histogram.h"
#include "tools/moe-fuzz/Lowered.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <chrono>
#include <random>

using namespace mlir;
using namespace moe::fuzz;
namespace cl = llvm::cl;

static cl::OptionCategory category("moe-fuzz options");
static cl::opt<uint64_t> cases("cases", cl::desc("programs to check (1000)"),
                               cl::init(1000), cl::cat(category));
static cl::opt<uint64_t> firstCase("first",
                                   cl::desc("number of the first case (0)"),
                                   cl::init(0), cl::cat(category));
static cl::opt<std::string>
    seedText("seed", cl::desc("seed of the run (0), or fresh: draw one"),
             cl::value_desc("number|fresh"), cl::init("0"), cl::cat(category));
static cl::list<std::string>
    ops("ops", cl::CommaSeparated,
        cl::desc("write only ops whose names contain one of these"),
        cl::value_desc("name,..."), cl::cat(category));
enum class Through { Interpret, Local, Mpi };
static cl::opt<Through> through(
    "through", cl::desc("what runs the partitioned programs"),
    cl::values(clEnumValN(Through::Interpret, "interpret",
                          "the interpreter, exactly and in floats (default)"),
               clEnumValN(Through::Local, "local",
                          "moe-run with threads as ranks"),
               clEnumValN(Through::Mpi, "mpi", "moe-run under mpirun")),
    cl::init(Through::Interpret), cl::cat(category));
static cl::opt<bool>
    histogram("histogram",
              cl::desc("print the cases by op, dimension and how that was cut"),
              cl::cat(category));
static cl::opt<bool> keepGoing("keep-going",
                               cl::desc("go on behind a program that fails"),
                               cl::cat(category));
static cl::opt<bool> print("print",
                           cl::desc("print the programs and check none"),
                           cl::cat(category));
static cl::opt<std::string>
    checkFile("check", cl::desc("check this program instead of random ones"),
              cl::value_desc("file.mlir"), cl::cat(category));
static cl::opt<std::string>
    outputFolder("output", cl::desc("where programs that fail are written (.)"),
                 cl::value_desc("folder"), cl::init("."), cl::cat(category));

static cl::opt<std::string>
    failOn("fail-on", cl::Hidden,
           cl::desc("let programs with this word fail, to test what follows"),
           cl::value_desc("word"), cl::cat(category));

// Exit codes.
enum Code { kAllRight = 0, kSomeFailed = 1, kUsage = 2 };

static constexpr int64_t kLeastCases = 200;

static int usage(const llvm::Twine &message) {
  llvm::errs() << "moe-fuzz: error: " << message << "\n";
  return kUsage;
}

static std::optional<uint64_t> parseSeed() {
  if (seedText == "fresh") {
    std::random_device device;
    return device() % 1000000000u;
  }
  uint64_t seed;
  if (StringRef(seedText).getAsInteger(10, seed))
    return std::nullopt;
  return seed;
}

static void tell(const Failure &failure, const llvm::Twine &what) {
  llvm::errs() << what << " fails behind " << failure.stage << ": "
               << failure.message;
  if (!StringRef(failure.message).ends_with("\n"))
    llvm::errs() << "\n";
}

static int checkOne(const CheckText &check, uint64_t seed) {
  auto buffer = llvm::MemoryBuffer::getFile(checkFile);
  if (!buffer)
    return usage("cannot open '" + checkFile +
                 "': " + buffer.getError().message());
  auto failure = check((*buffer)->getBuffer().str(), seed);
  if (!failure) {
    llvm::outs() << checkFile << " is right\n";
    return kAllRight;
  }
  tell(*failure, checkFile.getValue());
  return kSomeFailed;
}

namespace {

/// The cases of a run, one after another.
class Run {
public:
  Run(Checker &checker, CheckText check, uint64_t seed, OpWriters writers)
      : checker(checker), check(std::move(check)), seed(seed),
        writers(std::move(writers)) {}

  int run();

private:
  void runCase(uint64_t index);
  void keepFailure(uint64_t index, const Failure &failure);
  void tellResult() const;

  Checker &checker;
  CheckText check;
  uint64_t seed;
  OpWriters writers;
  Histogram counts;
  uint64_t done = 0, failed = 0;
  std::chrono::steady_clock::time_point start =
      std::chrono::steady_clock::now();
};

} // namespace

void Run::runCase(uint64_t index) {
  uint64_t caseNumber = caseSeed(seed, index);
  std::string text = writeCase(caseNumber, writers);
  if (print) {
    llvm::outs() << "// Case " << index << ", --seed=" << caseNumber << "\n"
                 << text;
    return;
  }
  checker.onStage = [&](moe::Stage stage, ModuleOp module) {
    if (stage == moe::Stage::Propagate)
      counts.addPropagated(module);
    if (stage == moe::Stage::Partition)
      counts.addPartitioned(module);
  };
  std::optional<Failure> failure = check(text, caseNumber);
  checker.onStage = nullptr;
  ++done;
  if (failure)
    keepFailure(index, *failure);
}

void Run::keepFailure(uint64_t index, const Failure &failure) {
  ++failed;
  std::string origin =
      "case " + std::to_string(index) + " of seed " + std::to_string(seed);
  tell(failure, origin);
  // Each attempt takes a second where a program is compiled.
  int64_t attempts = through == Through::Interpret ? 3000 : 60;
  FailingCase small = shrinkCase(caseSeed(seed, index), writers, failure, check,
                                 checker, attempts);
  llvm::SmallString<128> path(outputFolder);
  llvm::sys::path::append(path, "fuzz-" + llvm::Twine(seed) + "-" +
                                    llvm::Twine(index) + ".mlir");
  if (llvm::Error error = writeFailure(small, path, origin))
    llvm::errs() << "moe-fuzz: error: cannot write '" << path
                 << "': " << llvm::toString(std::move(error)) << "\n";
  else
    llvm::errs() << "made small in " << path << "\n";
}

void Run::tellResult() const {
  std::chrono::duration<double> seconds =
      std::chrono::steady_clock::now() - start;
  llvm::outs() << done << " cases of seed " << seed << ", " << failed
               << " failed; ";
  if (through == Through::Interpret)
    llvm::outs() << counts.summary() << "; ";
  llvm::outs() << llvm::format("%.1f s, %.0f cases/s\n", seconds.count(),
                               double(done) / seconds.count());
  if (histogram)
    counts.print(llvm::outs(), kLeastCases);
}

int Run::run() {
  for (uint64_t i = 0; i < cases && (keepGoing || !failed); ++i)
    runCase(firstCase + i);
  if (!print)
    tellResult();
  return failed ? kSomeFailed : kAllRight;
}

// moe-run stands beside this program.
static std::string findMoeRun(const char *self) {
  static int anchor;
  llvm::SmallString<128> path(llvm::sys::fs::getMainExecutable(self, &anchor));
  llvm::sys::path::remove_filename(path);
  llvm::sys::path::append(path, "moe-run");
  return path.str().str();
}

static CheckText makeCheck(Checker &checker, const char *self) {
  if (!failOn.empty())
    return [](const std::string &text, uint64_t) -> std::optional<Failure> {
      if (text.find(failOn) == std::string::npos)
        return std::nullopt;
      return Failure{"reading", "has " + failOn};
    };
  if (through == Through::Interpret)
    return [&](const std::string &text, uint64_t seed) {
      return checker.check(text, seed);
    };
  auto lowered = std::make_shared<LoweredChecker>(
      checker, through == Through::Mpi ? Transport::Mpi : Transport::Local,
      outputFolder, findMoeRun(self));
  return [lowered](const std::string &text, uint64_t seed) {
    return lowered->check(text, seed);
  };
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  std::string error;
  llvm::raw_string_ostream errors(error);
  if (!cl::ParseCommandLineOptions(
          argc, argv,
          "moe-spmd fuzzer\n\n  Random programs, partitioned and compared with "
          "what one device gives.\n",
          &errors))
    return usage(StringRef(error).trim());
  std::optional<uint64_t> seed = parseSeed();
  if (!seed)
    return usage("--seed must be a number or fresh, got '" + seedText + "'");
  OpWriters writers = selectOpWriters({ops.begin(), ops.end()});
  if (histogram && through != Through::Interpret)
    return usage("--histogram goes with --through=interpret");
  if (writers.empty())
    return usage("--ops names no op that is written, got '" + ops[0] + "'");
  if (std::error_code code = llvm::sys::fs::create_directories(outputFolder))
    return usage("cannot make folder '" + outputFolder +
                 "': " + code.message());
  Checker checker;
  CheckText check = makeCheck(checker, argv[0]);
  if (!checkFile.empty())
    return checkOne(check, *seed);
  if (seedText == "fresh")
    llvm::outs() << "seed " << *seed << "\n";
  return Run(checker, check, *seed, std::move(writers)).run();
}
