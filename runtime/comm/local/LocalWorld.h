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

/// One rank's offer for one operation.
struct LocalSlot {
  AgreementHeader header;
  const void *source = nullptr;
  const void *target = nullptr;
  const int64_t *sendRows = nullptr;
  /// Rounds whose result stands in `target`.
  std::atomic<uint32_t> phase{0};
  /// Reads still to come, over all rounds; the last one rings the owner.
  std::atomic<int64_t> pendingReads{0};
  /// What readers took.
  std::atomic<int64_t> takenBytes{0};
  std::atomic<int64_t> takenMessages{0};
};

struct LocalRank {
  Doorbell bell;
  /// Operations offered so far: slot s % maxInFlight is valid once above s.
  std::atomic<uint64_t> published{0};
  std::array<LocalSlot, maxInFlight> slots;
  std::atomic<const FlightRecorder *> recorder{nullptr};
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
