#include "runtime/comm/mpi/MpiCommunicator.h"

#include "runtime/comm/JobTable.h"

#include <algorithm>
#include <cstring>
#include <sched.h>
#include <unistd.h>

namespace moert {

MpiCommunicator::MpiCommunicator(int rank, int size, const CommOptions &options)
    : Communicator(rank, size, options) {}

MpiCommunicator::~MpiCommunicator() = default;

std::string MpiCommunicator::host() const {
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  return name;
}

void MpiCommunicator::watch(bool on) {
  if (watchdog_)
    watchdog_->watch(on);
}

void MpiCommunicator::abort(int code, const std::string &why) {
  watchdog_->abort(code, why);
}

void MpiCommunicator::sitesChanged() {
  if (watchdog_)
    watchdog_->setSites(state_->sites);
}

// Same operation, same round: same tag. Tags come round again long after the
// operations in flight are over; MPI guarantees tags up to 32767.
static int tagOf(uint64_t sequence, uint32_t phase) {
  return static_cast<int>((sequence * 2 + phase) % 32000);
}

MpiCommunicator::Message MpiCommunicator::stage(int peer,
                                                const AgreementHeader &header) {
  Message message;
  message.peer = peer;
  message.bytes = StagingBuffer::headerBytes + header.bytes;
  message.buffer = pool_.take(header.bytes);
  std::memcpy(message.buffer.message(), &header, sizeof header);
  return message;
}

// Calls part(offset, bytes) for the parts that a message of `bytes` is sent in.
template <typename Part>
static void forEachPart(size_t from, size_t bytes, int64_t limit,
                        const Part &part) {
  for (size_t offset = from; offset < bytes;) {
    size_t length = std::min(bytes - offset, static_cast<size_t>(limit));
    part(offset, static_cast<int>(length));
    offset += length;
  }
}

void MpiCommunicator::send(Message &message, int tag,
                           std::vector<MPI_Request> &requests,
                           SiteCounters &counters) {
  char *begin = message.buffer.message();
  forEachPart(0, message.bytes, state_->options.maxMessageBytes,
              [&](size_t offset, int length) {
                requests.emplace_back();
                MPI_Isend(begin + offset, length, MPI_BYTE, message.peer, tag,
                          MPI_COMM_WORLD, &requests.back());
              });
  counters.messages += 1;
  counters.headerBytes += StagingBuffer::headerBytes;
  counters.sentBytes +=
      static_cast<int64_t>(message.bytes - StagingBuffer::headerBytes);
}

void MpiCommunicator::receive(Message &message, int tag,
                              std::vector<MPI_Request> &requests, size_t from) {
  char *begin = message.buffer.message();
  forEachPart(from, message.bytes, state_->options.maxMessageBytes,
              [&](size_t offset, int length) {
                requests.emplace_back();
                MPI_Irecv(begin + offset, length, MPI_BYTE, message.peer, tag,
                          MPI_COMM_WORLD, &requests.back());
              });
}

// Polls instead of blocking, so that the core is shared where ranks are more
// than cores, under every MPI and whatever its settings.
void MpiCommunicator::wait(std::vector<MPI_Request> &requests, int32_t site) {
  int done = 0;
  for (int spins = 0;; ++spins) {
    int result = MPI_Testall(static_cast<int>(requests.size()), requests.data(),
                             &done, MPI_STATUSES_IGNORE);
    if (result != MPI_SUCCESS) {
      char reason[MPI_MAX_ERROR_STRING] = "";
      int length = 0;
      MPI_Error_string(result, reason, &length);
      throw Error(text("ranks disagree or MPI failed in ",
                       describeSite(state_->sites, site), ": ", reason));
    }
    if (done)
      break;
    if (spins > 100)
      sched_yield();
  }
  requests.clear();
}

// Headers first: they say more than MPI's "message truncated".
void MpiCommunicator::waitMessages(Round &round, const AgreementHeader &want) {
  auto check = [&] {
    for (Message &message : round.receives) {
      AgreementHeader got, expected = want;
      std::memcpy(&got, message.buffer.message(), sizeof got);
      expected.bytes = message.bytes - StagingBuffer::headerBytes;
      checkHeader(got, expected, message.peer, state_->sites);
    }
  };
  try {
    wait(round.requests, want.site);
  } catch (const Error &) {
    // A failed receive may still have brought the header that explains it.
    for (Message &message : round.receives)
      if (AgreementHeader got;
          std::memcpy(&got, message.buffer.message(), sizeof got) &&
          got.magic == 0) {
        AgreementHeader silent = want;
        silent.bytes = message.bytes - StagingBuffer::headerBytes;
        std::memcpy(message.buffer.message(), &silent, sizeof silent);
      }
    check();
    throw;
  }
  check();
}

void MpiCommunicator::recycle(std::vector<Message> &messages) {
  for (Message &message : messages)
    pool_.giveBack(std::move(message.buffer));
  messages.clear();
}

void MpiCommunicator::postRound(Operation &operation, uint32_t phase,
                                Round &round) {
  SitePlan &plan = *operation.plan;
  const PlanPhase &part = plan.plan.phases[phase];
  int tag = tagOf(operation.sequence, phase);
  AgreementHeader blank;
  blank.magic = 0;
  for (const Transfer &transfer : part.receives) {
    if (transfer.peer == rank_)
      continue;
    blank.bytes = static_cast<uint64_t>(transfer.elements) * plan.elementBytes;
    round.receives.push_back(stage(transfer.peer, blank));
    receive(round.receives.back(), tag, round.requests, 0);
  }
  // Each rank begins behind its own number, so that not all write to one.
  size_t count = part.sends.size(), first = 0;
  while (first < count && part.sends[first].peer <= rank_)
    ++first;
  for (size_t i = 0; i < count; ++i) {
    const Transfer &transfer = part.sends[(first + i) % count];
    uint64_t bytes =
        static_cast<uint64_t>(transfer.elements) * plan.elementBytes;
    Message message = stage(transfer.peer, headerOf(operation, phase, bytes));
    packPieces(plan, transfer, part.fromTarget,
               part.fromTarget ? operation.target : operation.source,
               message.buffer.payload());
    send(message, tag, round.requests, plan.counters);
    round.sends.push_back(std::move(message));
  }
}

void MpiCommunicator::finishRound(Operation &operation, uint32_t phase,
                                  Round &round) {
  SitePlan &plan = *operation.plan;
  const PlanPhase &part = plan.plan.phases[phase];
  copyPieces(plan, part.copies, part.fromTarget,
             part.fromTarget ? operation.target : operation.source,
             operation.target);
  waitMessages(round, headerOf(operation, phase, 0));
  std::vector<const void *> contributions;
  std::vector<bool> packed;
  size_t arrived = 0;
  for (const Transfer &transfer : part.receives) {
    bool own = transfer.peer == rank_;
    const char *payload = nullptr;
    if (!own) {
      const Message &message = round.receives[arrived++];
      payload = message.buffer.payload();
      plan.counters.receivedBytes +=
          static_cast<int64_t>(message.bytes - StagingBuffer::headerBytes);
    }
    if (part.reduce) {
      contributions.push_back(own ? operation.source : payload);
      packed.push_back(!own);
    } else {
      unpackPieces(plan, transfer, payload, operation.target);
    }
  }
  if (part.reduce)
    reducePhase(plan, part, contributions, packed, operation.target);
  recycle(round.sends);
  recycle(round.receives);
}

void MpiCommunicator::post(Operation &operation) {
  Round &round = rounds_[operation.sequence];
  if (operation.plan->site.primitive == Primitive::AllToAllRagged)
    postRagged(operation, round);
  else
    postRound(operation, 0, round);
}

void MpiCommunicator::complete(Operation &operation) {
  Round &round = rounds_[operation.sequence];
  if (operation.plan->site.primitive == Primitive::AllToAllRagged) {
    completeRagged(operation, round);
  } else {
    size_t phases = operation.plan->plan.phases.size();
    for (uint32_t phase = 0; phase < phases; ++phase) {
      if (phase > 0)
        postRound(operation, phase, round);
      finishRound(operation, phase, round);
    }
  }
  rounds_.erase(operation.sequence);
}

// Receives a message whose length its sender alone knows.
MpiCommunicator::Message
MpiCommunicator::receiveAny(int peer, const AgreementHeader &want, int tag,
                            SiteCounters &counters) {
  int found = 0, length = 0;
  MPI_Message handle;
  MPI_Status status;
  for (int spins = 0; !found; ++spins) {
    MPI_Improbe(peer, tag, MPI_COMM_WORLD, &found, &handle, &status);
    if (!found && spins > 100)
      sched_yield();
  }
  MPI_Get_count(&status, MPI_BYTE, &length);
  Message first;
  first.peer = peer;
  first.bytes = static_cast<size_t>(length);
  first.buffer = pool_.take(first.bytes);
  std::vector<MPI_Request> requests(1);
  MPI_Imrecv(first.buffer.message(), length, MPI_BYTE, &handle,
             requests.data());
  wait(requests, want.site);
  AgreementHeader got, expected = want;
  if (first.bytes < sizeof got)
    throw Error(text("message of rank ", peer, " in ",
                     describeSite(state_->sites, want.site),
                     " is shorter than its header"));
  std::memcpy(&got, first.buffer.message(), sizeof got);
  expected.bytes = got.bytes;
  checkHeader(got, expected, peer, state_->sites);
  counters.receivedBytes += static_cast<int64_t>(got.bytes);
  size_t whole = StagingBuffer::headerBytes + got.bytes;
  if (whole == first.bytes)
    return first;
  Message message = stage(peer, got);
  std::memcpy(message.buffer.message(), first.buffer.message(), first.bytes);
  receive(message, tag, requests, first.bytes);
  wait(requests, want.site);
  pool_.giveBack(std::move(first.buffer));
  return message;
}

void MpiCommunicator::postRagged(Operation &operation, Round &round) {
  SitePlan &plan = *operation.plan;
  const char *source = static_cast<const char *>(operation.source);
  int tag = tagOf(operation.sequence, 0);
  for (size_t i = 0; i < plan.group.size(); ++i) {
    size_t bytes = static_cast<size_t>(operation.sendRows[i] * plan.rowBytes);
    int peer = static_cast<int>(plan.group[i]);
    if (peer != rank_) {
      Message message = stage(peer, headerOf(operation, 0, bytes));
      std::memcpy(message.buffer.payload(), source, bytes);
      send(message, tag, round.requests, plan.counters);
      round.sends.push_back(std::move(message));
    }
    source += bytes;
  }
}

void MpiCommunicator::completeRagged(Operation &operation, Round &round) {
  SitePlan &plan = *operation.plan;
  char *target = static_cast<char *>(operation.target);
  int tag = tagOf(operation.sequence, 0);
  int64_t rows = 0, ownBegin = 0;
  for (int64_t i = 0; i < plan.groupIndex; ++i)
    ownBegin += operation.sendRows[i];
  for (size_t i = 0; i < plan.group.size(); ++i) {
    int peer = static_cast<int>(plan.group[i]);
    Message message;
    int64_t count = operation.sendRows[plan.groupIndex];
    const char *from =
        static_cast<const char *>(operation.source) + ownBegin * plan.rowBytes;
    if (peer != rank_) {
      message = receiveAny(peer, headerOf(operation, 0, 0), tag, plan.counters);
      size_t bytes = message.bytes - StagingBuffer::headerBytes;
      count = plan.rowBytes ? static_cast<int64_t>(bytes) / plan.rowBytes : 0;
      from = message.buffer.payload();
    }
    checkRowCapacity(plan, rank_, rows + count, state_->sites);
    std::memcpy(target + rows * plan.rowBytes, from,
                static_cast<size_t>(count * plan.rowBytes));
    operation.receiveRows[i] = count;
    rows += count;
    if (peer != rank_)
      pool_.giveBack(std::move(message.buffer));
  }
  wait(round.requests, plan.site.site);
  recycle(round.sends);
}

void MpiCommunicator::sendBytes(int peer, const AgreementHeader &header,
                                const std::string &bytes, Round &round) {
  AgreementHeader mine = header;
  mine.bytes = bytes.size();
  Message message = stage(peer, mine);
  std::memcpy(message.buffer.payload(), bytes.data(), bytes.size());
  send(message, tagOf(header.sequence, header.phase), round.requests,
       state_->setUp);
  round.sends.push_back(std::move(message));
}

std::string MpiCommunicator::receiveBytes(int peer,
                                          const AgreementHeader &want) {
  Message message =
      receiveAny(peer, want, tagOf(want.sequence, want.phase), state_->setUp);
  std::string bytes(message.buffer.payload(),
                    message.bytes - StagingBuffer::headerBytes);
  pool_.giveBack(std::move(message.buffer));
  return bytes;
}

// Lengths, then bytes: all-gather's way back.
static std::string join(const std::vector<std::string> &parts) {
  std::string joined;
  for (const std::string &part : parts) {
    uint64_t length = part.size();
    joined.append(reinterpret_cast<const char *>(&length), sizeof length);
    joined += part;
  }
  return joined;
}

static std::vector<std::string> unjoin(const std::string &joined) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin < joined.size();) {
    uint64_t length;
    std::memcpy(&length, joined.data() + begin, sizeof length);
    parts.push_back(joined.substr(begin + sizeof length, length));
    begin += sizeof length + length;
  }
  return parts;
}

