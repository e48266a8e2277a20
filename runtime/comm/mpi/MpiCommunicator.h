// One process a rank, over MPI's point-to-point messages alone.
//
// MPI's own collectives are not used for data: their reduction order and their
// bytes are theirs to choose, and ours are promised. Neither are communicators:
// a group is a list of peers.
#pragma once

#include "runtime/comm/CommunicatorState.h"
#include "runtime/comm/mpi/StagingPool.h"
#include "runtime/comm/mpi/Watchdog.h"
#include "runtime/comm/mpi/Windows.h"

#include <mpi.h>

#include <array>
#include <memory>
#include <vector>

namespace moert {

class MpiCommunicator final : public Communicator {
public:
  /// MPI is initialised; ranks are those of MPI_COMM_WORLD.
  MpiCommunicator(int rank, int size, const CommOptions &options);
  ~MpiCommunicator() override;

  const char *transport() const override { return "mpi"; }
  std::string host() const override;
  void watch(bool on) override;
  [[noreturn]] void abort(int code, const std::string &why) override;
  int64_t scratchBytes() const override { return pool_.bytes(); }

  /// Brings up the watchdog; a collective call.
  void startWatchdog();
  /// Tells the job that this rank ended its work, waits for all others to;
  /// returns whether this rank is to report its error.
  bool leave(int code, const std::string &error);

private:
  // A message on its way.
  struct Message {
    int peer = 0;
    size_t bytes = 0;
    /// The header alone where the payload travels in place.
    StagingBuffer buffer;
    bool inPlace = false;
  };
  // Where a transfer's payload lies in a local buffer.
  struct InPlace {
    bool sends;
    const void *base;
    size_t elementBytes;
  };
  // One window of an operation.
  struct Round {
    std::vector<Message> sends;
    std::vector<Message> receives;
    std::vector<MPI_Request> requests;
  };

  std::vector<std::string> exchangeBytes(int32_t site, int root,
                                         const std::string &bytes) override;
  void sitesChanged() override;
  void post(Operation &operation) override;
  void complete(Operation &operation) override;

  MessageLimits limitsOf(const SitePlan &plan) const;
  const std::vector<Window> &windowsOf(const Operation &operation) const;
  void postReceives(Operation &operation, const Window &window, Round &round);
  void postSends(Operation &operation, const Window &window, Round &round);
  void postWindow(Operation &operation, const Window &window, Round &round);
  void finishWindow(Operation &operation, const Window &window, Round &round);
  void postRagged(Operation &operation, Round &round);
  void completeRagged(Operation &operation, Round &round);

  Message stage(int peer, const AgreementHeader &header);
  bool postInPlace(const AgreementHeader &header, const Transfer &transfer,
                   const InPlace &place, int tag, Round &round);
  void send(Message &message, int tag, std::vector<MPI_Request> &requests,
            SiteCounters &counters);
  static void countSent(const Message &message, SiteCounters &counters);
  void receive(Message &message, int tag, std::vector<MPI_Request> &requests,
               size_t from);
  Message receiveAny(int peer, const AgreementHeader &want, int tag,
                     SiteCounters &counters);
  void wait(std::vector<MPI_Request> &requests, int32_t site);
  void waitMessages(Round &round, const AgreementHeader &want);
  void recycle(std::vector<Message> &messages);

  void sendBytes(int peer, const AgreementHeader &header,
                 const std::string &bytes, Round &round);
  std::string receiveBytes(int peer, const AgreementHeader &want);

  StagingPool pool_;
  /// By site.
  std::vector<Windows> windows_;
  /// By operation; their vectors keep what they grew to.
  std::array<Round, maxInFlight> rounds_;
  FlightRecorder recorder_;
  std::unique_ptr<Watchdog> watchdog_;
};

} // namespace moert
