// A child process of lld makes the shared object.
#include "Codegen.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace mlir;
using namespace moe::lower;

static std::string findLinker(const std::string &wanted) {
  if (!wanted.empty())
    return wanted;
#ifdef MOE_LINKER
  if (llvm::sys::fs::can_execute(MOE_LINKER))
    return MOE_LINKER;
#endif
  for (StringRef name : {"ld.lld-22", "ld.lld", "ld"})
    if (auto path = llvm::sys::findProgramByName(name))
      return *path;
  return "";
}

namespace {
// A directory that is gone with all that is in it at the end.
class TemporaryDirectory {
public:
  TemporaryDirectory() {
    failed = bool(llvm::sys::fs::createUniqueDirectory("moe-link", path));
  }
  ~TemporaryDirectory() {
    if (!failed)
      llvm::sys::fs::remove_directories(path);
  }
  std::string file(StringRef name) const {
    llvm::SmallString<128> full(path);
    llvm::sys::path::append(full, name);
    return std::string(full);
  }
  bool failed = false;
  llvm::SmallString<128> path;
};
} // namespace

static bool writeFile(StringRef path, StringRef bytes) {
  std::error_code error;
  llvm::raw_fd_ostream stream(path, error);
  if (error)
    return false;
  stream << bytes;
  stream.close();
  bool failed = stream.has_error();
  stream.clear_error();
  return !failed;
}

static std::string readFile(StringRef path) {
  auto file = llvm::MemoryBuffer::getFile(path);
  return file ? (*file)->getBuffer().str() : std::string();
}

FailureOr<std::string> moe::lower::linkObject(ModuleOp module,
                                              const std::string &object,
                                              const std::string &linker) {
  std::string program = findLinker(linker);
  if (program.empty())
    return module.emitError("no linker: ld.lld-22, ld.lld and ld are not in "
                            "PATH; install lld-22");
  TemporaryDirectory directory;
  std::string input = directory.file("program.o"),
              output = directory.file("program.so"),
              log = directory.file("log");
  if (directory.failed || !writeFile(input, object))
    return module.emitError()
           << "cannot write " << object.size() << " bytes of object code below "
           << directory.path << "; is the disk full?";
  SmallVector<StringRef> arguments = {
      program, "-shared", "--build-id=none", "-z", "noexecstack", "-o",
      output,  "-soname", "moe-program.so",  input};
  std::optional<StringRef> redirects[] = {StringRef(), StringRef(log),
                                          StringRef(log)};
  std::string error;
  int code = llvm::sys::ExecuteAndWait(program, arguments, std::nullopt,
                                       redirects, 0, 0, &error);
  if (code != 0) {
    InFlightDiagnostic diagnostic = module.emitError()
                                    << "the linker " << program
                                    << " ended with code " << code;
    diagnostic.attachNote() << error << readFile(log);
    return diagnostic;
  }
  return readFile(output);
}
