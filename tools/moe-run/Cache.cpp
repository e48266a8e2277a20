#include "tools/moe-run/Cache.h"

#include "runtime/core/Artifact.h"
#include "runtime/core/Error.h"
#include "runtime/core/Sha256.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <random>
#include <sys/stat.h>
#include <unistd.h>

namespace moerun {

using moert::Error;
using moert::systemError;
using moert::text;

static constexpr char kEnd[] = ".moe";
static constexpr char kUnfinished[] = ".partial";
static constexpr size_t kKeyDigits = 64;

//===-- Names -------------------------------------------------------------===//

// Lengths stand before the parts, so that no two lists of parts run together.
std::string cacheKey(const CacheSource &source) {
  moert::Sha256 hash;
  auto add = [&](const std::string &part) {
    hash.update(text(part.size(), ":"));
    hash.update(part);
  };
  add("moe-cache 1");
  add(source.model);
  add(text(source.arguments.size()));
  for (const std::string &argument : source.arguments)
    add(argument);
  add(source.compiler);
  add(source.isa);
  return hash.hex();
}

std::optional<std::string> cacheFolder() {
  if (const char *folder = std::getenv("MOE_CACHE_DIR")) {
    if (!*folder)
      return std::nullopt;
    return folder;
  }
  // Where a variable of the desktop holds no absolute path it counts as unset.
  const char *caches = std::getenv("XDG_CACHE_HOME");
  if (caches && *caches == '/')
    return text(caches, "/moe-spmd");
  const char *home = std::getenv("HOME");
  if (home && *home == '/')
    return text(home, "/.cache/moe-spmd");
  throw Error("no cache folder: none of MOE_CACHE_DIR, XDG_CACHE_HOME and HOME "
              "names one; give --no-cache or set MOE_CACHE_DIR");
}

static bool endsWith(const std::string &name, const std::string &end) {
  return name.size() >= end.size() &&
         name.compare(name.size() - end.size(), end.size(), end) == 0;
}

static bool beginsWithKey(const std::string &name, size_t at) {
  return name.size() > at + kKeyDigits &&
         name.find_first_not_of("0123456789abcdef", at) == at + kKeyDigits;
}

// The folder may be one in which the user keeps other things as well.
static bool isEntry(const std::string &name) {
  return beginsWithKey(name, 0) &&
         name.size() == kKeyDigits + sizeof kEnd - 1 && endsWith(name, kEnd);
}
static bool isUnfinished(const std::string &name) {
  return name[0] == '.' && beginsWithKey(name, 1) &&
         endsWith(name, kUnfinished);
}

//===-- Trust -------------------------------------------------------------===//

// Why somebody else could have written it; "" where nobody could.
static std::string complaintOf(const struct stat &status) {
  if (status.st_uid != ::geteuid())
    return text("it belongs to user ", status.st_uid, ", this is user ",
                ::geteuid());
  if (status.st_mode & (S_IWGRP | S_IWOTH))
    return text("others may write to it (mode 0", std::oct,
                status.st_mode & 07777, "); take that away with chmod go-w");
  return "";
}

// Returns why the folder could not be made, 0 where that is not known.
static int makeFolders(const std::string &path) {
  int code = 0;
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    if (::mkdir(path.substr(0, end).c_str(), 0700) != 0 && errno != EEXIST)
      code = errno;
    if (end == std::string::npos)
      return code;
  }
}

static int openFolder(const std::string &path) {
  return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

// From here on the folder is a descriptor: another one put under its name
// changes nothing.
Cache::Cache(const std::string &folder, uint64_t limit)
    : path_(folder), limit_(limit), folder_(openFolder(folder)) {
  auto refuse = [&](const std::string &why) {
    if (folder_ >= 0)
      ::close(folder_);
    throw Error(text("cache folder '", folder, "' is not used: ", why));
  };
  if (folder_ < 0 && errno == ENOENT) {
    int code = makeFolders(folder);
    folder_ = openFolder(folder);
    if (folder_ < 0 && code != 0)
      refuse(systemError(code));
  }
  if (folder_ < 0)
    refuse(systemError(errno));
  struct stat status;
  if (::fstat(folder_, &status) != 0)
    refuse(systemError(errno));
  if (std::string complaint = complaintOf(status); !complaint.empty())
    refuse(complaint);
}

Cache::~Cache() { ::close(folder_); }

//===-- Reading -----------------------------------------------------------===//

namespace {
/// A descriptor, closed at the end.
struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0)
      ::close(number);
  }
};
} // namespace

