#include "tools/moe-run/Source.h"

#include "runtime/core/Error.h"
#include "runtime/core/File.h"
#include "runtime/core/Isa.h"
#include "runtime/core/Sha256.h"
#include "tools/moe-run/Cache.h"
#include "tools/moe-run/Child.h"
#include "tools/moe-run/Progress.h"

#include <cstdio>
#include <memory>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace moerun {

using moert::Error;
using moert::text;

static constexpr uint64_t kLargestArtifact = uint64_t{1} << 32;

bool isModel(const std::string &path) {
  return path.size() > 5 && path.compare(path.size() - 5, 5, ".mlir") == 0;
}

// What the compiler is told, but for where its output goes.
static std::vector<std::string> compilerArguments(const Options &options) {
  std::vector<std::string> arguments{options.program, "--target=cpu"};
  if (!options.mesh.empty())
    arguments.push_back("--mesh=" + options.mesh);
  if (!options.errorOn.empty())
    arguments.push_back("--error-on=" + options.errorOn);
  if (options.check)
    arguments.push_back("--expose-choices");
  return arguments;
}

static std::string compile(const Options &options) {
  TemporaryFolder folder;
  std::string output = folder.file("program.moe");
  std::vector<std::string> arguments = compilerArguments(options);
  arguments.insert(arguments.end(), {"-o", output});
  Progress progress("compiling " + options.program);
  runTool("moe-opt", arguments, text("compile '", options.program, "'"));
  return moert::readWholeFile(output, kLargestArtifact);
}

static std::string compilerPath() { return toolFolder() + "/moe-opt"; }

// The compiler by its bytes; LLVM's libraries, which it loads, are too large
// for that and known by size and time.
static std::string compilerIdentity() {
  moert::Sha256 hash;
  hash.update(moert::readWholeFile(compilerPath(), kLargestArtifact));
  std::string identity = text(MOE_VERSION, " ", hash.hex());
  std::istringstream libraries(MOE_COMPILER_LIBRARIES);
  for (std::string path; std::getline(libraries, path, ':');) {
    struct stat status = {};
    ::stat(path.c_str(), &status);
    identity += text(" ", path, " ", status.st_size, " ", status.st_mtim.tv_sec,
                     ".", status.st_mtim.tv_nsec);
  }
  return identity;
}

static std::string keyOf(const Options &options) {
  return cacheKey({moert::readWholeFile(options.program, kLargestArtifact),
                   compilerArguments(options), compilerIdentity(),
                   moert::nameOf(moert::hostIsa())});
}

// A cache saves time and nothing else: without it the work goes on.
static void warn(const std::string &why) {
  std::fprintf(stderr, "warning: %s\n", why.c_str());
}

static std::unique_ptr<Cache> openCache(const Options &options) {
  if (!options.cache)
    return nullptr;
  try {
    if (std::optional<std::string> folder = cacheFolder())
      return std::make_unique<Cache>(*folder);
  } catch (const Error &error) {
    warn(error.what());
  }
  return nullptr;
}

static void keep(const Cache &cache, const std::string &key,
                 const Options &options, const std::string &artifact) {
  // A model or compiler that changed meanwhile would stand under a wrong key.
  if (keyOf(options) != key)
    return;
  try {
    cache.store(key, artifact);
  } catch (const Error &error) {
    warn(text("the compiled program is not kept: ", error.what()));
  }
}

static std::string obtainProgram(const Options &options) {
  std::unique_ptr<Cache> cache = openCache(options);
  // A missing compiler is told by what fails to start it.
  if (!cache || ::access(compilerPath().c_str(), R_OK) != 0)
    return compile(options);
  std::string key = keyOf(options);
  if (std::optional<std::string> artifact = cache->find(key))
    return *artifact;
  std::string artifact = compile(options);
  keep(*cache, key, options, artifact);
  return artifact;
}

std::string obtainArtifact(const Options &options) {
  if (isModel(options.program)) {
    moert::InputFile readable(options.program);
    return obtainProgram(options);
  }
  if (!options.mesh.empty())
    throw Error(text("--mesh is for models (.mlir); '", options.program,
                     "' is compiled for its mesh already"));
  if (!options.errorOn.empty())
    throw Error(text("--error-on is for models (.mlir); '", options.program,
                     "' is compiled already"));
  return moert::readWholeFile(options.program, kLargestArtifact);
}

} // namespace moerun
