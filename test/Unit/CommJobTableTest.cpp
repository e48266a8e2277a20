// The judgement on a job, from signs of life alone.
#include "runtime/comm/CommunicatorState.h"
#include "runtime/comm/JobTable.h"

#include <algorithm>
#include <cerrno>
#include <gtest/gtest.h>

using namespace moert;

namespace {

constexpr double silentLimit = 2, stuckLimit = 4;

std::vector<CollectiveSite> sites() {
  CollectiveSite site;
  site.kind = "all_to_all";
  site.op = "moe.einsum";
  site.location = "model.mlir:42:8";
  CollectiveSite other = site;
  other.site = 1;
  other.kind = "all_gather";
  return {site, other};
}

Position at(uint64_t sequence, int32_t site, bool inside) {
  return {2 * sequence - inside, sequence, site, inside};
}

// Four ranks on one host, each at `positions`, for `seconds` of quarter ticks.
class Job {
public:
  Job() : table(4, silentLimit, stuckLimit) {
    for (int rank = 0; rank < 4; ++rank)
      table.join(rank, "h0");
  }
  void pass(double seconds, std::vector<Position> positions, int mute = -1,
            bool watched = true) {
    for (double passed = 0; passed < seconds; passed += 0.25) {
      table.tick(0.25);
      for (int rank = 0; rank < 4; ++rank)
        if (rank != mute && !table.hasLeft(rank))
          table.beat(rank, positions[rank], watched);
    }
  }
  std::string fault() const {
    std::optional<JobTable::Fault> found = table.judge(sites());
    return found ? found->text : "none";
  }
  JobTable table;
};

bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST(JobTable, RanksThatWaitForEachOtherShortlyAreNoFault) {
  Job job;
  job.pass(3,
           {at(5, 0, true), at(5, 0, true), at(4, 1, false), at(5, 0, true)});
  EXPECT_EQ(job.fault(), "none");
}

TEST(JobTable, NamesTheStuckRankAndThoseWhoWait) {
  Job job;
  job.pass(5,
           {at(5, 0, true), at(5, 0, true), at(4, 1, false), at(5, 0, true)});
  EXPECT_TRUE(contains(job.fault(), "rank 2 on h0 is stuck")) << job.fault();
  EXPECT_TRUE(contains(job.fault(), "ranks 0, 1, 3 wait in collective 0"));
  EXPECT_TRUE(contains(job.fault(), "model.mlir:42:8"));
  std::string table = job.table.table(sites());
  EXPECT_TRUE(contains(table, "    0  h0            waiting         5       9  "
                              "   4.8 s  in collective 0 (all_to_all of"))
      << table;
  EXPECT_TRUE(contains(table, "    2  h0            computing       4       8  "
                              "   4.8 s  after collective 1 (all_gather of"))
      << table;
  EXPECT_TRUE(contains(table, "<- behind")) << table;
}

TEST(JobTable, NamesEightOfThoseWhoWaitAndCountsTheRest) {
  auto faultWith = [](int waiting) {
    JobTable table(waiting + 1, silentLimit, stuckLimit);
    for (double passed = 0; passed < 5; passed += 0.25) {
      table.tick(0.25);
      for (int rank = 0; rank < waiting; ++rank)
        table.beat(rank, at(5, 0, true), true);
      table.beat(waiting, at(4, 1, false), true);
    }
    std::optional<JobTable::Fault> found = table.judge(sites());
    return found ? found->text : "none";
  };
  EXPECT_TRUE(contains(faultWith(8), "ranks 0, 1, 2, 3, 4, 5, 6, 7 wait in"))
      << faultWith(8);
  EXPECT_TRUE(contains(faultWith(10), "5, 6, 7 and 2 more wait in"))
      << faultWith(10);
}

TEST(JobTable, ARankThatGoesOnIsNotStuck) {
  Job job;
  for (uint64_t call : {5, 6, 7})
    job.pass(3, {at(call, 0, true), at(call, 0, true), at(call - 1, 1, false),
                 at(call, 0, true)});
  EXPECT_EQ(job.fault(), "none");
}

TEST(JobTable, OutsideTheProgramNobodyIsStuck) {
  Job job;
  job.pass(50,
           {at(5, 0, true), at(5, 0, true), at(4, 1, false), at(5, 0, true)},
           -1, false);
  EXPECT_EQ(job.fault(), "none");
}

TEST(JobTable, NamesTheSilentRank) {
  Job job;
  job.pass(2.5,
           {at(5, 0, true), at(5, 0, true), at(5, 0, true), at(5, 0, true)}, 1);
  EXPECT_TRUE(contains(job.fault(), "rank 1 on h0 is silent")) << job.fault();
}

// Of the two that the program has, none is number 2.
TEST(JobTable, ACollectiveThatTheProgramLacksHasNoPlace) {
  Job job;
  job.pass(5,
           {at(5, 2, true), at(5, 2, true), at(4, 1, false), at(5, 2, true)});
  EXPECT_TRUE(contains(job.fault(), "ranks 0, 1, 3 wait in collective 2"))
      << job.fault();
  EXPECT_FALSE(contains(job.fault(), "collective 2 (")) << job.fault();
}

// A watcher that was paused for a minute has seen one half second.
TEST(JobTable, APausedWatcherAccusesNobody) {
  Job job;
  job.pass(1,
           {at(5, 0, true), at(5, 0, true), at(4, 1, false), at(5, 0, true)});
  job.table.tick(60);
  EXPECT_EQ(job.fault(), "none");
}

TEST(JobTable, NamesRanksInDifferentCalls) {
  Job job;
  job.pass(1, {at(5, 0, true), at(5, 1, true), at(5, 0, true), at(5, 0, true)});
  EXPECT_TRUE(contains(job.fault(), "ranks disagree on call number 5"))
      << job.fault();
}

TEST(JobTable, ARankThatLeftWhileOthersWaitIsAFault) {
  Job job;
  job.table.beat(3, at(4, 1, false), true);
  job.table.leave(3, 0, "");
  job.pass(1, {at(5, 0, true), at(5, 0, true), at(5, 0, true), {}});
  EXPECT_TRUE(contains(job.fault(), "rank 3 on h0 left with exit code 0"))
      << job.fault();
}

TEST(JobTable, TheExitCodeOfARankThatLeftIsKept) {
  Job job;
  job.table.beat(3, at(4, 1, false), true);
  job.table.leave(3, 7, "");
  job.pass(1, {at(5, 0, true), at(5, 0, true), at(5, 0, true), {}});
  EXPECT_EQ(job.table.exitCode(3), 7);
  EXPECT_TRUE(contains(job.fault(), "rank 3 on h0 left with exit code 7"))
      << job.fault();
}

TEST(JobTable, RanksThatLeaveOneAfterTheOtherAreNoFault) {
  Job job;
  job.table.beat(3, at(5, 1, false), true);
  job.table.leave(3, 0, "");
  job.pass(3, {at(5, 1, false), at(5, 1, false), at(5, 1, false), {}});
  EXPECT_EQ(job.fault(), "none");
}

TEST(JobTable, ARankThatFailedWhileOthersGoOnIsAFault) {
  Job job;
  job.table.leave(3, 1, "out of memory");
  job.pass(1, {at(5, 1, false), at(5, 1, false), at(5, 1, false), {}});
  EXPECT_TRUE(contains(job.fault(), "rank 3 on h0 failed")) << job.fault();
  EXPECT_TRUE(contains(job.fault(), "out of memory"));
}

TEST(JobTable, ARankThatFailedIsGivenHalfASecond) {
  Job job;
  job.table.leave(3, 1, "out of memory");
  job.pass(0.25, {at(5, 1, false), at(5, 1, false), at(5, 1, false), {}});
  EXPECT_EQ(job.fault(), "none");
  job.pass(0.25, {at(5, 1, false), at(5, 1, false), at(5, 1, false), {}});
  EXPECT_TRUE(contains(job.fault(), "rank 3 on h0 failed")) << job.fault();
}

// Each tells of its own failure.
TEST(JobTable, RanksThatFailTogetherAreNoFaultOfTheJob) {
  Job job;
  for (int rank = 0; rank < 4; ++rank)
    job.table.leave(rank, 1, "out of memory");
  job.pass(1, {{}, {}, {}, {}});
  EXPECT_EQ(job.fault(), "none");
}

TEST(JobTable, ALostProcessComesFirst) {
  Job job;
  job.pass(5,
           {at(5, 0, true), at(5, 0, true), at(4, 1, false), at(5, 0, true)});
  job.table.lose(1);
  EXPECT_TRUE(contains(job.fault(), "rank 1 on h0 is gone")) << job.fault();
  std::string table = job.table.table(sites());
  EXPECT_TRUE(contains(table, "    1  h0            GONE   ")) << table;
}

TEST(FlightRecorder, KeepsTheLastOnes) {
  FlightRecorder recorder;
  for (uint64_t call = 1; call <= 100; ++call) {
    recorder.enter(call, static_cast<int32_t>(call % 7));
    EXPECT_TRUE(recorder.position().inside);
    if (call < 100)
      recorder.leave();
  }
  EXPECT_EQ(recorder.position().step, 199u);
  EXPECT_EQ(recorder.position().site, 2);
  std::vector<FlightRecorder::Event> events = recorder.last();
  ASSERT_EQ(events.size(), FlightRecorder::capacity);
  EXPECT_EQ(events.front().sequence, 37u);
  EXPECT_GT(events.front().left, 0);
  EXPECT_EQ(events.back().left, 0);
}

TEST(FlightRecorder, TellsTheLastCollectivesUpToALimit) {
  FlightRecorder recorder;
  for (uint64_t call = 1; call <= 3; ++call) {
    recorder.enter(call, 0);
    recorder.leave();
  }
  auto lines = [&](size_t limit) {
    std::string text = recentCollectives(recorder, sites(), limit);
    return std::count(text.begin(), text.end(), '\n');
  };
  EXPECT_EQ(lines(2), 2);
  EXPECT_EQ(lines(3), 3);
  EXPECT_EQ(lines(10), 3);
  EXPECT_EQ(recentCollectives(recorder, sites(), 2).find("       2  at"), 0u);
}

TEST(CommOptions, MalformedInjectionsAreRefused) {
  EXPECT_FALSE(parseInjection(""));
  EXPECT_EQ(parseInjection("rank=2,site=-1,fault=throw")->site, -1);
  EXPECT_THROW(parseInjection("rank=2"), Error);
  EXPECT_THROW(parseInjection("rank,fault=stop"), Error);
  EXPECT_THROW(parseInjection("rank=2,fault=melt"), Error);
  EXPECT_THROW(parseInjection("rang=2,fault=stop"), Error);
}

TEST(CommOptions, LimitsArePositiveNumbers) {
  setenv("MOE_SILENT_SECONDS", "1.5", 1);
  EXPECT_EQ(CommOptions::fromEnvironment().silentSeconds, 1.5);
  errno = ERANGE; // of a call before
  EXPECT_EQ(CommOptions::fromEnvironment().silentSeconds, 1.5);
  for (const char *value : {"soon", "", "2 s", "0", "-1", "1e999"}) {
    setenv("MOE_SILENT_SECONDS", value, 1);
    EXPECT_THROW(CommOptions::fromEnvironment(), Error) << value;
  }
  unsetenv("MOE_SILENT_SECONDS");
}
