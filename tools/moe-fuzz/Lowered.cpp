#include "tools/moe-fuzz/Lowered.h"
#include "tools/moe-fuzz/Rounding.h"

#include "moe/IR/Spmd.h"
#include "moe/Interpret/Compare.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace mlir;
using namespace moe::interpret;

namespace moe::fuzz {

static constexpr unsigned kSeconds = 120;

LoweredChecker::LoweredChecker(Checker &checker, Transport transport,
                               std::string folder, std::string moeRun)
    : checker(checker), transport(transport), folder(std::move(folder)),
      moeRun(std::move(moeRun)) {
  // Memory that nothing has written reads as NaN.
  setenv("MOE_POISON", "1", /*overwrite=*/1);
}

std::string LoweredChecker::pathOf(StringRef name) const {
  llvm::SmallString<128> path(folder);
  llvm::sys::path::append(path, name);
  return path.str().str();
}

// The line of a log that says what is wrong, else the last one.
static std::string errorIn(StringRef path) {
  auto log = llvm::MemoryBuffer::getFile(path);
  if (!log)
    return "wrote no log";
  SmallVector<StringRef> lines;
  (*log)->getBuffer().split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef line : lines)
    for (StringRef mark : {"error: ", "check failed: "})
      if (size_t at = line.find(mark); at != StringRef::npos)
        return line.substr(at + mark.size()).str();
  return lines.empty() ? "failed without an error" : lines.back().str();
}

static bool contains(StringRef path, StringRef words) {
  auto log = llvm::MemoryBuffer::getFile(path);
  return log && (*log)->getBuffer().contains(words);
}

static llvm::Error writeText(StringRef path, StringRef text) {
  return llvm::writeToOutput(path, [&](llvm::raw_ostream &os) {
    os << text;
    return llvm::Error::success();
  });
}

std::optional<std::string> LoweredChecker::run(int64_t ranks) {
  std::string model = pathOf("model.mlir"), log = pathOf("log"),
              inputs = pathOf("inputs.safetensors"),
              results = pathOf("results.safetensors");
  std::string count = std::to_string(ranks), program = moeRun;
  llvm::sys::fs::remove(results);
  SmallVector<StringRef> arguments = {moeRun,     model,  "--no-cache",
                                      "--params", inputs, "--check",
                                      "--output", results};
  if (transport == Transport::Mpi) {
    auto launcher = llvm::sys::findProgramByName("mpirun");
    if (!launcher)
      return "needs mpirun in PATH";
    program = *launcher;
    arguments.insert(arguments.begin(), {"mpirun", "-n", count});
  }
  std::optional<StringRef> outputs[] = {StringRef(""), StringRef(log),
                                        StringRef(log)};
  std::string error;
  int code = llvm::sys::ExecuteAndWait(program, arguments, std::nullopt,
                                       outputs, kSeconds, 0, &error);
  if (code == 0 && contains(log, "checked against"))
    return std::nullopt;
  return error.empty() ? errorIn(log) : error;
}

bool LoweredChecker::isRounding(ModuleOp global, uint64_t seed) {
  if (!llvm::sys::fs::exists(pathOf("results.safetensors")))
    return false;
  FailureOr<func::FuncOp> entry = findEntry(global, "forward");
  InputOptions options;
  options.seed = seed;
  auto inputs = makeInputs(*entry, options);
  auto expected = Interpreter(Mode::Float, seed).run(*entry, *inputs);
  auto actual = readResults(pathOf("results.safetensors"), *entry);
  return succeeded(expected) && succeeded(actual) &&
         fuzz::isRounding({*entry, *inputs, *expected}, *actual, seed);
}

static int64_t ranksOf(ModuleOp module) {
  for (auto mesh : module.getOps<spmd::MeshOp>())
    return mesh.getRanks();
  return 1;
}

std::optional<Failure> LoweredChecker::check(const std::string &text,
                                             uint64_t seed) {
  OwningOpRef<ModuleOp> module = checker.parse(text);
  if (!module)
    return Failure{"parse", "is no program"};
  FailureOr<func::FuncOp> entry = findEntry(*module, "forward");
  InputOptions options;
  options.seed = seed;
  auto inputs = makeInputs(*entry, options);
  if (failed(inputs) || failed(writeInputs(pathOf("inputs.safetensors"), *entry,
                                           *inputs, Mode::Float)))
    return Failure{"write", "cannot write inputs into '" + folder + "'"};
  if (llvm::Error error = writeText(pathOf("model.mlir"), text))
    return Failure{"write", llvm::toString(std::move(error))};
  std::optional<std::string> error = run(ranksOf(*module));
  if (!error || isRounding(*module, seed))
    return std::nullopt;
  return Failure{transport == Transport::Mpi ? "mpi" : "local", *error};
}

} // namespace moe::fuzz
