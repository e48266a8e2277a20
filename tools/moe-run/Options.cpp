#include "tools/moe-run/Options.h"

#include "runtime/core/Error.h"

#include <functional>

namespace moerun {

using moert::Error;
using moert::text;

static int64_t parseInteger(const std::string &flag, const std::string &value,
                            int64_t least, int64_t most) {
  int64_t number = 0;
  size_t used = 0;
  try {
    number = std::stoll(value, &used);
  } catch (const std::exception &) {
    used = 0;
  }
  if (used == 0 || used != value.size() || number < least || number > most)
    throw Error(text(flag, " takes a whole number from ", least, " to ", most,
                     ", got '", value, "'"));
  return number;
}

// The flag says what the numbers of a run hold for; other counts would be a
// promise that no kernel keeps.
static void checkThreads(const std::string &value) {
  if (int64_t threads = parseInteger("--threads-per-rank", value, 1, 4096);
      threads != 1)
    throw Error(text("--threads-per-rank is ", threads,
                     ", but a rank computes "
                     "on exactly 1 thread; use more ranks instead"));
}

static std::pair<std::string, std::string>
parseInput(const std::string &value) {
  size_t equals = value.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == value.size())
    throw Error(text("--input takes NAME=FILE, got '", value, "'"));
  return {value.substr(0, equals), value.substr(equals + 1)};
}

static Summary parseSummary(const std::string &value) {
  if (value == "none")
    return Summary::None;
  if (value == "short")
    return Summary::Short;
  if (value == "full" || value.empty())
    return Summary::Full;
  throw Error(text("--summary takes none, short or full, got '", value, "'"));
}

static bool parseCheck(const std::string &value) {
  if (!value.empty() && value != "float" && value != "exact")
    throw Error(text("--check takes float or exact, got '", value, "'"));
  return value == "exact";
}

namespace {
struct Flag {
  const char *name;
  const char *value; ///< What it takes, for help; "" for a switch.
  const char *help;
  /// True where the value may only stand behind "=".
  bool optionalValue;
  std::function<void(Options &, const std::string &)> set;
};
} // namespace

static const std::vector<Flag> &flags() {
  using O = Options &;
  using V = const std::string &;
  static const std::vector<Flag> all = {
      {"--ranks", "N", "threads as ranks (default: as many as the mesh has)",
       false,
       [](O o, V v) { o.ranks = int(parseInteger("--ranks", v, 1, 4096)); }},
      {"--threads-per-rank", "N",
       "threads that a rank computes on; 1, the default, is all there is",
       false, [](O, V v) { checkThreads(v); }},
      {"--mesh", "AXIS=N,...", "axis sizes for a MODEL; its own by default",
       false, [](O o, V v) { o.mesh = v; }},
      {"--error-on", "CONFLICT,...",
       "conflicts that end the compilation of a MODEL: replicate, "
       "implicit-reshard",
       false, [](O o, V v) { o.errorOn = v; }},
      {"--no-cache", "", "compile a MODEL even if its program is kept", false,
       [](O o, V) { o.cache = false; }},
      {"--entry", "NAME", "entry to run (default: forward)", false,
       [](O o, V v) { o.entry = v; }},
      {"--input", "NAME=FILE", "one argument, from .npy, .npz or .safetensors",
       false, [](O o, V v) { o.inputs.push_back(parseInput(v)); }},
      {"--params", "FILE",
       "arguments by name, from .npz or .safetensors; else entry 'init' "
       "makes them",
       false, [](O o, V v) { o.params = v; }},
      {"--output", "FILE", "write the results (.npy, .npz, .safetensors)",
       false, [](O o, V v) { o.output = v; }},
      {"--seed", "S", "value of arguments called 'seed' (default: 0)", false,
       [](O o, V v) {
         o.seed = parseInteger("--seed", v, INT64_MIN, INT64_MAX);
       }},
      {"--check", "float|exact",
       "compare with the interpreted one-device program; exact: also the "
       "partitioned program with it, bit for bit in exact numbers",
       true,
       [](O o, V v) {
         o.check = true;
         o.checkExactly = parseCheck(v);
       }},
      {"--model", "FILE",
       "the model that --check interprets (default: the one compiled)", false,
       [](O o, V v) { o.model = v; }},
      {"--trace", "FILE", "write a Perfetto trace, one row a rank", false,
       [](O o, V v) { o.trace = v; }},
      {"--repeat", "N", "run the entry N times (default: 1)", false,
       [](O o, V v) {
         o.repeat = int(parseInteger("--repeat", v, 1, 1000000));
       }},
      {"--summary", "none|short|full",
       "what to print; full adds the matmuls (default: short)", true,
       [](O o, V v) { o.summary = parseSummary(v); }},
      {"--help", "", "this text", false, [](O o, V) { o.help = true; }},
      {"--version", "", "version, transports and matmul kernels", false,
       [](O o, V) { o.version = true; }}};
  return all;
}

