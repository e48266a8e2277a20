// Processes as ranks: the suite, run under mpirun. Rank 0 tells how it goes;
// the others tell failures.
#include "test/Unit/CommConformance.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <iostream>

using namespace moert;

static Communicator *job = nullptr;

void moert::test::onEveryRank(const std::function<void(Communicator &)> &body) {
  // Ranks enter each test together: a failure then belongs to its test.
  job->barrier();
  body(*job);
}

namespace {

class FailuresOnly : public ::testing::EmptyTestEventListener {
  void OnTestPartResult(const ::testing::TestPartResult &result) override {
    if (result.failed())
      std::cout << "rank " << job->rank() << ": " << result.file_name() << ":"
                << result.line_number() << ": " << result.message() << "\n";
  }
};

} // namespace

// Results of both transports against one reference are in the suite; a large
// message that travels in parts is here, for only messages have parts.
TEST(MpiMessages, TravelInParts) {
  CollectiveSite site;
  site.source = {{1 << 20}, {{{job->size(), 1}}}, {}};
  site.target = {{1 << 20}, {{}}, {}};
  job->prepare({site});
  std::vector<float> in(site.source.localElements()), out(1 << 20);
  Range mine = site.source.range(0, job->rank());
  for (int64_t i = 0; i < mine.size(); ++i)
    in[i] = static_cast<float>(mine.begin + i);
  job->run(0, in.data(), out.data());
  int64_t wrong = 0;
  for (int64_t i = 0; i < 1 << 20; ++i)
    wrong += out[i] != static_cast<float>(i);
  EXPECT_EQ(wrong, 0);
}

// Columns of many runs are packed: a chunk of them at a time, whatever is
// moved.
TEST(MpiMessages, PackedBytesAreAtMostAChunk) {
  CollectiveSite site;
  site.source = {{1024, 2048}, {{}, {{job->size(), 1}}}, {}};
  site.target = {{1024, 2048}, {{{job->size(), 1}}, {}}, {}};
  site.dtype = DType::I32;
  CollectiveSite sum = site;
  sum.site = 1;
  sum.primitive = Primitive::ReduceScatter;
  sum.reduction = Reduction::Sum;
  sum.source = {{1024, 2048}, {{}, {}}, {{job->size(), 1}}};
  job->prepare({site, sum});
  int64_t before = job->scratchBytes();
  std::vector<int32_t> in(1024 * 2048, 1), out(1024 * 2048);
  job->run(0, in.data(), out.data());
  job->run(1, in.data(), out.data());
  EXPECT_EQ(out[0], job->size());
  // Two collectives whose messages have two lengths, and headers.
  EXPECT_LE(job->scratchBytes() - before,
            2 *
                std::max<int64_t>(CommOptions::fromEnvironment().chunkBytes,
                                  1 << 16) *
                5 / 4);
}

// Ranks talk to those alone with which they have something to exchange: here
// the digits of a rank number are turned, and half of the ranks keep their
// block.
TEST(MpiMessages, AreThoseThatAreNeeded) {
  if (job->size() != 4 && job->size() != 8)
    GTEST_SKIP() << "needs 4 or 8 ranks, has " << job->size();
  int64_t half = job->size() / 2;
  CollectiveSite site;
  site.source = {{64}, {{{2, half}, {half, 1}}}, {}};
  site.target = {{64}, {{{half, 1}, {2, half}}}, {}};
  job->prepare({site});
  std::vector<float> in(64), out(64);
  job->run(0, in.data(), out.data());
  int64_t rank = job->rank(), major = rank / half, minor = rank % half;
  bool stays = minor * 2 + major == rank;
  EXPECT_EQ(job->counters(0).messages, stays ? 0 : 1);
}

TEST(MpiMessages, BuffersAreUsedAgain) {
  CollectiveSite site;
  site.source = {{4096}, {{{job->size(), 1}}}, {}};
  site.target = {{4096}, {{}}, {}};
  job->prepare({site});
  std::vector<float> in(site.source.localElements()), out(4096);
  job->run(0, in.data(), out.data());
  int64_t before = job->scratchBytes();
  for (int call = 0; call < 50; ++call)
    job->run(0, in.data(), out.data());
  EXPECT_EQ(job->scratchBytes(), before);
}

int main(int argc, char **argv) {
  ::testing::InitGoogleTest(&argc, argv);
  CommOptions options = CommOptions::fromEnvironment();
  try {
    return runMpi(options, [&](Communicator &comm) {
      job = &comm;
      if (comm.rank() != 0) {
        auto &listeners = ::testing::UnitTest::GetInstance()->listeners();
        delete listeners.Release(listeners.default_result_printer());
        listeners.Append(new FailuresOnly);
      }
      return RUN_ALL_TESTS();
    });
  } catch (const Error &error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
}
