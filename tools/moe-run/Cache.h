// Compiled programs kept for the next time, in one folder a user.
//
//   <key>.moe     "moe-cache 1 <key>\n" and then an artifact
//
// Code from here is run, so nothing that somebody else could have written is
// read: the folder and each file must belong to this user and be writable by
// nobody else. The key names all that the program follows from, the artifact
// carries the hash of its own bytes: a file that is damaged, or another one's,
// is as good as none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace moerun {

/// All that a compiled program follows from.
struct CacheSource {
  std::string model;                  ///< The model's bytes.
  std::vector<std::string> arguments; ///< The compiler's, without its output.
  std::string compiler;               ///< What tells compilers apart.
  std::string isa;                    ///< The host's level, see Isa.h.
};

/// The SHA-256 of all of it, 64 hex digits.
std::string cacheKey(const CacheSource &source);

/// The folder that the environment names: $MOE_CACHE_DIR, else
/// $XDG_CACHE_HOME/moe-spmd, else $HOME/.cache/moe-spmd. Absent where
/// MOE_CACHE_DIR is set and empty, which turns the cache off. Throws
/// moert::Error where no variable names a folder.
std::optional<std::string> cacheFolder();

class Cache {
public:
  static constexpr uint64_t kBytes = uint64_t{1} << 30;

  /// Opens `folder`, and makes it (mode 0700) where it is missing. Throws
  /// moert::Error naming it and why it is not to be used.
  explicit Cache(const std::string &folder, uint64_t limit = kBytes);
  ~Cache();
  Cache(const Cache &) = delete;
  Cache &operator=(const Cache &) = delete;

  /// The artifact kept under `key`, checked against its hash. Absent where
  /// there is none, or none that can be trusted.
  std::optional<std::string> find(const std::string &key) const;
  /// Keeps `artifact` under `key`: complete or not at all, whoever else does
  /// the same. The files used longest ago go while all take more than the
  /// limit. Throws moert::Error where it cannot be written.
  void store(const std::string &key, const std::string &artifact) const;

private:
  void writeTemporary(const std::string &name, const std::string &bytes) const;
  void trim(const std::string &kept) const;

  std::string path_;
  uint64_t limit_;
  int folder_ = -1;
};

} // namespace moerun
