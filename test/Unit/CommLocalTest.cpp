// Threads as ranks: the suite, and how a job of threads fails.
#include "test/Unit/CommConformance.h"

#include <csignal>
#include <gtest/gtest.h>
#include <thread>

using namespace moert;

void moert::test::onEveryRank(const std::function<void(Communicator &)> &body) {
  for (int ranks : {1, 2, 3, 4, 6, 8}) {
    SCOPED_TRACE(text(ranks, " ranks"));
    runLocal(ranks, {}, [&](Communicator &comm) {
      EXPECT_EQ(comm.size(), ranks);
      body(comm);
      return 0;
    });
    if (::testing::Test::HasFailure())
      return;
  }
}

namespace {

class LocalFault : public ::testing::Test {
protected:
  LocalFault() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

// Three all-gathers on four ranks; 0.5 s without a step is a fault.
int runJob(const std::string &inject,
           const std::function<void(Communicator &)> &extra = nullptr) {
  CommOptions options;
  options.stuckSeconds = 0.5;
  options.inject = inject;
  return runLocal(4, options, [&](Communicator &comm) {
    CollectiveSite site;
    site.kind = "all_gather";
    site.op = "moe.einsum";
    site.location = "model.mlir:42:8";
    site.source = {{8}, {{{4, 1}}}, {}};
    site.target = {{8}, {{}}, {}};
    comm.prepare({site});
    comm.watch(true);
    float in[2] = {1, 2}, out[8];
    for (int call = 0; call < 3; ++call) {
      if (extra)
        extra(comm);
      comm.run(0, in, out);
    }
    return 0;
  });
}

} // namespace

TEST_F(LocalFault, ARankThatReturnsEarlyIsNamed) {
  EXPECT_EXIT(runJob("rank=2,site=0,call=1,fault=return"),
              ::testing::ExitedWithCode(1),
              "rank 2 left with exit code 0 .*wait in collective 0 "
              "\\(all_gather of moe.einsum at model.mlir:42:8\\)");
}

TEST_F(LocalFault, ARankThatThrowsIsNamedWithItsError) {
  EXPECT_EXIT(runJob("rank=1,site=0,call=2,fault=throw"),
              ::testing::ExitedWithCode(1), "rank 1 failed .*injected failure");
}

TEST_F(LocalFault, ARankThatNeverArrivesIsNamed) {
  EXPECT_EXIT(runJob("rank=3,site=0,call=1,fault=never"),
              ::testing::ExitedWithCode(1),
              "rank 3 is stuck: .*limit 0.5 s.*ranks 0, 1, 2 wait in "
              "collective 0");
}

TEST_F(LocalFault, TheTableShowsWhoIsBehind) {
  EXPECT_EXIT(runJob("rank=3,site=0,call=1,fault=never"),
              ::testing::ExitedWithCode(1), "<- behind");
}

TEST_F(LocalFault, RanksInDifferentCallsAreNamed) {
  EXPECT_EXIT(runJob("",
                     [](Communicator &comm) {
                       if (comm.rank() == 1)
                         comm.barrier();
                     }),
              ::testing::ExitedWithCode(1), "ranks disagree");
}

// Ranks are threads: what ends one's process ends the job.
TEST_F(LocalFault, AProcessEndsAsInjected) {
  EXPECT_EXIT(runJob("rank=2,site=0,call=1,fault=kill"),
              ::testing::KilledBySignal(SIGKILL), "");
  EXPECT_EXIT(runJob("rank=2,site=0,call=1,fault=exit0"),
              ::testing::ExitedWithCode(0), "");
}

// Though another is behind.
TEST_F(LocalFault, ARankThatEndsTheJobTellsOfItself) {
  EXPECT_EXIT(runJob("rank=1,site=0,call=0,fault=never",
                     [](Communicator &comm) {
                       float in[2] = {}, out[8];
                       if (comm.rank() == 0) {
                         comm.start(0, in, out);
                         comm.abort(3, "no weights");
                       }
                     }),
              ::testing::ExitedWithCode(3),
              "error: no weights.*last collectives of rank 0:");
}

TEST_F(LocalFault, MoreRowsThanPlannedEndTheJob) {
  EXPECT_EXIT(
      {
        try {
          runLocal(2, {}, [](Communicator &comm) {
            CollectiveSite site;
            site.primitive = Primitive::AllToAllRagged;
            site.source = site.target = {{4}, {{{2, 1}}}, {}};
            site.group = {{2, 1}};
            comm.prepare({site});
            float in[2] = {}, out[2];
            int64_t send[2] = {2, 0}, receive[2];
            comm.allToAllRagged(0, in, send, out, receive);
            return 0;
          });
        } catch (const Error &error) {
          std::fprintf(stderr, "%s", error.what());
          std::exit(1);
        }
      },
      ::testing::ExitedWithCode(1),
      "rank 0 receives at least 4 rows, but its buffer holds 2");
}

// Without watch(true) a rank may take its time.
TEST_F(LocalFault, SlownessOutsideTheProgramIsNoFault) {
  CommOptions options;
  options.stuckSeconds = 0.2;
  EXPECT_EQ(runLocal(2, options,
                     [](Communicator &comm) {
                       if (comm.rank() == 0)
                         std::this_thread::sleep_for(
                             std::chrono::milliseconds(600));
                       comm.barrier();
                       return 0;
                     }),
            0);
}

// Limits count in seconds, however often the watcher looks.
TEST_F(LocalFault, SlownessWithinTheLimitIsNoFault) {
  CommOptions options;
  options.stuckSeconds = 3;
  EXPECT_EQ(runLocal(2, options,
                     [](Communicator &comm) {
                       comm.watch(true);
                       if (comm.rank() == 0)
                         std::this_thread::sleep_for(
                             std::chrono::milliseconds(800));
                       comm.barrier();
                       return 0;
                     }),
            0);
}

TEST_F(LocalFault, AnErrorOfAllRanksReachesTheCaller) {
  EXPECT_THROW(runLocal(3, {},
                        [](Communicator &comm) -> int {
                          throw Error(text("rank ", comm.rank(), " says no"));
                        }),
               Error);
}

// Before main begins.
TEST_F(LocalFault, MessagesThatHoldNoHeaderAreRefused) {
  auto job = [](int64_t bytes) {
    CommOptions options;
    options.maxMessageBytes = bytes;
    return runLocal(2, options, [](Communicator &) { return 0; });
  };
  EXPECT_THROW(job(63), Error);
  EXPECT_EQ(job(64), 0);
  EXPECT_EQ(job(INT32_MAX), 0);
  EXPECT_THROW(job(int64_t(INT32_MAX) + 1), Error);
}

// Though neither says anything that the other could miss.
TEST_F(LocalFault, DifferentCallsOfSetUpAreRefused) {
  EXPECT_THROW(runLocal(2, {},
                        [](Communicator &comm) {
                          if (comm.rank() == 0)
                            comm.barrier();
                          else
                            comm.allGather("");
                          return 0;
                        }),
               Error);
}

TEST_F(LocalFault, TheLargestExitCodeIsTheJobs) {
  EXPECT_EQ(runLocal(3, {}, [](Communicator &comm) { return comm.rank(); }), 2);
}
