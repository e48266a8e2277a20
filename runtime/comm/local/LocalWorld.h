// What the threads of one job share.
//
// A rank offers its buffers in a slot; who needs a piece copies it straight out
// of them. The owner waits until all who need something have had it:
//
//   owner:   fill slot, publish ......... [read by all?] leave
//   reader:  await publish, compare headers, copy, count itself
#pragma once

#include "runtime/comm/CommunicatorState.h"
#include "runtime/comm/JobTable.h"
#include "runtime/comm/local/Doorbell.h"

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace moert {

/// One rank's offer for one operation. Its cache lines are the owner's, which
/// readers look at until it is there; the readers'; and the one that the owner
/// looks at until the last reader is done.
struct alignas(64) LocalSlot {
  AgreementHeader header;
  const void *source = nullptr;
  const void *target = nullptr;
  const int64_t *sendRows = nullptr;
  /// The operation and its rounds whose result stands in `target`, see placeOf;
  /// only rises. All above is valid from the operation's first place on.
  std::atomic<uint64_t> place{0};
  /// What readers took.
  alignas(64) std::atomic<int64_t> takenBytes{0};
  std::atomic<int64_t> takenMessages{0};
  /// Reads still to come, over all rounds; the last one rings the owner.
  alignas(64) std::atomic<int64_t> pendingReads{0};
};

struct LocalRank {
  Doorbell bell;
  std::array<LocalSlot, maxInFlight> slots;
  FlightRecorder recorder;
  std::atomic<bool> watched{false};
};

class LocalWorld {
public:
  LocalWorld(int ranks, const CommOptions &options);

  int size() const { return static_cast<int>(ranks_.size()); }
  const CommOptions &options() const { return options_; }
  LocalRank &rank(int rank) { return ranks_[static_cast<size_t>(rank)]; }

  /// Set-up calls: all ranks' bytes, by pointer, valid until `release`.
  std::vector<const std::string *> meet(int rank, const AgreementHeader &header,
                                        const std::string &bytes);
  void release();

  void setSites(const std::vector<CollectiveSite> &sites);
  /// The rank's main ended.
  void leave(int rank, int code, const std::string &error);
  /// Watches the ranks until all have left; ends the process at a fault.
  void monitor();
  [[noreturn]] void fail(int code, const std::string &why, int reporter);

private:
  void update(double passed);
  void arrive(std::unique_lock<std::mutex> &lock);

  CommOptions options_;
  std::vector<LocalRank> ranks_;

  std::mutex meeting_;
  std::condition_variable met_;
  size_t arrived_ = 0;
  uint64_t generation_ = 0;
  std::vector<AgreementHeader> headers_;
  std::vector<const std::string *> bytes_;

  std::mutex watching_;
  std::condition_variable left_;
  JobTable table_;
  std::vector<CollectiveSite> sites_;
};

} // namespace moert