static const Flag &findFlag(const std::string &name) {
  std::string names;
  for (const Flag &flag : flags()) {
    if (name == flag.name)
      return flag;
    names += (names.empty() ? "" : ", ") + std::string(flag.name);
  }
  throw Error(text("unknown flag ", name, "; known are ", names));
}

Options parseOptions(const std::vector<std::string> &arguments) {
  Options options;
  for (const std::string &argument : arguments)
    options.line += (options.line.empty() ? "" : " ") + argument;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string &argument = arguments[i];
    if (argument.size() < 2 || argument[0] != '-') {
      if (!options.program.empty())
        throw Error(text("one PROGRAM or MODEL is run, got '", options.program,
                         "' and '", argument, "'"));
      options.program = argument;
      continue;
    }
    size_t equals = argument.find('=');
    const Flag &flag = findFlag(argument.substr(0, equals));
    bool hasValue = equals != std::string::npos;
    if (!*flag.value && hasValue)
      throw Error(text(flag.name, " takes no value, got '", argument, "'"));
    std::string value = hasValue ? argument.substr(equals + 1) : "";
    if (*flag.value && !hasValue && !flag.optionalValue) {
      if (i + 1 == arguments.size())
        throw Error(text(flag.name, " takes ", flag.value, ", got nothing"));
      value = arguments[++i];
    }
    if (*flag.value && value.empty() && !flag.optionalValue)
      throw Error(text(flag.name, " takes ", flag.value, ", got nothing"));
    flag.set(options, value);
  }
  if (options.program.empty() && !options.help && !options.version)
    throw Error("no PROGRAM or MODEL is given; see --help");
  return options;
}

std::string helpText() {
  std::string help =
      "usage: moe-run PROGRAM_OR_MODEL [flags]\n"
      "\n"
      "Runs an entry of a compiled program (moe-opt -o PROGRAM), or of a "
      "model\n"
      "(.mlir), which is compiled first. Under mpirun the ranks are MPI's; "
      "else\n"
      "they are threads of this process.\n"
      "\n"
      "  moe-run examples/gshard/model.mlir --mesh=data=1,expert=4 \\\n"
      "    --input tokens=tokens.npy --check\n"
      "  mpirun -n 4 moe-run gshard.moe --input tokens=tokens.npy\n"
      "\n"
      "flags:\n";
  for (const Flag &flag : flags()) {
    std::string left = "  " + std::string(flag.name);
    if (*flag.value)
      left += flag.optionalValue ? "[=" + std::string(flag.value) + "]"
                                 : " " + std::string(flag.value);
    left.append(left.size() < 33 ? 33 - left.size() : 1, ' ');
    help += left + flag.help + "\n";
  }
  return help +
         "\n"
         "environment:\n"
         "  MOE_CACHE_DIR        where compiled models are kept (else moe-spmd "
         "in\n"
         "                       $XDG_CACHE_HOME or $HOME/.cache); empty: "
         "nowhere\n"
         "  MOE_MAX_ISA          instructions of at most this level, as "
         "x86-64-v3\n"
         "  MOE_MULTIPLY_EMPTY_SLOTS=1\n"
         "                       slots that no token took are multiplied too\n"
         "  MOE_SILENT_SECONDS   a rank without a sign of life so long is "
         "gone\n"
         "  MOE_STUCK_SECONDS    a rank without progress so long is stuck\n"
         "  MOE_START_SECONDS    MPI may take so long to start\n"
         "  MOE_POISON=1         unwritten memory reads as NaN (for tests)\n";
}

} // namespace moerun
