#include "runtime/comm/local/LocalWorld.h"

#include <chrono>
#include <cstdio>
#include <unistd.h>

namespace moert {

using Clock = std::chrono::steady_clock;

LocalWorld::LocalWorld(int ranks, const CommOptions &options)
    : options_(options), ranks_(static_cast<size_t>(ranks)),
      headers_(ranks_.size()), bytes_(ranks_.size()),
      table_(ranks, options.silentSeconds, options.stuckSeconds) {
  for (int rank = 0; rank < ranks; ++rank)
    table_.join(rank, "");
}

void LocalWorld::arrive(std::unique_lock<std::mutex> &lock) {
  uint64_t generation = generation_;
  if (++arrived_ == ranks_.size()) {
    arrived_ = 0;
    ++generation_;
    met_.notify_all();
    return;
  }
  met_.wait(lock, [&] { return generation_ != generation; });
}

std::vector<const std::string *> LocalWorld::meet(int rank,
                                                  const AgreementHeader &header,
                                                  const std::string &bytes) {
  std::unique_lock<std::mutex> lock(meeting_);
  headers_[static_cast<size_t>(rank)] = header;
  bytes_[static_cast<size_t>(rank)] = &bytes;
  arrive(lock);
  // If any two headers differ, each rank differs from one: all throw.
  for (size_t peer = 0; peer < headers_.size(); ++peer)
    checkHeader(headers_[peer], header, static_cast<int>(peer), {});
  return bytes_;
}

void LocalWorld::release() {
  std::unique_lock<std::mutex> lock(meeting_);
  arrive(lock);
}

void LocalWorld::setSites(const std::vector<CollectiveSite> &sites) {
  std::lock_guard<std::mutex> lock(watching_);
  sites_ = sites;
}

void LocalWorld::leave(int rank, int code, const std::string &error) {
  std::lock_guard<std::mutex> lock(watching_);
  table_.leave(rank, code, error);
  left_.notify_all();
}

void LocalWorld::update(double passed) {
  table_.tick(passed);
  for (int rank = 0; rank < size(); ++rank) {
    const LocalRank &row = ranks_[static_cast<size_t>(rank)];
    table_.beat(rank, row.recorder.position(), row.watched);
  }
}

void LocalWorld::monitor() {
  std::unique_lock<std::mutex> lock(watching_);
  Clock::time_point last = Clock::now();
  while (!table_.allLeft()) {
    left_.wait_for(lock, std::chrono::milliseconds(50));
    Clock::time_point now = Clock::now();
    update(std::chrono::duration<double>(now - last).count());
    last = now;
    if (std::optional<JobTable::Fault> fault = table_.judge(sites_)) {
      lock.unlock();
      fail(fault->exitCode, fault->text, -1);
    }
  }
}

void LocalWorld::fail(int code, const std::string &why, int reporter) {
  std::lock_guard<std::mutex> lock(watching_);
  update(0);
  int shown = reporter >= 0 ? reporter : table_.behind();
  const LocalRank &row = ranks_[static_cast<size_t>(shown)];
  std::string report = text("error: ", why, "\n", table_.table(sites_),
                            "last collectives of rank ", shown, ":\n",
                            recentCollectives(row.recorder, sites_));
  std::fflush(stdout);
  printReport(report);
  ::_exit(code);
}

} // namespace moert