static std::string headerOf(const std::string &key) {
  return text("moe-cache 1 ", key, "\n");
}

// Every byte that the file has now, or nothing.
static std::optional<std::string> readAll(int file, size_t bytes) {
  std::string all(bytes, '\0');
  for (size_t done = 0; done < bytes;) {
    ssize_t got = ::read(file, all.data() + done, bytes - done);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return std::nullopt;
    done += static_cast<size_t>(got);
  }
  return all;
}

std::optional<std::string> Cache::find(const std::string &key) const {
  Descriptor file{::openat(folder_, (key + kEnd).c_str(),
                           O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
  struct stat status;
  if (file.number < 0 || ::fstat(file.number, &status) != 0 ||
      !S_ISREG(status.st_mode) || !complaintOf(status).empty() ||
      static_cast<uint64_t>(status.st_size) > limit_)
    return std::nullopt;
  std::optional<std::string> bytes =
      readAll(file.number, static_cast<size_t>(status.st_size));
  std::string header = headerOf(key);
  if (!bytes || bytes->compare(0, header.size(), header) != 0)
    return std::nullopt;
  bytes->erase(0, header.size());
  try {
    moert::unpackArtifact(*bytes, path_);
  } catch (const Error &) {
    return std::nullopt;
  }
  // Its time is that of its last use.
  (void)::futimens(file.number, nullptr);
  return bytes;
}

//===-- Writing -----------------------------------------------------------===//

static void writeAll(int file, const std::string &bytes,
                     const std::string &path) {
  for (size_t done = 0; done < bytes.size();) {
    ssize_t put = ::write(file, bytes.data() + done, bytes.size() - done);
    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0)
      throw Error(text("cannot write to '", path, "': ", systemError(errno)));
    done += static_cast<size_t>(put);
  }
}

// Not synced: what a power cut leaves of it does not match its hash.
void Cache::writeTemporary(const std::string &name,
                           const std::string &bytes) const {
  Descriptor file{::openat(folder_, name.c_str(),
                           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                           0600)};
  if (file.number < 0)
    throw Error(text("cannot write to '", path_, "': ", systemError(errno)));
  writeAll(file.number, bytes, path_);
}

void Cache::store(const std::string &key, const std::string &artifact) const {
  std::random_device random;
  std::string temporary =
      text(".", key, ".", random(), "-", random(), kUnfinished);
  try {
    writeTemporary(temporary, headerOf(key) + artifact);
    if (::renameat(folder_, temporary.c_str(), folder_, (key + kEnd).c_str()) !=
        0)
      throw Error(text("cannot write to '", path_, "': ", systemError(errno)));
  } catch (const Error &) {
    ::unlinkat(folder_, temporary.c_str(), 0);
    throw;
  }
  trim(key + kEnd);
}

namespace {
struct Kept {
  std::string name;
  uint64_t bytes;
  timespec used;
};
} // namespace

static std::vector<std::string> namesIn(int folder) {
  std::vector<std::string> names;
  // A descriptor of its own: reading a folder moves its offset.
  DIR *open = ::fdopendir(::openat(folder, ".", O_RDONLY | O_CLOEXEC));
  if (!open)
    return names;
  while (const dirent *entry = ::readdir(open))
    names.push_back(entry->d_name);
  ::closedir(open);
  return names;
}

// What a process left unfinished that was killed while it wrote.
static bool isStale(const std::string &name, const struct stat &status) {
  return isUnfinished(name) && status.st_mtim.tv_sec + 3600 < ::time(nullptr);
}

void Cache::trim(const std::string &kept) const {
  std::vector<Kept> others;
  uint64_t bytes = 0;
  for (const std::string &name : namesIn(folder_)) {
    struct stat status;
    if (::fstatat(folder_, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
      continue;
    if (isStale(name, status))
      ::unlinkat(folder_, name.c_str(), 0);
    if (!isEntry(name))
      continue;
    bytes += static_cast<uint64_t>(status.st_size);
    if (name != kept)
      others.push_back(
          {name, static_cast<uint64_t>(status.st_size), status.st_mtim});
  }
  std::sort(others.begin(), others.end(), [](const Kept &a, const Kept &b) {
    return std::pair(a.used.tv_sec, a.used.tv_nsec) <
           std::pair(b.used.tv_sec, b.used.tv_nsec);
  });
  for (const Kept &oldest : others) {
    if (bytes <= limit_)
      return;
    ::unlinkat(folder_, oldest.name.c_str(), 0);
    bytes -= oldest.bytes;
  }
}

} // namespace moerun
