#include "runtime/comm/mpi/Watchdog.h"

#include "runtime/comm/mpi/Sockets.h"
#include "runtime/comm/mpi/Termination.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <mpi.h>
#include <poll.h>
#include <random>
#include <sstream>
#include <sys/socket.h>
#include <unistd.h>

namespace moert {

using Clock = std::chrono::steady_clock;

static constexpr double connectSeconds = 20;
static constexpr double beatSeconds = 0.1;
// Between finding a fault and telling it.
static constexpr double settleSeconds = 0.3;

static void pause(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

// Messages on connections: kind, length, payload.
static constexpr size_t frameBytes = 5;
static constexpr char leaveKind = 'L';    // code, error
static constexpr char abortKind = 'X';    // code, reason
static constexpr char farewellKind = 'A'; // 1 if the receiver reports its error
static constexpr char endKind = 'E';      // code

static std::string withCode(int code, const std::string &rest) {
  int32_t number = code;
  return std::string(reinterpret_cast<const char *>(&number), sizeof number) +
         rest;
}

static int codeOf(const std::string &payload) {
  int32_t number = 1;
  if (payload.size() >= sizeof number)
    std::memcpy(&number, payload.data(), sizeof number);
  return number;
}

// What a rank says when it connects.
struct Hello {
  uint64_t token;
  int32_t rank;
  uint16_t beatPort;
  uint16_t padding;
};

Watchdog::Watchdog(int rank, std::vector<std::string> hosts,
                   const CommOptions &options, const FlightRecorder &recorder)
    : rank_(rank), hosts_(std::move(hosts)), options_(options),
      recorder_(recorder), peers_(rank == 0 ? hosts_.size() : 1, -1),
      inbox_(peers_.size()), beatAddress_(peers_.size()),
      table_(static_cast<int>(hosts_.size()), options.silentSeconds,
             options.stuckSeconds) {
  for (const std::string &host : hosts_)
    severalHosts_ |= host != hosts_[0];
  beats_ = datagramAnywhere();
  if (!isHub())
    return;
  listener_ = listenAnywhere();
  std::random_device random;
  token_ = static_cast<uint64_t>(random()) << 32 | random();
  address_ = text(token_, " ", portOf(listener_), " ", portOf(beats_));
  for (const std::string &address : hostAddresses())
    address_ += " " + address;
}

Watchdog::~Watchdog() {
  stop_ = true;
  if (thread_.joinable())
    thread_.join();
  releaseTermination();
  for (int fd : peers_)
    if (fd >= 0)
      ::close(fd);
  ::close(beats_);
  if (listener_ >= 0)
    ::close(listener_);
}

void Watchdog::acceptAll() {
  for (size_t missing = hosts_.size() - 1; missing > 0;) {
    int fd = acceptWithin(listener_, connectSeconds);
    if (fd < 0)
      throw Error(text("the watchdog of rank 0 waited ", connectSeconds,
                       " s for ", missing, " more ranks; are its ports open?"));
    Hello hello;
    sockaddr_in peer = {};
    socklen_t length = sizeof peer;
    ::getpeername(fd, reinterpret_cast<sockaddr *>(&peer), &length);
    bool ours = receiveAll(fd, &hello, sizeof hello, 2) &&
                hello.token == token_ && hello.rank > 0 &&
                static_cast<size_t>(hello.rank) < peers_.size() &&
                peers_[static_cast<size_t>(hello.rank)] < 0;
    if (!ours) {
      ::close(fd);
      continue;
    }
    size_t rank = static_cast<size_t>(hello.rank);
    peers_[rank] = fd;
    peer.sin_port = htons(hello.beatPort);
    beatAddress_[rank] = peer;
    --missing;
  }
}

void Watchdog::connectToHub(const std::string &address) {
  std::istringstream words(address);
  uint16_t port = 0, beatPort = 0;
  words >> token_ >> port >> beatPort;
  std::vector<std::string> candidates;
  for (std::string word; words >> word;)
    candidates.push_back(word);
  // Loopback is last in the list: first on rank 0's host, useless elsewhere.
  if (hosts_[static_cast<size_t>(rank_)] == hosts_[0])
    std::reverse(candidates.begin(), candidates.end());
  else
    candidates.pop_back();
  for (const std::string &candidate : candidates) {
    int fd = connectWithin(candidate, port,
                           connectSeconds / 2 /
                               static_cast<double>(candidates.size()));
    if (fd < 0)
      continue;
    Hello hello = {token_, rank_, portOf(beats_), 0};
    if (!sendAll(fd,
                 std::string(reinterpret_cast<char *>(&hello), sizeof hello),
                 2)) {
      ::close(fd);
      continue;
    }
    peers_[0] = fd;
    sockaddr_in hub = {};
    hub.sin_family = AF_INET;
    hub.sin_port = htons(beatPort);
    ::inet_pton(AF_INET, candidate.c_str(), &hub.sin_addr);
    beatAddress_[0] = hub;
    return;
  }
  throw Error(text("rank ", rank_, " on ", hosts_[static_cast<size_t>(rank_)],
                   " cannot reach rank 0 on ", hosts_[0], " at port ", port,
                   "; is it blocked by a firewall?"));
}

void Watchdog::start(const std::string &address) {
  if (isHub())
    acceptAll();
  else
    connectToHub(address);
  // A rank but 0 watches rank 0 alone.
  for (size_t rank = 0; rank < peers_.size(); ++rank)
    table_.join(static_cast<int>(rank), hosts_[rank]);
  thread_ = std::thread([this] { run(); });
}

void Watchdog::setSites(const std::vector<CollectiveSite> &sites) {
  std::lock_guard<std::mutex> lock(mutex_);
  sites_ = sites;
}

void Watchdog::tell(int peer, char kind, const std::string &payload) {
  uint32_t length = static_cast<uint32_t>(payload.size());
  std::string frame(1, kind);
  frame.append(reinterpret_cast<char *>(&length), sizeof length);
  sendAll(peers_[static_cast<size_t>(peer)], frame + payload, 0.5);
}

bool Watchdog::leave(int code, const std::string &error) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (isHub())
    table_.leave(0, code, error);
  else
    tell(0, leaveKind, withCode(code, error));
  over_.wait(lock, [&] { return allLeft_; });
  return speaks_;
}

void Watchdog::abort(int code, const std::string &why) {
  if (!isHub()) {
    std::lock_guard<std::mutex> lock(mutex_);
    tell(0, abortKind, withCode(code, why));
  }
  // Rank 0 has the table, and ends the job.
  if (!isHub())
    pause(1);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    report(text("rank ", rank_, ": ", why));
  }
  end(code);
}

