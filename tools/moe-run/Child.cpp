#include "tools/moe-run/Child.h"

#include "runtime/core/Error.h"

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace moerun {

using moert::Error;
using moert::systemError;
using moert::text;

std::string toolFolder() {
  char path[PATH_MAX];
  ssize_t length = ::readlink("/proc/self/exe", path, sizeof path - 1);
  if (length <= 0)
    throw Error(text("cannot tell where moe-run lies: ", systemError(errno)));
  std::string whole(path, static_cast<size_t>(length));
  return whole.substr(0, whole.rfind('/'));
}

namespace {
/// What posix_spawn is told: our stdout may be the results' way.
struct SpawnActions {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnActions() {
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    // We ignore SIGXFSZ; the child shall not.
    posix_spawnattr_init(&attributes);
    sigset_t restored;
    sigemptyset(&restored);
    sigaddset(&restored, SIGXFSZ);
    sigaddset(&restored, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &restored);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnActions() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
};
} // namespace

static int waitFor(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return -1;
  return status;
}

void runTool(const std::string &tool, const std::vector<std::string> &arguments,
             const std::string &purpose) {
  std::string path = toolFolder() + "/" + tool;
  std::vector<char *> argv{const_cast<char *>(path.c_str())};
  for (const std::string &argument : arguments)
    argv.push_back(const_cast<char *>(argument.c_str()));
  argv.push_back(nullptr);
  SpawnActions how;
  pid_t child = 0;
  int code = ::posix_spawn(&child, path.c_str(), &how.actions, &how.attributes,
                           argv.data(), environ);
  if (code != 0)
    throw Error(text("cannot ", purpose, ": ", path, ": ", systemError(code)));
  int status = waitFor(child);
  if (status == 0)
    return;
  if (status > 0 && WIFSIGNALED(status))
    throw Error(text("cannot ", purpose, ": ", tool, " was ended by signal ",
                     WTERMSIG(status)));
  throw Error(text("cannot ", purpose, ": ", tool, " ended with exit code ",
                   status < 0 ? -1 : WEXITSTATUS(status)));
}

TemporaryFolder::TemporaryFolder() {
  const char *base = std::getenv("TMPDIR");
  std::string name = text(base && *base ? base : "/tmp", "/moe-run-XXXXXX");
  if (!::mkdtemp(name.data()))
    throw Error(text("cannot make a folder for temporary files (", name,
                     "): ", systemError(errno)));
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  for (const std::string &file : files_)
    ::unlink(file.c_str());
  ::rmdir(path_.c_str());
}

std::string TemporaryFolder::file(const std::string &name) {
  files_.push_back(path_ + "/" + name);
  return files_.back();
}

} // namespace moerun
