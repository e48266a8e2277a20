#include "tools/moe-run/Check.h"

#include "runtime/core/Error.h"
#include "runtime/core/File.h"
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

static std::string agreement(const Tensor &got, const Comparison &comparison) {
  std::string words = comparison.worst == 0
                          ? "equal"
                          : text("off by at most ", comparison.worst,
                                 ", allowed ", comparison.allowed);
  if (comparison.nans)
    words += text("; ", comparison.nans, " of ", got.elements(),
                  " elements are NaN in both");
  return words;
}

// Why a result may differ though nothing is wrong.
static std::string hintAtTies(const Options &options, const std::string &model,
                              const Results &results) {
  if (!results.choices.empty() || isModel(options.program))
    return "";
  return text("; '", options.program,
              "' does not tell its routing choices: to allow those that tie, "
              "run '",
              model, "' itself with --check");
}

static std::string checkOne(const Manifest &manifest, const Entry &entry,
                            const Parameter &parameter, const Tensor &got,
                            const TensorFile &file, const std::string &hint) {
  const StoredTensor &stored = file.get(parameter.name);
  if (stored.dtype != parameter.dtype || stored.shape != parameter.layout.shape)
    throw Error(text("result '", parameter.name, "' is ",
                     nameOf(parameter.dtype), shapeText(parameter.layout.shape),
                     ", the interpreter's is ", stored.storedType,
                     shapeText(stored.shape)));
  Tensor wanted = file.readWhole(stored);
  Comparison comparison = compare(got, wanted, roundsToBF16(manifest, entry));
  if (comparison.first)
    throw Error(text(
        "check failed: ",
        describeDifference(parameter, manifest.ranks, got, wanted, comparison),
        hint));
  return text(parameter.name, ": ", agreement(got, comparison));
}

// The interpreter's line about the choices; it ends with a newline.
static std::string readLine(const std::string &path) {
  std::string line = readWholeFile(path, 1 << 20);
  return line.substr(0, line.find('\n'));
}

std::vector<std::string> checkResults(const Options &options,
                                      const Manifest &manifest,
                                      const Entry &entry,
                                      const std::vector<NamedTensor> &arguments,
                                      const Results &results) {
  std::string model = modelToCheck(options, manifest);
  TemporaryFolder folder;
  std::string input = folder.file("arguments.npz");
  std::string output = folder.file("results.npz");
  std::string choices = folder.file("choices.npz");
  std::string summary = folder.file("choices.txt");
  writeTensors(input, arguments);
  std::vector<std::string> flags{model, "--entry=" + entry.name,
                                 "--params=" + input, "--output=" + output};
  if (!results.choices.empty()) {
    writeTensors(choices, results.choices);
    flags.push_back("--choices=" + choices);
    flags.push_back("--choice-summary=" + summary);
  }
  Progress progress("interpreting " + model);
  runTool("moe-interpret", flags,
          text("confirm the results with '", model, "'"));
  TensorFile file(output);
  std::string hint = hintAtTies(options, model, results);
  std::vector<std::string> lines;
  for (size_t i = 0; i < results.values.size(); ++i)
    lines.push_back(checkOne(manifest, entry, entry.results[i],
                             results.values[i].tensor, file, hint));
  if (!results.choices.empty())
    lines.push_back(readLine(summary));
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
          text("confirm the partitioned program with '", model, "'"));
  return "partitioned program: equal bit for bit in exact numbers";
}

} // namespace moerun
