// Sibling tools as child processes, and the files by which they answer.
#pragma once

#include <string>
#include <vector>

namespace moerun {

/// The folder that this binary lies in, where its siblings are.
std::string toolFolder();

/// Runs `tool` of toolFolder() and waits for its end; its output goes to our
/// stderr. Throws moert::Error naming tool, what it was to do and how it ended.
void runTool(const std::string &tool, const std::vector<std::string> &arguments,
             const std::string &purpose);

/// A folder below $TMPDIR (or /tmp) that is removed with the files that were
/// asked for, whatever happens.
class TemporaryFolder {
public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;

  /// The path of file `name` in it, which may come into being later.
  std::string file(const std::string &name);

private:
  std::string path_;
  std::vector<std::string> files_;
};

} // namespace moerun
