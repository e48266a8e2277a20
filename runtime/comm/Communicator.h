// How a rank reaches the others: the interface that every transport implements.
//
//   runLocal(4, options, [&](Communicator &comm) {  // or runMpi
//     comm.agree("program", hash);          // before anything runs
//     comm.prepare(manifest.collectives);   // once, at load
//     comm.watch(true);                     // stalls are faults from here
//     comm.run(0, source, target);
//     return 0;
//   });
//
// One communicator belongs to one rank and is used by that rank's thread alone.
// All ranks call the same functions with the same sites in the same order;
// every message carries a header by which a difference is found out.
//
// Failures come in two sorts. What a rank finds by itself (a wrong site, a
// capacity exceeded, a message of another collective) throws Error. Once a
// fault concerns the job - a rank is gone, silent or stuck, or left with an
// error while others wait - one table of all ranks is printed and the job ends
// with a non-zero exit code, in bounded time; no call returns then.
#pragma once

#include "runtime/comm/CollectiveSite.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace moert {

struct Operation;
struct SitePlan;

/// What one collective did so far on this rank, counted where bytes are handed
/// to (or taken from) another rank, never computed from layouts.
struct SiteCounters {
  int64_t calls = 0;
  /// Payload to and from other ranks, bytes.
  int64_t sentBytes = 0;
  int64_t receivedBytes = 0;
  /// Agreement headers sent, bytes.
  int64_t headerBytes = 0;
  int64_t messages = 0;
  /// Inside run, start and done, waiting included.
  double seconds = 0;
};

/// Limits and test hooks of a job.
struct CommOptions {
  /// A rank that shows no sign of life for so long is gone, seconds.
  double silentSeconds = 10;
  /// A rank that lives but takes no step for so long is stuck, seconds; counts
  /// only between watch(true) and watch(false).
  double stuckSeconds = 60;
  /// MPI's own start may take so long; nobody watches the ranks before,
  /// seconds.
  double startSeconds = 60;
  /// Messages above this are cut into several (MPI counts are 31 bits).
  int64_t maxMessageBytes = int64_t(1) << 30;
  /// Packed bytes of a collective at once; beyond, it runs in windows.
  int64_t chunkBytes = int64_t(1) << 20;
  /// "rank=2,site=3,call=0,fault=F" breaks rank 2 as it enters its first call
  /// of site 3; F is return, throw, never, exit0, kill, stop or stall. For
  /// tests.
  std::string inject;

  /// Defaults, overridden by MOE_SILENT_SECONDS, MOE_STUCK_SECONDS,
  /// MOE_START_SECONDS, MOE_MAX_MESSAGE_BYTES, MOE_CHUNK_BYTES and MOE_INJECT.
  /// Throws Error where one is malformed.
  static CommOptions fromEnvironment();
};

/// One rank's way to the others.
class Communicator {
public:
  virtual ~Communicator();
  Communicator(const Communicator &) = delete;
  Communicator &operator=(const Communicator &) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }
  /// "local" or "mpi", and the rank's host.
  virtual const char *transport() const = 0;
  virtual std::string host() const = 0;

  /// Plans the collectives of a program, once. Site numbers are the indices of
  /// `sites`. Throws Error naming site, op and location where a site is
  /// ill-formed (digits that do not fit the job's ranks, a reduction that the
  /// element type lacks, a target that does not refine its source).
  void prepare(const std::vector<CollectiveSite> &sites);
  size_t siteCount() const;

  /// Runs collective `site`: `source` and `target` are local buffers of the
  /// site's layouts (padded to ceil(n/d)), do not overlap, and padding of
  /// `target` is left as it was.
  void run(int32_t site, const void *source, void *target);

  /// The same in halves. In between, the caller may compute, run and start
  /// other sites, but neither write `source` nor touch `target`. Starts finish
  /// in the order they were made: done(s) finishes those before s too. A site
  /// is in flight at most once.
  void start(int32_t site, const void *source, void *target);
  void done(int32_t site);

  /// Rows of `source` go to the members of the site's group in group order,
  /// sendRows[i] to the i-th; `target` gets the rows one sender after the other
  /// and receiveRows[i] their number. Throws Error where rows exceed the
  /// planned capacity of either side.
  void allToAllRagged(int32_t site, const void *source, const int64_t *sendRows,
                      void *target, int64_t *receiveRows);

  /// No rank leaves before all have entered.
  void barrier();
  /// `bytes` of rank `root` to all ranks, of any length. For set-up, not data.
  void broadcast(std::string &bytes, int root = 0);
  /// Every rank's bytes on every rank, by rank. For set-up, not data.
  std::vector<std::string> allGather(const std::string &bytes);
  /// The same on `root` only; empty elsewhere. For results and reports.
  std::vector<std::string> gather(const std::string &bytes, int root = 0);

  /// Throws Error on every rank if the ranks' `value` differ: "ranks disagree
  /// on the program: 'a1' on ranks 0 2, 'b2' on rank 1; start all ranks alike".
  void agree(const std::string &what, const std::string &value);

  /// Whether a rank without progress is a fault. Off at first, and for loading,
  /// compiling and checking, which may take as long as they like.
  virtual void watch(bool on) = 0;

  /// Ends the whole job with exit code `code`, printing `why` with the table of
  /// ranks. Does not return.
  [[noreturn]] virtual void abort(int code, const std::string &why) = 0;

  /// Counters of `site`, and of the calls that belong to no site (set-up).
  const SiteCounters &counters(int32_t site) const;
  const SiteCounters &setUpCounters() const;
  void resetCounters();
  /// Bytes of staging buffers that the transport holds, high-water mark.
  virtual int64_t scratchBytes() const = 0;

protected:
  struct State;
  Communicator(int rank, int size, const CommOptions &options);

  /// Set-up calls by their site number, see FlightRecorder.h. Returns every
  /// rank's bytes (all-gather, gather on root), or root's alone (broadcast).
  virtual std::vector<std::string> exchangeBytes(int32_t site, int root,
                                                 const std::string &bytes) = 0;
  /// The sites for reports are new; a watcher may copy them now.
  virtual void sitesChanged() = 0;
  /// Publishes or posts the operation's first round; does not wait for peers.
  virtual void post(Operation &operation) = 0;
  /// Does the rest, returns when both buffers are the caller's again.
  virtual void complete(Operation &operation) = 0;

  int rank_;
  int size_;
  std::unique_ptr<State> state_;

private:
  class Call;
  SitePlan planSite(const CollectiveSite &site) const;
  SitePlan &planOf(int32_t site);
  void begin(SitePlan &plan, const void *source, void *target,
             const int64_t *sendRows, int64_t *receiveRows);
  void finishThrough(SitePlan &plan);
  void strike(const std::string &fault);
};

/// What a rank does; its value is the rank's exit code. An exception that
/// leaves it ends the job with code 1.
using RankMain = std::function<int(Communicator &)>;

/// Runs `main` on `ranks` threads of this process. Returns the largest exit
/// code; at a fault the process ends (see above).
int runLocal(int ranks, const CommOptions &options, const RankMain &main);

/// True in builds with MPI.
bool haveMpi();
/// True where a launcher (mpirun, srun) started this process as one of several
/// ranks, told by its environment; MPI is not touched.
bool launchedByMpi();
/// Runs `main` as this process's rank of an MPI job; initialises and finalises
/// MPI. Throws Error in builds without MPI.
int runMpi(const CommOptions &options, const RankMain &main);

} // namespace moert
