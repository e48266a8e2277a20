#include "tools/moe-run/Check.h"

#include "runtime/core/Error.h"
#include "runtime/core/TensorFile.h"
#include "tools/moe-run/Child.h"
#include "tools/moe-run/Compare.h"
#include "tools/moe-run/Progress.h"
#include "tools/moe-run/Source.h"

#include <unistd.h>

namespace moerun {

using namespace moert;

static bool isReadable(const std::string &path) {
  return ::access(path.c_str(), R_OK) == 0;
}

// The manifest has the model's file name: it may lie here or beside the
// program.
std::string modelToCheck(const Options &options, const Manifest &manifest) {
  std::string model = !options.model.empty()     ? options.model
                      : isModel(options.program) ? options.program
                                                 : manifest.program;
  if (isReadable(model))
    return model;
  size_t folder = options.program.rfind('/');
  if (options.model.empty() && folder != std::string::npos) {
    std::string beside = options.program.substr(0, folder + 1) + model;
    if (isReadable(beside))
      return beside;
  }
  throw Error(text("--check needs the model: cannot read '", model,
                   "'; give --model FILE"));
}

static std::string checkOne(const Manifest &manifest, const Entry &entry,
                            const Parameter &parameter, const Tensor &got,
                            const TensorFile &file) {
  const StoredTensor &stored = file.get(parameter.name);
  if (stored.dtype != parameter.dtype || stored.shape != parameter.layout.shape)
    throw Error(text("result '", parameter.name, "' is ",
                     nameOf(parameter.dtype), shapeText(parameter.layout.shape),
                     ", the interpreter's is ", stored.storedType,
                     shapeText(stored.shape)));
  Tensor wanted = file.readWhole(stored);
  Comparison comparison = compare(got, wanted, roundsToBF16(manifest, entry));
  if (comparison.first)
    throw Error(
        text("check failed: ", describeDifference(parameter, manifest.ranks,
                                                  got, wanted, comparison)));
  return text(parameter.name, ": ",
              comparison.worst == 0 ? "equal"
                                    : text("off by at most ", comparison.worst,
                                           ", allowed ", comparison.allowed));
}

std::vector<std::string> checkResults(const std::string &model,
                                      const Manifest &manifest,
                                      const Entry &entry,
                                      const std::vector<NamedTensor> &arguments,
                                      const std::vector<NamedTensor> &results) {
  TemporaryFolder folder;
  std::string input = folder.file("arguments.npz");
  std::string output = folder.file("results.npz");
  writeTensors(input, arguments);
  std::vector<std::string> flags{model, "--entry=" + entry.name,
                                 "--params=" + input, "--output=" + output};
  Progress progress("interpreting " + model);
  runTool("moe-interpret", flags, text("check with '", model, "'"));
  TensorFile file(output);
  std::vector<std::string> lines;
  for (size_t i = 0; i < results.size(); ++i)
    lines.push_back(
        checkOne(manifest, entry, entry.results[i], results[i].tensor, file));
  return lines;
}

std::string checkExactly(const std::string &model, const Manifest &manifest,
                         const Entry &entry,
                         const std::vector<NamedTensor> &arguments) {
  TemporaryFolder folder;
  std::string input = folder.file("arguments.npz");
  writeTensors(input, arguments);
  Progress progress("interpreting " + model + " in exact numbers");
  runTool("moe-interpret",
          {model, "--entry=" + entry.name, "--params=" + input, "--exact",
           "--partitioned", "--mesh=" + manifest.meshText(), "--quiet"},
          text("exact check with '", model, "'"));
  return "partitioned program: equal bit for bit in exact numbers";
}

} // namespace moerun
