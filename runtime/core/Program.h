// A compiled program, loaded: its manifest and the addresses of its entries.
#pragma once

#include "runtime/abi/moert.h"
#include "runtime/core/Gemm.h"
#include "runtime/core/Manifest.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>

namespace moert {

/// Packed weights of the ranks of one process, each packed by the rank that
/// first asks. Safe for several threads.
class WeightStore {
public:
  /// What tells weights apart: the matmul's site, the lowest rank that holds
  /// the same block, and how often that rank has packed the site before.
  using Key = std::tuple<int32_t, int64_t, int64_t>;
  using Weights = std::shared_ptr<const PackedWeights>;

  /// The weights of `key`, packed by `pack` unless somebody holds them already.
  Weights get(const Key &key, const std::function<Weights()> &pack);

private:
  struct Slot {
    std::mutex packing;
    std::weak_ptr<const PackedWeights> weights;
  };
  std::mutex mutex_;
  std::map<Key, Slot> slots_;
};

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
  /// Shared by the ranks that share the program.
  WeightStore &weights() const { return weights_; }

private:
  Program() = default;

  Manifest manifest_;
  std::string hash_;
  /// The code's file, open as long as the code is mapped: the loader knows
  /// libraries by their paths, and this one's is its descriptor.
  int descriptor_ = -1;
  void *handle_ = nullptr;
  mutable WeightStore weights_;
};

} // namespace moert
