// Watches the ranks of an MPI job, beside MPI and over sockets of its own.
//
// A star around rank 0. Each rank sends a beat (its position, by UDP, so that a
// lost packet delays nothing) and holds one TCP connection, whose end tells at
// once that a process is gone, and on which it says farewell. Rank 0 judges all
// ranks and sends beats too: the others judge rank 0.
//
//   rank r --- beats (UDP) ---> rank 0 --- beats (UDP) ---> rank r
//          --- leave  (TCP) -->        --- all left, or end (TCP) -->
//
// At a fault the finder names it, waits if a host may be cut off (an abort sent
// over a dead link would keep mpirun from noticing the link), then calls
// MPI_Abort, and leaves by _exit two seconds later should that not return.
#pragma once

#include "runtime/comm/Communicator.h"
#include "runtime/comm/JobTable.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <netinet/in.h>
#include <string>
#include <thread>
#include <vector>

namespace moert {

/// What a datagram carries.
struct Beat {
  static constexpr uint32_t magicNumber = 0x4d6f4542;
  uint32_t magic = magicNumber;
  int32_t rank = 0;
  /// Strangers' and other jobs' packets are dropped.
  uint64_t token = 0;
  uint64_t step = 0;
  uint64_t sequence = 0;
  int32_t site = 0;
  uint8_t inside = 0;
  uint8_t watched = 0;
  uint8_t padding[2] = {};
};

class Watchdog {
public:
  /// `hosts` by rank. `recorder` outlives the watchdog.
  Watchdog(int rank, std::vector<std::string> hosts, const CommOptions &options,
           const FlightRecorder &recorder);
  /// Ends the thread; only after leave.
  ~Watchdog();

  /// Where rank 0 listens, for all ranks; empty on the others.
  std::string address() const { return address_; }
  /// Connects to rank 0 (or accepts all ranks) and begins to watch. Throws
  /// Error where a connection fails for 20 s.
  void start(const std::string &address);

  void watch(bool on) { watched_ = on; }
  void setSites(const std::vector<CollectiveSite> &sites);
  /// Waits until all ranks have left. True if this rank is the one to report
  /// `error` (the lowest of those with the same text).
  bool leave(int code, const std::string &error);
  [[noreturn]] void abort(int code, const std::string &why);

private:
  void run();
  void judge(double passed);
  void readBeats();
  void readPeer(int peer);
  void handle(int peer, char kind, const std::string &payload);
  void sendBeats();
  void tell(int peer, char kind, const std::string &payload);
  void tellAllLeft();
  void report(const std::string &why);
  [[noreturn]] void end(int code);
  void acceptAll();
  void connectToHub(const std::string &address);
  bool isHub() const { return rank_ == 0; }

  int rank_;
  std::vector<std::string> hosts_;
  CommOptions options_;
  const FlightRecorder &recorder_;
  bool severalHosts_ = false;
  std::string address_;
  uint64_t token_ = 0;

  // Own datagram socket; by peer (rank 0 has all, the others rank 0 alone): the
  // connection or -1, what came in so far, and where its beats go.
  int beats_ = -1;
  int listener_ = -1;
  std::vector<int> peers_;
  std::vector<std::string> inbox_;
  std::vector<sockaddr_in> beatAddress_;

  std::atomic<bool> watched_{false};
  std::atomic<bool> stop_{false};
  std::thread thread_;

  // Guards everything below.
  std::mutex mutex_;
  std::condition_variable over_;
  JobTable table_;
  std::vector<CollectiveSite> sites_;
  bool allLeft_ = false;
  bool speaks_ = false;
  /// SIGTERM came, `terminating_` seconds ago: mpirun ends the job already.
  bool told_ = false;
  double terminating_ = 0;
  /// Since this process came back from a pause beyond the limit.
  double sincePause_ = 1e9;
  /// Since the fault was found.
  double faulty_ = -1;
  /// Named, and to end the job with this code in so many seconds.
  double grace_ = 0;
  int endCode_ = 1;
};

} // namespace moert