std::vector<std::string>
MpiCommunicator::exchangeBytes(int32_t site, int root,
                               const std::string &bytes) {
  AgreementHeader header;
  header.site = site;
  header.sequence = state_->operations++;
  header.digest = static_cast<uint32_t>(root);
  Round round;
  std::vector<std::string> all;
  // Round 0, to the root: everything but a broadcast.
  if (site != broadcastSite) {
    if (rank_ != root)
      sendBytes(root, header, bytes, round);
    else
      for (int peer = 0; peer < size_; ++peer)
        all.push_back(peer == rank_ ? bytes : receiveBytes(peer, header));
  }
  // Round 1, from the root: everything but a gather.
  header.phase = 1;
  if (site != gatherSite) {
    if (rank_ == root) {
      std::string answer = site == broadcastSite   ? bytes
                           : site == allGatherSite ? join(all)
                                                   : "";
      for (int peer = 0; peer < size_; ++peer)
        if (peer != root)
          sendBytes(peer, header, answer, round);
    } else {
      std::string answer = receiveBytes(root, header);
      if (site == broadcastSite)
        all = {answer};
      else
        all = unjoin(answer);
    }
  }
  wait(round.requests, site);
  recycle(round.sends);
  return all;
}

void MpiCommunicator::startWatchdog() {
  std::string own = host();
  std::vector<std::string> hosts = allGather(own);
  watchdog_ = std::make_unique<Watchdog>(rank_, hosts, state_->options,
                                         state_->recorder);
  std::string address = watchdog_->address();
  broadcast(address);
  watchdog_->start(address);
  barrier();
}

bool MpiCommunicator::leave(int code, const std::string &error) {
  return watchdog_->leave(code, error);
}

} // namespace moert
