#include "tools/moe-run/Source.h"

#include "runtime/core/Artifact.h"
#include "runtime/core/Error.h"
#include "runtime/core/File.h"
#include "runtime/core/Sha256.h"
#include "tools/moe-run/Child.h"
#include "tools/moe-run/Progress.h"

#include <cstdlib>
#include <sys/stat.h>
#include <unistd.h>

namespace moerun {

using moert::Error;
using moert::text;

static constexpr uint64_t kLargestArtifact = uint64_t{1} << 32;

bool isModel(const std::string &path) {
  return path.size() > 5 && path.compare(path.size() - 5, 5, ".mlir") == 0;
}

static std::string compile(const Options &options) {
  TemporaryFolder folder;
  std::string output = folder.file("program.moe");
  std::vector<std::string> arguments{options.program, "--target=cpu", "-o",
                                     output};
  if (!options.mesh.empty())
    arguments.push_back("--mesh=" + options.mesh);
  Progress progress("compiling " + options.program);
  runTool("moe-opt", arguments, text("compile '", options.program, "'"));
  return moert::readWholeFile(output, kLargestArtifact);
}

// A new compiler binary has another time or size; the host's features decide
// the code, so its name is in the key too.
static std::string cacheKey(const Options &options) {
  struct stat compiler = {};
  ::stat((toolFolder() + "/moe-opt").c_str(), &compiler);
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  moert::Sha256 hash;
  hash.update(moert::readWholeFile(options.program, kLargestArtifact));
  hash.update(text("\n", options.program, "\n", options.mesh, "\n", host, "\n",
                   compiler.st_size, "\n", compiler.st_mtim.tv_sec, ".",
                   compiler.st_mtim.tv_nsec));
  return hash.hex();
}

static std::string compileCached(const Options &options,
                                 const std::string &folder) {
  std::string path = folder + "/" + cacheKey(options) + ".moe";
  if (::access(path.c_str(), R_OK) == 0) {
    std::string bytes = moert::readWholeFile(path, kLargestArtifact);
    try {
      moert::unpackArtifact(bytes, path);
      return bytes;
    } catch (const Error &) {
      // A damaged cache is made anew.
    }
  }
  std::string bytes = compile(options);
  moert::writeWholeFile(path, bytes);
  return bytes;
}

std::string obtainArtifact(const Options &options) {
  if (isModel(options.program)) {
    moert::InputFile readable(options.program);
    const char *cache = std::getenv("MOE_CACHE_DIR");
    return cache && *cache ? compileCached(options, cache) : compile(options);
  }
  if (!options.mesh.empty())
    throw Error(text("--mesh is for models (.mlir); '", options.program,
                     "' is compiled for its mesh already"));
  return moert::readWholeFile(options.program, kLargestArtifact);
}

} // namespace moerun
