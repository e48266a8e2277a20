#include "tools/moe-fuzz/Lowered.h"

#include "moe/IR/Spmd.h"
#include "moe/Interpret/Compare.h"

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

static std::string pathIn(StringRef folder, StringRef name) {
  llvm::SmallString<128> path(folder);
  llvm::sys::path::append(path, name);
  return path.str().str();
}

static std::string contentsOf(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  return buffer ? (*buffer)->getBuffer().str() : "";
}

// The line that says what is wrong, else the last one.
static std::string errorLine(StringRef output) {
  SmallVector<StringRef> lines;
  output.split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef line : lines)
    if (size_t at = line.find("error: "); at != StringRef::npos)
      return line.substr(at + 7).str();
  return lines.empty() ? "failed without an error" : lines.back().str();
}

// Inputs for @forward, as a file; the ranks of its mesh.
static FailureOr<int64_t> writeInputsOf(ModuleOp module, StringRef path,
                                        uint64_t seed) {
  FailureOr<func::FuncOp> entry = findEntry(module, "forward");
  if (failed(entry))
    return failure();
  InputOptions options;
  options.seed = seed;
  FailureOr<SmallVector<Tensor>> inputs = makeInputs(*entry, options);
  if (failed(inputs) || failed(writeInputs(path, *entry, *inputs, Mode::Float)))
    return failure();
  int64_t ranks = 1;
  for (auto mesh : module.getOps<spmd::MeshOp>())
    ranks = mesh.getRanks();
  return ranks;
}

std::optional<Failure> LoweredChecker::check(const std::string &text,
                                             uint64_t seed) {
  std::string model = pathIn(folder, "model.mlir"),
              inputs = pathIn(folder, "inputs.safetensors"),
              log = pathIn(folder, "log");
  OwningOpRef<ModuleOp> module = checker.parse(text);
  if (!module)
    return Failure{"parse", "is no program"};
  FailureOr<int64_t> ranks = writeInputsOf(*module, inputs, seed);
  llvm::Error written = llvm::writeToOutput(model, [&](llvm::raw_ostream &os) {
    os << text;
    return llvm::Error::success();
  });
  if (failed(ranks) || written) {
    llvm::consumeError(std::move(written));
    return Failure{"write", "cannot write into '" + folder + "'"};
  }
  std::string count = std::to_string(*ranks), program = moeRun;
  SmallVector<StringRef> arguments = {moeRun,     model,  "--no-cache",
                                      "--params", inputs, "--check"};
  if (transport == Transport::Mpi) {
    auto launcher = llvm::sys::findProgramByName("mpirun");
    if (!launcher)
      return Failure{"mpi", "there is no mpirun"};
    program = *launcher;
    arguments.insert(arguments.begin(), {"mpirun", "-n", count});
  }
  std::optional<StringRef> outputs[] = {StringRef(""), StringRef(log),
                                        StringRef(log)};
  std::string error;
  int code = llvm::sys::ExecuteAndWait(program, arguments, std::nullopt,
                                       outputs, kSeconds, 0, &error);
  std::string output = contentsOf(log);
  bool isChecked = StringRef(output).contains("checked against");
  if (code == 0 && isChecked)
    return std::nullopt;
  std::string stage = transport == Transport::Mpi ? "mpi" : "local";
  return Failure{stage, error.empty() ? errorLine(output) : error};
}

} // namespace moe::fuzz
