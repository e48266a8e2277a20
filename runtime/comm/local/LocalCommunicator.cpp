#include "runtime/comm/local/LocalCommunicator.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <exception>
#include <thread>
#include <unistd.h>

namespace moert {

LocalCommunicator::LocalCommunicator(LocalWorld &world, int rank)
    : Communicator(rank, world.size(), world.options()), world_(world),
      self_(world.rank(rank)) {
  state_->recorder = &self_.recorder;
}

LocalCommunicator::~LocalCommunicator() = default;

std::string LocalCommunicator::host() const {
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  return name;
}

void LocalCommunicator::watch(bool on) { self_.watched = on; }

void LocalCommunicator::abort(int code, const std::string &why) {
  world_.fail(code, why, rank_);
}

void LocalCommunicator::sitesChanged() {
  if (rank_ == 0)
    world_.setSites(state_->sites);
}

std::vector<std::string>
LocalCommunicator::exchangeBytes(int32_t site, int root,
                                 const std::string &bytes) {
  AgreementHeader header;
  header.site = site;
  header.sequence = state_->operations++;
  header.digest = static_cast<uint32_t>(root);
  std::vector<const std::string *> offers = world_.meet(rank_, header, bytes);
  std::vector<std::string> got;
  if (site == broadcastSite) {
    if (rank_ != root)
      got.push_back(*offers[static_cast<size_t>(root)]);
  } else if (site == allGatherSite || (site == gatherSite && rank_ == root)) {
    for (const std::string *offer : offers)
      got.push_back(*offer);
  }
  world_.release();
  SiteCounters &counters = state_->setUp;
  for (const std::string &part : got)
    counters.receivedBytes += static_cast<int64_t>(part.size());
  return got;
}

// How often peers will read this rank's slot: once per message it would send.
static int64_t expectedReads(const SitePlan &plan, int rank) {
  if (plan.site.primitive == Primitive::AllToAllRagged)
    return static_cast<int64_t>(plan.group.size()) - 1;
  int64_t reads = 0;
  for (const PlanPhase &phase : plan.plan.phases)
    reads += std::count_if(
        phase.sends.begin(), phase.sends.end(),
        [&](const Transfer &transfer) { return transfer.peer != rank; });
  return reads;
}

// Rises over the rounds of all operations.
static uint64_t placeOf(const Operation &operation, uint32_t phase) {
  return ((operation.sequence + 1) << 8) + phase;
}

void LocalCommunicator::post(Operation &operation) {
  LocalSlot &slot = self_.slots[operation.slot];
  slot.header = headerOf(operation, 0, 0);
  slot.source = operation.source;
  slot.target = operation.target;
  slot.sendRows = operation.sendRows;
  slot.pendingReads.store(expectedReads(*operation.plan, rank_),
                          std::memory_order_relaxed);
  slot.takenBytes.store(0, std::memory_order_relaxed);
  slot.takenMessages.store(0, std::memory_order_relaxed);
  slot.place.store(placeOf(operation, 0));
  self_.bell.ring();
}

LocalSlot &LocalCommunicator::await(int peer, const Operation &operation,
                                    uint32_t phase) {
  LocalRank &owner = world_.rank(peer);
  LocalSlot &slot = owner.slots[operation.slot];
  owner.bell.wait(
      [&] { return slot.place.load() >= placeOf(operation, phase); });
  checkHeader(slot.header, headerOf(operation, 0, 0), peer, state_->sites);
  return slot;
}

void LocalCommunicator::read(LocalSlot &slot, int peer, int64_t bytes,
                             SitePlan &plan) {
  plan.counters.receivedBytes += bytes;
  slot.takenBytes.fetch_add(bytes, std::memory_order_relaxed);
  slot.takenMessages.fetch_add(1, std::memory_order_relaxed);
  if (slot.pendingReads.fetch_sub(1) == 1)
    world_.rank(peer).bell.ring();
}

void LocalCommunicator::completePhase(Operation &operation, uint32_t number) {
  SitePlan &plan = *operation.plan;
  const PlanPhase &phase = plan.plan.phases[number];
  copyPieces(plan, phase.copies,
             phase.fromTarget ? operation.target : operation.source,
             operation.target);
  if (phase.reduce) {
    std::vector<const void *> contributions;
    for (const Transfer &transfer : phase.receives)
      contributions.push_back(
          transfer.peer == rank_
              ? operation.source
              : await(transfer.peer, operation, number).source);
    reducePhase(plan, phase, contributions,
                std::vector<bool>(contributions.size(), false),
                operation.target);
  }
  size_t size = plan.elementBytes;
  // Each rank begins behind its own number, so that not all read one peer.
  size_t first = 0, count = phase.receives.size();
  while (first < count && phase.receives[first].peer <= rank_)
    ++first;
  for (size_t i = 0; i < count; ++i) {
    const Transfer &transfer = phase.receives[(first + i) % count];
    if (transfer.peer == rank_)
      continue;
    LocalSlot &slot = await(transfer.peer, operation, number);
    if (!phase.reduce)
      copyPieces(plan, transfer.pieces,
                 phase.fromTarget ? slot.target : slot.source,
                 operation.target);
    read(slot, transfer.peer, transfer.elements * static_cast<int64_t>(size),
         plan);
  }
}

void LocalCommunicator::completeRagged(Operation &operation) {
  SitePlan &plan = *operation.plan;
  char *target = static_cast<char *>(operation.target);
  int64_t rows = 0;
  for (size_t i = 0; i < plan.group.size(); ++i) {
    int peer = static_cast<int>(plan.group[i]);
    LocalSlot &slot =
        peer == rank_ ? self_.slots[operation.slot] : await(peer, operation, 0);
    int64_t before = 0;
    for (int64_t member = 0; member < plan.groupIndex; ++member)
      before += slot.sendRows[member];
    int64_t count = slot.sendRows[plan.groupIndex];
    checkRowCapacity(plan, rank_, rows + count, state_->sites);
    std::memcpy(target + rows * plan.rowBytes,
                static_cast<const char *>(slot.source) + before * plan.rowBytes,
                static_cast<size_t>(count * plan.rowBytes));
    operation.receiveRows[i] = count;
    rows += count;
    if (peer != rank_)
      read(slot, peer, count * plan.rowBytes, plan);
  }
}

// The caller's buffers go when the error does, but peers may read them yet.
void LocalCommunicator::outlastReaders(const LocalSlot &slot) {
  for (int turn = 0; turn < 500 && slot.pendingReads.load() > 0; ++turn)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void LocalCommunicator::takeAll(Operation &operation) {
  if (operation.plan->site.primitive == Primitive::AllToAllRagged)
    return completeRagged(operation);
  LocalSlot &slot = self_.slots[operation.slot];
  completePhase(operation, 0);
  for (uint32_t phase = 1; phase < operation.plan->plan.phases.size();
       ++phase) {
    slot.place.store(placeOf(operation, phase));
    self_.bell.ring();
    completePhase(operation, phase);
  }
}

void LocalCommunicator::complete(Operation &operation) {
  SitePlan &plan = *operation.plan;
  LocalSlot &slot = self_.slots[operation.slot];
  try {
    takeAll(operation);
  } catch (...) {
    outlastReaders(slot);
    throw;
  }
  self_.bell.wait([&] { return slot.pendingReads.load() <= 0; });
  int64_t messages = slot.takenMessages.load(std::memory_order_relaxed);
  plan.counters.sentBytes += slot.takenBytes.load(std::memory_order_relaxed);
  plan.counters.messages += messages;
  plan.counters.headerBytes +=
      messages * static_cast<int64_t>(sizeof(AgreementHeader));
}

namespace {

// One rank's thread: its exit code, and the exception that ended it.
struct RankEnd {
  int code = 0;
  std::exception_ptr error;
};

RankEnd runRank(LocalWorld &world, int rank, const RankMain &main) {
  RankEnd end;
  std::string why;
  try {
    LocalCommunicator communicator(world, rank);
    end.code = main(communicator);
  } catch (const InjectedReturn &) {
  } catch (const std::exception &error) {
    end.code = 1;
    end.error = std::current_exception();
    why = error.what();
  }
  world.leave(rank, end.code, why);
  return end;
}

} // namespace

int runLocal(int ranks, const CommOptions &options, const RankMain &main) {
  if (ranks < 1)
    throw Error(text("a job of ", ranks, " ranks; it takes at least 1"));
  LocalWorld world(ranks, options);
  std::vector<RankEnd> ends(static_cast<size_t>(ranks));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < ranks; ++rank)
    threads.emplace_back([&, rank] {
      ends[static_cast<size_t>(rank)] = runRank(world, rank, main);
    });
  world.monitor();
  for (std::thread &thread : threads)
    thread.join();
  int code = 0;
  for (const RankEnd &end : ends) {
    if (end.error)
      std::rethrow_exception(end.error);
    code = std::max(code, end.code);
  }
  return code;
}

} // namespace moert
