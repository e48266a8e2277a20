// All-to-alls of a transport beside a memcpy of the same bytes, and beside
// MPI_Alltoall where there is MPI. bench/all-to-all.py starts it and prints
// medians.
//
//   all-to-all-bench 15              15 rounds on two threads as ranks
//   all-to-all-bench 15 4            on four
//   mpirun -n 2 all-to-all-bench 15  on processes as ranks
//   mpirun -n 2 all-to-all-bench     MPI starts and ends, and nothing else
//
// A line is "SHAPE BYTES WHAT MICROSECONDS": one round's time of a call on the
// slowest rank. BYTES are those of a rank's whole buffer, own block included.
#include "runtime/comm/Communicator.h"
#include "runtime/core/Error.h"
#include "runtime/core/Tensor.h"

#ifdef MOE_HAVE_MPI
#include <mpi.h>
#endif

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

using namespace moert;

namespace {

constexpr int64_t kBytes[] = {64,        4 << 10, 32 << 10,
                              256 << 10, 2 << 20, 16 << 20};
constexpr size_t kMostBytes = kBytes[std::size(kBytes) - 1];
constexpr int64_t kExperts = 8;

struct Case {
  const char *shape;
  int64_t bytes;
  CollectiveSite site;
};

/// Dimension `from` of a tensor over all ranks becomes whole, `to` is cut.
CollectiveSite allToAll(int32_t number, std::vector<int64_t> shape,
                        int64_t ranks, size_t from, size_t to) {
  CollectiveSite site;
  site.site = number;
  site.kind = "all_to_all";
  site.source = {shape, std::vector<std::vector<Digit>>(shape.size()), {}};
  site.target = site.source;
  site.source.dims[from] = {{ranks, 1}};
  site.target.dims[to] = {{ranks, 1}};
  return site;
}

/// One block for each rank, and the slots of an MoE layer, [expert, group,
/// slots], cut by groups first and by experts then (dispatch) or the other way
/// round (combine).
std::vector<Case> casesFor(int64_t ranks) {
  std::vector<Case> cases;
  for (int64_t bytes : kBytes) {
    int64_t elements = bytes / 4, groups = 2 * ranks;
    std::vector<int64_t> slots = {kExperts, groups, elements / kExperts / 2};
    auto add = [&](const char *shape, CollectiveSite site) {
      cases.push_back({shape, bytes, std::move(site)});
    };
    auto number = [&] { return static_cast<int32_t>(cases.size()); };
    add("blocks", allToAll(number(), {ranks, elements}, ranks, 0, 1));
    add("dispatch", allToAll(number(), slots, ranks, 1, 0));
    add("combine", allToAll(number(), slots, ranks, 0, 1));
  }
  return cases;
}

class Bench {
public:
  explicit Bench(Communicator &comm)
      : comm_(comm), cases_(casesFor(comm.size())), source_(kMostBytes),
        target_(kMostBytes) {
    for (Buffer *buffer : {&source_, &target_}) // Touches its pages.
      std::memset(buffer->data(), 1, buffer->size());
    std::vector<CollectiveSite> sites;
    for (const Case &one : cases_)
      sites.push_back(one.site);
    comm.prepare(sites);
  }

  void round() {
    for (const Case &one : cases_) {
      report(one, "run",
             [&] { comm_.run(one.site.site, source_.data(), target_.data()); });
      report(one, "memcpy", [&] {
        std::memcpy(target_.data(), source_.data(),
                    static_cast<size_t>(one.bytes));
        asm volatile("" ::: "memory");
      });
#ifdef MOE_HAVE_MPI
      if (launchedByMpi()) {
        int block = static_cast<int>(one.bytes / comm_.size());
        report(one, "MPI_Alltoall", [&] {
          MPI_Alltoall(source_.data(), block, MPI_BYTE, target_.data(), block,
                       MPI_BYTE, MPI_COMM_WORLD);
        });
      }
#endif
    }
  }

  /// Payload that crossed, a rank and call, as the transport counted it.
  void reportCrossing() {
    for (const Case &one : cases_) {
      const SiteCounters &counters = comm_.counters(one.site.site);
      if (comm_.rank() == 0)
        std::printf(
            "%s %lld crossing %lld\n", one.shape,
            static_cast<long long>(one.bytes),
            static_cast<long long>(counters.receivedBytes / counters.calls));
    }
  }

private:
  /// All ranks make as many calls, some milliseconds' worth, from a common
  /// start.
  template <typename Call>
  void report(const Case &one, const char *what, const Call &call) {
    using Clock = std::chrono::steady_clock;
    int64_t calls =
        std::clamp<int64_t>((int64_t(32) << 20) / one.bytes, 4, 2000);
    for (int warm = 0; warm < 3; ++warm)
      call();
    comm_.barrier();
    // Meets closer than a barrier, whose ranks may sleep.
    comm_.run(one.site.site, source_.data(), target_.data());
    Clock::time_point begin = Clock::now();
    for (int64_t i = 0; i < calls; ++i)
      call();
    std::chrono::duration<double, std::micro> passed = Clock::now() - begin;
    double slowest = 0;
    for (const std::string &text : comm_.gather(
             std::to_string(passed.count() / static_cast<double>(calls))))
      slowest = std::max(slowest, std::stod(text));
    if (comm_.rank() == 0)
      std::printf("%s %lld %s %.4f\n", one.shape,
                  static_cast<long long>(one.bytes), what, slowest);
  }

  Communicator &comm_;
  std::vector<Case> cases_;
  Buffer source_, target_; ///< As a program's arena is allocated.
};

/// The transport's own start.
int onlyStart() {
#ifdef MOE_HAVE_MPI
  MPI_Init(nullptr, nullptr);
  MPI_Finalize();
#endif
  return 0;
}

} // namespace

int main(int argc, char **argv) {
  if (argc < 2)
    return onlyStart();
  int rounds = std::atoi(argv[1]), ranks = argc > 2 ? std::atoi(argv[2]) : 2;
  RankMain main = [&](Communicator &comm) {
    Bench bench(comm);
    for (int i = 0; i < rounds; ++i)
      bench.round();
    bench.reportCrossing();
    return 0;
  };
  try {
    CommOptions options = CommOptions::fromEnvironment();
    return launchedByMpi() ? runMpi(options, main)
                           : runLocal(ranks, options, main);
  } catch (const Error &error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
