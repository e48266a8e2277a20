#include "runtime/core/File.h"

#include "runtime/core/Error.h"

#include <atomic>
#include <cctype>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace moert {

std::string systemError(int code) {
  char buffer[256];
  // The GNU form returns the text, which need not lie in the buffer.
  std::string words = strerror_r(code, buffer, sizeof buffer);
  if (!words.empty())
    words[0] = static_cast<char>(std::tolower(words[0]));
  return words;
}

//===-- Reading -----------------------------------------------------------===//

InputFile::InputFile(const std::string &path) : path_(path) {
  // Non-blocking, or opening a pipe would wait for its writer.
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0)
    throw Error(text("cannot read '", path, "': ", systemError(errno)));
  struct stat status;
  bool known = ::fstat(descriptor_, &status) == 0;
  if (!known || !S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    throw Error(text("cannot read '", path, "': it is ",
                     known && S_ISDIR(status.st_mode) ? "a folder"
                                                      : "not a regular file",
                     "; each rank reads its own part, so a file is needed"));
  }
  size_ = static_cast<uint64_t>(status.st_size);
}

InputFile::~InputFile() { ::close(descriptor_); }

void InputFile::read(uint64_t offset, void *to, size_t bytes) const {
  char *next = static_cast<char *>(to);
  while (bytes > 0) {
    ssize_t got = ::pread(descriptor_, next, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      throw Error(text("cannot read '", path_, "': ", systemError(errno)));
    if (got == 0)
      throw Error(text("'", path_, "' is truncated: it ends at byte ", offset,
                       ", ", bytes, " more are needed"));
    next += got;
    offset += static_cast<uint64_t>(got);
    bytes -= static_cast<size_t>(got);
  }
}

std::string readWholeFile(const std::string &path, uint64_t limit) {
  InputFile file(path);
  if (file.size() > limit)
    throw Error(text("'", path, "' is ", file.size(), " bytes long, at most ",
                     limit, " are read"));
  std::string bytes(file.size(), '\0');
  file.read(0, bytes.data(), bytes.size());
  return bytes;
}

//===-- Writing -----------------------------------------------------------===//

static bool startsWith(const std::string &path, const char *prefix) {
  return path.compare(0, std::strlen(prefix), prefix) == 0;
}

static std::string folderOf(const std::string &path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos)
    return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Links are followed, so that the rename replaces the file and not the link.
static std::string resolved(const std::string &path) {
  char buffer[PATH_MAX];
  return ::realpath(path.c_str(), buffer) ? buffer : path;
}

// Below /dev and /proc a name stands for an open stream, even when a shell has
// pointed that stream at a regular file.
static bool isStream(const std::string &path) {
  if (startsWith(path, "/dev/") || startsWith(path, "/proc/"))
    return true;
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) &&
         !S_ISDIR(status.st_mode);
}

OutputFile::OutputFile(const std::string &path)
    : path_(path), target_(resolved(path)) {
  if (path.empty())
    throw Error("cannot write '': the path is empty");
  if (isStream(path))
    openDirect();
  else
    openTemporary();
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
  if (!temporary_.empty())
    ::unlink(temporary_.c_str());
}

void OutputFile::fail(const char *verb, int code) const {
  throw Error(text("cannot ", verb, " '", path_, "': ", systemError(code)));
}

// A redirected stdout is shared, not reopened: reopening would start again at
// its first byte.
void OutputFile::openDirect() {
  if (path_ == "/dev/stdout")
    descriptor_ = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
  else
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor_ < 0)
    fail("write", errno);
}

void OutputFile::openTemporary() {
  struct stat status;
  bool exists = ::stat(target_.c_str(), &status) == 0;
  if (!exists && errno != ENOENT)
    fail("write", errno);
  if (exists && S_ISDIR(status.st_mode))
    fail("write", EISDIR);
  if (exists && ::access(target_.c_str(), W_OK) != 0)
    fail("write", errno);
  static std::atomic<unsigned> counter{0};
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::string name = target_ + ".partial-" + std::to_string(::getpid()) +
                       "-" + std::to_string(counter++);
    descriptor_ =
        ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ >= 0) {
      temporary_ = name;
      if (exists)
        (void)!::fchmod(descriptor_, status.st_mode & 07777);
      return;
    }
    if (errno != EEXIST)
      fail("write", errno);
  }
  fail("write", EEXIST);
}

void OutputFile::write(const void *from, size_t bytes) {
  const char *next = static_cast<const char *>(from);
  while (bytes > 0) {
    ssize_t put = ::write(descriptor_, next, bytes);
    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0)
      fail("write", errno);
    next += put;
    offset_ += static_cast<uint64_t>(put);
    bytes -= static_cast<size_t>(put);
  }
}

// The folder is synced too: the name is an entry of it.
static void syncFolder(const std::string &folder) {
  int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0)
    return;
  (void)::fsync(descriptor);
  ::close(descriptor);
}

void OutputFile::commit() {
  bool direct = temporary_.empty();
  if (!direct && ::fsync(descriptor_) != 0)
    fail("write", errno);
  int closed = ::close(descriptor_);
  descriptor_ = -1;
  if (closed != 0)
    fail("write", errno);
  if (direct)
    return;
  if (::rename(temporary_.c_str(), target_.c_str()) != 0)
    fail("write", errno);
  temporary_.clear();
  syncFolder(folderOf(target_));
}

void writeWholeFile(const std::string &path, const std::string &bytes) {
  OutputFile file(path);
  file.write(bytes);
  file.commit();
}

// Streams are not tried: opening a pipe and closing it again would be seen.
void checkWritable(const std::string &path) {
  if (!isStream(path))
    OutputFile probe(path);
}

} // namespace moert
