// A compiled program, loaded: its manifest and the addresses of its entries.
#pragma once

#include "runtime/abi/moert.h"
#include "runtime/core/Manifest.h"

#include <memory>
#include <string>

namespace moert {

/// An artifact in memory, verified and mapped. Immutable, so that all ranks of
/// a process share one.
///
/// The code is mapped from a file that exists in memory only: nothing is left
/// behind, whatever happens. Loading a program is trusting it.
class Program {
public:
  /// Verifies and maps the artifact `bytes`, called `what` in messages. Asked
  /// twice for the same program, as ranks of one process do, it answers with
  /// the first. Throws Error when the artifact is damaged or wants symbols that
  /// this runtime does not have.
  static std::shared_ptr<const Program> load(const std::string &bytes,
                                             const std::string &what);
  ~Program();
  Program(const Program &) = delete;
  Program &operator=(const Program &) = delete;

  const Manifest &manifest() const { return manifest_; }
  const std::string &hash() const { return hash_; }
  /// The function of `entry`. Throws Error when the code lacks it.
  moert_entry function(const Entry &entry) const;

private:
  Program() = default;

  Manifest manifest_;
  std::string hash_;
  void *handle_ = nullptr;
};

} // namespace moert
