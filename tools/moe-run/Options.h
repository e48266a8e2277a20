// The command line of moe-run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace moerun {

/// How much is printed after a run.
enum class Summary { None, Short, Full };

struct Options {
  std::string program;
  std::optional<int> ranks;
  std::string mesh;
  std::string errorOn; // conflicts that are errors, as moe-opt takes them
  std::string entry = "forward";
  /// Argument name and file, in the order given.
  std::vector<std::pair<std::string, std::string>> inputs;
  std::string params;
  std::string output;
  int64_t seed = 0;
  bool check = false;
  /// Whether the check also compares the partitioned program in exact numbers.
  bool checkExactly = false;
  /// Whether compiled models are kept and found again.
  bool cache = true;
  /// The model that --check interprets where PROGRAM is compiled.
  std::string model;
  std::string trace;
  int repeat = 1;
  Summary summary = Summary::Short;
  /// All arguments as they were written; ranks of a job have the same.
  std::string line;
  bool help = false;
  bool version = false;
};

/// Reads the arguments after the program's own name. Flags take their value
/// behind "=" or as the next argument. Throws moert::Error naming the flag and
/// what it takes.
Options parseOptions(const std::vector<std::string> &arguments);

/// The text of --help.
std::string helpText();

} // namespace moerun
