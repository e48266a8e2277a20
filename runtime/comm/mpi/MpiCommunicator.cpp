#include "runtime/comm/mpi/MpiCommunicator.h"

#include "runtime/comm/JobTable.h"

#include <cstring>
#include <unistd.h>

namespace moert {

MpiCommunicator::MpiCommunicator(int rank, int size, const CommOptions &options)
    : Communicator(rank, size, options) {
  state_->recorder = &recorder_;
}

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

MessageLimits MpiCommunicator::limitsOf(const SitePlan &plan) const {
  MessageLimits limits;
  limits.elementBytes = static_cast<int64_t>(plan.elementBytes);
  limits.messageBytes = state_->options.maxMessageBytes;
  limits.chunkBytes = state_->options.chunkBytes;
  if (plan.site.primitive != Primitive::Exchange)
    limits.members =
        reductionGroup(plan.site.source, plan.site.target, size_, rank_).size;
  return limits;
}

const std::vector<Window> &
MpiCommunicator::windowsOf(const Operation &operation) const {
  return windows_[static_cast<size_t>(operation.plan->site.site)].list();
}

void MpiCommunicator::sitesChanged() {
  windows_.clear();
  for (const SitePlan &plan : state_->plans)
    if (plan.site.primitive == Primitive::AllToAllRagged)
      windows_.emplace_back();
    else
      windows_.emplace_back(plan.plan, rank_, size_, limitsOf(plan));
  if (watchdog_)
    watchdog_->setSites(state_->sites);
}

// Same operation, same round: same tag. Tags come round again long after the
// operations in flight are over; MPI guarantees tags up to 32767.
static int tagOf(uint64_t sequence, uint32_t phase) {
  return static_cast<int>((sequence * 2 + phase) % 32000);
}

void MpiCommunicator::postReceives(Operation &operation, const Window &window,
                                   Round &round) {
  SitePlan &plan = *operation.plan;
  const PlanPhase &part = *window.messages;
  int tag = tagOf(operation.sequence, window.phase);
  AgreementHeader blank;
  blank.magic = 0;
  for (const Transfer &transfer : part.receives) {
    if (transfer.peer == rank_)
      continue;
    blank.bytes = static_cast<uint64_t>(transfer.elements) * plan.elementBytes;
    if (!part.reduce &&
        postInPlace(blank, transfer,
                    {false, operation.target, plan.elementBytes}, tag, round))
      continue;
    round.receives.push_back(stage(transfer.peer, blank));
    receive(round.receives.back(), tag, round.requests, 0);
  }
}

void MpiCommunicator::postSends(Operation &operation, const Window &window,
                                Round &round) {
  SitePlan &plan = *operation.plan;
  const PlanPhase &part = *window.messages;
  int tag = tagOf(operation.sequence, window.phase);
  const void *from = part.fromTarget ? operation.target : operation.source;
  // Each rank begins behind its own number, so that not all write to one.
  size_t count = part.sends.size(), first = 0;
  while (first < count && part.sends[first].peer <= rank_)
    ++first;
  for (size_t i = 0; i < count; ++i) {
    const Transfer &transfer = part.sends[(first + i) % count];
    uint64_t bytes =
        static_cast<uint64_t>(transfer.elements) * plan.elementBytes;
    AgreementHeader header = headerOf(operation, window.phase, bytes);
    if (postInPlace(header, transfer, {true, from, plan.elementBytes}, tag,
                    round)) {
      countSent(round.sends.back(), plan.counters);
      continue;
    }
    Message message = stage(transfer.peer, header);
    packPieces(plan, transfer, from, message.buffer.payload());
    send(message, tag, round.requests, plan.counters);
    round.sends.push_back(std::move(message));
  }
}

void MpiCommunicator::postWindow(Operation &operation, const Window &window,
                                 Round &round) {
  postReceives(operation, window, round);
  postSends(operation, window, round);
}

void MpiCommunicator::finishWindow(Operation &operation, const Window &window,
                                   Round &round) {
  SitePlan &plan = *operation.plan;
  const PlanPhase &part = *window.messages;
  copyPieces(plan, part.copies,
             part.fromTarget ? operation.target : operation.source,
             operation.target);
  waitMessages(round, headerOf(operation, window.phase, 0));
  std::vector<const void *> contributions;
  std::vector<bool> packed;
  size_t arrived = 0;
  for (const Transfer &transfer : part.receives) {
    bool own = transfer.peer == rank_;
    const char *payload = nullptr;
    bool inPlace = false;
    if (!own) {
      const Message &message = round.receives[arrived++];
      payload = message.buffer.payload();
      inPlace = message.inPlace;
      plan.counters.receivedBytes +=
          static_cast<int64_t>(message.bytes - StagingBuffer::headerBytes);
    }
    if (part.reduce) {
      contributions.push_back(own ? operation.source : payload);
      packed.push_back(!own);
    } else if (!inPlace) {
      unpackPieces(plan, transfer, payload, operation.target);
    }
  }
  if (part.reduce)
    reducePhase(plan, part, contributions, packed, operation.target);
  recycle(round.sends);
  recycle(round.receives);
}

void MpiCommunicator::post(Operation &operation) {
  Round &round = rounds_[operation.slot];
  if (operation.plan->site.primitive == Primitive::AllToAllRagged)
    postRagged(operation, round);
  else
    postWindow(operation, windowsOf(operation).front(), round);
}

void MpiCommunicator::complete(Operation &operation) {
  Round &round = rounds_[operation.slot];
  if (operation.plan->site.primitive == Primitive::AllToAllRagged) {
    completeRagged(operation, round);
  } else {
    const std::vector<Window> &windows = windowsOf(operation);
    for (size_t i = 0; i < windows.size(); ++i) {
      if (i > 0)
        postWindow(operation, windows[i], round);
      finishWindow(operation, windows[i], round);
    }
  }
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
  watchdog_ =
      std::make_unique<Watchdog>(rank_, hosts, state_->options, recorder_);
  std::string address = watchdog_->address();
  broadcast(address);
  watchdog_->start(address);
  barrier();
}

bool MpiCommunicator::leave(int code, const std::string &error) {
  return watchdog_->leave(code, error);
}

} // namespace moert