void Watchdog::handle(int peer, char kind, const std::string &payload) {
  std::string rest = payload.size() > 4 ? payload.substr(4) : std::string();
  switch (kind) {
  case leaveKind:
    table_.leave(peer, codeOf(payload), rest);
    break;
  case abortKind:
    report(text("rank ", peer, ": ", rest));
    end(codeOf(payload));
  case farewellKind:
    speaks_ = !payload.empty() && payload[0];
    allLeft_ = true;
    over_.notify_all();
    break;
  case endKind:
    // The job is being aborted; this is for the case that it is not.
    releaseTermination();
    if (!told_)
      pause(1);
    ::_exit(codeOf(payload));
  }
}

void Watchdog::readPeer(int peer) {
  int &fd = peers_[static_cast<size_t>(peer)];
  std::string &inbox = inbox_[static_cast<size_t>(peer)];
  char bytes[4096];
  while (true) {
    ssize_t count = ::recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count > 0) {
      inbox.append(bytes, static_cast<size_t>(count));
      continue;
    }
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
      break;
    ::close(fd);
    fd = -1;
    break;
  }
  while (inbox.size() >= frameBytes) {
    uint32_t length;
    std::memcpy(&length, inbox.data() + 1, sizeof length);
    if (inbox.size() < frameBytes + length)
      break;
    char kind = inbox[0];
    std::string payload = inbox.substr(frameBytes, length);
    inbox.erase(0, frameBytes + length);
    handle(peer, kind, payload);
  }
  if (fd < 0 && !allLeft_)
    table_.lose(peer);
}

void Watchdog::readBeats() {
  Beat beat;
  while (::recv(beats_, &beat, sizeof beat, MSG_DONTWAIT) == sizeof beat) {
    if (beat.magic != Beat::magicNumber || beat.token != token_ ||
        beat.rank < 0 || static_cast<size_t>(beat.rank) >= peers_.size())
      continue;
    Position position;
    position.step = beat.step;
    position.sequence = beat.sequence;
    position.site = beat.site;
    position.inside = beat.inside;
    // Datagrams may overtake each other.
    if (position.step >= table_.position(beat.rank).step)
      table_.beat(beat.rank, position, beat.watched);
  }
}

void Watchdog::sendBeats() {
  Position position = recorder_.position();
  Beat beat;
  beat.rank = rank_;
  beat.token = token_;
  beat.step = position.step;
  beat.sequence = position.sequence;
  beat.site = position.site;
  beat.inside = position.inside;
  beat.watched = watched_;
  for (size_t peer = 0; peer < peers_.size(); ++peer)
    if (peers_[peer] >= 0)
      ::sendto(beats_, &beat, sizeof beat, MSG_DONTWAIT | MSG_NOSIGNAL,
               reinterpret_cast<sockaddr *>(&beatAddress_[peer]),
               sizeof beatAddress_[peer]);
}

// Each distinct error is reported once, by the lowest rank that has it.
void Watchdog::tellAllLeft() {
  for (int rank = 0; rank < static_cast<int>(hosts_.size()); ++rank) {
    bool speaks = true;
    for (int lower = 0; lower < rank; ++lower)
      speaks &= table_.error(lower) != table_.error(rank);
    if (rank == 0)
      speaks_ = true;
    else
      tell(rank, farewellKind, std::string(1, speaks ? 1 : 0));
  }
  allLeft_ = true;
  over_.notify_all();
}

void Watchdog::report(const std::string &why) {
  std::string report = text("error: ", why, "\n");
  if (isHub())
    report += table_.table(sites_);
  report += text("last collectives of rank ", rank_, ":\n",
                 recentCollectives(recorder_, sites_));
  printReport(report);
}

void Watchdog::end(int code) {
  std::thread([code] {
    pause(2);
    ::_exit(code);
  }).detach();
  if (isHub())
    for (int peer = 1; peer < static_cast<int>(peers_.size()); ++peer)
      if (peers_[static_cast<size_t>(peer)] >= 0)
        tell(peer, endKind, withCode(code, ""));
  if (!told_)
    MPI_Abort(MPI_COMM_WORLD, code);
  ::_exit(code);
}

void Watchdog::judge(double passed) {
  if (isHub())
    table_.beat(0, recorder_.position(), watched_);
  if (isHub() && table_.allLeft())
    return tellAllLeft();
  if (grace_ > 0 && (grace_ -= passed) <= 0)
    end(endCode_);
  if (grace_ > 0)
    return;
  std::optional<JobTable::Fault> fault = table_.judge(sites_);
  if (!fault) {
    faulty_ = -1;
    return;
  }
  // Who was stopped himself finds the others gone: they have told the story.
  if (sincePause_ < 3)
    terminate();
  // A few more beats show where the others came to stand. Without rank 0, rank
  // 1 speaks for all; mpirun takes 2 s to end a job, so the next one waits
  // longer.
  faulty_ = faulty_ < 0 ? 0 : faulty_ + passed;
  double turn = rank_ < 2 ? 0 : 2.5 + 0.2 * std::min(rank_ - 2, 5);
  if (faulty_ < settleSeconds + turn)
    return;
  // mpirun kills already, and rank 1 has spoken.
  if (told_ && rank_ > 1)
    return;
  if (!isHub()) {
    // With its own place this rank can say where it waits.
    table_.join(rank_, hosts_[static_cast<size_t>(rank_)]);
    table_.beat(rank_, recorder_.position(), watched_);
    fault = table_.judge(sites_);
  }
  report(fault->text);
  if (!fault->unreachable || !severalHosts_)
    end(fault->exitCode);
  // mpirun notices a dead link within 5 s (see mpi-env.sh), unless an abort is
  // sent over it first. Beats go on meanwhile: this rank is well.
  endCode_ = fault->exitCode;
  grace_ = std::max(0.5, 6.5 - options_.silentSeconds);
}

void Watchdog::run() {
  int termination = holdTermination();
  // Rank 0 speaks for all as long as it lives.
  double lastWords = settleSeconds + (isHub() ? 0.1 : 0.3);
  double interval = std::min(beatSeconds, options_.silentSeconds / 8);
  Clock::time_point last = Clock::now(), beaten = last - std::chrono::hours(1);
  while (!stop_) {
    std::vector<pollfd> entries = {{beats_, POLLIN, 0},
                                   {told_ ? -1 : termination, POLLIN, 0}};
    for (int fd : peers_)
      entries.push_back({fd, POLLIN, 0});
    ::poll(entries.data(), entries.size(), static_cast<int>(interval * 500));
    std::lock_guard<std::mutex> lock(mutex_);
    if (allLeft_)
      return;
    told_ |= (entries[1].revents & POLLIN) != 0;
    for (size_t peer = 0; peer < peers_.size(); ++peer)
      if (entries[peer + 2].revents)
        readPeer(static_cast<int>(peer));
    readBeats();
    Clock::time_point now = Clock::now();
    double passed = std::chrono::duration<double>(now - last).count();
    last = now;
    table_.tick(passed);
    sincePause_ = passed > options_.silentSeconds ? 0 : sincePause_ + passed;
    if (std::chrono::duration<double>(now - beaten).count() >= interval) {
      sendBeats();
      beaten = now;
    }
    judge(passed);
    if (told_ && (terminating_ += passed) > lastWords)
      terminate();
  }
}

} // namespace moert
